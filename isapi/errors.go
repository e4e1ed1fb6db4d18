package isapi

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
)

// What can go wrong, for errors.Is. Kind gives the same as a word.
var (
	ErrUnauthorized = errors.New("unauthorized")     // user name or password refused; nothing is sent until ResetLogin
	ErrLocked       = errors.New("account locked")   // too many wrong logins, the device waits (RetryIn)
	ErrForbidden    = errors.New("forbidden")        // the account lacks a right
	ErrNotFound     = errors.New("not found")        // no such channel, preset, path
	ErrUnsupported  = errors.New("not supported")    // this device cannot do it
	ErrBusy         = errors.New("device busy")      // later may work
	ErrOffline      = errors.New("offline")          // no connection
	ErrTimeout      = errors.New("timeout")          // the context's deadline came first
	ErrBadAnswer    = errors.New("bad answer")       // cut, not XML, no picture, a redirect
	ErrCut          = errors.New("answer cut short") // the connection ended within an answer: the same may come whole
	ErrMisuse       = errors.New("wrong use")        // an argument out of range; nothing was sent
	ErrElsewhere    = errors.New("driven elsewhere") // another host has the device (Config.Gate); see Unsent
	errCancelled    = errors.New("cancelled")        // the context was cancelled
	errDevice       = errors.New("device refused")   // refused in words that say nothing more
	errDropped      = errors.New("connection dropped")
)

var kinds = []struct {
	err  error
	word string
}{
	{ErrElsewhere, "elsewhere"},
	{ErrUnauthorized, "unauthorized"},
	{ErrLocked, "locked"},
	{ErrForbidden, "forbidden"},
	{ErrNotFound, "not_found"},
	{ErrUnsupported, "unsupported"},
	{ErrBusy, "busy"},
	{ErrOffline, "offline"},
	{ErrTimeout, "timeout"},
	{ErrBadAnswer, "bad_answer"},
	{ErrMisuse, "misuse"},
	{errCancelled, "cancelled"},
}

// Error is what every method returns when it fails.
type Error struct {
	Op         string        // what was wanted: "snapshot", "preset 3"
	Device     string        // Config.Name, else the host
	Channel    int           // 0: the device itself
	Method     string        // of the request
	Path       string        // of the request, without its query
	HTTPStatus int           // 0: no answer
	Code       int           // ResponseStatus/statusCode, 0 if there was none
	SubCode    string        // ResponseStatus/subStatusCode
	Detail     string        // what the device or the network said, one line
	Hint       string        // what to do about it
	Err        error         // one of the sentinels, with the cause where there is one
	RetryIn    time.Duration // how long the device wants to be left alone; 0: it did not say
	TriesLeft  *int          // wrong logins until the device locks the account; nil: it did not say
}

// Error is one line: device, what was wanted, what came, what to do.
//
//	gate: snapshot channel 3: 404 not found: notSupport (list the channels ...)
func (e *Error) Error() string {
	var b strings.Builder
	if e.Device != "" {
		b.WriteString(e.Device + ": ")
	}
	if e.Op != "" {
		b.WriteString(e.Op)
		if e.Channel > 0 {
			b.WriteString(" channel " + itoa(e.Channel))
		}
		b.WriteString(": ")
	}
	if e.HTTPStatus > 0 && e.HTTPStatus != 200 {
		b.WriteString(strconv.Itoa(e.HTTPStatus) + " ")
	}
	b.WriteString(e.sentinel().Error())
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	if e.Hint != "" {
		b.WriteString(" (" + e.Hint + ")")
	}
	return b.String()
}

// Unwrap gives the sentinel and the cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Err }

func (e *Error) sentinel() error {
	for _, k := range kinds {
		if errors.Is(e.Err, k.err) {
			return k.err
		}
	}
	return errDevice
}

// Kind is the error as one word: unauthorized, locked, forbidden, not_found,
// unsupported, busy, offline, timeout, bad_answer, misuse, elsewhere, cancelled, or
// device for anything else that the device refused.
func (e *Error) Kind() string {
	s := e.sentinel()
	for _, k := range kinds {
		if s == k.err {
			return k.word
		}
	}
	return "device"
}

// Retryable reports whether the same call may work a little later without
// anybody changing anything. A wrong password never does.
func (e *Error) Retryable() bool {
	switch e.Kind() {
	case "busy", "offline", "timeout":
		return !errors.Is(e.Err, errCertificate)
	case "bad_answer":
		return errors.Is(e.Err, ErrCut)
	case "device":
		return e.transient()
	}
	return false
}

// Unsent reports whether err is an ErrElsewhere of a request of which nothing was
// sent to the device. Otherwise its answer was not awaited.
func Unsent(err error) bool { return errors.Is(err, errNotSent) }

// transient is the device's own "something went wrong, ask again".
func (e *Error) transient() bool {
	return e.Code == 3 || strings.EqualFold(e.SubCode, "deviceError")
}

// cause ties a sentinel to the error behind it, for Is and As alike.
type cause struct{ kind, err error }

func (c *cause) Error() string   { return c.kind.Error() + ": " + c.err.Error() }
func (c *cause) Unwrap() []error { return []error{c.kind, c.err} }

func because(kind, err error) error {
	if err == nil {
		return kind
	}
	return &cause{kind, err}
}

// asError finds the *Error in err, nil if there is none.
func asError(err error) *Error {
	e, _ := errors.AsType[*Error](err)
	return e
}

// absent reports whether err means that the device does not have what was
// asked for. Which of 400, 403, 404 and 500 it says differs by model, and 403
// to a question about capabilities is no matter of rights.
func absent(err error) bool {
	e := asError(err)
	if e == nil || e.HTTPStatus == 0 {
		return false
	}
	switch e.Kind() {
	case "forbidden", "not_found", "unsupported":
		return true
	case "device":
		return !e.transient() && (e.HTTPStatus == 400 || e.HTTPStatus == 500 || e.HTTPStatus == 200)
	}
	return false
}

// fromContext turns a context's end into its sentinel; nil while it goes on.
func fromContext(ctx context.Context) error {
	err := ctx.Err()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return because(ErrTimeout, err)
	}
	return because(errCancelled, err)
}
