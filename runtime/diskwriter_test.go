package runtime

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/clock"
)

// slowWriter takes a second for each write, until it hangs.
type slowWriter struct {
	strings.Builder
	hang chan struct{}
}

func (w *slowWriter) Write(p []byte) (int, error) {
	time.Sleep(time.Second)
	if w.Len() > 8 {
		<-w.hang
	}
	return w.Builder.Write(p)
}

// A disk that hangs is waited for as long as the device's command lasts, and
// what is to be done at the end is done when it answers again.
func TestADiskThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := clock.Real()
		ctx, cancel := clock.WithTimeout(clk, context.Background(), 10*time.Second)
		defer cancel()
		slow := &slowWriter{hang: make(chan struct{})}
		w := &diskWriter{clk: clk, ctx: ctx, w: slow}
		began, buf := time.Now(), []byte("12345")
		for range 2 {
			if n, err := w.Write(buf); n != 5 || err != nil {
				t.Error(n, err)
			}
		}
		_, err := w.Write(buf)
		var disk *archive.DiskError
		if took := time.Since(began); !errors.As(err, &disk) || took != 10*time.Second {
			t.Errorf("after %v: %v", took, err)
		}
		copy(buf, "other") // what the caller does then is nothing to the write
		if _, err := w.Write(buf); !errors.As(err, &disk) || time.Since(began) != 10*time.Second {
			t.Error(err)
		}
		ended := false
		w.close(func() { ended = true })
		synctest.Wait()
		if ended {
			t.Error("ended while the disk writes")
		}
		close(slow.hang)
		synctest.Wait()
		if !ended || slow.String() != "123451234512345" {
			t.Errorf("ended %v, written %q", ended, slow.String())
		}
	})
}
