package isapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
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
	// ResetLogin, which the caller calls when the lock has run out.
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

// Account is what is known of an account on a device. All clients that use the
// account share it (Sibling, Urgent, Config.Account), for it keeps the promise
// that a wrong password costs one rejected login, at most two; three only if a
// stop and two other requests are on their way when the password changes. For that
// the logins on the wire are counted; only a stop, which must not wait, relies on a
// device that refuses a wrong password within verdictTime:
//
//   - Unproven, one request at a time logs in, the finder. It answers a fresh
//     challenge, so its rejection means that the password is wrong.
//   - Proven, two requests may log in at once. One of them may answer the known
//     challenge again; a rejection of that can also mean that the challenge is
//     used up, for devices do not say. The other one answers a fresh challenge.
//   - Any rejection makes the account unproven, and the next finder starts when
//     every login on the wire has its verdict. A second rejection in a row is
//     taken for a wrong password: from then on nothing is sent.
//   - A stop has a permit of its own and waits for no other request. It answers
//     the known challenge if no other request does, and while a head moves the
//     others leave that one alone. It leaves the finder and an earlier stop
//     verdictTime for their verdict, and before it answers a second challenge the
//     other logins on the wire settleTime.
//   - The opening of an event stream, which a device may let hang, always answers
//     a fresh challenge, and so do the requests beside it.
//
// A permit is taken before the device is asked for a challenge: a challenge that
// waits may be used up by the time it is answered. An answer that never comes is
// no rejection that could be counted; the next request asks for a challenge first,
// which costs no login.
type Account struct {
	finder  Semaphore // one: the request that finds out whether the password is right
	logins  Semaphore // two: requests whose login has no verdict yet, stops not counted
	verdict Semaphore // one: a stop, or the finder

	mu       sync.Mutex
	state    LoginState
	failure  *Error     // why state is not LoginOK
	proven   bool       // the last verdict was that the password is right
	before   bool       // some login was right since New or ResetLogin
	open     bool       // the device answers without a login
	basic    bool       // AuthAuto: the device offers nothing but basic
	known    *challenge // answered before, may serve again
	uses     int        // of known
	taken    int        // logins on the wire that answer known, and streams being opened: if any, known is not answered
	moved    bool       // a move was sent and no stop answered since: known is left to stops and moves
	usedUp   int        // known challenges refused in a row
	rejected int        // logins since the password was proven
	refusals uint64     // rejected logins ever
}

const (
	// verdictTime is how long a stop waits for the verdict on the finder or on
	// an earlier stop, so as not to add to its rejections. Devices refuse a wrong
	// password well within it.
	verdictTime = 250 * time.Millisecond
	// settleTime is how long a stop whose known challenge was refused waits for the
	// verdict on each other login before it answers a new one.
	settleTime = 100 * time.Millisecond
	// oneUse known challenges refused in a row mean that the device's challenges
	// serve once: from then on none is answered twice.
	oneUse = 3
)

func newAccount(cfg *Config) *Account {
	a := &Account{finder: cfg.NewSemaphore(1), logins: cfg.NewSemaphore(2), verdict: cfg.NewSemaphore(1)}
	if a.failure = cfg.Refused; a.failure != nil {
		a.state = LoginUnauthorized
		if errors.Is(a.failure, ErrLocked) {
			a.state = LoginLocked
		}
	}
	return a
}

// Login reports whether the account may still be used.
func (c *Client) Login() LoginState {
	c.account.mu.Lock()
	defer c.account.mu.Unlock()
	return c.account.state
}

// LoginError is why Login is not LoginOK, with what the device said about
// remaining tries (Detail) and the time until it unlocks (RetryIn, counted
// from the refusal). nil while it is.
func (c *Client) LoginError() *Error {
	c.account.mu.Lock()
	defer c.account.mu.Unlock()
	if c.account.failure == nil {
		return nil
	}
	e := *c.account.failure
	e.Device = c.cfg.Name
	return &e
}

// ResetLogin allows one more try, for all clients of the account: the
// password was changed, a lock has run out, or an operator asked.
func (c *Client) ResetLogin() {
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	a.state, a.failure, a.proven, a.before, a.open = LoginOK, nil, false, false, false
	a.known, a.uses, a.basic, a.moved, a.usedUp, a.rejected = nil, 0, false, false, 0, 0
}

// Account is for Config.Account of another client.
func (c *Client) Account() *Account { return c.account }

// Format keeps a password that a challenge was answered with out of %v.
func (a *Account) Format(f fmt.State, _ rune) { fmt.Fprint(f, "isapi.Account") }

// blocked is the remembered failure, worded for cl; nil while there is none.
func (c *Client) blocked(cl *call) error {
	a := c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failure == nil {
		return nil
	}
	e := *a.failure
	e.Op, e.Device, e.Channel, e.Method, e.Path = cl.op, c.cfg.Name, cl.channel, cl.method, cl.path
	e.Detail = "nothing is sent since the login failed"
	if a.failure.Detail != "" {
		e.Detail += ": " + a.failure.Detail
	}
	return &e
}

// refuse ends the use of the account.
func (c *Client) refuse(state LoginState, e *Error) *Error {
	a := c.account
	a.mu.Lock()
	kept := *e
	a.state, a.failure, a.proven, a.known = state, &kept, false, nil
	rejected := a.rejected > 0
	a.mu.Unlock()
	if rejected && c.cfg.OnLogin != nil {
		c.cfg.OnLogin(&kept)
	}
	return e
}

// accept is Account.accept that tells OnLogin of the first login.
func (c *Client) accept(cr *credentials, status int) {
	if c.account.accept(cr, status) && c.cfg.OnLogin != nil {
		c.cfg.OnLogin(nil)
	}
}

func (a *Account) refused() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.refusals
}

// accept notes what an answer other than 401 proves. Only a success proves a
// password: a 404 or 503 may be said before the login was looked at. Nor does an
// answer to a request that was sent before another login was rejected. first: no
// login was right before.
func (a *Account) accept(cr *credentials, status int) (first bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	success := status/100 == 2
	switch {
	case cr.kind == credNone:
		a.open = a.open || success
		return false
	case a.state != LoginOK:
		return false
	case cr.kind == credFresh:
		a.known, a.uses = cr.chal, 1
	case cr.kind == credKnown:
		a.usedUp = 0
	}
	if success && cr.refusals == a.refusals {
		first = !a.before
		a.proven, a.before, a.rejected = true, true, 0
	}
	return first
}

// reject notes a 401.
func (a *Account) reject(cr *credentials) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open = false
	if cr.kind == credNone {
		return
	}
	if cr.kind == credKnown {
		a.usedUp++
	}
	a.forget(cr)
	a.proven = false
	a.refusals++
	a.rejected++
}

// lost notes a login that was not answered.
func (a *Account) lost(cr *credentials) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forget(cr)
}

// forget is called with mu held.
func (a *Account) forget(cr *credentials) {
	if cr.chal != nil && a.known == cr.chal {
		a.known, a.uses = nil, 0
	}
}

// login is one request on its way through the login.
type login struct {
	c    *Client
	cl   *call
	stop bool

	// Permits of the account that it holds.
	finder, verdict bool
	logins          int
	taken           bool // it counts in Account.taken

	admitted bool // it has what it needs for a login
	renew    bool // the known challenge was refused: answer none but a fresh one
	asked    bool // verify was called for a login that is in doubt
}

// admit waits until the request may log in, and settles what is in doubt.
func (l *login) admit(ctx context.Context) error {
	a := l.c.account
	for {
		if err := l.c.blocked(l.cl); err != nil {
			return err
		}
		a.mu.Lock()
		proven, doubtful, open := a.proven, a.rejected > 0, a.open && a.known == nil && !a.basic
		a.mu.Unlock()
		switch {
		case l.settled():
			return l.wrong(&refusal{})
		case open || l.stop && l.admitted:
			return nil
		case l.stop:
			if err := l.admitStop(ctx); err != nil {
				return err
			}
		case l.finder && doubtful && !l.asked:
			l.asked = true
			if _, err := l.verify(ctx); err != nil {
				return err
			}
		case l.finder && proven: // every earlier login has its verdict: others may go beside this one
			l.leave(&l.finder, a.finder)
			l.leave(&l.verdict, a.verdict)
			l.leaveLogins(1)
			if l.cl.stream {
				l.take()
			}
		case l.finder || proven && l.logins == 1:
			l.admitted = true
			return nil
		case proven && !l.cl.stream:
			if err := a.logins.Acquire(ctx); err != nil {
				return l.c.failNet(ctx, l.cl, err)
			}
			l.logins = 1
		default:
			if err := l.find(ctx); err != nil {
				return err
			}
		}
	}
}

// admitStop takes the permit of stops. Where it is not to be had in time the stop goes
// beside the request that has it.
func (l *login) admitStop(ctx context.Context) error {
	err := l.c.account.verdict.AcquireWithin(ctx, verdictTime)
	if err != nil && ctx.Err() != nil {
		return l.c.failNet(ctx, l.cl, err)
	}
	l.verdict, l.admitted = err == nil, true
	return nil
}

// settle leaves the other logins on the wire the time for their verdict, for the
// stop's known challenge was refused, and reports whether it waited. If they have
// their verdict, no other login goes before the stop has its own.
func (l *login) settle(ctx context.Context) (waited bool, err error) {
	a := l.c.account
	for l.logins < 2 && !l.settled() {
		if !a.logins.TryAcquire() {
			waited = true
			if a.logins.AcquireWithin(ctx, settleTime) != nil {
				break
			}
		}
		l.logins++
	}
	if l.settled() {
		return waited, l.wrong(&refusal{})
	}
	return waited, l.c.blocked(l.cl)
}

// settled reports whether two logins were refused in a row.
func (l *login) settled() bool {
	a := l.c.account
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.rejected > 1
}

// find makes the request the finder, when no other login is on the wire.
func (l *login) find(ctx context.Context) error {
	a := l.c.account
	l.release()
	err := a.finder.Acquire(ctx)
	l.finder = err == nil
	for err == nil && l.logins < 2 {
		if err = a.logins.Acquire(ctx); err == nil {
			l.logins++
		}
	}
	if err == nil {
		err = a.verdict.Acquire(ctx)
		l.verdict = err == nil
	}
	if err != nil {
		return l.c.failNet(ctx, l.cl, err)
	}
	return nil
}

// take keeps other requests from answering the known challenge.
func (l *login) take() {
	l.c.account.mu.Lock()
	defer l.c.account.mu.Unlock()
	l.c.account.taken++
	l.taken = true
}

func (l *login) leave(held *bool, s Semaphore) {
	if *held {
		*held = false
		s.Release()
	}
}

func (l *login) leaveLogins(n int) {
	for range n {
		l.logins--
		l.c.account.logins.Release()
	}
}

// release gives back every permit.
func (l *login) release() {
	a := l.c.account
	if l.taken {
		l.taken = false
		a.mu.Lock()
		a.taken--
		a.mu.Unlock()
	}
	l.leave(&l.verdict, a.verdict)
	l.leaveLogins(l.logins)
	l.leave(&l.finder, a.finder)
}

// final decides what a refused fresh challenge means.
func (l *login) final(ctx context.Context, r *refusal) error {
	c, a := l.c, l.c.account
	if r.status.countsTries() || l.settled() {
		return l.wrong(r)
	}
	if l.logins < 2 {
		if err := l.find(ctx); err != nil {
			return err
		}
	}
	if err := c.blocked(l.cl); err != nil {
		return err // another request has found out meanwhile
	}
	a.mu.Lock()
	right, before := a.rejected == 0, a.before // right: another login was, meanwhile
	a.mu.Unlock()
	if !right && (l.cl.stream || before) {
		// Devices are known to say 401 for other reasons: a right that the
		// account lacks, too many streams.
		var err error
		if right, err = l.verify(ctx); err != nil {
			return err
		}
	}
	// Where the device blames something else it is believed once; twice in a row
	// would be a wrong password under another name.
	if !right && !r.status.passwordRight() {
		return l.wrong(r)
	}
	e := c.fail(l.cl, ErrForbidden)
	e.HTTPStatus = http.StatusUnauthorized
	c.describe(e, r.body, r.status)
	e.Hint = "the password is right; the account lacks a right for this, or the device has too many connections or streams open"
	if l.cl.stream {
		e.Hint = "the password is right; the account needs the right to notify the surveillance centre (remote alarm), or the device's event streams are all taken"
	}
	return e
}

// wrong ends the use of the account: the password is not right.
func (l *login) wrong(r *refusal) error {
	if err := l.c.blocked(l.cl); err != nil {
		return err
	}
	return l.c.refuse(LoginUnauthorized, l.c.unauthorized(l.cl, r, "", ""))
}

// verify asks the device for something quick that every account may have, to know
// whether the password is right: GET /ISAPI/Security/userCheck, which is there for
// that, and where it is not, GET /ISAPI/System/deviceInfo. The error says that it is
// wrong; false without one, that the device does not say. No other login is on the
// wire meanwhile.
func (l *login) verify(ctx context.Context) (right bool, err error) {
	for _, path := range []string{userCheckPath, deviceInfoPath} {
		if right, err = l.check(ctx, path); right || err != nil {
			break
		}
	}
	return right, err
}

// check is one question of verify: does the answer prove the password?
func (l *login) check(ctx context.Context, path string) (right bool, err error) {
	c := l.c
	cl := &call{op: l.cl.op, channel: l.cl.channel, method: http.MethodGet, path: path}
	resp, r, err := c.attempt(ctx, cl, &credentials{})
	switch {
	case err != nil:
		return false, onlyLocked(err)
	case r == nil:
		readRefusal(resp)
		return false, nil
	case r.offers.digest == nil:
		return false, nil
	}
	cr, err := c.answerFresh(cl, r)
	if err != nil {
		return false, err
	}
	resp, r, err = c.attempt(ctx, cl, cr)
	switch {
	case err != nil:
		return false, onlyLocked(err)
	case r != nil:
		return false, l.wrong(r)
	case resp.StatusCode != http.StatusOK || readRefusal(resp).status.failed():
		return false, nil
	}
	c.accept(cr, resp.StatusCode)
	c.account.mu.Lock()
	defer c.account.mu.Unlock()
	return c.account.proven, nil
}

// onlyLocked leaves errors of the connection to the request that is verified for.
func onlyLocked(err error) error {
	if e := asError(err); e != nil && e.Kind() == "locked" {
		return e
	}
	return nil
}
