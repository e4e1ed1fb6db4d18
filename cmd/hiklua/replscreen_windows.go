package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// prepareScreen has a console understand the sequences that draw a line.
func prepareScreen(screen *os.File) {
	console := windows.Handle(screen.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) == nil {
		_ = windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) // an old console shows them as they are
	}
}

// onResize does nothing: there is no such signal here, and the next key draws
// the line anew.
func onResize(func()) (stop func()) { return func() {} }
