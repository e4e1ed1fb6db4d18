package archive

import (
	"context"
	"os"
	"runtime/debug"
	"testing"
)

// Nothing that is opened for a picture stays open, also not until the garbage is
// collected.
func TestNothingStaysOpen(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	a, _ := newArchive(t)
	data := picture(t, "gray.jpg")
	open := func() int {
		if _, err := a.Add(context.Background(), Entry{Device: "gate", Channel: 1}, writes(data)); err != nil {
			t.Fatal(err)
		}
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip(err)
		}
		return len(list)
	}
	before := open()
	for range 9 {
		open()
	}
	if now := open(); now > before+3 { // a few: what Go opens for itself
		t.Errorf("%d files are open after one picture, %d after eleven", before, now)
	}
}
