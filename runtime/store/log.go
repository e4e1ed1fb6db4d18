package store

import (
	"context"
	"errors"
)

// ErrFenced is for what a host wanted to keep after another had taken its share.
var ErrFenced = errors.New("another host has taken this share")

// Log is what the hosts of a cluster share of a store: each commit is an entry of
// it before the file has it, which is a copy.
type Log interface {
	// Append adds an entry and returns when a majority of the cluster has it on
	// disk. The error wraps ErrFenced where another host has the share by now. ctx is
	// the term's: while the engine does not answer Append goes on asking. An entry
	// that was given up with ctx may come to stand in the log all the same, before the
	// next one and never after it.
	Append(ctx context.Context, data []byte) (seq uint64, err error)
	// Read calls f with each entry after a number, in order, up to the end. Numbers
	// grow, with gaps. Where what was before is purged the first is a snapshot. Where a
	// term begins data is empty.
	Read(ctx context.Context, after uint64, f func(seq uint64, data []byte) error) error
	// Purge drops the entries before a number.
	Purge(ctx context.Context, before uint64) error
}
