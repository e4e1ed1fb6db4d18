package luaapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// httpExchange is one request of hik.http and its answer. run touches no Lua.
type httpExchange struct {
	method  string
	url     *url.URL // without user and password
	header  http.Header
	body    []byte
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
	req, err := http.NewRequestWithContext(limited, x.method, x.url.String(), bytes.NewReader(x.body))
	if err != nil {
		return x.failure("misuse", "the request can't be sent", "")
	}
	req.Header = x.header
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

// failureOf says what went wrong. Of err only its kind is shown: its text may quote
// the URL.
func (x *httpExchange) failureOf(err error) error {
	var dns *net.DNSError
	var record tls.RecordHeaderError
	var untrusted *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var alert tls.AlertError
	var timeout net.Error
	switch {
	case errors.Is(err, errRedirects):
		return x.failure("bad_answer", fmt.Sprintf("more than %d redirects", maxRedirects), "")
	case errors.Is(err, errRedirectsTo):
		return x.failure("bad_answer", "redirected to something that is neither http nor https", "")
	case errors.Is(err, errHTTPLong):
		return x.failure("bad_answer", fmt.Sprintf("the answer is longer than %d MB", maxHTTPBody>>20), "")
	case errors.As(err, &untrusted), errors.As(err, &authority), errors.As(err, &name):
		return x.failure("offline", "the certificate is not trusted", "hik.http checks certificates; the server's must be signed by an authority that this machine knows")
	case errors.As(err, &record), errors.As(err, &alert):
		return x.failure("offline", "TLS fails", "is it http, or another port?")
	case errors.As(err, &dns):
		return x.failure("offline", "the name "+x.url.Hostname()+" is not known", "check the host's name and this machine's DNS")
	case errors.Is(err, syscall.ECONNREFUSED):
		return x.failure("offline", "connection refused", "nothing listens there: check host and port")
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return x.failure("offline", "no route to the host", "")
	case errors.As(err, &timeout) && timeout.Timeout():
		return x.failure("timeout", "no answer", "")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return x.failure("offline", "the connection was closed before the answer's end", "")
	}
	return x.failure("offline", "no usable answer", "check that a web server is at that host and port")
}

func (x *httpExchange) failure(kind, message, hint string) error {
	return &Failure{Kind: kind, Message: x.method + " " + x.url.Scheme + "://" + x.url.Host + ": " + message, Hint: hint}
}
