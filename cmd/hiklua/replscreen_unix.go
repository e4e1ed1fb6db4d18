//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// onResize calls f each time the terminal has got another size, until stop.
func onResize(f func()) (stop func()) {
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, syscall.SIGWINCH)
	go func() {
		for range resized {
			f()
		}
	}()
	return func() { signal.Stop(resized); close(resized) }
}

// prepareScreen does nothing: a terminal understands what draws a line.
func prepareScreen(*os.File) {}
