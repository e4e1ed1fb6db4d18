package isapi

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// failNet turns an error of the connection into an Error.
func (c *Client) failNet(ctx context.Context, cl *call, err error) *Error {
	e := c.fail(cl, nil)
	ended := fromContext(ctx)
	if !errors.Is(ended, errCancelled) && (errors.Is(err, ErrElsewhere) || c.cfg.Gate.Shut()) {
		return elsewhere(e, err)
	}
	if ended != nil {
		if e.Err = ended; e.Kind() == "timeout" {
			e.Hint = hintTimeout
		}
		return e
	}
	detail, hint, kind := c.netKind(err)
	e.Err, e.Detail, e.Hint = because(kind, err), c.scrub(detail), hint
	return e
}

// elsewhere makes e the error of a request that the gate has kept back or broken off.
func elsewhere(e *Error, err error) *Error {
	e.Err, e.Hint = because(ErrElsewhere, err), hintElsewhere
	e.Detail = "this host has given the device up, and did not await the answer"
	if Unsent(err) {
		e.Detail = "this host has given the device up, and sent nothing"
	}
	return e
}

// failRead is failNet for a body that broke off.
func (c *Client) failRead(ctx context.Context, cl *call, status int, err error) *Error {
	if errors.Is(err, errTooLong) && ctx.Err() == nil {
		e := c.fail(cl, because(ErrBadAnswer, err))
		e.Detail, e.Hint = "the answer does not end", "this is no ISAPI answer; check address and port"
		return e
	}
	e := c.failNet(ctx, cl, err)
	switch {
	case e.Kind() == "timeout" || e.Kind() == "cancelled" || e.Kind() == "elsewhere":
		return e
	case errors.Is(err, syscall.ECONNRESET):
		e.Err = because(e.Err, ErrCut)
		return e
	}
	e.HTTPStatus = status
	e.Err = because(ErrBadAnswer, because(ErrCut, err))
	e.Detail, e.Hint = "the answer was cut short", "the device closed the connection early; this passes, or it needs a restart"
	return e
}

// netKind tells what an error of the connection means, what to do about it, and its kind.
func (c *Client) netKind(err error) (detail, hint string, kind error) {
	var dns *net.DNSError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var timeout net.Error
	text := err.Error()
	otherPort := fmt.Sprintf("check port and scheme (now %s, port %d); https may listen on 443 or 8443", c.cfg.Scheme, c.cfg.Port)
	switch {
	case errors.Is(err, errCancelled):
		return "", "", errCancelled
	case errors.Is(err, errPinned):
		return "the certificate changed since it was trusted first", "if the device was replaced or reset, forget the old fingerprint (in a site: its line in data/pins); if not, somebody may be listening", ErrBadAnswer
	case certificateRefused(err):
		return "the certificate is not trusted: " + text, "install a certificate on the device, or set tls: pin or tls: any", because(ErrBadAnswer, errCertificate)
	case strings.Contains(text, "failed to parse certificate"), strings.Contains(text, "x509: "):
		return "the certificate cannot be read: " + text[strings.LastIndex(text, "x509: ")+len("x509: "):],
			"make a new certificate on the device (Network > Advanced > HTTPS), or set scheme: http", because(ErrBadAnswer, errCertificate)
	case errors.As(err, &record), errors.As(err, &alert), strings.Contains(text, "tls: "):
		return "TLS fails: " + text, otherPort + "; the device may speak an old TLS only", ErrOffline
	case errors.As(err, &dns):
		return "the name " + c.cfg.Host + " is not known", "check the host name, or give the address", ErrOffline
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused", "nothing listens there: " + otherPort, ErrOffline
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "no route to the device", "check address, cable and network; the device may have no power", ErrOffline
	case strings.Contains(text, "server response headers exceeded"):
		return "the answer's header does not end", "this is no ISAPI device; check address and port", ErrBadAnswer
	case isHeaderFault(err):
		return "the answer's HTTP header has a fault: " + headerFault(text),
			"the device answers, but not by the rules of HTTP: restart it or renew its firmware; if this is no Hikvision device, check address and port", ErrBadAnswer
	case strings.Contains(text, "malformed HTTP"):
		return "the answer is not HTTP", otherPort, ErrBadAnswer
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "", hintTimeout, ErrTimeout
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the device closed the connection", "it may be restarting or overloaded; this passes, or it needs a restart", because(ErrOffline, errDropped)
	}
	return text, "check address, port and network", ErrOffline
}

// isHeaderFault reports whether a device answered with a header that net/http
// does not take. net/http has no type for it; an error of the connection in
// the same wrapping has.
func isHeaderFault(err error) bool {
	text := err.Error()
	var op *net.OpError
	if errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(text, "malformed HTTP") {
		return false
	}
	for _, words := range []string{"transport connection broken", "malformed MIME header", "bad Content-Length", "transfer encoding", "invalid header"} {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}

// headerFault leaves away what net/http says around the fault.
func headerFault(text string) string {
	for _, around := range []string{"transport connection broken: ", "net/http: ", "http: "} {
		if _, inner, ok := strings.Cut(text, around); ok {
			text = inner
		}
	}
	return text
}
