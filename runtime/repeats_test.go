package runtime

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A job that fails in the same way again and again is one line in the log, then a
// count: once an hour, when another error comes, when it works again, and at its end.
func TestRepeatedErrorsAreCounted(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		local timelapse = require "hik.timelapse"
		timelapse.start(hik.device("gate"):channel("yard"), "10s", {tries = 2})
		local bad
		hik.every("10s", {name = "other"}, function() if bad then error(bad, 0) end end)
		hik.at("13:30", function() bad = "one" end)
		hik.at("13:31", function() bad = "two" end)
		hik.at("13:32", function() bad = nil end)`})
	w.start()
	w.run(30 * time.Second)
	off := true
	w.via["gate"] = func(r *http.Request, device http.RoundTripper) (*http.Response, error) {
		if off {
			return nil, errors.New("connection refused")
		}
		return device.RoundTrip(r)
	}
	w.run(80 * time.Minute)
	off = false
	w.run(20 * time.Minute)
	w.end()
	log := w.log.String()
	for piece, want := range map[string]int{
		"level=ERROR": 3, "the same error": 4, "it works again": 2,
		"the same error 360 more times until 13:00":                    1,
		"the same error 5 more times until 13:31\" script=a job=other": 1,
	} {
		if n := strings.Count(log, piece); n != want {
			t.Errorf("%q: %d times, not %d", piece, n, want)
		}
	}
	if t.Failed() {
		t.Log(log)
	}
}
