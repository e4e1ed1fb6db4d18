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
	date = dateOf(date, date.Location())
	var times SunTimes
	state := risesAndSets
	// The solar days around the date: at 13 hours and more from Greenwich, or in a
	// zone that is far from the sun's, they do not agree with it.
	for n := -2; n <= 2; n++ {
		d := solarDayOf(date.AddDate(0, 0, n), place)
		noon := wallOf(d.noon, zone).Sub(date)
		if noon < -14*time.Hour || noon > 38*time.Hour {
			continue // neither its rise nor its set can be on that date
		}
		if noon >= 0 && noon < 24*time.Hour {
			state = d.state
		}
		if rise, ok := d.rise(); ok && times.Rise.IsZero() && dateOf(rise, zone).Equal(date) {
			times.Rise = rise.In(zone)
		}
		if set, ok := d.set(); ok && times.Set.IsZero() && dateOf(set, zone).Equal(date) {
			times.Set = set.In(zone)
		}
	}
	if times.Rise.IsZero() && times.Set.IsZero() {
		times.AlwaysUp, times.AlwaysDown = state == alwaysUp, state == alwaysDown
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
	place Place
	mean  float64 // Julian day of the mean noon
	noon  time.Time
	state sunState // with the sun where it is at noon
}

// solarDayOf is the solar day whose noon is nearest to noon of date by the mean
// time of the place.
func solarDayOf(date time.Time, place Place) solarDay {
	mean := sunrise.MeanSolarNoon(place.Lon, date.Year(), date.Month(), date.Day())
	noon, _, state := hourAngle(mean, 0, place)
	return solarDay{place, mean, julianTime(noon), state}
}

func (d solarDay) rise() (time.Time, bool) { return d.event(-1) }

func (d solarDay) set() (time.Time, bool) { return d.event(+1) }

// event finds the rise (side -1) or set (side 1) with the library's formulas at
// the moment of the event itself: with those of noon alone it would be minutes
// off near the poles.
func (d solarDay) event(side float64) (time.Time, bool) {
	offset := 0.0
	for range 8 {
		transit, angle, state := hourAngle(d.mean, offset, d.place)
		if state != risesAndSets {
			return time.Time{}, false
		}
		last := offset
		if offset = transit - d.mean + side*angle/360; math.Abs(offset-last) < 2e-6 {
			break
		}
	}
	return julianTime(d.mean + offset), true
}

// sunElevation is where the sun's centre stands when its upper edge appears:
// half its width and the bending of light below the horizon.
const sunElevation = -50.0 / 60

// precession is how far the equinox moves in degrees a day. The library counts
// the sun's longitude from the equinox of 2000, which is half a minute of sunset
// by now at 50 degrees, and more each year.
const precession = 1.3970 / 36525

// hourAngle gives the transit of a solar day and the angle in degrees between
// it and rise or set, both with the sun where it is at mean+offset days.
func hourAngle(mean, offset float64, place Place) (transit, angle float64, state sunState) {
	at := mean + offset
	anomaly := sunrise.SolarMeanAnomaly(at)
	longitude := sunrise.EclipticLongitude(anomaly, sunrise.EquationOfCenter(anomaly), at) + precession*(at-sunrise.J2000)
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
