package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(program("")) }

// program is this process. advertise is that of app.
func program(advertise string) (status int) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	// A reader of our output that goes away must not kill us while a head
	// moves: the write fails instead.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx := interruptible(signals, func() { os.Exit(statusFailure) })
	return run(ctx, os.Args, os.LookupEnv, os.Stdin, os.Stdout, os.Stderr, advertise)
}
