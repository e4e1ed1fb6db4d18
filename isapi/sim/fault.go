package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Fault is something that is wrong with a device for a while.
//
//	offline         the connection is refused
//	slow=2s         every answer takes that much longer (default 2 s)
//	late=2s         the same, and a command is done although its client has gone
//	reset           the connection is reset in the middle of the answer
//	cut             the connection is closed in the middle of the answer
//	html            a web page comes instead of the answer; nothing is done
//	busy            503, Device Busy; nothing is done
//	locked=90s      the account is locked (default: until the fault ends)
//	wrong-password  the password of every account is another one
//	clock-wrong=-2h the device's clock is off by that much (default 1 h)
//	stream-silent   the event stream is accepted and says nothing
type Fault struct {
	Name  string
	Value string
	// From and To bound it: counted from the moment it was set (for
	// Options.Faults: from the device's start) or, with Daily, times of day in
	// the device's zone. To 0 is for ever.
	From, To time.Duration
	Daily    bool

	since time.Time
}

var faultNames = []string{"offline", "slow", "late", "reset", "cut", "html", "busy", "locked",
	"wrong-password", "clock-wrong", "stream-silent"}

// FaultNames lists the faults that exist.
func FaultNames() []string { return slices.Clone(faultNames) }

// ParseFault reads NAME[=VALUE][@FROM[-TO]], such as "slow=2s@10s-20s" or
// "offline@02:00-02:10". FROM and TO are durations, or times of day.
func ParseFault(text string) (Fault, error) {
	var f Fault
	head, place, placed := strings.Cut(strings.TrimSpace(text), "@")
	name, value, valued := strings.Cut(head, "=")
	f.Name, f.Value = name, value
	if !slices.Contains(faultNames, name) {
		return f, fmt.Errorf("unknown fault %q: one of %s", name, strings.Join(faultNames, ", "))
	}
	if valued {
		d, err := time.ParseDuration(value)
		switch {
		case name != "slow" && name != "late" && name != "locked" && name != "clock-wrong":
			return f, fmt.Errorf("fault %s takes no value", name)
		case err != nil:
			return f, fmt.Errorf("fault %s: %q is no duration (such as 2s)", name, value)
		case d < 0 && name != "clock-wrong":
			return f, fmt.Errorf("fault %s: %q is negative", name, value)
		}
	}
	if !placed {
		return f, nil
	}
	from, to, ends := strings.Cut(place, "-")
	var err error
	if f.From, f.Daily, err = parsePlace(from); err != nil {
		return f, fmt.Errorf("fault %s: %w", name, err)
	}
	if ends {
		var daily bool
		if f.To, daily, err = parsePlace(to); err != nil {
			return f, fmt.Errorf("fault %s: %w", name, err)
		}
		if daily != f.Daily {
			return f, fmt.Errorf("fault %s: %q mixes a duration and a time of day", name, place)
		}
		if !f.Daily && f.To <= f.From {
			return f, fmt.Errorf("fault %s: %q ends before it begins", name, place)
		}
	} else if f.Daily {
		f.To = 24 * time.Hour
	}
	return f, nil
}

func parsePlace(s string) (d time.Duration, daily bool, err error) {
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second, true, nil
		}
	}
	d, err = time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, false, fmt.Errorf("%q is neither a duration (10s) nor a time of day (02:00)", s)
	}
	return d, false, nil
}

// String is the form that ParseFault reads.
func (f Fault) String() string {
	s := f.Name
	if f.Value != "" {
		s += "=" + f.Value
	}
	show := func(d time.Duration) string {
		if f.Daily {
			return time.Time{}.Add(d).Format("15:04:05")
		}
		return d.String()
	}
	if f.From != 0 || f.To != 0 || f.Daily {
		s += "@" + show(f.From)
		if f.To != 0 && !(f.Daily && f.To == 24*time.Hour) {
			s += "-" + show(f.To)
		}
	}
	return s
}

// active reports whether the fault is in force at now.
func (f Fault) active(now time.Time, zone *time.Location) bool {
	if !f.Daily {
		age := now.Sub(f.since)
		return age >= f.From && (f.To == 0 || age < f.To)
	}
	t := sinceMidnight(now, zone)
	if f.From <= f.To {
		return t >= f.From && t < f.To
	}
	return t >= f.From || t < f.To
}

// end is when a fault that is in force ends.
func (f Fault) end(now time.Time, zone *time.Location) (time.Time, bool) {
	if f.Daily {
		return nextDaily(f.To, now, zone), true
	}
	return f.since.Add(f.To), f.To != 0
}

// begin is when it next comes into force.
func (f Fault) begin(now time.Time, zone *time.Location) (time.Time, bool) {
	if f.Daily {
		return nextDaily(f.From, now, zone), true
	}
	at := f.since.Add(f.From)
	return at, at.After(now)
}

// nextDaily is the next time that the clock shows at.
func nextDaily(at time.Duration, now time.Time, zone *time.Location) time.Time {
	wait := at - sinceMidnight(now, zone)
	if wait <= 0 {
		wait += 24 * time.Hour
	}
	return now.Add(wait)
}

func sinceMidnight(t time.Time, zone *time.Location) time.Duration {
	t = t.In(zone)
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute +
		time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
}

// fault finds a fault in force. It needs d.mu.
func (d *Device) fault(name string, now time.Time) (Fault, bool) {
	for _, f := range d.faults {
		if f.Name == name && f.active(now, d.o.Zone) {
			return f, true
		}
	}
	return Fault{}, false
}

// span is a fault's value as a duration.
func (f Fault) span(byDefault time.Duration) time.Duration {
	if d, err := time.ParseDuration(f.Value); err == nil {
		return d
	}
	return byDefault
}
