package journal

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// Whatever is in a file: no panic, and what is read can be shown and written
// again.
func FuzzRead(f *testing.F) {
	var good bytes.Buffer
	for i := range 3 {
		encode(&good, number(i))
	}
	f.Add(good.Bytes(), "gate")
	f.Add(good.Bytes()[:good.Len()-20], "")
	f.Add([]byte(`{"time":"2026-03-04T12:00:00.250000Z","dropped":3}`+"\n\x00\xff\n{}\n"), "yard")
	f.Add([]byte(`{"time":"2026-03-04T12:00:00.250000Z","device":"gate","answer":"timeout","error":"x","duration":-1e400}`), "")
	f.Add([]byte(`{"time":"2026-03-04T12:00:00.250000Z","device":"gate","answer":"timeout","duration":1e300,"waited":-5}`), "gate")
	f.Fuzz(func(t *testing.T, data []byte, device string) {
		want := newSieve(Filter{Device: device, Since: noon.Add(-time.Hour)})
		want.lines(bytes.NewReader(data), func(e Entry) bool {
			line, _ := e.MarshalJSON()
			if bytes.ContainsAny(line, "\n\r") || !json.Valid(line) {
				t.Errorf("%q", line)
			}
			var again Entry
			if err := again.UnmarshalJSON(line); err != nil {
				t.Errorf("%s: %v", line, err)
			}
			if text := e.String(); strings.ContainsAny(text, "\n\r\x1b") {
				t.Errorf("%q", text)
			}
			if e.Duration < 0 || e.Waited < 0 {
				t.Error(e.Duration, e.Waited)
			}
			return true
		})
	})
}

// Whatever a device or a script is called, the line is one, and it is read as
// it was written.
func FuzzWrite(f *testing.F) {
	f.Add("gate", "40 0 0", "timeout\nof it", int64(31_000_000))
	f.Add("\x00\x7f\xff\u2028\"\\", "é", "http://a:b@c", int64(-1))
	f.Fuzz(func(t *testing.T, device, detail, message string, took int64) {
		e := Entry{Time: noon, Device: device, What: "x", Detail: detail, Duration: time.Duration(took % 1e15)}
		if message != "" {
			e.Err = kindError{"k", message}
		}
		line, _ := e.MarshalJSON()
		if bytes.ContainsAny(line, "\n\r") || !json.Valid(line) || !utf8.Valid(line) || len(line) > 16<<10 {
			t.Fatalf("%q", line)
		}
		got, ok := newSieve(Filter{Device: device, Since: noon, Until: noon.Add(1000)}).entry(line)
		if !ok && utf8.ValidString(device) {
			t.Fatalf("not found: %s", line)
		}
		if ok && utf8.ValidString(device) && len(device) < 40 && got.Device != device {
			t.Errorf("%q, want %q", got.Device, device)
		}
		if ok && (got.Err != nil) != (message != "") {
			t.Error(got.Err)
		}
	})
}
