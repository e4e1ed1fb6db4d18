package isapi

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
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

// settle answers a 401 to a request that was sent with cr.
func (c *Client) settle(ctx context.Context, cl *call, p *pass, cr *credentials, r refusal, cured bool) (resp *http.Response, again bool, err error) {
	if r.status.locked() {
		return nil, false, c.refuse(LoginLocked, c.lockedError(cl, r))
	}
	c.account.asked()
	switch cr.kind {
	case credBasic:
		c.account.reject(cr)
		if c.cfg.Auth == AuthBasic && r.offers.digest != nil && !r.offers.basic {
			return nil, false, c.refuse(LoginUnauthorized, c.unauthorized(cl, r, "the device refuses basic login", "set auth_mode: digest"))
		}
		if c.cfg.Auth == AuthBasic || r.offers.digest == nil {
			return nil, false, c.final(ctx, cl, p, r)
		}
		c.account.digest() // the device was set to digest since
		return nil, true, nil
	case credCached:
		// Challenges expire, serve once, belong to one URL, and devices never
		// say so. A stop answers the new one at once if it may.
		c.account.reject(cr)
		p.ask = cl.urgent && r.status.passwordRight()
		if !cl.urgent || p.ask || !r.offers.any || !c.account.retake(cr) {
			return nil, true, nil
		}
		cured = true
	}
	next, err := c.answerFresh(cl, r, cr)
	if err != nil {
		return nil, false, err
	}
	defer c.account.back(next)
	if resp, err = c.send(ctx, cl, next.header); err != nil {
		c.account.lost(next)
		return nil, false, err
	}
	if resp.StatusCode == http.StatusUnauthorized {
		refused := readRefusal(resp)
		c.account.reject(next)
		return nil, false, c.final(ctx, cl, p, refused)
	}
	c.account.accept(next, resp.StatusCode, cured)
	return resp, false, nil
}

// final decides what a refused new challenge means.
func (c *Client) final(ctx context.Context, cl *call, p *pass, r refusal) *Error {
	a := c.account
	if r.status.locked() {
		return c.refuse(LoginLocked, c.lockedError(cl, r))
	}
	if err := c.blocked(cl); err != nil {
		return asError(err) // another request has found out meanwhile
	}
	right := p.verified
	a.mu.Lock()
	before, first := a.before, a.rejected < 2
	a.mu.Unlock()
	switch {
	case right || r.status.countsTries():
	case (cl.fresh || before) && a.tryLeft():
		// Devices are known to say 401 for other reasons: a right that the
		// account lacks, too many streams.
		ok, err := c.verify(ctx, cl)
		if err != nil {
			return asError(err)
		}
		right = ok || r.status.passwordRight() && first
	default:
		// The device blames something else. It is believed once; twice in a
		// row would be a wrong password under another name.
		right = r.status.passwordRight() && first
	}
	if !right {
		return c.refuse(LoginUnauthorized, c.unauthorized(cl, r, "", ""))
	}
	e := c.fail(cl, ErrForbidden)
	e.HTTPStatus = http.StatusUnauthorized
	c.describe(e, r.body, r.status)
	e.Hint = "the password is right; the account lacks a right for this, or the device has too many connections or streams open"
	if cl.fresh {
		e.Hint = "the password is right; the account needs the right to notify the surveillance centre (remote alarm), or the device's event streams are all taken"
	}
	return e
}

// verify asks the device for something quick that every account may have, to know
// whether the password is right: GET /ISAPI/Security/userCheck, which is there for
// that, and where it is not, GET /ISAPI/System/deviceInfo. The error says that it is
// wrong; false without one, that the device does not say.
func (c *Client) verify(ctx context.Context, cl *call) (right bool, err error) {
	for _, path := range []string{userCheckPath, deviceInfoPath} {
		check := &call{op: cl.op, channel: cl.channel, method: http.MethodGet, path: path}
		for answered := true; answered && !right; { // again if another login was rejected meanwhile
			if answered, right, err = c.check(ctx, cl, check); err != nil || ctx.Err() != nil {
				return right, err
			}
		}
		if right {
			break
		}
	}
	return right, nil
}

// check is one question of verify: was it answered, and does that prove the password?
func (c *Client) check(ctx context.Context, cl, check *call) (answered, right bool, err error) {
	if err := c.takeTry(ctx, cl, refusal{}); err != nil {
		return false, false, err
	}
	asked := &credentials{placed: true}
	defer c.account.back(asked)
	resp, err := c.send(ctx, check, "")
	if err != nil {
		return false, false, nil
	}
	r := readRefusal(resp)
	if resp.StatusCode != http.StatusUnauthorized || r.offers.digest == nil {
		return false, false, nil
	}
	if r.status.locked() {
		return false, false, c.refuse(LoginLocked, c.lockedError(cl, r))
	}
	cr, err := c.answerFresh(check, r, asked)
	if err != nil {
		return false, false, err
	}
	defer c.account.back(cr)
	if resp, err = c.send(ctx, check, cr.header); err != nil {
		c.account.lost(cr)
		return false, false, nil
	}
	r = readRefusal(resp)
	if resp.StatusCode == http.StatusUnauthorized {
		c.account.reject(cr)
		if r.status.locked() {
			return false, false, c.refuse(LoginLocked, c.lockedError(cl, r))
		}
		return false, false, c.refuse(LoginUnauthorized, c.unauthorized(cl, r, "", ""))
	}
	if r.status.failed() {
		return false, false, nil
	}
	right = c.account.accept(cr, resp.StatusCode, false)
	return resp.StatusCode == http.StatusOK, right, nil
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
		more := "1 more try"
		if n != 1 {
			more = strconv.Itoa(n) + " more tries"
		}
		e.Detail = strings.TrimSuffix(more+" before the device locks the account; "+e.Detail, "; ")
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
