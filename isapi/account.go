package isapi

import (
	"context"
	"sync"
)

// Account is what is known of an account on a device. All clients that use
// the account share it (Sibling, Urgent, Config.Account), for it keeps the
// promise that a wrong password costs one rejected login, at most two: with
// Config.Parallel above one, at most one more than that.
//
// The promise does not rest on timing. A request is sent only by whoever has taken
// a place of tries, of which there are as many as logins may be rejected, and the
// place of a login that was rejected is not given back:
//
//   - A login that the device accepts gives its place back. If it was sent after
//     the last rejection had come in, it proves the password, and gives back the
//     places of the rejected ones, too: those had only used-up challenges.
//   - A rejection of a challenge that was answered before may mean that it is
//     used up, for devices do not say. It is not sent by as many at once as there
//     are places, so that one is left to find out with a new one.
//   - A rejection of a new challenge is final: from then on nothing is sent.
//
// Whoever finds out goes alone: before the first login was accepted, and again
// once a good one came into doubt, the others wait for the verdict at the gate.
// Only a stop does not queue there: a place is always left for it. It waits for the
// verdict of somebody who finds out at this moment, and for no other. So that it
// seldom has to ask for a challenge first, others leave it the one that is known
// while a head moves. While a picture is on its way it does ask: were that challenge
// used up, there would be no try left for the stop before the picture came.
//
// The opening of an event stream, which a device may let hang, takes the place that
// is left for a stop as long as no head moves, and one of the others else: then no
// command waits for it but a move.
//
// Nobody waits, at the gate or for a place, with a challenge in hand: it might be used
// up by then, and its rejection would be final.
//
// An answer that never comes is no rejection that could be counted. After one
// the next request asks without credentials first, which costs no login, and is
// stopped there if the device still does not answer.
type Account struct {
	lane  *turnstile // requests under way, Config.Parallel at once
	stops *turnstile // those of Urgent clients, one at once
	opens *turnstile // an event stream that is being opened while no head moves; moves wait for its verdict
	gate  *turnstile // one: whoever finds out
	tries *turnstile
	calm  *turnstile // one: a stop that answers a known challenge; whoever is slow waits for its verdict

	mu       sync.Mutex
	size     int // of tries: Config.Parallel and one
	state    LoginState
	failure  *Error         // why state is not LoginOK
	proven   bool           // the last login was right
	before   bool           // some login was right since New or ResetLogin
	open     bool           // the last request without a login was answered: there is nothing to find out
	chal     *challenge     // answered before, may serve again
	nc       int            // uses of chal so far
	basic    bool           // AuthAuto: the device offers nothing but basic
	churn    int            // cached challenges refused in a row that a new one cured
	oneShot  bool           // a challenge serves once: no use in caching it
	cached   int            // logins under way that answer a challenge again
	slow     int            // requests that are about to be sent or under way, and whose verdict may take long
	moving   map[mover]bool // stops are to come
	starting int            // moves that are about to be sent or under way
	rejected int            // since the password was proven; they keep their places
	epoch    uint64         // rejections ever
}

func newAccount(cfg *Config) *Account {
	room := cfg.Parallel
	return &Account{
		size:  room + 1,
		lane:  newTurnstile(room, cfg.NewLock),
		stops: newTurnstile(1, cfg.NewLock),
		opens: newTurnstile(1, cfg.NewLock),
		gate:  newTurnstile(1, cfg.NewLock),
		tries: newTurnstile(room+1, cfg.NewLock),
		calm:  newTurnstile(1, cfg.NewLock),
	}
}

// resize is for a client that shares the account and has another Config.Parallel.
func (a *Account) resize(parallel int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	more := parallel + 1 - a.size
	a.size += more
	a.lane.leave(more)
	a.tries.leave(more)
}

// parallel is how many requests may be under way at once.
func (a *Account) parallel() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.size - 1
}

// take takes a place for cr and counts it; false: there is none. Called with mu
// held.
func (a *Account) take(cr *credentials) bool {
	if !a.tries.tryEnter(1) {
		return false
	}
	cr.placed = true
	a.count(cr)
	return true
}

// retake is take for a second try, without waiting.
func (a *Account) retake(cr *credentials) bool {
	cr.placed = a.tries.tryEnter(1)
	return cr.placed
}

// digest notes that the device offers digest login after all.
func (a *Account) digest() {
	a.mu.Lock()
	a.basic = false
	a.mu.Unlock()
}

// count notes that cr is about to be sent. Called with mu held.
func (a *Account) count(cr *credentials) {
	cr.epoch = a.epoch
	if cr.kind == credCached {
		cr.counted = true
		a.cached++
		a.nc++
	}
}

// back notes that cr was answered, or never will be.
func (a *Account) back(cr *credentials) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.settled(cr)
	if cr.placed {
		a.tries.leave(1)
		cr.placed = false
	}
	if cr.calm {
		a.calm.leave(1)
		cr.calm = false
	}
}

// slowly notes that a request is to be sent whose verdict may take long. From then
// on stops do not rely on a second try; it waits for the one that does.
func (a *Account) slowly(ctx context.Context) (done func(), err error) {
	a.mu.Lock()
	a.slow++
	a.mu.Unlock()
	done = func() {
		a.mu.Lock()
		a.slow--
		a.mu.Unlock()
	}
	if err := a.calm.enter(ctx, 1); err != nil {
		done()
		return nil, err
	}
	a.calm.leave(1)
	return done, nil
}

// settled is called with mu held.
func (a *Account) settled(cr *credentials) {
	if cr.counted {
		cr.counted = false
		a.cached--
	}
}

// reject notes that the device refused cr. Its place is gone until the password
// is proven.
func (a *Account) reject(cr *credentials) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.settled(cr)
	a.epoch++
	a.proven = false
	if a.chal == cr.chal {
		a.chal, a.nc = nil, 0
	}
	if a.state == LoginOK && cr.placed {
		a.rejected++
		cr.placed = false
	}
}

// clear gives back the places of rejected logins. Called with mu held.
func (a *Account) clear() {
	a.tries.leave(a.rejected)
	a.rejected = 0
}

// accept notes what an answer other than 401 proves. Only a success proves a
// password: a 404 or 503 may be said before anybody looked at it. cured: a cached
// challenge was refused just before.
func (a *Account) accept(cr *credentials, status int, cured bool) (proof bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if cr.kind == credNone {
		a.open = status/100 == 2
		return false
	}
	if a.state != LoginOK {
		return false
	}
	if cr.kind == credFresh {
		a.chal, a.nc = cr.chal, 1
	}
	if status/100 != 2 || cr.epoch != a.epoch {
		return false
	}
	a.proven, a.before = true, true
	a.clear()
	switch {
	case cured:
		if a.churn++; a.churn >= 3 {
			a.oneShot = true
		}
	case cr.kind == credCached:
		a.churn = 0
	}
	return true
}

// lost forgets the challenge of a login that was not answered: the next one
// finds out first, without credentials, whether the device answers at all.
func (a *Account) lost(cr *credentials) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if cr.kind != credNone && a.chal == cr.chal {
		a.chal, a.nc = nil, 0
	}
}

// doubtful reports whether a login was rejected since the last one that was
// right.
func (a *Account) doubtful() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.rejected > 0
}

// tryLeft reports whether one more login may be rejected.
func (a *Account) tryLeft() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.rejected < a.size
}

// free reports whether cl need not wait at the gate.
func (a *Account) free(cl *call) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.proven || a.open || cl.urgent && a.before
}

// asked notes that the device wants a login.
func (a *Account) asked() {
	a.mu.Lock()
	a.open = false
	a.mu.Unlock()
}

// pass is a request's leave to be sent.
type pass struct {
	a        *Account
	held     bool // it has the gate
	verified bool // the device has just said that the password is right
	ask      bool // it has to say so before a stop is tried again
}

func (p *pass) leave() {
	if p.held {
		p.held = false
		p.a.gate.leave(1)
	}
}

// enter waits until cl may be sent, and settles what is in doubt.
func (c *Client) enter(ctx context.Context, cl *call, p *pass) error {
	a := c.account
	for {
		if err := c.blocked(cl); err != nil {
			return err
		}
		if a.free(cl) {
			p.leave()
			return nil
		}
		if p.held {
			break
		}
		if err := a.gate.enter(ctx, 1); err != nil {
			return c.failNet(ctx, cl, err)
		}
		p.held = true
	}
	if cl.urgent || !a.doubtful() {
		return nil
	}
	ok, err := c.verify(ctx, cl)
	p.verified = ok
	return err
}

// mover is a part of a head that was set in motion: "" for pan, tilt and zoom.
type mover struct {
	channel int
	part    string
}

// moves notes what the answer to a move, or to a stop, tells of m. Without an
// answer it may move.
func (a *Account) moves(m mover, moving bool, err error) {
	e := asError(err)
	answered := err == nil || e != nil && e.HTTPStatus != 0
	if !moving && !answered {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !moving || err != nil && answered {
		delete(a.moving, m)
		return
	}
	if a.moving == nil {
		a.moving = make(map[mover]bool)
	}
	a.moving[m] = true
}

// atRest reports whether no stop is to be expected.
func (a *Account) atRest() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.moving) == 0 && a.starting == 0
}

// start notes that a move is to be sent, and waits for the event stream that is
// being opened: a stop may come from now on.
func (a *Account) start(ctx context.Context) (done func(), err error) {
	a.mu.Lock()
	a.starting++
	a.mu.Unlock()
	done = func() {
		a.mu.Lock()
		a.starting--
		a.mu.Unlock()
	}
	if err := a.opens.enter(ctx, 1); err != nil {
		done()
		return nil, err
	}
	a.opens.leave(1)
	return done, nil
}
