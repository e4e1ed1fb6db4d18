package hold

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// A host that hears the tries of another, and gets no answer from the engine, does not
// remember all of them.
func TestTriesAreNotRememberedForGood(t *testing.T) {
	now := BootTime(time.Hour)
	h := New(Config{Share: "site", Host: "left", ID: "left", Clock: clock.NewVirtual(time.Unix(0, 0)), Boot: func() BootTime { return now }})
	for n := range uint64(10_000) {
		data, err := json.Marshal(Record{Host: "right", ID: "right", Session: "one", N: n})
		if err != nil {
			t.Fatal(err)
		}
		h.hear(data)
		now = now.Add(time.Second)
	}
	if n := len(h.heard); n > 20 {
		t.Errorf("%d tries are remembered", n)
	}
}

// Those that may still come to stand are.
func TestATryThatIsInFlightIsRemembered(t *testing.T) {
	now := BootTime(time.Hour)
	h := New(Config{Share: "site", Host: "left", ID: "left", Clock: clock.NewVirtual(time.Unix(0, 0)), Boot: func() BootTime { return now }})
	for n := range uint64(100) {
		record := func(n uint64) []byte {
			data, err := json.Marshal(Record{Host: "right", ID: "right", Session: "one", N: n})
			if err != nil {
				t.Fatal(err)
			}
			return data
		}
		heard := now
		h.hear(record(n))
		now = now.Add(time.Second)
		h.hear(record(n + 1))
		h.see(record(n), n+1)
		if h.since > heard {
			t.Fatalf("try %d counts from %s after it was heard first", n, h.since.Sub(heard))
		}
	}
}
