package isapi

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const userCheckPath = "/ISAPI/Security/userCheck"

// credentials are how a request identifies itself.
type credentials struct {
	header   string
	kind     credentialKind
	chal     *challenge
	refusals uint64 // Account.refusals when it was sent
}

type credentialKind int

const (
	credNone  credentialKind = iota // the device has to ask
	credKnown                       // a challenge that was answered before
	credFresh                       // one that was given for this request
	credBasic
)

// refusal is a 401 that was read to its end: only then may the same
// connection carry the next try.
type refusal struct {
	offers offers
	status *deviceStatus // nil: nothing readable
	body   []byte
}

func readRefusal(resp *http.Response) *refusal {
	body, err := readBody(resp, maxRefusal)
	_ = resp.Body.Close()
	if err != nil {
		body = nil
	}
	return &refusal{offers: readOffers(resp.Header), status: parseStatus(body), body: body}
}

// exchange sends cl and settles whatever the device wants to know about us.
// The answer it returns is never a 401.
func (c *Client) exchange(ctx context.Context, cl *call) (*http.Response, error) {
	l := &login{c: c, cl: cl, stop: cl.stop || c.urgent}
	defer l.release()
	for {
		if err := l.admit(ctx); err != nil {
			return nil, err
		}
		resp, again, err := l.try(ctx)
		if !again || err != nil {
			if l.stop && err == nil && resp.StatusCode/100 == 2 {
				c.account.stopped()
			}
			return resp, err
		}
	}
}

// try sends the request once, and once more if the device asks who it is. again:
// what was known of the login serves no more.
func (l *login) try(ctx context.Context) (resp *http.Response, again bool, err error) {
	c := l.c
	cr, err := l.choose()
	if err != nil {
		return nil, false, err
	}
	resp, r, err := c.attempt(ctx, l.cl, cr)
	switch {
	case err != nil:
		return nil, false, err
	case r == nil:
		c.accept(cr, resp.StatusCode)
		return resp, false, nil
	case !l.admitted:
		return nil, true, nil // the device wants logins since
	case cr.kind == credBasic && c.cfg.Auth == AuthAuto && r.offers.digest != nil:
		c.account.setBasic(false) // the device was set to digest since
		return nil, true, nil
	case cr.kind == credBasic && r.offers.digest != nil && !r.offers.basic:
		return nil, false, c.refuse(LoginUnauthorized, c.unauthorized(l.cl, r, "the device refuses basic login", "set auth_mode: digest"))
	case cr.kind == credBasic:
		return nil, false, l.final(ctx, r)
	case cr.kind == credKnown:
		// Challenges expire, serve once, belong to one URL, and devices never
		// say so. A stop answers the new one at once.
		l.renew = true
		if !l.stop {
			return nil, true, nil
		}
		waited, err := l.settle(ctx)
		if err != nil {
			return nil, false, err
		}
		if l.logins == 2 && r.status.passwordRight() {
			_, err := l.verify(ctx)
			return nil, true, err
		}
		if waited || !r.offers.any {
			return nil, true, nil
		}
	}
	if !l.stop && !l.finder && c.account.refused() != cr.refusals {
		return nil, true, nil // the finder goes first
	}
	if cr, err = c.answerFresh(l.cl, r); err != nil {
		return nil, false, err
	}
	resp, r, err = c.attempt(ctx, l.cl, cr)
	switch {
	case err != nil:
		return nil, false, err
	case r != nil:
		return nil, false, l.final(ctx, r)
	}
	c.accept(cr, resp.StatusCode)
	return resp, false, nil
}

// attempt sends cl with cr. A 401 comes back as a refusal, but for one that says
// that the account is locked.
func (c *Client) attempt(ctx context.Context, cl *call, cr *credentials) (*http.Response, *refusal, error) {
	resp, err := c.send(ctx, cl, cr.header)
	if err != nil {
		c.account.lost(cr)
		return nil, nil, err
	}
	if resp.StatusCode != http.StatusUnauthorized {
		return resp, nil, nil
	}
	r := readRefusal(resp)
	c.account.reject(cr)
	if r.status.locked() {
		return nil, nil, c.refuse(LoginLocked, c.lockedError(cl, r))
	}
	return nil, r, nil
}

// choose gives what the request may be sent with before the device has asked.
func (l *login) choose() (*credentials, error) {
	c, a := l.c, l.c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	cr := &credentials{refusals: a.refusals}
	a.moved = a.moved || l.cl.moves
	switch {
	case c.cfg.Auth == AuthBasic || a.basic:
		cr.kind, cr.header = credBasic, c.basicHeader()
	case a.known == nil || a.rejected > 0 || a.usedUp >= oneUse || l.renew || l.cl.stream || a.taken > 0 || a.moved && !l.stop && !l.cl.moves:
	default:
		a.taken++
		l.taken = true
		a.uses++
		cr.kind, cr.chal = credKnown, a.known
		var err error
		if cr.header, err = cr.chal.answer(c.cfg.Username, c.cfg.Password, a.uses, l.cl, c.url(l.cl)); err != nil {
			return nil, c.fail(l.cl, because(ErrBadAnswer, err))
		}
	}
	return cr, nil
}

// answerFresh answers what r offers.
func (c *Client) answerFresh(cl *call, r *refusal) (*credentials, error) {
	a := c.account
	a.mu.Lock()
	cr := &credentials{kind: credFresh, chal: r.offers.digest, refusals: a.refusals}
	a.mu.Unlock()
	switch {
	case c.cfg.Username == "":
		return nil, c.refuse(LoginUnauthorized, c.unauthorized(cl, r, "no user name is configured",
			"give username and password of an account on the device"))
	case r.offers.digest != nil:
		var err error
		if cr.header, err = cr.chal.answer(c.cfg.Username, c.cfg.Password, 1, cl, c.url(cl)); err != nil {
			return nil, c.fail(cl, because(ErrBadAnswer, err))
		}
	case r.offers.basic && c.cfg.Auth == AuthAuto:
		a.setBasic(true)
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
	return cr, c.blocked(cl)
}

// stopped notes that a stop was done.
func (a *Account) stopped() {
	a.mu.Lock()
	a.moved = false
	a.mu.Unlock()
}

func (a *Account) setBasic(basic bool) {
	a.mu.Lock()
	a.basic = basic
	a.mu.Unlock()
}

func (c *Client) basicHeader() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(c.cfg.Username+":"+c.cfg.Password.Reveal()))
}

func (c *Client) url(cl *call) *url.URL {
	u := c.base
	u.Path, u.RawQuery = cl.path, cl.query.Encode()
	if cl.op != opRequest { // a raw path is the caller's
		u.Path = c.known.path(cl.path)
	}
	return &u
}

func (c *Client) unauthorized(cl *call, r *refusal, detail, hint string) *Error {
	e := c.fail(cl, ErrUnauthorized)
	e.HTTPStatus = http.StatusUnauthorized
	c.describe(e, r.body, r.status)
	if detail != "" {
		e.Detail = detail
	}
	if e.Hint = hint; hint == "" {
		e.Hint = "wrong user name or password, or the account is locked after repeated failures (about 5), or it lacks the Operator role; " +
			"nothing more is sent until the password changes or " + cmp.Or(c.cfg.Retry, "ResetLogin") + " asks for a new try"
	}
	if n, ok := r.status.triesLeft(); ok && detail == "" {
		e.TriesLeft = &n
		more := "1 more try"
		if n != 1 {
			more = strconv.Itoa(n) + " more tries"
		}
		e.Detail = strings.TrimSuffix(more+" before the device locks the account; "+e.Detail, "; ")
	}
	return e
}

func (c *Client) lockedError(cl *call, r *refusal) *Error {
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
