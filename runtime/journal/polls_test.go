package journal

import (
	"strings"
	"testing"
)

// A filter without polls keeps those that failed; one for moves keeps stops.
func TestFilterOfPollsAndMoves(t *testing.T) {
	d := newDesk(t, Options{})
	d.write(
		Entry{Time: noon, Device: "gate", Channel: 1, What: "preset", Detail: "2", Name: "door", Head: true},
		Entry{Time: noon, Device: "gate", Channel: 1, What: "ptz_status"},
		Entry{Time: noon, Device: "gate", What: "status"},
		Entry{Time: noon, Device: "gate", What: "time"},
		Entry{Time: noon, Device: "gate", What: "status", Err: &Answer{Kind: "timeout", Message: "no answer"}},
		Entry{Time: noon, Device: "gate", Channel: 1, What: "snapshot"},
		Entry{Time: noon, Device: "gate", Channel: 1, What: "ptz_stop", Head: true},
	)
	for _, test := range []struct {
		f    Filter
		want string
	}{
		{Filter{}, "preset ptz_status status time status snapshot ptz_stop"},
		{Filter{Quiet: true}, "preset status snapshot ptz_stop"},
		{Filter{Quiet: true, Limit: 3}, "status snapshot ptz_stop"},
		{Filter{Moves: true}, "preset ptz_stop"},
		{Filter{Moves: true, Limit: 1}, "ptz_stop"},
	} {
		var got []string
		for _, e := range d.read(test.f) {
			got = append(got, e.What)
		}
		if text := strings.Join(got, " "); text != test.want {
			t.Errorf("%+v: %s, want %s", test.f, text, test.want)
		}
	}
	if first := d.read(Filter{Moves: true})[0]; first.Name != "door" || !first.Head {
		t.Errorf("%+v", first)
	}
}
