//go:build linux && !nofleet

package engine

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hiklua/hiklua/runtime/hold"
)

// fill writes to a file until the disk is full.
func fill(t *testing.T, path string) {
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 64 << 10; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
}

// TestFullDisk: a full disk ends neither the process of its member, nor the cluster,
// nor what was acknowledged; the member takes part again when there is room.
func TestFullDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("three members")
	}
	t.Parallel()
	c := newTrio(t)
	disk := filepath.Join(c.dir, "left")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=48m"); err != nil {
		t.Skip("needs root: ", err)
	}
	t.Cleanup(func() {
		c.close()
		if err := unix.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	})
	c.startAll()
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 44<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	last := uint64(0)
	write := func(want int) {
		t.Helper()
		n := 0
		eventually(t, "nothing is taken", func() error {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			_, tail, err := c.engine("right").Tail(ctx, "site")
			if err != nil {
				return err
			}
			if tail < last {
				t.Fatalf("the log ends at %d, %d was acknowledged", tail, last)
			}
			seq, err := c.engine("right").Append(ctx, "site", tail, bytes.Repeat([]byte("x"), 400<<10))
			if err != nil && !errors.Is(err, hold.ErrUnknown) && !errors.Is(err, hold.ErrConflict) {
				t.Fatal(err)
			}
			if err == nil {
				last = seq
				n++
			}
			if n < want {
				return errors.New("too few")
			}
			return nil
		})
	}
	write(20) // 8 MB, and left has room for 4 with its journal
	eventually(t, "the full disk is not told of", func() error {
		for line := range strings.Lines(c.log.all()) {
			if strings.HasPrefix(line, "left: ") && strings.Contains(line, "can't write to its disk") {
				return nil
			}
		}
		return errors.New("no line")
	})
	fill(t, filepath.Join(disk, "rest"))
	for range 3 { // also where a disk is full to the last byte, and a start fails at once
		c.engine("left").server.look(0)
	}
	if err := errors.Join(os.Remove(ballast), os.Remove(filepath.Join(disk, "rest"))); err != nil {
		t.Fatal(err)
	}
	if err := c.engine("right").Purge(t.Context(), "site", last); err != nil {
		t.Fatal(err)
	}
	eventually(t, "left does not take part again", func() error {
		c.engine("left").server.look(0) // not after 30 seconds
		if !strings.Contains(c.log.all(), "this member takes part again") {
			return errors.New("no line")
		}
		return nil
	})
	c.answers("left")
	write(1)
	c.whole("left")
	c.whole("box")
	c.stop("right") // left is needed now
	c.answers("left")
	if _, tail, err := c.engine("left").Tail(t.Context(), "site"); err != nil || tail < last {
		t.Errorf("the log ends at %d, %d was acknowledged: %v", tail, last, err)
	}
	left := c.engine("left").server
	left.mu.Lock()
	damage := left.log.found()
	left.mu.Unlock()
	if damage != "" {
		t.Error("it takes its store for damaged")
	}
	if n := strings.Count(c.log.all(), "level=ERROR"); n > 20 {
		t.Errorf("%d errors in the log:\n%s", n, c.log.all())
	}
}
