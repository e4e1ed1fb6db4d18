package hold

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// LogConfig is what a Log is made of.
type LogConfig struct {
	Engine Engine
	Clock  clock.Clock
	Name   string // such as "state.SHARE"
	Term   uint64 // under which the share is held
	// Fenced is the error that tells of another term; nil: ErrFenced.
	Fenced error
}

// Log is the log of a share under one term. It stands at the end of the engine's log,
// and adds an entry only where its last one still is the last: what another host adds
// shuts it out.
type Log struct {
	cfg LogConfig
	// session is of this Log alone: a term can go on after a lapse, with another Log.
	session string
	// writing is held by the Append that is under way.
	writing *clock.Semaphore

	// Of the holder of writing.
	last uint64 // number of the last entry
	n    uint64 // header.n of the last entry that was tried
	err  error  // why the log takes no more
}

const (
	answerPatience = time.Second
	readPatience   = 2 * time.Second // between two entries
	retryPause     = 20 * time.Millisecond
)

// OpenLog fences a log: what the holders of earlier terms still want to add is
// refused from here on. It returns when the engine has the entry that begins the term, or
// ctx has ended. The error wraps Fenced if a later term has begun.
func OpenLog(ctx context.Context, cfg LogConfig) (*Log, error) {
	if cfg.Fenced == nil {
		cfg.Fenced = ErrFenced
	}
	l := &Log{cfg: cfg, session: rand.Text(), writing: clock.NewSemaphore(cfg.Clock, 1)}
	begin := header{term: cfg.Term, session: l.session}
	for {
		last, seq, err := l.tail(ctx)
		if err != nil {
			return nil, err
		}
		switch {
		case last == begin:
			l.last = seq
			return l, nil
		case last.term > cfg.Term:
			return nil, l.fenced(last)
		}
		// What the holder of an earlier term adds meanwhile makes this a conflict.
		seq, err = l.append(ctx, seq, begin.encode(seq, nil))
		switch {
		case err == nil:
			l.last = seq
			return l, nil
		case !inDoubt(err):
			return nil, err
		}
	}
}

// Append adds an entry and gives its number. While the engine does not answer it goes on
// asking. The error wraps Fenced where a later term has begun. Where ctx has ended it
// wraps ErrUnknown: the entry may come to stand in the log all the same, before the next
// one and never after it. The store then adds anew what was in it.
func (l *Log) Append(ctx context.Context, data []byte) (uint64, error) {
	if err := l.writing.Acquire(ctx); err != nil {
		return 0, err
	}
	defer l.writing.Release()
	if l.err != nil {
		return 0, l.err
	}
	l.n++
	mine := header{term: l.cfg.Term, session: l.session, n: l.n}
	for {
		seq, err := l.append(ctx, l.last, mine.encode(l.last, data))
		if err == nil {
			l.last = seq
			return seq, nil
		}
		if !inDoubt(err) {
			return 0, err
		}
		last, seq, err := l.tail(ctx)
		switch {
		case err != nil:
			return 0, err
		case last == mine:
			l.last = seq
			return seq, nil
		case seq < l.last:
			l.err = fmt.Errorf("log %s: the engine has lost entries: its last is %d and was %d", l.cfg.Name, seq, l.last)
			return 0, l.err
		case last.session != mine.session:
			l.err = l.fenced(last)
			return 0, l.err
		default:
			// One that was given up without an answer may stand there by now.
			l.last = seq
		}
	}
}

// inDoubt reports whether the entry may stand in the log.
func inDoubt(err error) bool { return errors.Is(err, ErrConflict) || errors.Is(err, ErrUnknown) }

// append is Engine.Append with a bound on how long the answer may take. One that did
// not come may have failed to at once: then there is a pause.
func (l *Log) append(ctx context.Context, after uint64, entry []byte) (uint64, error) {
	trying, cancel := clock.WithTimeout(l.cfg.Clock, ctx, answerPatience)
	defer cancel()
	seq, err := l.cfg.Engine.Append(trying, l.cfg.Name, after, entry)
	if errors.Is(err, ErrUnknown) {
		clock.Sleep(ctx, l.cfg.Clock, retryPause)
	}
	return seq, err
}

// tail asks for the last entry until the engine answers, or ctx has ended.
func (l *Log) tail(ctx context.Context) (header, uint64, error) {
	for {
		trying, cancel := clock.WithTimeout(l.cfg.Clock, ctx, answerPatience)
		data, seq, err := l.cfg.Engine.Tail(trying, l.cfg.Name)
		cancel()
		if err == nil && seq == 0 {
			return header{}, 0, nil
		}
		if err == nil {
			h, _, _, err := decode(data)
			if err != nil {
				return header{}, 0, fmt.Errorf("log %s, entry %d: %w", l.cfg.Name, seq, err)
			}
			return h, seq, nil
		}
		if clock.Sleep(ctx, l.cfg.Clock, retryPause) != nil {
			return header{}, 0, fmt.Errorf("log %s: %w", l.cfg.Name, errors.Join(ErrUnknown, clock.Cause(ctx)))
		}
	}
}

func (l *Log) fenced(by header) error {
	return fmt.Errorf("log %s: term %d was followed by term %d: %w", l.cfg.Name, l.cfg.Term, by.term, l.cfg.Fenced)
}

// Read calls f with each entry after a number, in order, up to the end. Where a
// term begins data is empty. f must not keep data. An entry that is missing between two
// is an error. While the engine does not answer
// Read goes on asking, until ctx ends.
func (l *Log) Read(ctx context.Context, after uint64, f func(seq uint64, data []byte) error) error {
	for {
		err := l.read(ctx, &after, f)
		if !errors.Is(err, ErrUnknown) || clock.Sleep(ctx, l.cfg.Clock, retryPause) != nil {
			return err
		}
	}
}

// read is Read until the engine does not answer for long. after is the number of the
// last entry that f was called with.
func (l *Log) read(ctx context.Context, after *uint64, f func(seq uint64, data []byte) error) error {
	reading, cancel := clock.WithCancel(ctx)
	defer cancel()
	var came atomic.Bool // an entry, since the timer was set
	var look func()
	look = func() {
		switch {
		case reading.Err() != nil:
		case came.Swap(false):
			l.cfg.Clock.AfterFunc(readPatience, look)
		default:
			cancel()
		}
	}
	l.cfg.Clock.AfterFunc(readPatience, look)
	_, err := l.cfg.Engine.Read(reading, l.cfg.Name, *after, func(seq uint64, entry []byte) error {
		came.Store(true)
		_, before, data, err := decode(entry)
		switch {
		case err != nil:
			return fmt.Errorf("log %s, entry %d: %w", l.cfg.Name, seq, err)
		case *after > 0 && before != *after: // what was before the first is purged
			return fmt.Errorf("log %s: the engine has lost entries: %d follows %d, and followed %d", l.cfg.Name, seq, *after, before)
		}
		*after = seq
		return f(seq, data)
	})
	return err
}

// Purge drops the entries before a number.
func (l *Log) Purge(ctx context.Context, before uint64) error {
	return l.cfg.Engine.Purge(ctx, l.cfg.Name, before)
}
