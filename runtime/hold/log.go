package hold

import "context"

// LogConfig is what a Log is made of.
type LogConfig struct {
	Engine  Engine
	Name    string // such as "state.SHARE"
	Term    uint64 // under which the share is held
	Session string // of the Holder
	// Fenced is the error that tells of another term; nil: ErrFenced.
	Fenced error
}

// Log is the log of a share under one term.
type Log struct{ cfg LogConfig }

// OpenLog fences a log: what the holders of earlier terms still want to add is
// refused from here on. It returns when the engine has the entry "term N", or ctx has
// ended. The error wraps Fenced if a later term has begun.
func OpenLog(ctx context.Context, cfg LogConfig) (*Log, error) { panic("not yet") }

// Append adds an entry and gives its number.
func (l *Log) Append(ctx context.Context, data []byte) (uint64, error) { panic("not yet") }

// Read calls f with each entry after a number, in order, up to the end. Where a
// term begins data is empty.
func (l *Log) Read(ctx context.Context, after uint64, f func(seq uint64, data []byte) error) error {
	panic("not yet")
}

// Purge drops the entries before a number.
func (l *Log) Purge(ctx context.Context, before uint64) error { panic("not yet") }
