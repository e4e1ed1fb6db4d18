package main

import (
	"context"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// A long work is told on one line, not too often, and the line goes.
func TestProgress(t *testing.T) {
	s := newSession(t)
	clk := clock.NewVirtual(begin)
	s.clk = clk
	p := &progress{app: s.app, what: "exporting", begun: begin, next: begin.Add(progressDelay)}
	clk.Do(func() {
		for i := range 10 {
			p.tell(int64(i*100), 1000)
			clock.Sleep(context.Background(), clk, 150*time.Millisecond)
		}
		p.tell(7, 0)
		p.end(context.Background())
	})
	const line = "\r\x1b[Kexporting: "
	want := line + "200 of 1000, 20%" + line + "400 of 1000, 40%" + line + "600 of 1000, 60%" + line + "800 of 1000, 80%" + line + "7\r\x1b[K"
	if got := s.err.String(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	s.err.Reset()
	p = s.newProgress("exporting") // stderr is no terminal
	p.tell(1, 2)
	p.end(context.Background())
	if s.err.Len() > 0 {
		t.Errorf("told where no terminal is: %q", s.err.String())
	}
}
