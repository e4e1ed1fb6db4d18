package outlet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// gate is a reader that reads as much as it is let.
type gate struct {
	open chan bool // true for one piece; closed: for all
	b    bytes.Buffer
	err  error
}

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	if g.err != nil {
		return 0, g.err
	}
	return g.b.Write(p)
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// TestOutletKeepsOrder: two kinds of lines, one order, nothing lost by a reader
// that reads in the end.
func TestOutletKeepsOrder(t *testing.T) {
	g := &gate{open: make(chan bool)}
	o := New(g)
	var want strings.Builder
	for i := range maxLines {
		w := io.Writer(o)
		if i%2 == 0 {
			w = o.Log()
		}
		fmt.Fprintf(w, "line %d\n", i)
		fmt.Fprintf(&want, "line %d\n", i)
	}
	close(g.open)
	if err := o.Flush(within(t)); err != nil || g.b.String() != want.String() {
		t.Errorf("%v, %d bytes, want %d", err, g.b.Len(), want.Len())
	}
}

// TestOutletDropsAndTells: a log does not grow without a reader, by lines and by
// bytes; what is not a log's is never dropped; how many are missing is told
// where they are.
func TestOutletDropsAndTells(t *testing.T) {
	for name, line := range map[string]string{"lines": "x\n", "bytes": strings.Repeat("x", maxBytes/100) + "\n"} {
		t.Run(name, func(t *testing.T) {
			g := &gate{open: make(chan bool)}
			o := New(g)
			kept := maxLines
			if name == "bytes" {
				kept = 100
			}
			for range 2 * maxLines {
				io.WriteString(o.Log(), line)
			}
			io.WriteString(o, "a script's\n")
			io.WriteString(o.Log(), "dropped, too\n")
			if !o.Full() {
				t.Error("it is not full")
			}
			close(g.open)
			if err := o.Room(within(t)); err != nil {
				t.Fatal(err)
			}
			if err := o.Flush(within(t)); err != nil {
				t.Fatal(err)
			}
			io.WriteString(o.Log(), "later\n")
			o.Flush(within(t))
			want := fmt.Sprintf("a script's\n%d lines lost: nobody read the log\nlater\n", 2*maxLines-kept+1)
			if got := g.b.String(); !strings.HasSuffix(got, want) || len(got) != kept*len(line)+len(want) {
				t.Errorf("%d bytes, the end is %q, want %q", len(got), got[max(0, len(got)-100):], want)
			}
		})
	}
}

// TestOutletEnds: a reader that does not read is waited for as long as the
// context says, and the end of the program a second.
func TestOutletEnds(t *testing.T) {
	o := New(&gate{open: make(chan bool)})
	io.WriteString(o, strings.Repeat("x", maxBytes))
	if err := o.Room(over()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	began := time.Now()
	if err := o.Flush(over()); err == nil {
		t.Error("all was written")
	}
	if took := time.Since(began); took < FlushTimeout || took > FlushTimeout+20*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestOutletBroken: the reader has gone; that is told at once, and to whoever
// writes next.
func TestOutletBroken(t *testing.T) {
	g := &gate{open: make(chan bool), err: io.ErrClosedPipe}
	o := New(g)
	told := make(chan bool, 10)
	o.WhenBroken(func() { told <- true })
	io.WriteString(o, "x")
	close(g.open)
	select {
	case <-told:
	case <-within(t).Done():
		t.Fatal("nobody is told")
	}
	o.Flush(within(t))
	if _, err := io.WriteString(o, "y"); err != io.ErrClosedPipe {
		t.Error(err)
	}
}

// over is a context that has ended.
func over() context.Context {
	ctx, end := context.WithCancel(context.Background())
	end()
	return ctx
}
