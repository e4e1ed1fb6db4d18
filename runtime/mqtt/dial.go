package mqtt

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// maxCertificates bounds a file with certificates.
const maxCertificates = 1 << 20

// dial opens a connection with the broker.
func (b *Bridge) dial(ctx context.Context, conf *site.MQTT) (*boundedConn, error) {
	trust, err := b.trust(conf)
	if err != nil {
		return nil, err
	}
	ctx, cancel := clock.WithTimeout(b.conf.Clock, ctx, connectTimeout)
	defer cancel()
	dial := b.conf.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, "tcp", net.JoinHostPort(conf.Host, strconv.Itoa(conf.Port)))
	if err != nil {
		return nil, dialFailure(err, conf)
	}
	if trust == nil {
		return newBoundedConn(conn, b.conf.Clock), nil
	}
	secure := tls.Client(conn, trust)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		f := dialFailure(err, conf)
		if isClosed(err) {
			f = &Failure{Message: "the broker has closed the connection in the place of a certificate", Hint: "is it without TLS? Then it is mqtt://", Err: err}
		}
		return nil, f
	}
	return newBoundedConn(secure, b.conf.Clock), nil
}

// trust is how the broker is known again; nil: the connection is without TLS. The
// files are read for each connection: certificates are renewed.
func (b *Bridge) trust(conf *site.MQTT) (*tls.Config, error) {
	if !conf.TLS {
		return nil, nil
	}
	t := &tls.Config{ServerName: conf.Host, MinVersion: tls.VersionTLS12, Time: b.conf.Clock.Now}
	if conf.CA != "" {
		text, err := b.readCertificates("ca", conf.CA)
		if err != nil {
			return nil, err
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(text) {
			return nil, &Failure{Message: fmt.Sprintf("mqtt.ca: there is no certificate in %s", conf.CA), Hint: "PEM is due, which begins with -----BEGIN CERTIFICATE-----"}
		}
	}
	if conf.Cert != "" {
		cert, err := b.readCertificates("cert", conf.Cert)
		if err != nil {
			return nil, err
		}
		key, err := b.readCertificates("key", conf.Key)
		if err != nil {
			return nil, err
		}
		pair, err := tls.X509KeyPair(cert, key)
		if err != nil {
			return nil, &Failure{Message: fmt.Sprintf("mqtt.cert and mqtt.key, %s and %s, don't go together, or are no PEM", conf.Cert, conf.Key), Err: err}
		}
		t.Certificates = []tls.Certificate{pair}
	}
	return t, nil
}

func (b *Bridge) readCertificates(key, path string) ([]byte, error) {
	f, err := os.Open(b.host.Site().Path(filepath.FromSlash(path)))
	if err == nil {
		defer f.Close()
		var text []byte
		if text, err = io.ReadAll(io.LimitReader(f, maxCertificates)); err == nil {
			return text, nil
		}
	}
	return nil, &Failure{Message: fmt.Sprintf("mqtt.%s: %v", key, err), Err: err}
}
