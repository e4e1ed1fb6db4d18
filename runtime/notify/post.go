package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/web"
)

// poster sends requests to web servers.
type poster struct {
	transport http.RoundTripper
	version   string
	clk       clock.Clock
	secrets   []isapi.Secret
}

// answer is what a server said.
type answer struct {
	host   string
	status int
	header http.Header
	body   []byte // its first 64 kB
}

// post sends a body. The error is for when no answer came.
func (p *poster) post(ctx context.Context, address string, header http.Header, body web.Body) (*answer, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, &Error{Message: "the address of the target is malformed", Refused: true, Hint: "mend it in site.yaml"}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, nil)
	if err != nil {
		return nil, &Error{Message: u.Host + ": the request cannot be sent", Refused: true}
	}
	r.Header = header
	r.Header.Set("User-Agent", "hiklua/"+p.version)
	body.Attach(r)
	// A redirect is not followed: a POST becomes a GET on its way, and headers go to
	// another server.
	client := http.Client{Transport: p.transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err == nil {
		defer resp.Body.Close()
		a := &answer{host: u.Host, status: resp.StatusCode, header: resp.Header}
		a.body, _ = io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // the status alone counts
		return a, nil
	}
	switch cause := clock.Cause(ctx); {
	case errors.Is(cause, context.DeadlineExceeded):
		return nil, tooLate(u.Host)
	case cause != nil:
		return nil, cause
	}
	return nil, unreachable(u.Host, err)
}

// judge makes an error of an answer that is no success; said is what the server
// says of it, "" if it says nothing.
func (p *poster) judge(a *answer, said, hint string) error {
	if a.status >= 200 && a.status < 300 {
		return nil
	}
	e := &Error{Message: fmt.Sprintf("%s: answers %d %s", a.host, a.status, http.StatusText(a.status)), Hint: hint, Answered: true}
	if said != "" {
		e.Message += ": " + scrub(said, p.secrets)
	}
	switch a.status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		e.After = p.retryAfter(a.header)
	case http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusInsufficientStorage:
		e.Refused, e.Picture = true, true
	default:
		e.Refused = a.status < 500
		e.After = p.retryAfter(a.header)
	}
	if a.status < 400 && hint == "" {
		e.Hint = "it answers with a redirect, which is not followed: give the address that it leads to"
	}
	return e
}

// retryAfter is the patience that a header Retry-After asks for, in seconds or as
// a date.
func (p *poster) retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if s, err := strconv.Atoi(text); err == nil && s >= 0 {
		return time.Duration(min(s, int(keptFor/time.Second))) * time.Second
	}
	if t, err := http.ParseTime(text); err == nil {
		return max(t.Sub(p.clk.Now()), 0)
	}
	return 0
}
