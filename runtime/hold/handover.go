package hold

import (
	"context"
	"fmt"

	"github.com/hiklua/hiklua/runtime/clock"
)

// leave is a share that is being handed over.
type leave struct {
	to    string
	clean bool // nothing is on its way to a device any more
	done  bool
	err   error
}

// HandOver ends the term in order and gives the share to the host named to, or with ""
// to any other. It returns when the engine has the record of that, or ctx has ended. The
// error wraps ErrNotHeld; or ErrUnknown: then the others wait for the lease to end. A
// Holder whose share was not taken by then, and that wants it, takes it back.
func (h *Holder) HandOver(ctx context.Context, to string) error {
	l, err := h.leave(ctx, to)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for !l.done {
		if err := h.changed.Wait(ctx); err != nil && !l.done {
			return fmt.Errorf("share %s: the term has ended, and it is not known whether the engine has noted that: %w (%w)", h.cfg.Share, ErrUnknown, err)
		}
	}
	return l.err
}

// leave ends the term. What Run has to do then comes after it.
func (h *Holder) leave(ctx context.Context, to string) (*leave, error) {
	h.driving.Lock()
	h.mu.Lock()
	t := h.tenure
	if t == nil || t.shut || t.leave != nil {
		h.mu.Unlock()
		h.driving.Unlock()
		return nil, fmt.Errorf("share %s: %w, or hands it over already", h.cfg.Share, ErrNotHeld)
	}
	t.leave = &leave{to: to}
	t.busy++
	h.mu.Unlock()
	h.driving.Unlock()

	h.log.Info("the share is handed over", "term", t.term, "to", to)
	err := h.cfg.Driver.End(ctx)

	h.driving.Lock()
	h.mu.Lock()
	over := t.shut // by LetGo, meanwhile
	if !over {
		t.shutLocked()
	}
	t.leave.clean = err == nil && !over
	h.mu.Unlock()
	h.driving.Unlock()
	if !over {
		t.disarm()
	}
	t.done()
	return t.leave, nil
}

// free tells the others that they need not wait for the end of the lease.
func (h *Holder) free(l *leave) error {
	if !l.clean {
		clock.Sleep(context.Background(), h.cfg.Clock, h.times.guard)
	}
	until := h.cfg.Boot().Add(2 * h.times.every)
	for {
		h.mu.Lock()
		mine, free := h.mine(), h.record.Free
		h.mu.Unlock()
		switch {
		case !mine:
			return fmt.Errorf("share %s: %w any more: another has taken it", h.cfg.Share, ErrNotHeld)
		case free:
			return nil
		}
		_, err := h.put(Record{Free: true, To: l.to})
		if err == nil {
			return nil
		}
		for err != nil {
			if h.cfg.Boot() >= until {
				return fmt.Errorf("share %s: the term has ended, but the engine has not noted that: %w (%w)", h.cfg.Share, ErrUnknown, err)
			}
			h.mu.Lock()
			h.pause(context.Background(), h.times.retry)
			h.mu.Unlock()
			err = h.ask(context.Background())
		}
	}
}
