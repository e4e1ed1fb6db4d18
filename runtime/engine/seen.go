//go:build !nofleet

package engine

import (
	"fmt"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/hold"
)

// disbelief is how long answers that are older than what this member knows are taken
// for those of a member that led before. Such a one finds out when it hears of the
// others, at the latest when it has heard of none of them for 10 s.
const disbelief = 15 * time.Second

// seen are the numbers of the last values and entries that this member has seen, by
// subject. Numbers only grow, but a member that was cut off, and that others have
// followed as the leader meanwhile, answers with what it has for a moment after it is
// back.
type seen struct {
	mu      sync.Mutex
	numbers map[string]*lastSeen
}

type lastSeen struct {
	number uint64
	doubts *clock.Stopwatch // since when all answers are older; nil: they are not
}

// of is what is known of a subject. Called with mu held.
func (s *seen) of(subject string) *lastSeen {
	if s.numbers == nil {
		s.numbers = map[string]*lastSeen{}
	}
	if s.numbers[subject] == nil {
		s.numbers[subject] = &lastSeen{}
	}
	return s.numbers[subject]
}

// reached notes the number of a value or an entry that has been taken.
func (s *seen) reached(subject string, number uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.of(subject)
	l.number, l.doubts = max(l.number, number), nil
}

// last is the largest number that is known of a subject.
func (s *seen) last(subject string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.of(subject).number
}

// believe takes in the number of the last value or entry as it was answered, where
// known was that before the question. The error wraps ErrUnknown: the answer is older.
func (s *seen) believe(subject string, known, number uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.of(subject)
	if number >= known {
		l.number, l.doubts = max(l.number, number), nil
		return nil
	}
	if l.doubts == nil {
		now := clock.NewStopwatch()
		l.doubts = &now
	}
	if l.doubts.Elapsed() < disbelief {
		return fmt.Errorf("%w: a member that led before has answered, with what stood there then", hold.ErrUnknown)
	}
	// The engine has lost what it had: that is for the caller to find out.
	l.number, l.doubts = number, nil
	return nil
}
