package doctor

import (
	"context"
	"fmt"
	"time"
)

const (
	clockWarn = 5 * time.Second
	clockFail = time.Minute // more, and events seem old or to come
	timeMenu  = "Configuration > System > System Settings > Time Settings"
)

// checkClock compares the device's clock with this machine's, and its zone
// with the site's.
func (x *exam) checkClock(ctx context.Context) Check {
	began := x.Clock.Now()
	t, err := answer(ctx, x, x.Client.Time)
	switch {
	case kind(err) == "bad_answer":
		return failed(err)
	case absent(err):
		return skip("the device does not tell its time")
	case err != nil:
		return failed(err)
	}
	now := x.Clock.Now()
	now = now.Add(-now.Sub(began) / 2) // the device looked somewhere between
	off := t.Ahead(now).Round(time.Second)
	sync := fmt.Sprintf("In the device's web page: %s: NTP, with a time server that the device reaches, then Save.", timeMenu)
	switch {
	case off.Abs() > clockFail && wholeZones(off):
		return fail(aheadText(off)+": its time zone or daylight saving is wrong",
			fmt.Sprintf("In the device's web page: %s: set Time Zone, and DST beside it, then the time (Sync. with computer time), then Save.", timeMenu))
	case off.Abs() > clockFail:
		return fail(aheadText(off)+": events and recordings carry wrong times", sync)
	case off.Abs() > clockWarn:
		return warn(aheadText(off), sync)
	}
	_, theirs := t.Time.Zone()
	_, ours := now.In(x.Zone).Zone()
	if theirs != ours {
		return warn(fmt.Sprintf("the clock is right, but in zone %s; the site is in %s", offset(theirs), offset(ours)),
			fmt.Sprintf("What the picture shows and what recordings are searched by differs from the site's time. In the device's web page: %s: set Time Zone and DST, "+
				"or timezone: in site.yaml.", timeMenu))
	}
	mode := ""
	if t.Mode != "" {
		mode = ", set by " + t.Mode
	}
	return fine("right, zone %s%s", offset(theirs), mode)
}

func aheadText(off time.Duration) string {
	if off < 0 {
		return fmt.Sprintf("the clock is %s behind", span(-off))
	}
	return fmt.Sprintf("the clock is %s ahead", span(off))
}

// wholeZones reports a difference as it comes of a wrong zone.
func wholeZones(off time.Duration) bool {
	const step = 30 * time.Minute
	return (off-off.Round(step)).Abs() <= clockWarn && off.Abs() <= 26*time.Hour
}

func offset(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	return fmt.Sprintf("UTC%c%d:%02d", sign, seconds/3600, seconds/60%60)
}
