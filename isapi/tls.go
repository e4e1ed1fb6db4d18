package isapi

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// Devices say "timeout=8" or 10 and mean it: an idle connection older than
// this is likely to be half closed.
const idleTimeout = 5 * time.Second

// maxHeaderBytes bounds what an answer's header may cost.
const maxHeaderBytes = 64 << 10

var (
	errCertificate = errors.New("certificate refused")
	errPinned      = errors.New("the certificate is not the one that was trusted first")
)

// pin is the fingerprint that a device's connections agree on.
type pin struct {
	mu  sync.Mutex
	sum []byte
}

// newTransport makes connections of one client's own.
func newTransport(cfg *Config, p *pin) *http.Transport {
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 15 * time.Second}
	dial := dialer.DialContext
	if cfg.Gate != nil {
		dial = cfg.Gate.dial(dialer)
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		DialContext:            dial,
		TLSClientConfig:        tlsConfig(cfg, p),
		TLSHandshakeTimeout:    30 * time.Second,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConnsPerHost:    4,
		MaxResponseHeaderBytes: maxHeaderBytes,
		DisableCompression:     true, // a small body must not become a large one
		Protocols:              protocols,
	}
}

func tlsConfig(cfg *Config, p *pin) *tls.Config {
	t := &tls.Config{MinVersion: tls.VersionTLS10, ServerName: cfg.Host}
	switch cfg.TLS {
	case TLSVerify:
		t.MinVersion = tls.VersionTLS12
		return t
	case TLSPin:
		onPin := cfg.OnPin
		// VerifyConnection runs on resumed sessions too.
		t.VerifyConnection = func(s tls.ConnectionState) error { return p.check(s, onPin) }
	}
	// The post-quantum share makes a first message of two packets, which old
	// firmware does not read to its end.
	t.CurvePreferences = []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}
	// Cameras of 2014 have no suite that Go would offer by itself.
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		t.CipherSuites = append(t.CipherSuites, s.ID)
	}
	t.InsecureSkipVerify = true // self-signed certificates; TLSPin compares the fingerprint
	return t
}

func (p *pin) check(s tls.ConnectionState, onPin func([]byte)) error {
	if len(s.PeerCertificates) == 0 {
		return because(errCertificate, errors.New("the device showed none"))
	}
	sum := sha256.Sum256(s.PeerCertificates[0].Raw)
	p.mu.Lock()
	known := p.sum
	if known == nil {
		p.sum = sum[:]
	}
	p.mu.Unlock()
	switch {
	case known == nil:
		if onPin != nil {
			onPin(bytes.Clone(sum[:]))
		}
	case !bytes.Equal(known, sum[:]):
		return because(errCertificate, errPinned)
	}
	return nil
}

// certificateRefused reports whether it was we who refused.
func certificateRefused(err error) bool {
	var verify *tls.CertificateVerificationError
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	var authority x509.UnknownAuthorityError
	return errors.Is(err, errCertificate) || errors.As(err, &verify) || errors.As(err, &invalid) ||
		errors.As(err, &host) || errors.As(err, &authority)
}
