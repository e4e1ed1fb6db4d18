package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// A ring that is full drops what is new, and says how many.
func TestABurstLargerThanTheRing(t *testing.T) {
	d := newDesk(t, Options{Queue: 100})
	for i := range 250 {
		d.Write(number(i))
	}
	d.clk.RunFor(time.Second)
	all := d.read(Filter{Device: "gate"})
	kept, dropped := 0, 0
	for _, e := range all {
		if e.Dropped > 0 {
			dropped += e.Dropped
			continue
		}
		if e.Detail != fmt.Sprint(kept) {
			t.Fatal(e)
		}
		kept++
	}
	if kept != 100 || dropped != 150 || d.Lost() != 150 {
		t.Error(kept, "kept,", dropped, "dropped,", d.Lost(), "lost")
	}
}

// The disk is full for a while: one line in the log, and a count in the
// journal once it is not.
func TestAFullDisk(t *testing.T) {
	d := newDesk(t, Options{})
	d.write(number(0))
	// A file in the place of the folder: nothing can be opened.
	away := d.dir + ".away"
	d.segments.close()
	must(t, os.Rename(d.dir, away))
	must(t, os.WriteFile(d.dir, nil, 0o600))
	for i := range 500 {
		d.write(number(i + 1))
	}
	if n := strings.Count(d.log.String(), "\n"); n != 1 || !strings.Contains(d.log.String(), "level=ERROR") {
		t.Errorf("%d lines: %s", n, d.log.String())
	}
	must(t, os.Remove(d.dir))
	must(t, os.Rename(away, d.dir))
	d.write(number(501), number(502))
	if n := strings.Count(d.log.String(), "\n"); n != 2 || !strings.Contains(d.log.String(), "missing=500") {
		t.Errorf("%d lines: %s", n, d.log.String())
	}
	all := d.read(Filter{})
	if len(all) != 4 || all[0].Detail != "0" || all[1].Dropped != 500 || all[2].Detail != "501" || all[3].Detail != "502" || d.Lost() != 500 {
		t.Error(all, d.Lost())
	}
}

// A write that fails half-way leaves no half line.
func TestNoSpaceInTheMiddle(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	d := newDesk(t, Options{})
	d.write(number(0))
	d.segments.close()
	d.segments.file = full
	for i := range 10 {
		d.Write(number(i + 1)) // one write
	}
	d.clk.RunFor(0)
	d.write(number(11))
	all := d.read(Filter{})
	if len(all) != 3 || all[1].Dropped != 10 || all[2].Detail != "11" || d.Lost() != 10 {
		t.Error(all, d.Lost())
	}
}

// A disk that takes a part of a write: whole lines count, half a line is ended
// and passed over.
func TestHalfAWrite(t *testing.T) {
	d := newDesk(t, Options{})
	d.write(number(0))
	first := d.segments.file
	out, in, err := os.Pipe()
	must(t, err)
	defer out.Close()
	d.segments.file = in
	var lines bytes.Buffer
	for i := range 1000 { // more than a pipe takes
		encode(&lines, number(i+1))
	}
	must(t, in.SetWriteDeadline(time.Now().Add(200*time.Millisecond)))
	written, err := d.segments.append(lines.Bytes())
	if err == nil || written == 0 || written >= lines.Len() || lines.Bytes()[written-1] != '\n' {
		t.Fatal(written, err)
	}
	whole := bytes.Count(lines.Bytes()[:written], []byte{'\n'})
	// What went into the pipe, as the file has it.
	half := make([]byte, written+20)
	_, err = io.ReadFull(out, half)
	must(t, err)
	_, err = first.Write(half)
	must(t, err)
	must(t, first.Close())
	d.write(number(2000))
	all := d.read(Filter{})
	if len(all) != whole+2 || all[whole].Detail != fmt.Sprint(whole) || all[whole+1].Detail != "2000" {
		t.Error(len(all), "entries,", whole, "whole lines,", all[len(all)-1])
	}
}

// Close waits for the writer, on a machine with more than one goroutine.
func TestCloseWritesWhatIsLeft(t *testing.T) {
	for range 20 {
		dir := filepath.Join(t.TempDir(), "journal")
		j, err := Open(dir, Options{Clock: clock.Real()})
		must(t, err)
		for i := range 500 {
			j.Write(number(i))
		}
		must(t, j.Close(context.Background()))
		n := 0
		for _, err := range Read(dir, Filter{}) {
			must(t, err)
			n++
		}
		if n != 500 {
			t.Fatal(n, "entries")
		}
	}
}

func TestAFolderThatIsTakenAway(t *testing.T) {
	d := newDesk(t, Options{Size: 600, Segments: 4})
	d.write(number(0))
	must(t, os.RemoveAll(d.dir))
	for i := range 10 {
		d.write(number(i))
	}
	if all := d.read(Filter{}); len(all) < 5 {
		t.Error(all)
	}
}

// A disk that hangs keeps nobody waiting but Close, and that as long as it is
// told to.
func TestADiskThatHangs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "journal")
	j, err := Open(dir, Options{Clock: clock.Real(), Queue: 100})
	must(t, err)
	out, in, err := os.Pipe()
	must(t, err)
	j.segments.file, j.segments.number = in, 1
	for i := range 100_000 { // more than a pipe takes
		j.Write(number(i))
	}
	j.mu.Lock()
	dropped := j.dropped
	j.mu.Unlock()
	if dropped == 0 {
		t.Error("nothing was dropped")
	}
	ctx, cancel := clock.WithCancel(context.Background())
	cancel()
	if err := j.Flush(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	out.Close() // the write fails, and the rest goes to a file
	must(t, j.Flush(context.Background()))
	must(t, j.Close(context.Background()))
	total := 0
	for e, err := range Read(dir, Filter{}) {
		must(t, err)
		total += max(e.Dropped, 1)
	}
	if total == 0 || total > 100_000 {
		t.Error(total)
	}
}

func TestCloseIsTheEnd(t *testing.T) {
	d := newDesk(t, Options{Queue: 4})
	for i := range 6 {
		d.Write(number(i))
	}
	d.close()
	d.Write(number(7))
	d.close()
	all := d.read(Filter{})
	if len(all) != 5 || d.clk.Live() != 0 || d.clk.Pending() != 0 {
		t.Error(all, d.clk.Live(), d.clk.Pending())
	}
}

// Somebody reads while the host writes and segments come and go.
func TestReadingWhileAHostWrites(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "journal")
	j, err := Open(dir, Options{Clock: clock.Real(), Size: 20_000, Segments: 3, Queue: 10_000})
	must(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 20_000 {
			j.Write(number(i))
		}
	}()
	for ended := false; !ended; {
		select {
		case <-done:
			ended = true
		default:
		}
		last := time.Time{}
		for e, err := range Read(dir, Filter{}) {
			must(t, err)
			if e.Dropped == 0 && !e.Time.After(last) {
				t.Fatal("out of order:", e, "after", last)
			}
			if e.Dropped == 0 {
				last = e.Time
			}
		}
	}
	must(t, j.Close(context.Background()))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
