package schedule

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
)

func mustCron(t testing.TB, spec string, z *time.Location) *Cron {
	t.Helper()
	c, err := ParseCron(spec, z)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const stamp = "2006-01-02 15:04:05"

func at(t testing.TB, text string, z *time.Location) time.Time {
	t.Helper()
	when, err := time.ParseInLocation(stamp, text, z)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func TestCronNext(t *testing.T) {
	for _, c := range []struct{ spec, zone, from, want string }{
		{"*/10 * * * *", "UTC", "2026-03-01 10:00:00", "2026-03-01 10:10:00"},
		{"*/10 * * * *", "UTC", "2026-03-01 10:09:59", "2026-03-01 10:10:00"},
		{"*/5 * * * * *", "UTC", "2026-03-01 10:00:01", "2026-03-01 10:00:05"},
		{"30 15 2 * * *", "UTC", "2026-03-01 10:00:00", "2026-03-02 02:15:30"},
		{"0 0 1 1 *", "UTC", "2026-03-01 10:00:00", "2027-01-01 00:00:00"},
		{"59 23 31 12 *", "UTC", "2026-12-31 23:58:59", "2026-12-31 23:59:00"},
		{"0 0 29 2 *", "UTC", "2026-03-01 10:00:00", "2028-02-29 00:00:00"},
		{"0 0 29 2 *", "UTC", "2096-03-01 10:00:00", "2104-02-29 00:00:00"},
		{"0 12 29 2 */7", "UTC", "2026-03-01 10:00:00", "2032-02-29 12:00:00"},
		// Either day matches; 2026-03-02 is a Monday.
		{"0 8 13 * mon", "UTC", "2026-03-09 08:00:00", "2026-03-13 08:00:00"},
		{"0 8 13 * mon", "UTC", "2026-03-01 10:00:00", "2026-03-02 08:00:00"},
		// A star with a step leaves the days to the other field.
		{"0 8 */2 * mon", "UTC", "2026-03-01 10:00:00", "2026-03-09 08:00:00"},
		{"0 8 13 * */2", "UTC", "2026-03-01 10:00:00", "2026-06-13 08:00:00"},
		{"0 8 * * 7", "UTC", "2026-03-02 10:00:00", "2026-03-08 08:00:00"},
		{"0 8 * * fri-mon", "UTC", "2026-03-02 10:00:00", "2026-03-06 08:00:00"},
		{"0 8 * * Sat-7", "UTC", "2026-03-02 10:00:00", "2026-03-07 08:00:00"},
		{"0 8 * * 5/1", "UTC", "2026-03-02 10:00:00", "2026-03-06 08:00:00"},
		{"0 8 * JAN-MAR mon-fri", "UTC", "2026-03-31 10:00:00", "2027-01-01 08:00:00"},
		{"@hourly", "UTC", "2026-03-01 10:00:00", "2026-03-01 11:00:00"},
		{"@daily", "UTC", "2026-03-01 10:00:00", "2026-03-02 00:00:00"},
		{"@weekly", "UTC", "2026-03-02 10:00:00", "2026-03-08 00:00:00"},
		{"@monthly", "UTC", "2026-03-01 10:00:00", "2026-04-01 00:00:00"},
		{"@yearly", "UTC", "2026-03-01 10:00:00", "2027-01-01 00:00:00"},
		{"CRON_TZ=Asia/Tokyo 0 6 * * *", "UTC", "2026-03-01 10:00:00", "2026-03-01 21:00:00"},
		{"TZ=Asia/Tokyo  @daily", "UTC", "2026-03-01 10:00:00", "2026-03-01 15:00:00"},
		{"30 2 * * *", "Europe/Berlin", "2026-03-28 12:00:00", "2026-03-29 03:00:00"},
		{"30 2 * * *", "Europe/Berlin", "2026-03-29 03:00:00", "2026-03-30 02:30:00"},
		{"30 2,3 * * *", "Europe/Berlin", "2026-03-29 03:00:00", "2026-03-29 03:30:00"},
		{"0 */2 * * *", "Europe/Berlin", "2026-03-29 00:00:00", "2026-03-29 03:00:00"},
		{"0 */2 * * *", "Europe/Berlin", "2026-03-29 03:00:00", "2026-03-29 04:00:00"},
		{"* 2 * * *", "Europe/Berlin", "2026-03-29 03:00:00", "2026-03-30 02:00:00"},
	} {
		z := zone(t, c.zone)
		if got := mustCron(t, c.spec, z).Next(at(t, c.from, z)); got.In(z).Format(stamp) != c.want {
			t.Errorf("%q in %s after %s: %v, want %s", c.spec, c.zone, c.from, got, c.want)
		}
	}
}

func TestCronDoubledHour(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	midnight := time.Date(2026, 10, 25, 0, 0, 0, 0, z)
	list := func(spec string) string {
		var out []string
		for _, run := range Preview(mustCron(t, spec, z), midnight.Add(-time.Second), 4) {
			out = append(out, strings.TrimSpace(run.Time.In(z).Format("15:04 -0700 ")+run.Note))
		}
		return strings.Join(out, ", ")
	}
	for spec, want := range map[string]string{
		"30 2 * * *":   "02:30 +0200 hour doubled: first pass, 02:30 +0100, 02:30 +0100, 02:30 +0100",
		"0 1-3 * * *":  "01:00 +0200, 02:00 +0200 hour doubled: first pass, 03:00 +0100, 01:00 +0100",
		"30 * * * *":   "00:30 +0200, 01:30 +0200, 02:30 +0200 hour doubled: first pass, 02:30 +0100 hour doubled: second pass",
		"0 0-23 * * *": "00:00 +0200, 01:00 +0200, 02:00 +0200 hour doubled: first pass, 03:00 +0100",
	} {
		if got := list(spec); got != want {
			t.Errorf("%q:\n got %s\nwant %s", spec, got, want)
		}
	}
}

// TestLordHowe: the half hour that is skipped or doubled there.
func TestLordHowe(t *testing.T) {
	z := zone(t, "Australia/Lord_Howe")
	for _, c := range []struct{ spec, from, want string }{
		{"15 2 * * *", "2026-10-03 12:00:00", "2026-10-04 02:30:00 +1100"},
		{"45 1 * * *", "2026-04-04 12:00:00", "2026-04-05 01:45:00 +1100"},
		{"45 1 * * *", "2026-04-05 02:00:00", "2026-04-06 01:45:00 +1030"},
	} {
		if got := mustCron(t, c.spec, z).Next(at(t, c.from, z)).In(z).Format(stamp + " -0700"); got != c.want {
			t.Errorf("%q after %s: %s, want %s", c.spec, c.from, got, c.want)
		}
	}
}

func TestCronErrors(t *testing.T) {
	for spec, want := range map[string]string{
		"":                                   `"": is empty (5 fields: minute, hour, day of month, month, day of week)`,
		"   ":                                `"   ": is empty (5 fields: minute, hour, day of month, month, day of week)`,
		"TZ=":                                `"TZ=": TZ: unknown zone "" (such as CRON_TZ=Europe/Berlin)`,
		"CRON_TZ=Local 0 6 * * *":            `"CRON_TZ=Local 0 6 * * *": TZ: unknown zone "Local" (such as CRON_TZ=Europe/Berlin)`,
		"CRON_TZ=":                           `"CRON_TZ=": TZ: unknown zone "" (such as CRON_TZ=Europe/Berlin)`,
		"TZ=UTC":                             `"TZ=UTC": is empty (5 fields: minute, hour, day of month, month, day of week)`,
		"TZ=Mars/X * * * * *":                `"TZ=Mars/X * * * * *": TZ: unknown zone "Mars/X" (such as CRON_TZ=Europe/Berlin)`,
		"* * * *":                            `"* * * *": 4 fields, due are 5 (minute, hour, day of month, month, day of week) or 6 (second first)`,
		"* * * * * * *":                      `"* * * * * * *": 7 fields, due are 5 (minute, hour, day of month, month, day of week) or 6 (second first)`,
		"60 * * * *":                         `"60 * * * *": minute: 60 is outside 0 to 59`,
		"* 24 * * *":                         `"* 24 * * *": hour: 24 is outside 0 to 23`,
		"* * 0 * *":                          `"* * 0 * *": day of month: 0 is outside 1 to 31`,
		"* * * 13 *":                         `"* * * 13 *": month: 13 is outside 1 to 12`,
		"* * * * 8":                          `"* * * * 8": day of week: 8 is outside 0 to 7`,
		"61 * * * * *":                       `"61 * * * * *": second: 61 is outside 0 to 59`,
		"* * * jna *":                        `"* * * jna *": month: "jna" is not a value (did you mean "jan"?)`,
		"* * * * monday":                     `"* * * * monday": day of week: "monday" is not a value (did you mean "mon"?)`,
		"* * * * xyz":                        `"* * * * xyz": day of week: "xyz" is not a value (0 to 7, or sun to sat)`,
		"x * * * *":                          `"x * * * *": minute: "x" is not a value (0 to 59)`,
		"-5 * * * *":                         `"-5 * * * *": minute: "" is not a value (0 to 59)`,
		"1,,2 * * * *":                       `"1,,2 * * * *": minute: "" is not a value (0 to 59)`,
		"*/0 * * * *":                        `"*/0 * * * *": minute: "*/0" is not a step (such as */5)`,
		"*/x * * * *":                        `"*/x * * * *": minute: "*/x" is not a step (such as */5)`,
		"*/90 * * * *":                       `"*/90 * * * *": minute: the step 90 is longer than the field (0 to 59)`,
		"0 22-6 * * *":                       `"0 22-6 * * *": hour: "22-6" runs backwards: write 22-23,0-6`,
		"1-2-3 * * * *":                      `"1-2-3 * * * *": minute: "2-3" is not a value (0 to 59)`,
		"0 0 30 feb *":                       `"0 0 30 feb *": day of month: that day never comes in that month`,
		"0 0 31 4,6,9 *":                     `"0 0 31 4,6,9 *": day of month: that day never comes in that month`,
		"0 0 30 2 */2":                       `"0 0 30 2 */2": day of month: that day never comes in that month`,
		"@dayly":                             `"@dayly": unknown name (known: @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly)`,
		"@every 5m":                          `"@every 5m": hik.every runs a job at an interval, such as hik.every("5m", fn)`,
		"99999999999999999999999999 * * * *": `"99999999999999999999999999 * * * *": minute: 99999999999999999999999999 is outside 0 to 59`,
	} {
		c, err := ParseCron(spec, time.UTC)
		if _, ok := errors.AsType[*SpecError](err); !ok || c != nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// TestCronAgreesWithRobfig: where no clock changes, the times are those of the
// library whose parser we use.
func TestCronAgreesWithRobfig(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	parser := cron.NewParser(cron.Second | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	field := func(low, high int) string {
		value := func() int { return low + random.IntN(high-low+1) }
		switch random.IntN(5) {
		case 0:
			a, b := value(), value()
			return fmt.Sprintf("%d-%d", min(a, b), max(a, b))
		case 1:
			return fmt.Sprintf("%d,%d", value(), value())
		case 2:
			a, b := value(), value()
			return fmt.Sprintf("%d-%d/%d", min(a, b), max(a, b), 1+random.IntN(high))
		case 3:
			return fmt.Sprint(value())
		}
		return "*"
	}
	compared := 0
	for range 3000 {
		spec := strings.Join([]string{field(0, 59), field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6)}, " ")
		theirs, err := parser.Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := ParseCron(spec, time.UTC)
		if err != nil {
			continue // a day that never comes
		}
		when := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(random.Int64N(int64(3 * 365 * 24 * time.Hour))))
		for range 5 {
			want := theirs.Next(when)
			if want.IsZero() {
				break
			}
			if got := ours.Next(when); !got.Equal(want) {
				t.Fatalf("%q after %v: %v, want %v", spec, when, got, want)
			}
			when = want
			compared++
		}
	}
	if compared < 10_000 {
		t.Errorf("only %d compared", compared)
	}
}

func BenchmarkCronNext(b *testing.B) {
	z := zone(b, "Europe/Berlin")
	from := time.Date(2026, 3, 28, 12, 0, 0, 0, z)
	for _, spec := range []string{"* * * * * *", "*/5 * * * *", "30 2 * * *", "0 8 * * mon-fri", "0 0 29 2 *"} {
		c := mustCron(b, spec, z)
		b.Run(strings.ReplaceAll(spec, "/", "÷"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Next(from)
			}
		})
	}
}
