package web

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"syscall"
)

// Failure is why no answer came, for people.
type Failure struct {
	Kind    string // offline, timeout
	Message string // "connection refused"
	Hint    string // what to do about it; empty: there is nothing to say
}

// FailureOf tells an error of the network apart. Of err only its kind is shown:
// its text may quote the address with what is secret in it.
func FailureOf(err error, host string) Failure {
	var dns *net.DNSError
	var record tls.RecordHeaderError
	var untrusted *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var alert tls.AlertError
	var timeout net.Error
	switch {
	case errors.As(err, &untrusted), errors.As(err, &authority), errors.As(err, &name):
		return Failure{"offline", "the certificate is not trusted", "the server's certificate must be signed by an authority that this machine knows"}
	case errors.As(err, &record), errors.As(err, &alert):
		return Failure{"offline", "TLS fails", "is it without TLS, or on another port?"}
	case errors.As(err, &dns):
		return Failure{"offline", "the name " + host + " is not known", "check the host's name and this machine's DNS"}
	case errors.Is(err, syscall.ECONNREFUSED):
		return Failure{"offline", "connection refused", "nothing listens there: check host and port"}
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return Failure{"offline", "no route to the host", ""}
	case errors.As(err, &timeout) && timeout.Timeout():
		return Failure{"timeout", "no answer", ""}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return Failure{"offline", "the connection was closed before the answer's end", ""}
	}
	return Failure{"offline", "no usable answer", "check that a server of that kind is at that host and port"}
}
