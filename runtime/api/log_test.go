package api

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

var begin = time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC)

// TestLastOfLog asks a host for lines, of which it may have forgotten some.
func TestLastOfLog(t *testing.T) {
	var lines [][]byte
	for n := range 6 {
		at := begin.Add(time.Duration(n) * time.Minute)
		lines = append(lines, fmt.Appendf(nil, `{"time":%q,"level":"INFO","msg":"%d","script":%q}`, at.Format(time.RFC3339), n, []string{"even", "odd"}[n%2]))
	}
	for _, test := range []struct {
		request   LogRequest
		forgotten bool
		want      string
		older     int // 0: nothing older is asked for
	}{
		{LogRequest{Lines: 0}, true, "", 0},
		{LogRequest{Lines: 2}, true, "45", 0},
		{LogRequest{Lines: 2, LogFilter: LogFilter{Script: "even"}}, true, "24", 0},
		{LogRequest{Lines: 5, LogFilter: LogFilter{Script: "even"}}, true, "024", 2},
		{LogRequest{Lines: 5, LogFilter: LogFilter{Script: "even"}}, false, "024", 0},
		{LogRequest{Lines: -1, LogFilter: LogFilter{Since: begin.Add(-time.Hour)}}, true, "012345", -1},
		{LogRequest{Lines: -1, LogFilter: LogFilter{Since: begin.Add(3 * time.Minute)}}, true, "345", 0},
	} {
		last, older := test.request.lastOf(lines, test.forgotten)
		got := ""
		for _, line := range last {
			var l struct{ Msg string }
			_ = json.Unmarshal(line, &l)
			got += l.Msg
		}
		asked := 0
		if older != nil {
			asked = older.Lines
			if !older.Before.Equal(begin) {
				t.Errorf("%+v: before %v", test.request, older.Before)
			}
		}
		if got != test.want || asked != test.older {
			t.Errorf("%+v: %q and %d older ones, want %q and %d", test.request, got, asked, test.want, test.older)
		}
	}
}
