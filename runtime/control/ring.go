package control

import (
	"bytes"
	"sync"
)

// The ring keeps that much, whichever is reached first.
const (
	ringLines = 2000
	ringBytes = 1 << 20
)

// Ring keeps the last log lines. It is the io.Writer of a handler that writes
// each line with one Write; that never waits for a reader.
type Ring struct {
	mu    sync.Mutex
	lines [][]byte
	bytes int
	first uint64        // number of lines[0]
	more  chan struct{} // closed when a line comes
}

// NewRing makes an empty ring.
func NewRing() *Ring { return &Ring{more: make(chan struct{})} }

// Write takes one line.
func (r *Ring) Write(line []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, bytes.Clone(bytes.TrimRight(line, "\n")))
	r.bytes += len(line)
	for len(r.lines) > ringLines || r.bytes > ringBytes && len(r.lines) > 1 {
		r.bytes -= len(r.lines[0]) + 1
		r.lines[0] = nil
		r.lines = r.lines[1:]
		r.first++
	}
	close(r.more)
	r.more = make(chan struct{})
	return len(line), nil
}

// Since gives the lines from number from on, the number of the next one, how
// many were asked for but have been forgotten, and a channel that is closed
// when there are more.
func (r *Ring) Since(from uint64) (lines [][]byte, next, missed uint64, more <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if from < r.first {
		missed, from = r.first-from, r.first
	}
	next = r.first + uint64(len(r.lines))
	if from < next {
		lines = append(lines, r.lines[from-r.first:]...)
	}
	return lines, next, missed, r.more
}

// Last is the number of the line that is n lines before the end, or the
// oldest.
func (r *Ring) Last(n int) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.first + uint64(max(0, len(r.lines)-n))
}
