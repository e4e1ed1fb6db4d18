package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// maxSilent is how many requests in a row may go without an answer.
const maxSilent = 2

// ask makes one request with its own time, and gives the device up when it
// has stopped answering.
func (x *exam) ask(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := clock.WithTimeout(x.Clock, ctx, x.Device.Timeout)
	defer cancel()
	err := f(ctx)
	switch kind(err) {
	case "offline", "timeout":
		if x.silence++; x.silence >= maxSilent && x.stop == "" {
			x.stop = "the device no longer answers"
		}
	default:
		x.silence = 0
	}
	return err
}

// answer is ask for a method of the client that has one.
func answer[T any](ctx context.Context, x *exam, method func(context.Context) (T, error)) (a T, err error) {
	err = x.ask(ctx, func(ctx context.Context) (err error) {
		a, err = method(ctx)
		return err
	})
	return a, err
}

// get reads a document that isapi has no method for.
func (x *exam) get(ctx context.Context, path string) (*isapi.Node, error) {
	return answer(ctx, x, func(ctx context.Context) (*isapi.Node, error) {
		a, err := x.Client.Request(ctx, http.MethodGet, path, isapi.RequestOptions{})
		if err != nil {
			return nil, err
		}
		return isapi.ParseXML(a.Body)
	})
}

// patient is a method that may take three times as long: it asks several times.
func patient[T any](ctx context.Context, x *exam, method func(context.Context) (T, error)) (T, error) {
	wait := x.Device.Timeout
	x.Device.Timeout = 3 * wait
	defer func() { x.Device.Timeout = wait }()
	return answer(ctx, x, method)
}

// kind is that of an *isapi.Error, "" for none and for any other error.
func kind(err error) string {
	if e := refusal(err); e != nil {
		return e.Kind()
	}
	return ""
}

func refusal(err error) *isapi.Error {
	e, _ := errors.AsType[*isapi.Error](err)
	return e
}

// absent reports that a device does not have, or does not show to this
// account, what was asked for. Which status it says so with differs.
func absent(err error) bool {
	switch kind(err) {
	case "forbidden", "not_found", "unsupported", "device", "bad_answer":
		return true
	case "":
		return err != nil // not even XML
	}
	return false
}

func fine(format string, args ...any) Check {
	return Check{State: OK, Finding: fmt.Sprintf(format, args...)}
}

func warn(finding, fix string) Check { return Check{State: Warn, Finding: finding, Fix: fix} }
func fail(finding, fix string) Check { return Check{State: Fail, Finding: finding, Fix: fix} }
func skip(finding string) Check      { return Check{State: Skipped, Finding: finding} }

// failed is a check that ended with err, in the words of the error: the
// finding without device, channel and operation, which stand beside it, and
// its hint.
func failed(err error) Check {
	e := refusal(err)
	if e == nil {
		return fail(err.Error(), "")
	}
	bare := *e
	bare.Device, bare.Op, bare.Channel, bare.Hint = "", "", 0, ""
	return fail(bare.Error(), sentence(e.Hint))
}

// sentence begins with a capital and ends with a stop.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	if s[0] >= 'a' && s[0] <= 'z' {
		s = string(s[0]-'a'+'A') + s[1:]
	}
	if last := s[len(s)-1]; last != '.' && last != '!' {
		s += "."
	}
	return s
}
