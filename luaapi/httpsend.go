package luaapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/web"
)

// httpExchange is one request of hik.http and its answer. run touches no Lua.
type httpExchange struct {
	method  string
	url     *url.URL // without user and password
	header  http.Header
	body    web.Body
	clk     clock.Clock
	timeout time.Duration

	status   int
	answer   http.Header
	received []byte
}

var (
	errRedirects   = errors.New("more redirects than are followed")
	errRedirectsTo = errors.New("a redirect to something that is not http or https")
	errHTTPLong    = errors.New("an answer that is too long")
)

func (x *httpExchange) run(ctx context.Context, rt http.RoundTripper) error {
	limited, cancel := clock.WithTimeout(x.clk, ctx, x.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, x.method, x.url.String(), nil)
	if err != nil {
		return x.failure("misuse", "the request can't be sent", "")
	}
	req.Header = x.header
	x.body.Attach(req)
	if host := x.header.Get("Host"); host != "" {
		req.Host = host
	}
	// No cookie jar, no Timeout: requests of a script share no cookies, and a Timeout
	// would count real seconds.
	client := http.Client{Transport: rt, CheckRedirect: followRedirect}
	resp, err := client.Do(req)
	if err == nil {
		defer resp.Body.Close()
		x.status, x.answer = resp.StatusCode, resp.Header
		x.received, err = io.ReadAll(io.LimitReader(resp.Body, maxHTTPBody+1))
		if len(x.received) > maxHTTPBody {
			err = errHTTPLong
		}
	}
	switch {
	case err == nil:
		return nil
	case clock.Cause(ctx) != nil:
		return clock.Cause(ctx)
	case clock.Cause(limited) != nil:
		return x.failure("timeout", "no answer within "+clock.FormatDuration(x.timeout), "")
	}
	return x.failureOf(err)
}

// keptHeaders go along to another host; everything else that a script set may
// be a secret meant for the first.
var keptHeaders = []string{"Accept", "Accept-Language", "Accept-Encoding", "Content-Type", "User-Agent"}

func followRedirect(req *http.Request, via []*http.Request) error {
	switch {
	case len(via) > maxRedirects:
		return errRedirects
	case req.URL.Scheme != "http" && req.URL.Scheme != "https":
		return errRedirectsTo
	}
	req.URL.User = nil        // only the script may name an account
	req.Header.Del("Referer") // the query of the last URL may hold a token
	// The headers are copied from the first request at each hop: one hop to
	// elsewhere counts for all that follow.
	first := via[0].URL
	elsewhere := !sameServer(first, req.URL) ||
		slices.ContainsFunc(via, func(r *http.Request) bool { return !sameServer(first, r.URL) })
	if elsewhere {
		for name := range req.Header {
			if !slices.Contains(keptHeaders, name) {
				delete(req.Header, name)
			}
		}
	}
	return nil
}

// sameServer reports whether b is served by the same as a: host and port are
// the same, or b is the encrypted form of a on the usual ports.
func sameServer(a, b *url.URL) bool {
	if !strings.EqualFold(a.Hostname(), b.Hostname()) {
		return false
	}
	return a.Scheme == b.Scheme && portOf(a) == portOf(b) ||
		a.Scheme == "http" && b.Scheme == "https" && portOf(a) == "80" && portOf(b) == "443"
}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	return map[string]string{"http": "80", "https": "443"}[u.Scheme]
}

// failureOf says what went wrong, without quoting err: its text may have the URL.
func (x *httpExchange) failureOf(err error) error {
	switch {
	case errors.Is(err, errRedirects):
		return x.failure("bad_answer", fmt.Sprintf("more than %d redirects", maxRedirects), "")
	case errors.Is(err, errRedirectsTo):
		return x.failure("bad_answer", "redirected to something that is neither http nor https", "")
	case errors.Is(err, errHTTPLong):
		return x.failure("bad_answer", fmt.Sprintf("the answer is longer than %d MB", maxHTTPBody>>20), "")
	}
	f := web.FailureOf(err, x.url.Hostname())
	return x.failure(f.Kind, f.Message, f.Hint)
}

func (x *httpExchange) failure(kind, message, hint string) error {
	return &Failure{Kind: kind, Message: x.method + " " + x.url.Scheme + "://" + x.url.Host + ": " + message, Hint: hint}
}
