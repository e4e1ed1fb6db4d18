//go:build !nofleet

package engine

import (
	"errors"
	"testing"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
)

// TestOlderAnswers: what a member that led before answers is no answer, whatever it is
// asked; an engine that has nothing else for long has lost what it had.
func TestOlderAnswers(t *testing.T) {
	t.Parallel()
	e, err := alone(t, t.TempDir(), newSecret(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	value, err := e.CAS(ctx, "lease.site", 0, []byte("a"))
	if err != nil {
		t.Fatal(err)
	}
	entry, err := e.Append(ctx, "site", 0, []byte("a"))
	if err != nil {
		t.Fatal(err)
	}
	none := func(uint64, []byte) error { return nil }
	ask := map[string]func() error{
		"Last":                  func() error { _, _, err := e.Last(ctx, "lease.site"); return err },
		"Tail":                  func() error { _, _, err := e.Tail(ctx, "site"); return err },
		"Read":                  func() error { _, err := e.Read(ctx, "site", 0, none); return err },
		"Read of what follows":  func() error { _, err := e.Read(ctx, "site", entry, none); return err },
		"Last of an empty cell": func() error { _, _, err := e.Last(ctx, "empty"); return err },
	}
	for name, f := range ask {
		if err := f(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Another member has told of more.
	e.seen.reached(leaseSubject+"site", value+1)
	e.seen.reached(logSubject+"site", entry+1)
	e.seen.reached(cellSubject+"empty", 1)
	for name, f := range ask {
		if err := f(); !errors.Is(err, hold.ErrUnknown) {
			t.Errorf("%s is answered by one that knows less: %v", name, err)
		}
	}
	for _, l := range e.seen.numbers {
		l.doubts = &clock.Stopwatch{} // long ago
	}
	for name, f := range ask {
		if err := f(); err != nil {
			t.Errorf("%s, from an engine that has lost what it had: %v", name, err)
		}
	}
}
