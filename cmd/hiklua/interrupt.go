package main

import (
	"context"
	"os"
)

type hurryKey struct{}

// interruptible returns a context that ends with the first signal. The second
// one ends the context that hurried finds in it.
func interruptible(signals <-chan os.Signal) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	hurry, abort := context.WithCancel(context.Background())
	go func() {
		<-signals
		cancel()
		<-signals
		abort()
	}()
	return withHurry(ctx, hurry)
}

func withHurry(ctx, hurry context.Context) context.Context {
	return context.WithValue(ctx, hurryKey{}, hurry)
}

// hurried returns the context that ends when the operator asks a second time.
func hurried(ctx context.Context) context.Context {
	if hurry, ok := ctx.Value(hurryKey{}).(context.Context); ok {
		return hurry
	}
	return context.Background()
}
