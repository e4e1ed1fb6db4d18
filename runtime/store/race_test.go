package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/hiklua/hiklua/runtime/clock"
)

// Two processes that find one damaged file: one sets it aside, and neither the
// file that the other one has begun in its place.
func TestADamagedFileIsSetAsideOnce(t *testing.T) {
	whole := filled(t)
	whole[bytes.LastIndex(whole, []byte("vvvv"))]++
	for range 10 {
		path := filepath.Join(t.TempDir(), "state.db")
		must(t, os.WriteFile(path, whole, 0o600))
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				s, err := Open(path, Options{Clock: clock.Real()})
				if err != nil && !errors.Is(err, ErrLocked) {
					t.Error(err)
				}
				if err == nil {
					must(t, s.Close())
				}
			})
		}
		all.Wait()
		if broken, _ := filepath.Glob(path + ".broken-*"); len(broken) != 1 {
			t.Fatal(broken)
		}
	}
}
