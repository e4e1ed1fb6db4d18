package hold

import "context"

// hold renews the lease until the tenure is over, and gives the share to the others
// if it was handed over, as it is when ctx ends.
func (h *Holder) hold(ctx context.Context, t *tenure) {
	next := t.sent.Add(h.times.every) // nothing else writes sent
	doubt := false                    // what stands is not known since the last try
	h.mu.Lock()
	for !t.shut || t.busy > 0 {
		if ctx.Err() != nil {
			h.group.Go(func() { h.HandOver(context.Background(), "") })
			ctx = context.Background()
		}
		now := h.cfg.Boot()
		if t.shut {
			h.pause(ctx, h.times.every)
			continue
		}
		if now < next && (doubt || t.asked <= t.sent) {
			h.pause(ctx, next.Sub(now))
			continue
		}
		h.mu.Unlock()
		if doubt = h.renew(t, doubt); doubt {
			next = h.cfg.Boot().Add(h.times.retry)
		} else {
			next = now.Add(h.times.every)
		}
		h.mu.Lock()
	}
	leave := t.leave
	h.tenure = nil
	h.mu.Unlock()
	if leave == nil {
		return
	}
	err := h.free(leave)
	h.mu.Lock()
	defer h.mu.Unlock()
	leave.done, leave.err = true, err
	h.changed.Broadcast()
}

// renew has the lease confirmed. After a try that came to nothing it finds out first
// what stands now: doubt.
func (h *Holder) renew(t *tenure, doubt bool) (stillDoubt bool) {
	if doubt {
		if h.ask(context.Background()) != nil {
			return true
		}
		h.mu.Lock()
		mine := h.mine()
		h.mu.Unlock()
		if !mine {
			t.lose()
			return false
		}
	}
	sent, err := h.put(Record{Term: t.term})
	if err != nil {
		h.log.Debug("renewal", "error", err)
		return true
	}
	t.confirm(sent)
	return false
}
