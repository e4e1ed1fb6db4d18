package isapi

import (
	"context"
	"encoding/base64"
	"sync"
)

// LoginState says whether the account may still be used.
type LoginState int

const (
	// LoginOK: nothing speaks against it; it may not have been tried yet.
	LoginOK LoginState = iota
	// LoginUnauthorized: the device refused the password. Nothing is sent
	// until ResetLogin.
	LoginUnauthorized
	// LoginLocked: the device locked the account. Nothing is sent until
	// ResetLogin, which is for whoever waited out the lock.
	LoginLocked
)

// String gives the word of a device's state.
func (s LoginState) String() string {
	switch s {
	case LoginUnauthorized:
		return "unauthorized"
	case LoginLocked:
		return "locked"
	}
	return "ok"
}

// login is what a client and its siblings know about their account. It keeps
// the promise that a wrong password costs one rejected login, at most two,
// however many goroutines call: as long as no login has succeeded, or once a
// good one came into doubt, the gate lets one request at a time through.
type login struct {
	mode AuthMode
	user string
	pass Secret
	gate Locker

	mu       sync.Mutex
	state    LoginState
	failure  *Error     // why state is not LoginOK
	proven   bool       // the last login was right
	before   bool       // some login was right since New or ResetLogin
	chal     *challenge // answered before, may serve again
	nc       int        // uses of chal so far
	basic    bool       // AuthAuto: the device offers nothing but basic
	doubts   int        // refusals in a row that did not blame the password
	churn    int        // cached challenges refused in a row that a new one cured
	oneShot  bool       // a challenge serves once: no use in caching it
	rejected uint64     // requests with credentials that got a 401
}

func newLogin(cfg *Config) *login {
	return &login{mode: cfg.Auth, user: cfg.Username, pass: cfg.Password, gate: cfg.NewLock()}
}

// Login reports whether the account may still be used.
func (c *Client) Login() LoginState {
	c.login.mu.Lock()
	defer c.login.mu.Unlock()
	return c.login.state
}

// LoginError is why Login is not LoginOK, with what the device said about
// remaining tries (Detail) and the time until it unlocks (RetryIn, counted
// from the refusal). nil while it is.
func (c *Client) LoginError() *Error {
	c.login.mu.Lock()
	defer c.login.mu.Unlock()
	if c.login.failure == nil {
		return nil
	}
	e := *c.login.failure
	return &e
}

// ResetLogin allows one more try, for this client and its siblings: the
// password was changed, a lock has run out, or an operator asked.
func (c *Client) ResetLogin() {
	l := c.login
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state, l.failure, l.proven, l.before = LoginOK, nil, false, false
	l.chal, l.nc, l.basic, l.doubts, l.churn, l.oneShot = nil, 0, false, 0, 0, false
}

// pass is a request's leave to be sent; held says that it has the gate.
type pass struct {
	l    *login
	held bool
}

func (p *pass) leave() {
	if p.held {
		p.held = false
		p.l.gate.Unlock()
	}
}

// blocked is the remembered failure, worded for cl; nil while there is none.
func (c *Client) blocked(cl *call) error {
	l := c.login
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failure == nil {
		return nil
	}
	e := *l.failure
	e.Op, e.Channel, e.Method, e.Path = cl.op, cl.channel, cl.method, cl.path
	e.Detail = "nothing is sent since the login failed"
	if l.failure.Detail != "" {
		e.Detail += ": " + l.failure.Detail
	}
	return &e
}

// enter waits until cl may be sent.
func (c *Client) enter(ctx context.Context, cl *call) (*pass, error) {
	l := c.login
	p := &pass{l: l}
	for {
		if err := c.blocked(cl); err != nil {
			p.leave()
			return nil, err
		}
		l.mu.Lock()
		free := l.proven || cl.urgent && l.before
		l.mu.Unlock()
		if free {
			p.leave()
			return p, nil
		}
		if p.held {
			return p, nil
		}
		if err := l.gate.Lock(ctx); err != nil {
			return nil, c.failNet(ctx, cl, err)
		}
		p.held = true
	}
}

func (l *login) isProven() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.proven
}

// doubt is entered by a request whose known-good credentials were refused:
// from here on others wait until it is settled what that means.
func (c *Client) doubt(ctx context.Context, cl *call, p *pass) error {
	c.login.mu.Lock()
	c.login.proven = false
	c.login.mu.Unlock()
	if !p.held && !cl.urgent {
		if err := c.login.gate.Lock(ctx); err != nil {
			return c.failNet(ctx, cl, err)
		}
		p.held = true
	}
	return c.blocked(cl)
}

// how a request identified itself
type credentials struct {
	header string
	kind   int
	chal   *challenge
}

const (
	credNone = iota
	credCached
	credFresh
	credBasic
)

// credentials are what cl may be sent with before the device has asked.
func (c *Client) credentials(cl *call) (credentials, error) {
	l := c.login
	l.mu.Lock()
	if l.mode == AuthBasic || l.basic {
		l.mu.Unlock()
		return credentials{header: l.basicHeader(), kind: credBasic}, nil
	}
	ch := l.chal
	if ch == nil || cl.fresh || l.oneShot {
		l.mu.Unlock()
		return credentials{}, nil
	}
	l.nc++
	nc := l.nc
	l.mu.Unlock()
	header, err := ch.answer(l.user, l.pass, nc, cl, c.url(cl))
	if err != nil {
		return credentials{}, c.fail(cl, because(ErrBadAnswer, err))
	}
	return credentials{header: header, kind: credCached, chal: ch}, nil
}

func (l *login) basicHeader() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(l.user+":"+l.pass.Reveal()))
}

// accepted notes what an answer other than 401 proves. Only a success proves
// a password: a 404 or 503 may be said before anybody looked at it.
func (l *login) accepted(cr credentials, status int, cured bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if cr.kind == credNone || l.state != LoginOK {
		return
	}
	if cr.kind == credFresh {
		l.chal, l.nc = cr.chal, 1
	}
	if status/100 != 2 {
		return
	}
	l.proven, l.before, l.doubts = true, true, 0
	switch {
	case cured:
		if l.churn++; l.churn >= 3 {
			l.oneShot = true
		}
	case cr.kind == credCached:
		l.churn = 0
	}
}

// refuse ends the use of the account.
func (c *Client) refuse(state LoginState, e *Error) *Error {
	l := c.login
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := *e
	l.state, l.failure, l.proven, l.chal = state, &kept, false, nil
	return e
}

// countRejected keeps the number that the promise is about.
func (l *login) countRejected() {
	l.mu.Lock()
	l.rejected++
	l.mu.Unlock()
}
