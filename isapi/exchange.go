package isapi

import (
	"context"
	"net/http"
)

// begin waits for the client's turn. The function it returns ends the turn;
// it takes whether the device answered with anything but a refused login.
//
// With Parallel, the first of several waiting requests goes alone. Once it is
// answered the others follow: if the password was changed while the client
// was idle, one request finds out, not fifty.
func (c *Client) begin(ctx context.Context, cl *call) (func(good bool), error) {
	if !c.cfg.Parallel {
		if err := c.turn.Lock(ctx); err != nil {
			return nil, c.failNet(ctx, cl, err)
		}
		return func(bool) { c.turn.Unlock() }, nil
	}
	c.mu.Lock()
	arrived := c.answered
	if c.inFlight > 0 && !c.leading {
		c.inFlight++
		c.mu.Unlock()
		return func(good bool) { c.end(good, false) }, nil
	}
	c.mu.Unlock()
	if err := c.turn.Lock(ctx); err != nil {
		return nil, c.failNet(ctx, cl, err)
	}
	c.mu.Lock()
	c.inFlight++
	lead := c.answered == arrived
	c.leading = lead
	c.mu.Unlock()
	if !lead {
		c.turn.Unlock()
	}
	return func(good bool) { c.end(good, lead) }, nil
}

func (c *Client) end(good, led bool) {
	c.mu.Lock()
	c.inFlight--
	if good {
		c.answered++
	}
	if led {
		c.leading = false
	}
	c.mu.Unlock()
	if led {
		c.turn.Unlock()
	}
}

// exchange sends cl and settles whatever the device wants to know about us.
// The answer it returns is never a 401.
func (c *Client) exchange(ctx context.Context, cl *call) (*http.Response, error) {
	if err := c.blocked(cl); err != nil {
		return nil, err
	}
	end, err := c.begin(ctx, cl)
	if err != nil {
		return nil, err
	}
	good := false
	defer func() { end(good) }()

	p, err := c.enter(ctx, cl)
	if err != nil {
		return nil, err
	}
	defer p.leave()

	cr, err := c.credentials(cl)
	if err != nil {
		return nil, err
	}
	resp, err := c.send(ctx, cl, cr.header)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusUnauthorized {
		resp, err = c.settle(ctx, cl, p, cr, resp)
		if err != nil {
			return nil, err
		}
	} else {
		c.login.accepted(cr, resp.StatusCode, false)
	}
	good = true
	return resp, nil
}
