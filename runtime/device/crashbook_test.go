package device

import (
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/store"
)

// The crash book has no password: a device that site.yaml does not have is told
// of, and stopped when a script opens it, or site.yaml has it again, under
// whatever name.
func TestCrashBookOfAnOpenedDevice(t *testing.T) {
	for name, comesBack := range map[string]func(r *rig){
		"by a script": func(r *rig) {
			r.open("a script", map[string]any{"ip": oneGate, "username": "admin", "password": "simulated"})
		},
		"by site.yaml": func(r *rig) {
			r.swap(otherSite + "  gate: {ip: " + oneGate + ", username: admin, password: simulated}\n")
		},
		"by a new address": func(r *rig) { r.swap(strings.Replace(otherSite, "192.0.2.3", oneGate, 1)) },
	} {
		t.Run(name, func(t *testing.T) { crashBook(t, comesBack) })
	}
}

const otherSite = "timezone: UTC\ndevices:\n  other: {ip: 192.0.2.3, username: admin, password: simulated}\n"

func crashBook(t *testing.T, comesBack func(r *rig)) {
	path := filepath.Join(t.TempDir(), "state.db")
	openBook := func(log *lockedBuffer) *store.Store {
		s, err := store.Open(path, store.Options{Clock: clock.Real(), Log: testLog(log)})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	log := new(lockedBuffer)
	book := openBook(log)
	mark := store.Moving{Device: "cam", Channel: 1, Address: "http://" + oneGate + ":80", Task: "exec/main", Since: time.Now()}
	if err := book.SetMoving(t.Context(), mark); err != nil {
		t.Fatal(err)
	}
	book.Close()
	book = openBook(log)
	t.Cleanup(func() { book.Close() })
	r := newRigWith(t, book, otherSite)
	r.sim(mark.Address) // it turns since before the crash
	if !contains(r.log.String(), "site.yaml does not have its device: look at it") || !contains(r.log.String(), "device=cam channel=1 address="+mark.Address) {
		t.Error(r.log)
	}
	comesBack(r)
	r.eventually("the head is stopped", func() bool { return r.gate().Counts().Stops > 0 })
	r.eventually("it is struck out", func() bool { return len(book.AllMoving()) == 0 })
	r.eventually("it is in the log", func() bool { return contains(r.log.String(), "left moving when hiklua ended: it is stopped now") })
}

// What a crash leaves in the book is struck out by a stop that was answered, and
// by no other: neither while a move is pending, nor where the stop is refused.
func TestCrashBookKeepsWhatMayMove(t *testing.T) {
	log := new(lockedBuffer)
	book, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{Clock: clock.Real(), Log: testLog(log)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { book.Close() })
	r := newRigWith(t, book, gateAt(oneGate))
	gate := r.quiet()
	hold := make(chan bool)
	var refuse atomic.Bool
	var moves atomic.Int32
	r.putBetween(func(req *http.Request, device http.RoundTripper) (*http.Response, error) {
		switch {
		case isMove(req) && strings.Contains(req.Header.Get("Authorization"), "Digest"):
			moves.Add(1)
			<-hold
		case isStop(req) && refuse.Load():
			return status(req, http.StatusForbidden), nil
		}
		return device.RoundTrip(req)
	})
	ctx, o := by("tour", nil)
	done := make(chan error)
	go func() { done <- turn(ctx, gate) }()
	r.eventually("the move is under way", func() bool { return moves.Load() == 1 })
	h := gate.dev().head(1, luaapi.NoLens)
	h.d.mu.Lock()
	h.settle()
	h.d.mu.Unlock()
	if n := len(book.AllMoving()); n != 1 {
		t.Errorf("%d marks while a move is under way", n)
	}
	close(hold)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	refuse.Store(true)
	o.End()
	r.eventually("the stop is refused", func() bool { return contains(r.log.String(), "refuses to stop") })
	if n := len(book.AllMoving()); n != 1 {
		t.Errorf("%d marks of a head whose stop is refused", n)
	}
	refuse.Store(false)
	r.eventually("it is struck out", func() bool { return len(book.AllMoving()) == 0 })
}

// What site.yaml says of a device counts before what a script says that has
// opened it, also where the script came first.
func TestSiteCountsBeforeScripts(t *testing.T) {
	r := newRig(t, "timezone: UTC\n")
	opened := r.open("a script", map[string]any{"ip": oneGate, "username": "admin", "password": "simulated"})
	if n := opened.dev().concurrency(); n != 1 {
		t.Errorf("concurrency %d", n)
	}
	r.swap(gateWith("concurrency: 3"))
	if gate := r.set.Devices()[0]; gate.dev() != opened.dev() || gate.dev().concurrency() != 3 || gate.dev().first().ref != gate {
		t.Errorf("concurrency %d", gate.dev().concurrency())
	}
}
