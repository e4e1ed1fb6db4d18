package runtime

import (
	"sync"

	"github.com/hiklua/hiklua/runtime/clock"
)

// loginNotes writes what came of logins, one after another. The request whose
// login it was does not wait: it may be a stop, and a disk may hang.
type loginNotes struct {
	writing *clock.Group

	mu      sync.Mutex
	waiting []func() // the first is being written
}

func (n *loginNotes) add(write func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.waiting = append(n.waiting, write)
	if len(n.waiting) == 1 {
		n.writing.Go(n.run)
	}
}

func (n *loginNotes) run() {
	for more := true; more; {
		n.mu.Lock()
		write := n.waiting[0]
		n.mu.Unlock()
		write()
		n.mu.Lock()
		n.waiting = n.waiting[1:]
		more = len(n.waiting) > 0
		n.mu.Unlock()
	}
}
