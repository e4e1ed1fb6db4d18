package timeline

import (
	"fmt"
	"strings"
	"time"
)

// rangeText is one length, or the range of two that differ.
func rangeText(least, most time.Duration) string {
	a, b := spanText(least), spanText(most)
	if a == b {
		return a
	}
	return a + " to " + b
}

// spanText is a length of time as people say it.
func spanText(d time.Duration) string {
	const day = 24 * time.Hour
	part := func(d, unit, small time.Duration, name, smaller string) string {
		d = d.Round(small)
		text := fmt.Sprintf("%d %s", d/unit, name)
		if rest := d % unit / small; rest > 0 {
			text += fmt.Sprintf(" %d %s", rest, smaller)
		}
		return text
	}
	switch {
	case d < 10*time.Second:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()), ".0") + " s"
	case d.Round(time.Second) < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d.Round(time.Second) < time.Hour:
		return part(d, time.Minute, time.Second, "min", "s")
	case d.Round(time.Minute) < 3*day && d.Round(time.Minute)%day != 0:
		return part(d, time.Hour, time.Minute, "h", "min")
	}
	return part(d, day, time.Hour, "d", "h")
}

// clockText is a length of time as a clock counts it: 1:20.
func clockText(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}
