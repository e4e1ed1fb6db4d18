package isapi

import (
	"context"
	"encoding/base64"
)

// credentials are how a request identifies itself.
type credentials struct {
	header  string
	kind    int
	chal    *challenge
	placed  bool   // has a place of Account.tries
	counted bool   // in Account.cached
	calm    bool   // has Account.calm
	epoch   uint64 // Account.epoch when it was sent
}

const (
	credNone   = iota // the device has to ask
	credCached        // a challenge that was answered before
	credFresh         // one that was given for this request
	credBasic
)

// credentials are what cl may be sent with before the device has asked, and a place
// for the login. fresh: with no challenge that was answered before.
func (c *Client) credentials(ctx context.Context, cl *call, fresh bool) (*credentials, error) {
	a := c.account
	for {
		a.mu.Lock()
		cr := c.choose(cl, fresh)
		taken := a.take(cr)
		nc := a.nc // counts this use
		a.mu.Unlock()
		if taken {
			if cr.kind != credCached {
				return cr, nil
			}
			var err error
			if cr.header, err = cr.chal.answer(c.cfg.Username, c.cfg.Password, nc, cl, c.url(cl)); err != nil {
				a.back(cr)
				return nil, c.fail(cl, because(ErrBadAnswer, err))
			}
			return cr, nil
		}
		a.back(cr) // what was chosen may serve no more by the time there is room
		if err := c.takeTry(ctx, cl, refusal{}); err != nil {
			return nil, err
		}
		a.tries.leave(1)
	}
}

// takeTry waits for a place of tries. If all of them are gone for logins that were
// rejected, nobody can find out any more what that meant: it counts as a wrong
// password.
func (c *Client) takeTry(ctx context.Context, cl *call, r refusal) error {
	a := c.account
	a.mu.Lock()
	gone := a.rejected >= a.size
	a.mu.Unlock()
	if gone {
		return c.refuse(LoginUnauthorized, c.unauthorized(cl, r, "", ""))
	}
	if err := a.tries.enter(ctx, 1); err != nil {
		return c.failNet(ctx, cl, err)
	}
	if err := c.blocked(cl); err != nil {
		a.tries.leave(1)
		return err
	}
	return nil
}

// choose is called with the account's mu held.
func (c *Client) choose(cl *call, fresh bool) *credentials {
	a := c.account
	if c.cfg.Auth == AuthBasic || a.basic {
		return &credentials{header: c.basicHeader(), kind: credBasic}
	}
	most := a.size - 1
	if !c.urgent && !cl.urgent && !cl.drives && !cl.slow && len(a.moving) > 0 {
		most-- // left for the stop
	}
	if a.chal == nil || fresh || a.oneShot || a.rejected > 0 || a.cached >= most {
		return &credentials{}
	}
	if cl.urgent && (a.slow > 0 || !a.calm.tryEnter(1)) {
		return &credentials{}
	}
	return &credentials{kind: credCached, chal: a.chal, calm: cl.urgent}
}

func (c *Client) basicHeader() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(c.cfg.Username+":"+c.cfg.Password.Reveal()))
}

// answerFresh answers what r offers, with the place that asked has.
func (c *Client) answerFresh(cl *call, r refusal, asked *credentials) (*credentials, error) {
	a := c.account
	cr := &credentials{kind: credFresh, chal: r.offers.digest}
	switch {
	case c.cfg.Username == "":
		return nil, c.refuse(LoginUnauthorized, c.unauthorized(cl, r, "no user name is configured",
			"give username and password of an account on the device"))
	case r.offers.digest != nil:
		var err error
		if cr.header, err = r.offers.digest.answer(c.cfg.Username, c.cfg.Password, 1, cl, c.url(cl)); err != nil {
			return nil, c.fail(cl, because(ErrBadAnswer, err))
		}
	case r.offers.basic && c.cfg.Auth == AuthAuto:
		a.mu.Lock()
		a.basic = true
		a.mu.Unlock()
		cr.kind, cr.header = credBasic, c.basicHeader()
	case r.offers.basic:
		return nil, c.refuse(LoginUnauthorized, c.unauthorized(cl, r, "the device offers basic login only",
			"set auth_mode: auto or basic; old firmware knows nothing else"))
	case r.offers.any:
		return nil, c.refuse(LoginUnauthorized, c.unauthorized(cl, r, "the device asks for a kind of login that is not known here",
			"set the device's web authentication to digest (Configuration > System > Security > Authentication)"))
	default:
		// Nothing was refused, so nothing is blocked: the next call asks again.
		return nil, c.unauthorized(cl, r, "the device wants a login and offers none",
			"too many connections may be open on the device; wait a minute, then restart it if this stays")
	}
	if err := c.blocked(cl); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	cr.placed, asked.placed = asked.placed, false
	a.count(cr)
	return cr, nil
}
