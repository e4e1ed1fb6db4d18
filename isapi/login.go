package isapi

import "fmt"

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
	a.chal, a.nc, a.basic, a.churn, a.oneShot = nil, 0, false, 0, false
	a.clear()
}

// Account is for Config.Account of another client.
func (c *Client) Account() *Account { return c.account }

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
	defer a.mu.Unlock()
	kept := *e
	a.state, a.failure, a.proven, a.chal = state, &kept, false, nil
	a.clear()
	return e
}

// Format keeps a password that a challenge was answered with out of %v.
func (a *Account) Format(f fmt.State, _ rune) { fmt.Fprint(f, "isapi.Account") }
