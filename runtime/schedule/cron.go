package schedule

import (
	"time"

	"github.com/robfig/cron/v3"
)

// Cron is a parsed cron line. robfig/cron gives the fields; the times are found
// here, because its own search skips and doubles runs when clocks change.
type Cron struct {
	spec string
	zone *time.Location

	second, minute, hour, day, month, weekday uint64 // bit n: the value n

	anyHour bool // follows elapsed time
	both    bool // day of month and day of week must both match; else either
}

var _ explained = (*Cron)(nil)

const cronStar = 1 << 63 // robfig's mark of a field that is "*"

func newCron(spec string, s *cron.SpecSchedule, zone *time.Location) *Cron {
	return &Cron{
		spec: spec, zone: zone,
		second: s.Second &^ cronStar, minute: s.Minute &^ cronStar, hour: s.Hour &^ cronStar,
		day: s.Dom &^ cronStar, month: s.Month &^ cronStar, weekday: s.Dow &^ cronStar,
		anyHour: s.Hour&cronStar != 0,
	}
}

// cronYears is how far ahead a run is looked for. A 29th of February that is a
// Sunday comes after 40 years at most.
const cronYears = 50

// Next is the first run after a time.
func (c *Cron) Next(after time.Time) time.Time { return c.next(after).Time }

func (c *Cron) next(after time.Time) Run {
	after = after.Round(0)
	if c.anyHour {
		return c.nextElapsed(after)
	}
	return c.nextWall(after)
}

func (c *Cron) never(time.Time) string { return "no such day within 50 years" }

// leftOut is about the lines that go by the date: one for each hour follows
// elapsed time, unless it names days.
func (c *Cron) leftOut(date time.Time) bool {
	return c.onDate(date) && !(c.anyHour && c.onDate(date.AddDate(0, 0, -1)) && c.onDate(date.AddDate(0, 0, 1)))
}

func (c *Cron) String() string { return c.spec }

// nextWall looks through the dates, from the day before: a time that was
// skipped at the end of a date runs on the next one.
func (c *Cron) nextWall(after time.Time) Run {
	today := dateOf(after, c.zone)
	date := today.AddDate(0, 0, -1)
	for end := today.AddDate(cronYears, 0, 0); date.Before(end); date = c.dateAfter(date) {
		if !c.onDate(date) {
			continue
		}
		if run := c.onDateAfter(date, after); !run.Time.IsZero() && exists(date, c.zone) {
			return run
		}
	}
	return Run{}
}

// dateAfter is the next date, beyond months that do not count.
func (c *Cron) dateAfter(date time.Time) time.Time {
	if c.month&(1<<date.Month()) == 0 {
		return time.Date(date.Year(), date.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	}
	return date.AddDate(0, 0, 1)
}

func (c *Cron) onDate(date time.Time) bool {
	if c.month&(1<<date.Month()) == 0 {
		return false
	}
	day := c.day&(1<<date.Day()) != 0
	weekday := c.weekday&(1<<date.Weekday()) != 0
	if c.both {
		return day && weekday
	}
	return day || weekday
}

// onDateAfter is the first time of the date whose instant is later than after.
// Instants do not decrease with the wall time, so an hour whose last time is
// over is over as a whole, and so is a minute.
func (c *Cron) onDateAfter(date, after time.Time) Run {
	lastMinute, lastSecond := highest(c.minute), highest(c.second)
	if !c.later(date, highest(c.hour), lastMinute, lastSecond, after) {
		return Run{}
	}
	for hour := range 24 {
		if c.hour&(1<<hour) == 0 || !c.later(date, hour, lastMinute, lastSecond, after) {
			continue
		}
		for minute := range 60 {
			if c.minute&(1<<minute) == 0 || !c.later(date, hour, minute, lastSecond, after) {
				continue
			}
			for second := range 60 {
				if c.second&(1<<second) != 0 && c.later(date, hour, minute, second, after) {
					wall := clockOn(date, hour, minute, second)
					t, what := instant(wall, c.zone)
					return Run{t, noteOf(what, wall, t)}
				}
			}
		}
	}
	return Run{}
}

func (c *Cron) later(date time.Time, hour, minute, second int, after time.Time) bool {
	t, _ := instant(clockOn(date, hour, minute, second), c.zone)
	return t.After(after)
}

func clockOn(date time.Time, hour, minute, second int) time.Time {
	return time.Date(date.Year(), date.Month(), date.Day(), hour, minute, second, 0, time.UTC)
}

// nextElapsed goes through the periods of one offset: inside one, the wall
// clock is as good as elapsed time.
func (c *Cron) nextElapsed(after time.Time) Run {
	at := after.Truncate(time.Second).Add(time.Second).In(c.zone)
	for limit := at.AddDate(cronYears, 0, 0); at.Before(limit); {
		_, offset := at.Zone()
		start, end := zoneBounds(at)
		wall := c.nextMatch(wallOf(at, c.zone))
		if wall.IsZero() {
			return Run{}
		}
		t := wall.Add(-time.Duration(offset) * time.Second).In(c.zone)
		if end.IsZero() || t.Before(end) {
			return Run{t, passNote(t, start, end)}
		}
		at = end
	}
	return Run{}
}

// passNote tells the two passes of a doubled hour apart.
func passNote(t, start, end time.Time) string {
	wall := wallOf(t, t.Location())
	if !end.IsZero() && shownAgain(wall, t, end) {
		return "hour doubled: first pass"
	}
	if !start.IsZero() && t.Sub(start) < maxFold {
		if first, what := instant(wall, t.Location()); what == doubled && first.Before(t) {
			return "hour doubled: second pass"
		}
	}
	return ""
}

// nextMatch is the first wall time from wall on that the fields allow.
func (c *Cron) nextMatch(wall time.Time) time.Time {
	date := time.Date(wall.Year(), wall.Month(), wall.Day(), 0, 0, 0, 0, time.UTC)
	if c.onDate(date) {
		hour, minute, second := wall.Hour(), wall.Minute(), wall.Second()
		if s := atLeast(c.second, second); s < 0 {
			minute, second = minute+1, atLeast(c.second, 0)
		} else {
			second = s
		}
		if m := atLeast(c.minute, minute); m < 0 {
			hour, minute, second = hour+1, atLeast(c.minute, 0), atLeast(c.second, 0)
		} else if m != minute {
			minute, second = m, atLeast(c.second, 0)
		}
		if hour < 24 {
			return clockOn(date, hour, minute, second)
		}
	}
	end := date.AddDate(cronYears, 0, 0)
	for date = c.dateAfter(date); date.Before(end); date = c.dateAfter(date) {
		if c.onDate(date) {
			return clockOn(date, 0, atLeast(c.minute, 0), atLeast(c.second, 0))
		}
	}
	return time.Time{}
}

// everFires reports whether a day of the month exists in one of the months.
func (c *Cron) everFires() bool {
	for month := 1; month <= 12; month++ {
		longest := time.Date(2024, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
		if c.month&(1<<month) != 0 && atLeast(c.day, 1) <= longest {
			return true
		}
	}
	return false
}
