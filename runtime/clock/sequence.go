package clock

import "sync"

// Sequence calls functions one after another, in the order of adding, so that
// the caller does not wait for them.
type Sequence struct {
	group *Group

	mu   sync.Mutex
	todo []func() // the first is being called
}

// NewSequence returns an empty sequence, whose functions run on a goroutine of
// group while there are any.
func NewSequence(group *Group) *Sequence { return &Sequence{group: group} }

// Add has f called after those that were added before.
func (s *Sequence) Add(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.todo = append(s.todo, f)
	if len(s.todo) == 1 {
		s.group.Go(s.run)
	}
}

func (s *Sequence) run() {
	for more := true; more; {
		s.mu.Lock()
		f := s.todo[0]
		s.mu.Unlock()
		f()
		s.mu.Lock()
		s.todo = s.todo[1:]
		more = len(s.todo) > 0
		s.mu.Unlock()
	}
}
