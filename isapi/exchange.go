package isapi

import (
	"context"
	"net/http"
)

// begin waits for the request's turn. The function it returns ends the turn.
//
// With Parallel, the first of several requests goes alone if none is under way,
// and the others follow once it is answered: if the password was changed while
// nothing was asked, one request finds out, not all.
func (c *Client) begin(ctx context.Context, cl *call) (end func(), err error) {
	a := c.account
	lane := a.lane
	switch {
	case c.urgent:
		lane = a.stops
	case cl.fresh && a.atRest():
		lane = a.opens
	default:
		if all := a.parallel(); all > 1 && lane.tryEnter(all) {
			return func() { lane.leave(all) }, nil
		}
	}
	if err := lane.enter(ctx, 1); err != nil {
		return nil, c.failNet(ctx, cl, err)
	}
	return func() { lane.leave(1) }, nil
}

// exchange sends cl and settles whatever the device wants to know about us.
// The answer it returns is never a 401.
func (c *Client) exchange(ctx context.Context, cl *call) (*http.Response, error) {
	if err := c.blocked(cl); err != nil {
		return nil, err
	}
	if cl.drives {
		done, err := c.account.start(ctx)
		if err != nil {
			return nil, c.failNet(ctx, cl, err)
		}
		defer done()
	}
	end, err := c.begin(ctx, cl)
	if err != nil {
		return nil, err
	}
	defer end()

	if cl.slow {
		done, err := c.account.slowly(ctx)
		if err != nil {
			return nil, c.failNet(ctx, cl, err)
		}
		defer done()
	}
	p := &pass{a: c.account}
	defer p.leave()
	for fresh := cl.fresh; ; fresh = true {
		resp, again, err := c.try(ctx, cl, p, fresh)
		if !again {
			return resp, err
		}
		if p.ask {
			p.ask = false
			if p.verified, err = c.verify(ctx, cl); err != nil {
				return nil, err
			}
		}
	}
}

// try sends cl once, and once more if the device asks who it is. again: what was
// known of the login was refused, which may mean that it is used up.
func (c *Client) try(ctx context.Context, cl *call, p *pass, fresh bool) (resp *http.Response, again bool, err error) {
	if err := c.enter(ctx, cl, p); err != nil {
		return nil, false, err
	}
	cr, err := c.credentials(ctx, cl, fresh)
	if err != nil {
		return nil, false, err
	}
	defer c.account.back(cr)
	if resp, err = c.send(ctx, cl, cr.header); err != nil {
		c.account.lost(cr)
		return nil, false, err
	}
	if resp.StatusCode != http.StatusUnauthorized {
		c.account.accept(cr, resp.StatusCode, false)
		return resp, false, nil
	}
	return c.settle(ctx, cl, p, cr, readRefusal(resp), fresh && !cl.fresh)
}
