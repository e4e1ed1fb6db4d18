package isapi

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// AuthMode says how to log in.
type AuthMode int

const (
	// AuthDigest answers digest challenges only. Basic shows the password on the
	// wire, and a device that refuses it counts a wrong login.
	AuthDigest AuthMode = iota
	// AuthBasic sends the password with every request.
	AuthBasic
	// AuthAuto answers what the device offers: digest, or basic if that is
	// its sole offer.
	AuthAuto
)

// TLSMode says which certificates are accepted over https.
type TLSMode int

const (
	// TLSAny accepts every certificate: devices come with self-signed ones.
	TLSAny TLSMode = iota
	// TLSVerify wants a certificate that the machine's roots vouch for.
	TLSVerify
	// TLSPin trusts the first certificate it sees (or Config.PinnedCert) and
	// refuses any other.
	TLSPin
)

// PTZIDMode says which number a channel has under PTZCtrl.
type PTZIDMode int

const (
	// PTZIDAuto finds out and remembers.
	PTZIDAuto PTZIDMode = iota
	// PTZIDChannel uses the channel's number: 1.
	PTZIDChannel
	// PTZIDStream uses the main stream's: 101.
	PTZIDStream
)

// Semaphore hands out permits in the order of asking.
type Semaphore interface {
	// Acquire waits for a permit, or until ctx ends.
	Acquire(ctx context.Context) error
	// AcquireWithin is Acquire that also gives up after d.
	AcquireWithin(ctx context.Context, d time.Duration) error
	// TryAcquire takes a permit if one is free.
	TryAcquire() bool
	// Release gives a permit back.
	Release()
}

// Config describes one device and the account on it. Host is required.
type Config struct {
	Name     string // used in errors; default: Host
	Host     string // address or name, without port
	Port     int    // 0: 80, 443 for https
	Scheme   string // http (default) or https
	Username string
	Password Secret
	Auth     AuthMode

	TLS        TLSMode
	PinnedCert []byte           // SHA-256 of the leaf certificate, for TLSPin; nil: trust the first
	OnPin      func(sum []byte) // told the fingerprint that TLSPin trusted first; may be called from any goroutine

	PTZID PTZIDMode

	// Account shares what is known of the account with other clients for the
	// same device, user and password, whose Client.Account it is. nil: nothing is
	// known yet.
	Account *Account

	// Refused is why the account must not be used, from an earlier process: nothing
	// is sent until ResetLogin. nil: nothing is known against it.
	Refused *Error
	// OnLogin, if it is set, is told of the first login that the device accepts
	// (nil), and why it refused one that ends the use of the account. It may be
	// called from any goroutine.
	OnLogin func(refused *Error)
	// Retry is the command by which a person asks for a new try, for hints.
	Retry string

	// Transport replaces the network: tests and simulated devices give
	// theirs. nil: connections of the client's own.
	Transport http.RoundTripper

	// Gate, if it is set, lets the client and its siblings write to the device only
	// while it is open, connections and simulated devices alike. nil: always.
	Gate *Gate

	// NewSemaphore makes what the client's callers wait on, with so many permits.
	// nil: plain ones. A host with a clock of its own gives those of that clock.
	NewSemaphore func(permits int) Semaphore
}

func (c *Config) normalize() error {
	c.Host = strings.TrimSpace(c.Host)
	if len(c.Host) > 2 && c.Host[0] == '[' && c.Host[len(c.Host)-1] == ']' {
		c.Host = c.Host[1 : len(c.Host)-1]
	}
	for _, err := range []error{CheckHost(c.Host), CheckUsername(c.Username, c.Auth), CheckPassword(c.Password)} {
		if err != nil {
			return err
		}
	}
	c.Scheme = strings.ToLower(c.Scheme)
	switch c.Scheme {
	case "":
		c.Scheme = "http"
	case "http", "https":
	default:
		return misconfigured("scheme %q is neither http nor https", c.Scheme)
	}
	if c.Port == 0 {
		c.Port = 80
		if c.Scheme == "https" {
			c.Port = 443
		}
	}
	switch {
	case c.Port < 1 || c.Port > 65535:
		return misconfigured("port %d is not in 1-65535", c.Port)
	case c.Auth < AuthDigest || c.Auth > AuthAuto:
		return misconfigured("unknown AuthMode %d", c.Auth)
	case c.TLS < TLSAny || c.TLS > TLSPin:
		return misconfigured("unknown TLSMode %d", c.TLS)
	case c.PTZID < PTZIDAuto || c.PTZID > PTZIDStream:
		return misconfigured("unknown PTZIDMode %d", c.PTZID)
	case c.PinnedCert != nil && len(c.PinnedCert) != 32:
		return misconfigured("PinnedCert has %d bytes, a SHA-256 has 32", len(c.PinnedCert))
	}
	if c.Name == "" {
		c.Name = c.Host
	}
	if c.NewSemaphore == nil {
		c.NewSemaphore = newSemaphore
	}
	return nil
}

// hostport is the authority of the device's URLs; the scheme's own port is left out.
func (c *Config) hostport() string {
	if (c.Scheme == "http" && c.Port == 80) || (c.Scheme == "https" && c.Port == 443) {
		if strings.Contains(c.Host, ":") {
			return "[" + c.Host + "]"
		}
		return c.Host
	}
	return net.JoinHostPort(c.Host, strconv.Itoa(c.Port))
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func misconfigured(format string, args ...any) error {
	return &Error{Err: ErrMisuse, Detail: fmt.Sprintf(format, args...)}
}

// semaphore is the plain Semaphore: a channel serves its senders in order.
type semaphore chan struct{}

func newSemaphore(permits int) Semaphore { return make(semaphore, permits) }

func (s semaphore) Acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s semaphore) AcquireWithin(ctx context.Context, d time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return s.Acquire(ctx)
}

func (s semaphore) TryAcquire() bool {
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s semaphore) Release() { <-s }
