package device

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// counts are what the only device of r counts as under way.
func (r *rig) counts() (active, ofLine int) {
	r.set.mu.Lock()
	defer r.set.mu.Unlock()
	for _, d := range r.set.devices {
		d.mu.Lock()
		defer d.mu.Unlock()
		active = d.active
		for _, l := range *d.lines.Load() {
			ofLine += l.active
		}
	}
	return active, ofLine
}

// A command that Wane has put back waits like one that was never tried: its task may
// end, and it counts as under way no more.
func TestPutBackAndGivenUp(t *testing.T) {
	r, gate := newGate(t, "timeout: 30s, concurrency: 2")
	ctx, _ := by("tour", nil)
	given, giveUp := context.WithCancel(ctx)
	ends, late := make(chan error, 1), make(chan error, 1)
	var sent atomic.Int32
	first := make(chan struct{})
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/goto") {
			sent.Add(1)
			<-first
		}
		return device.RoundTrip(req)
	})
	go func() { ends <- preset(ctx, gate) }()
	r.eventually("one is on the wire", func() bool { return sent.Load() == 1 })
	go func() { late <- preset(given, gate) }()
	r.eventually("one waits for that", func() bool { return gate.Status(time.UTC).Active == 2 })
	r.set.Wane()
	close(first)
	<-ends
	r.eventually("it waits again", func() bool { st := gate.Status(time.UTC); return st.Active == 0 && st.Queue == 1 })
	giveUp()
	r.within(60*time.Second, "the command of a task that ends", func() {
		if err := <-late; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	if active, ofLine := r.counts(); active != 0 || ofLine != 0 {
		t.Errorf("%d commands count as under way, %d of the line", active, ofLine)
	}
	r.set.Resume()
	if err := preset(ctx, gate); err != nil || sent.Load() != 2 {
		t.Errorf("%d presets were sent: %v", sent.Load(), err)
	}
}
