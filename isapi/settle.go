package isapi

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const userCheckPath = "/ISAPI/Security/userCheck"

// refusal is a 401 that was read to its end: only then may the same
// connection carry the next try.
type refusal struct {
	offers offers
	status *deviceStatus // nil: nothing readable
	body   []byte
}

func readRefusal(resp *http.Response) refusal {
	body, err := readBody(resp, maxRefusal)
	_ = resp.Body.Close()
	if err != nil {
		body = nil
	}
	return refusal{offers: readOffers(resp.Header), status: parseStatus(body), body: body}
}

func (c *Client) url(cl *call) *url.URL {
	u := c.base
	u.Path, u.RawQuery = cl.path, cl.query.Encode()
	return &u
}

// settle answers a 401. Credentials that were known to be good get one more
// try with the device's new challenge: nonces expire, serve once, belong to
// one URL, and devices never say so. A 401 to a new challenge is final.
func (c *Client) settle(ctx context.Context, cl *call, p *pass, cr credentials, resp *http.Response) (*http.Response, error) {
	r := readRefusal(resp)
	if r.status.locked() {
		return nil, c.refuse(LoginLocked, c.lockedError(cl, r))
	}
	if cr.kind != credNone {
		c.login.countRejected()
	}
	// A request that asked without credentials may have been overtaken by one
	// whose credentials were refused.
	if cr.kind != credNone || !c.login.isProven() {
		if err := c.doubt(ctx, cl, p); err != nil {
			return nil, err
		}
	}
	if cr.kind == credBasic && c.login.mode == AuthBasic && r.offers.digest != nil && !r.offers.basic {
		return nil, c.refuse(LoginUnauthorized, c.unauthorized(cl, r, "the device refuses basic login", "set auth_mode: digest"))
	}
	if cr.kind == credBasic && (c.login.mode == AuthBasic || r.offers.digest == nil) {
		return nil, c.final(ctx, cl, r)
	}
	if cr.kind == credCached && !r.offers.any {
		// Access terminals say 401 without a challenge when a nonce is used
		// up: a request without credentials brings a new one.
		c.forget(cr.chal)
		bare, err := c.send(ctx, cl, "")
		if err != nil {
			return nil, err
		}
		if bare.StatusCode != http.StatusUnauthorized {
			return bare, nil
		}
		if r = readRefusal(bare); r.status.locked() {
			return nil, c.refuse(LoginLocked, c.lockedError(cl, r))
		}
	}
	next, err := c.fresh(cl, r)
	if err != nil {
		return nil, err
	}
	resp, err = c.send(ctx, cl, next.header)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusUnauthorized {
		c.login.countRejected()
		return nil, c.final(ctx, cl, readRefusal(resp))
	}
	c.login.accepted(next, resp.StatusCode, cr.kind == credCached)
	return resp, nil
}

// forget drops a challenge that no longer serves, unless a newer one is there.
func (c *Client) forget(ch *challenge) {
	c.login.mu.Lock()
	if c.login.chal == ch {
		c.login.chal, c.login.nc = nil, 0
	}
	c.login.mu.Unlock()
}

// fresh answers what r offers.
func (c *Client) fresh(cl *call, r refusal) (credentials, error) {
	l := c.login
	switch {
	case l.user == "":
		return credentials{}, c.refuse(LoginUnauthorized, c.unauthorized(cl, r, "no user name is configured",
			"give username and password of an account on the device"))
	case r.offers.digest != nil:
		header, err := r.offers.digest.answer(l.user, l.pass, 1, cl, c.url(cl))
		if err != nil {
			return credentials{}, c.fail(cl, because(ErrBadAnswer, err))
		}
		return credentials{header: header, kind: credFresh, chal: r.offers.digest}, nil
	case r.offers.basic && l.mode == AuthAuto:
		l.mu.Lock()
		l.basic = true
		l.mu.Unlock()
		return credentials{header: l.basicHeader(), kind: credBasic}, nil
	case r.offers.basic:
		return credentials{}, c.refuse(LoginUnauthorized, c.unauthorized(cl, r, "the device offers basic login only",
			"set auth_mode: auto or basic; old firmware knows nothing else"))
	case r.offers.any:
		return credentials{}, c.refuse(LoginUnauthorized, c.unauthorized(cl, r, "the device asks for a kind of login that is not known here",
			"set the device's web authentication to digest (Configuration > System > Security > Authentication)"))
	}
	// Nothing was refused, so nothing is blocked: the next call asks again.
	return credentials{}, c.unauthorized(cl, r, "the device wants a login and offers none",
		"too many connections may be open on the device; wait a minute, then restart it if this stays")
}

// final decides what a refused fresh login means.
func (c *Client) final(ctx context.Context, cl *call, r refusal) *Error {
	if r.status.locked() {
		return c.refuse(LoginLocked, c.lockedError(cl, r))
	}
	if err := c.blocked(cl); err != nil {
		return asError(err) // another request has found out meanwhile
	}
	right := r.status.passwordRight()
	if !right && cl.fresh && !r.status.countsTries() && c.userCheck(ctx) {
		right = true
		c.login.mu.Lock()
		c.login.proven, c.login.before, c.login.doubts = true, true, 0
		c.login.mu.Unlock()
	} else if right {
		// The device blames something else. It is believed once; twice in a
		// row would be a wrong password under another name.
		c.login.mu.Lock()
		c.login.doubts++
		right = c.login.doubts < 2
		c.login.mu.Unlock()
	}
	if right {
		e := c.fail(cl, ErrForbidden)
		e.HTTPStatus = http.StatusUnauthorized
		c.describe(e, r.body, r.status)
		e.Hint = "the password is right; the account lacks a right for this, or the device has too many connections or streams open"
		if cl.fresh {
			e.Hint = "the password is right; the account needs the right to notify the surveillance centre (remote alarm), or the device's event streams are all taken"
		}
		return e
	}
	return c.refuse(LoginUnauthorized, c.unauthorized(cl, r, "", ""))
}

// userCheck asks the device whether the password is right. It is only asked
// where a device is known to say 401 for other reasons, and counts as the
// second of two tries.
func (c *Client) userCheck(ctx context.Context) bool {
	cl := &call{op: "check the account", method: http.MethodGet, path: userCheckPath}
	resp, err := c.send(ctx, cl, "")
	if err != nil {
		return false
	}
	r := readRefusal(resp)
	if resp.StatusCode != http.StatusUnauthorized || r.offers.digest == nil {
		return false
	}
	header, err := r.offers.digest.answer(c.login.user, c.login.pass, 1, cl, c.url(cl))
	if err != nil {
		return false
	}
	if resp, err = c.send(ctx, cl, header); err != nil {
		return false
	}
	r = readRefusal(resp)
	if resp.StatusCode == http.StatusUnauthorized {
		c.login.countRejected()
	}
	return resp.StatusCode == http.StatusOK && !r.status.failed()
}

func (c *Client) unauthorized(cl *call, r refusal, detail, hint string) *Error {
	e := c.fail(cl, ErrUnauthorized)
	e.HTTPStatus = http.StatusUnauthorized
	c.describe(e, r.body, r.status)
	if detail != "" {
		e.Detail = detail
	}
	if e.Hint = hint; hint == "" {
		e.Hint = "wrong user name or password, or the account is locked after repeated failures (about 5), or it lacks the Operator role; " +
			"nothing more is sent until the configuration changes or a new try is asked for"
	}
	if n, ok := r.status.triesLeft(); ok && detail == "" {
		e.Detail = strings.TrimSuffix(fmt.Sprintf("%d more tries before the device locks the account; %s", n, e.Detail), "; ")
	}
	return e
}

func (c *Client) lockedError(cl *call, r refusal) *Error {
	e := c.fail(cl, ErrLocked)
	e.HTTPStatus = http.StatusUnauthorized
	c.describe(e, r.body, r.status)
	e.RetryIn = r.status.unlock
	e.Hint = "wait until the device unlocks the account (30 minutes by default; nothing is sent meanwhile), then correct the password"
	e.Detail = "after too many wrong logins"
	if e.RetryIn > 0 {
		e.Detail = fmt.Sprintf("the device unlocks it in %s", e.RetryIn.Round(time.Second))
	}
	return e
}
