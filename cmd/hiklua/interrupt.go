package main

import (
	"context"
	"os"
	"time"
)

// lastResort is how long the program may take after the second signal: heads
// get 2 s, the journal as long, readers of its output 1 s each.
const lastResort = 6 * time.Second

type hurryKey struct{}

// haste is what a second signal does.
type haste struct {
	ctx   context.Context // has ended then
	begin func()
}

// interruptible returns a context that ends with the first signal. The second
// one ends the context that hurried finds in it, and, should the program not
// end by then, calls exit.
func interruptible(signals <-chan os.Signal, exit func()) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	hurried, abort := context.WithCancel(context.Background())
	hurry := haste{hurried, func() {
		abort()
		time.AfterFunc(lastResort, exit)
	}}
	go func() {
		<-signals
		cancel()
		<-signals
		hurry.begin()
	}()
	return context.WithValue(ctx, hurryKey{}, hurry)
}

// hurried returns the context that ends when the operator asks a second time.
func hurried(ctx context.Context) context.Context {
	if h, ok := ctx.Value(hurryKey{}).(haste); ok {
		return h.ctx
	}
	return context.Background()
}

// hurry does what a second signal does.
func hurry(ctx context.Context) {
	if h, ok := ctx.Value(hurryKey{}).(haste); ok {
		h.begin()
	}
}
