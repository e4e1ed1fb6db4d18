package notify

import "context"

// Receipt tells what became of a notification.
type Receipt struct {
	n    *Notifier
	left int    // ways that have not delivered it; guarded by n.mu, as the next
	err  *Error // why one of them has not, at its last try
}

// Wait returns when the notification was delivered by all ways, with nil; when
// one try has failed, with the reason, an *Error, whether or not it is tried
// again; or when ctx ends, with its cause.
func (r *Receipt) Wait(ctx context.Context) error {
	r.n.mu.Lock()
	defer r.n.mu.Unlock()
	for r.left > 0 && r.err == nil {
		if err := r.n.changed.Wait(ctx); err != nil {
			return err
		}
	}
	if r.err != nil {
		return r.err
	}
	return nil
}

// settle notes what became of an item at one way: err nil, it was delivered.
// Called with n.mu held.
func (n *Notifier) settle(i *item, err *Error) {
	for _, r := range i.receipts {
		if err != nil {
			r.err = err
		} else if r.left--; r.left == 0 {
			r.err = nil // an earlier try has failed
		}
	}
	n.changed.Broadcast()
}
