package schedule

import (
	"math"
	"time"

	"github.com/nathan-osman/go-sunrise"
)

// Place is a point on the earth in degrees; north and east are positive.
type Place struct {
	Lat float64 // -90 to 90
	Lon float64 // -180 to 180
}

// SunTimes are the sun's times on one local date.
type SunTimes struct {
	Rise, Set time.Time // zero: there is none on that date

	// Where both are missing, one of these tells which it is at local noon.
	AlwaysUp, AlwaysDown bool
}

// Sun gives the times that fall on the local date of a place in a zone; only
// year, month and day of date count, in date's own zone. A date near the polar
// circle can have a sunset just after midnight that belongs to the evening
// before; a second one on the same date is left out.
func Sun(date time.Time, place Place, zone *time.Location) SunTimes {
	year, month, day := date.Date()
	return sunOn(time.Date(year, month, day, 0, 0, 0, 0, time.UTC), place, zone)
}

// sunOn tries the solar days around the date: at 13 hours and more from
// Greenwich, or in a zone that is far from the sun's, they do not agree.
func sunOn(date time.Time, place Place, zone *time.Location) SunTimes {
	var times SunTimes
	for n := -2; n <= 2; n++ {
		d := solarDayOf(date.AddDate(0, 0, n), place)
		if times.Rise.IsZero() && d.state == risesAndSets && dateOf(d.rise, zone).Equal(date) {
			times.Rise = d.rise.In(zone)
		}
		if times.Set.IsZero() && d.state == risesAndSets && dateOf(d.set, zone).Equal(date) {
			times.Set = d.set.In(zone)
		}
		if dateOf(d.noon, zone).Equal(date) {
			times.AlwaysUp, times.AlwaysDown = d.state == alwaysUp, d.state == alwaysDown
		}
	}
	if !times.Rise.IsZero() || !times.Set.IsZero() {
		times.AlwaysUp, times.AlwaysDown = false, false
	}
	return times
}

type sunState int

const (
	risesAndSets sunState = iota
	alwaysUp
	alwaysDown
)

// solarDay is the stretch around one true noon.
type solarDay struct {
	noon      time.Time
	rise, set time.Time // before and after noon
	state     sunState
}

// sunElevation is where the sun's centre stands when its upper edge appears:
// half its width and the bending of light below the horizon.
const sunElevation = -50.0 / 60

// solarDayOf computes the solar day whose noon is nearest to noon UTC of date,
// by longitude. The library's formulas are used at the moment of rise and set
// itself: with those of noon alone an hour near the pole is wrong by minutes.
func solarDayOf(date time.Time, place Place) solarDay {
	mean := sunrise.MeanSolarNoon(place.Lon, date.Year(), date.Month(), date.Day())
	noon, _, state := hourAngle(mean, 0, place)
	d := solarDay{noon: julianTime(noon), state: state}
	if state != risesAndSets {
		return d
	}
	rise, riseState := refine(mean, -1, place)
	set, setState := refine(mean, +1, place)
	if riseState != risesAndSets || setState != risesAndSets {
		// The day on which the sun stops or begins to set: half of it is either.
		d.state = max(riseState, setState)
		return d
	}
	d.rise, d.set = julianTime(rise), julianTime(set)
	return d
}

// refine finds the rise (side -1) or set (side 1) of a solar day.
func refine(mean, side float64, place Place) (float64, sunState) {
	fraction := 0.0
	var event float64
	for range 5 {
		transit, angle, state := hourAngle(mean, side*fraction, place)
		if state != risesAndSets {
			return 0, state
		}
		fraction = angle / 360
		event = transit + side*fraction
	}
	return event, risesAndSets
}

// hourAngle gives the transit of a solar day and the angle in degrees between
// it and rise or set, both with the sun where it is at mean+offset days.
func hourAngle(mean, offset float64, place Place) (transit, angle float64, state sunState) {
	at := mean + offset
	anomaly := sunrise.SolarMeanAnomaly(at)
	longitude := sunrise.EclipticLongitude(anomaly, sunrise.EquationOfCenter(anomaly), at)
	declination := sunrise.Declination(longitude)
	transit = sunrise.SolarTransit(at, anomaly, longitude) - offset
	cosine := (math.Sin(sunElevation*sunrise.Degree) - math.Sin(place.Lat*sunrise.Degree)*math.Sin(declination*sunrise.Degree)) /
		(math.Cos(place.Lat*sunrise.Degree) * math.Cos(declination*sunrise.Degree))
	switch {
	case cosine <= -1:
		return transit, 180, alwaysUp
	case cosine >= 1:
		return transit, 0, alwaysDown
	}
	return transit, math.Acos(cosine) / sunrise.Degree, risesAndSets
}

// julianTime rounds to the second; the formulas are not better than that.
func julianTime(julian float64) time.Time {
	const epoch = 2440587.5
	return time.Unix(int64(math.Round((julian-epoch)*86400)), 0).UTC()
}
