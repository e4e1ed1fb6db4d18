// Package lineedit reads lines, and pieces of several lines, at a terminal:
// with history, completion in a menu, a hint below the line, and output that
// comes meanwhile shown above it.
//
// The keyboard is read by one goroutine from the first line to the end of the
// program, also while a line runs: what is typed ahead is kept, and Ctrl-C is
// told at once. The terminal is never asked anything, so a key does not wait for
// an answer; the editor knows where the cursor is because it has put it there.
// All drawing happens under one lock, by the goroutine that has something to draw.
package lineedit
