package clock

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	table, err := os.ReadFile("testdata/durations.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimRight(string(table), "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		text, want, _ := strings.Cut(line, "\t")
		got, err := ParseDuration(text)
		if want == "error" {
			var bad *DurationError
			if !errors.As(err, &bad) || bad.Text != text || strings.ContainsAny(err.Error(), "\n\r") || len(err.Error()) > 150 {
				t.Errorf("%q: %v, %v; want an error of one line", text, got, err)
			}
			continue
		}
		seconds, _ := strconv.ParseFloat(want, 64)
		if err != nil || got != time.Duration(seconds*float64(time.Second)) {
			t.Errorf("%q: %v %v, want %v s", text, got, err, want)
		}
		if back, err := ParseDuration(FormatDuration(got)); got >= time.Millisecond && (err != nil || back != got) {
			t.Errorf("%q is written as %q, which is %v %v", text, FormatDuration(got), back, err)
		}
	}
	if _, err := ParseDuration("36501d"); err == nil || err.Error() != `"36501d" is longer than 100 years` {
		t.Error(err)
	}
	if _, err := ParseDuration(strings.Repeat("9", 400)); err == nil || len(err.Error()) > 150 {
		t.Error(err)
	}
}

func TestParseAge(t *testing.T) {
	for text, want := range map[string]time.Duration{"12h": 12 * time.Hour, "8w": 56 * day, "1y": 365 * day, "1y1w1d": 373 * day, "100y": MaxDuration} {
		if got, err := ParseAge(text); err != nil || got != want {
			t.Errorf("%q: %v %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"1M": `"1M" is not a duration (such as 12h, 30d, 8w, 1y)`, "101y": `"101y" is longer than 100 years`,
	} {
		if _, err := ParseAge(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestFormatDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 90 * time.Second: "1m30s", 48 * time.Hour: "2d", 1500 * time.Millisecond: "1s500ms", time.Microsecond: "1µs",
		1500 * time.Microsecond: "1ms", day + time.Millisecond: "1d1ms", -time.Second: "-1s",
	} {
		if got := FormatDuration(d); got != want {
			t.Errorf("%d: %q, want %q", d, got, want)
		}
	}
}
