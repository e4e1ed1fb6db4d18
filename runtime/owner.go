package runtime

import (
	"slices"
	"sync"
)

// owner is what motions belong to: a task, or a REPL session.
type owner struct {
	name string

	mu      sync.Mutex
	motions []*motion
	ended   bool
}

// add takes in a motion that is about to be sent.
func (o *owner) add(m *motion) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return errAbandoned
	}
	o.motions = append(o.motions, m)
	return nil
}

func (o *owner) remove(m *motion) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if i := slices.Index(o.motions, m); i >= 0 {
		o.motions = slices.Delete(o.motions, i, i+1)
	}
}

// end has every head stopped that the owner has set moving.
func (o *owner) end() []*motion {
	o.mu.Lock()
	o.ended = true
	motions := slices.Clone(o.motions)
	o.mu.Unlock()
	for _, m := range motions {
		m.stop()
	}
	return motions
}

// giveTo hands the motions to another owner.
func (o *owner) giveTo(heir *owner) {
	o.mu.Lock()
	motions := o.motions
	o.motions = nil
	o.mu.Unlock()
	for _, m := range motions {
		d := m.head.d
		d.mu.Lock()
		ended := m.ended
		m.owner = heir
		d.mu.Unlock()
		if !ended && heir.add(m) != nil {
			m.stop()
		}
	}
}
