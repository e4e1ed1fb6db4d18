package isapi

import (
	"context"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// DeviceTime is a device's clock.
type DeviceTime struct {
	Time time.Time // with the device's own offset from UTC
	Mode string    // NTP, manual, platform, ...
	Zone string    // POSIX, sign inverted: CST-1:00:00 is UTC+1
}

// Ahead is how far the device's clock is ahead of now; negative: behind.
// Round trips count into it, so a second means nothing.
func (t DeviceTime) Ahead(now time.Time) time.Duration { return t.Time.Sub(now) }

// Time reads the device's clock: GET /ISAPI/System/time.
func (c *Client) Time(ctx context.Context) (*DeviceTime, error) {
	t, _, err := c.readTime(ctx, "read the clock")
	return t, err
}

func (c *Client) readTime(ctx context.Context, op string) (*DeviceTime, *time.Location, error) {
	cl := &call{op: op, method: http.MethodGet, path: "/ISAPI/System/time"}
	root, err := c.get(ctx, op, 0, cl.path)
	if err != nil {
		return nil, nil, err
	}
	dt := &DeviceTime{Mode: root.Get("timeMode"), Zone: root.Get("timeZone")}
	text := root.Get("localTime")
	t, ok := parseTime(text)
	if !ok {
		// Without an offset the zone has to tell; its daylight rules do not
		// matter to a difference that is looked at by the hour.
		if offset, known := posixOffset(dt.Zone); known {
			t, ok = parseLocal(text, time.FixedZone("", offset))
		}
	}
	if !ok {
		e := c.fail(cl, ErrBadAnswer)
		e.Detail, e.Hint = c.scrub("the clock says "+strconv.Quote(text)), "set time and time zone on the device"
		return nil, nil, e
	}
	learn(c.known, &c.known.zone, t.Location())
	dt.Time = t
	return dt, t.Location(), nil
}

// SetTime sets the device's clock by hand: PUT /ISAPI/System/time with
// timeMode manual and the zone it has. A device that follows an NTP server
// stops doing so.
func (c *Client) SetTime(ctx context.Context, t time.Time) error {
	const op = "set the clock"
	now, loc, err := c.readTime(ctx, op)
	if err != nil {
		return err
	}
	zone := ""
	if now.Zone != "" {
		zone = "<timeZone>" + xmlText(now.Zone) + "</timeZone>"
	}
	return c.put(ctx, op, 0, "/ISAPI/System/time", xmlProlog+"<Time><timeMode>manual</timeMode><localTime>"+
		t.In(loc).Format("2006-01-02T15:04:05-07:00")+"</localTime>"+zone+"</Time>")
}

var dateTime = regexp.MustCompile(`^(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{1,2}):(\d{2}):(\d{2})(?:[.,]\d+)?\s*(Z|[+-]\d{1,2}(?::?\d{2})?|00:?00)?$`)

// parseTime reads a time as devices write it, one-digit offsets, offsets
// without minutes and lost plus signs included. ok is false without a date or
// where the offset is unknown: no time is better than a wrong one.
func parseTime(s string) (time.Time, bool) {
	m := dateTime.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil || m[7] == "" {
		return time.Time{}, false
	}
	offset, ok := isoOffset(m[7])
	if !ok {
		return time.Time{}, false
	}
	return dateOf(m, time.FixedZone("", offset))
}

// parseLocal reads a time without an offset, by a clock in that zone.
func parseLocal(s string, zone *time.Location) (time.Time, bool) {
	m := dateTime.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil || m[7] != "" {
		return time.Time{}, false
	}
	return dateOf(m, zone)
}

func dateOf(m []string, zone *time.Location) (time.Time, bool) {
	var n [6]int
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1])
	}
	t := time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, zone)
	if t.Day() != n[2] || int(t.Month()) != n[1] || t.Hour() != n[3] || t.Minute() != n[4] || n[5] > 60 {
		return time.Time{}, false
	}
	return t, true
}

// isoOffset reads Z, +8, +08, +0800, -08:00 as seconds east of UTC; 00:00 has
// lost its sign.
func isoOffset(zone string) (seconds int, ok bool) {
	if zone == "Z" {
		return 0, true
	}
	sign := 1
	if digits, west := strings.CutPrefix(zone, "-"); west {
		sign, zone = -1, digits
	}
	zone = strings.TrimPrefix(zone, "+")
	digits := strings.ReplaceAll(zone, ":", "")
	if len(digits) <= 2 {
		digits += "00"
	}
	v, err := strconv.Atoi(digits)
	if err != nil || v > 1500 || v%100 > 59 {
		return 0, false
	}
	return sign * (v/100*3600 + v%100*60), true
}

var gmtZone = regexp.MustCompile(`(?i)^(?:GMT|UTC)\s*([+-]\d{1,2}(?::\d{2})?)$`)

var posixZone = regexp.MustCompile(`^[A-Za-z<>0-9+-]*?([+-]?\d{1,2})(?::(\d{2}))?(?::\d{2})?(?:[A-Z].*)?$`)

// posixOffset is the standard offset in seconds east of UTC of a zone such as
// CST-1:00:00DST01:00:00,M3.5.0/02:00:00,M10.5.0/03:00:00.
func posixOffset(zone string) (seconds int, ok bool) {
	// GMT+08:00 is how people write it, east with a plus; POSIX would have
	// seconds behind it on these devices.
	if m := gmtZone.FindStringSubmatch(strings.TrimSpace(zone)); m != nil {
		return isoOffset(m[1])
	}
	m := posixZone.FindStringSubmatch(strings.TrimSpace(zone))
	if m == nil {
		return 0, false
	}
	h, err := strconv.Atoi(m[1])
	if err != nil || h < -15 || h > 15 {
		return 0, false
	}
	minutes, _ := strconv.Atoi(m[2])
	if strings.HasPrefix(m[1], "-") {
		minutes = -minutes
	}
	return -(h*3600 + minutes*60), true
}
