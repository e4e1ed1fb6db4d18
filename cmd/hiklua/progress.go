package main

import (
	"context"
	"fmt"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/outlet"
)

// progress tells at a terminal how far a long work is, on one line that is
// written anew and goes when the work is done.
type progress struct {
	*app
	what  string // "exporting"
	shown bool
	begun time.Time
	next  time.Time // not before
}

const (
	// progressDelay is how long a work takes before anything is told.
	progressDelay = 300 * time.Millisecond
	// progressEvery is how often it is told.
	progressEvery = 200 * time.Millisecond
)

// newProgress makes one that tells nothing where stderr is no terminal, or one
// that can't write a line anew.
func (a *app) newProgress(what string) *progress {
	kind, _ := a.env("TERM")
	if !isTerminal(a.stderr) || kind == "dumb" {
		return nil
	}
	now := a.clk.Now()
	return &progress{app: a, what: what, begun: now, next: now.Add(progressDelay)}
}

// tell is told how many of how many are done; of how many may not be known: 0.
func (p *progress) tell(done, of int64) {
	if p == nil {
		return
	}
	now := p.clk.Now()
	if now.Before(p.next) {
		return
	}
	p.next, p.shown = now.Add(progressEvery), true
	text := fmt.Sprintf("%s: %d", p.what, done)
	if of > 0 {
		text += fmt.Sprintf(" of %d, %d%%", of, done*100/of)
		left := time.Duration(float64(now.Sub(p.begun)) / float64(max(done, 1)) * float64(of-done))
		if left >= time.Second && now.Sub(p.begun) >= time.Second {
			text += ", about " + clock.FormatDuration(left.Round(time.Second)) + " to go"
		}
	}
	fmt.Fprintf(p.stderr, "\r\x1b[K%s", text)
}

// end takes the line away, before anything else is written to the terminal.
func (p *progress) end(ctx context.Context) {
	if p == nil || !p.shown {
		return
	}
	fmt.Fprint(p.stderr, "\r\x1b[K")
	if o, ok := p.stderr.(*outlet.Outlet); ok {
		o.Flush(ctx)
	}
}
