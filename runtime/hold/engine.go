package hold

import (
	"context"
	"errors"
)

var (
	// ErrFenced: another host has taken the share, and begun a term of its own in the log.
	ErrFenced = errors.New("another host has taken this share")
	// ErrConflict: something else stands there than was expected, or another try
	// is in flight. It does not prove that another member was heard: look again.
	ErrConflict = errors.New("another value stands there")
	// ErrUnknown: the engine has not answered. What was asked for may have been
	// done, may still be done, or never.
	ErrUnknown = errors.New("the engine does not answer")
)

// Engine is what the members of a cluster share: small values that change by
// compare-and-set, and logs. What it has acknowledged is on the disks of a majority
// of its voters. In virtual time the calls run on goroutines of the clock, and
// every call ends when its ctx does, with ErrUnknown.
type Engine interface {
	// CAS puts data into a cell if the value that stands there has the number
	// after; 0: if none does. seq is the number of the new value; numbers of one
	// cell only grow. The error wraps ErrConflict or ErrUnknown.
	CAS(ctx context.Context, cell string, after uint64, data []byte) (seq uint64, err error)
	// Last is the value that stands in a cell, as the leader of the engine has it,
	// and its number; 0: there is none. A member that led before may answer, too, but
	// never with a value that is older than the last that this member has been given.
	Last(ctx context.Context, cell string) (data []byte, seq uint64, err error)
	// Listen has f called with what any member, this one too, tries to put into a
	// cell, whether or not it is taken. f must not wait. Tries may be missed.
	Listen(cell string, f func(data []byte)) (stop func())

	// Append adds an entry to a log if its last entry has the number after; 0: if
	// the log is empty and always was. Entries of up to 8 MB. The error wraps
	// ErrConflict or ErrUnknown.
	Append(ctx context.Context, log string, after uint64, data []byte) (seq uint64, err error)
	// Read calls f with the entries of a log after a number, in order, up to the
	// end as the leader has it when Read begins, and gives the number of the last
	// entry; 0: the log is empty and always was.
	Read(ctx context.Context, log string, after uint64, f func(seq uint64, data []byte) error) (last uint64, err error)
	// Tail is the last entry of a log, as the leader of the engine has it, and its
	// number; 0: the log is empty and always was. Tail and Read are never behind the
	// last entry that this member has added or been given.
	Tail(ctx context.Context, log string) (data []byte, seq uint64, err error)
	// Purge drops the entries of a log before a number. The last entry stays.
	Purge(ctx context.Context, log string, before uint64) error
}

// Driver is what drives the devices of a share while this host holds it. Its
// methods are called one after another, but LetGo may come while End is under way;
// none but LetGo and End may wait, or hand the share over. After LetGo, and after End,
// there can be another Hold, also of the same term: what it begins is new all the same.
type Driver interface {
	// Hold begins: the share is held under a term. may is asked before each write
	// to a device, under the lock that LetGo closes: it compares the boot clock
	// with the end of the lease and costs nothing. It is this Hold's alone: what an
	// earlier one was given says no for good.
	Hold(term uint64, may func() bool)
	// Wane has every head stopped, and nothing new begun: the lease has not been
	// confirmed for long and may end soon.
	Wane()
	// Resume ends Wane: the lease was confirmed again.
	Resume()
	// LetGo shuts the gate: when it returns nothing is written to a device any
	// more, and the connections are reset. It is called by a timer of its own before the lease
	// ends, and when it is lost. What runs is dropped without a word to the devices.
	LetGo()
	// End ends the term in an orderly way, for a share that is handed over: tasks
	// end, heads stop, the log is flushed. It returns when that is done, or ctx has
	// ended; then the gate is shut as by LetGo. Nil: all that was sent to devices is
	// answered, so that nothing of it can arrive after what the next holder sends. When
	// the host itself is shut down ctx has no end: the driver's own patience counts. The
	// lease is renewed meanwhile.
	End(ctx context.Context) error
}

// Deadman kills this process, also while it is stopped, unless it is disarmed or
// armed anew in time. Times are those of the boot clock.
type Deadman interface {
	Arm(at BootTime) error
	Disarm()
}
