package mqtt

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	broker "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"

	"github.com/hiklua/hiklua/runtime/site"
)

// authority signs certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// pems are a certificate and its key as files have them.
type pems struct{ cert, key []byte }

func (p pems) pair(t *testing.T) tls.Certificate {
	pair, err := tls.X509KeyPair(p.cert, p.key)
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func newAuthority(t *testing.T) (*authority, pems) {
	a := &authority{t: t}
	made := a.make(&x509.Certificate{
		Subject: pkix.Name{CommonName: "house"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	block, _ := pem.Decode(made.cert)
	a.cert, _ = x509.ParseCertificate(block.Bytes)
	return a, made
}

// make makes a certificate, signed by the authority, or by itself for the first.
func (a *authority) make(template *x509.Certificate) pems {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	if template.NotAfter.IsZero() {
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer, a.key = template, key, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	return pems{pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private})}
}

// secureBroker is a broker with a certificate; clients is who signs those of clients,
// nil: they need none.
func secureBroker(t *testing.T, cert pems, clients *authority) string {
	conf := &tls.Config{Certificates: []tls.Certificate{cert.pair(t)}}
	if clients != nil {
		conf.ClientAuth, conf.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		conf.ClientCAs.AddCert(clients.cert)
	}
	s := broker.New(&broker.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err := s.AddHook(&door{}, nil); err != nil {
		t.Fatal(err)
	}
	l := listeners.NewTCP(listeners.Config{ID: "tls", Address: "127.0.0.1:0", TLSConfig: conf})
	if err := s.AddListener(l); err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return l.Address()
}

// A broker with an authority of its own is trusted by it alone; what is wrong with a
// certificate is one line that says what to do.
func TestTLS(t *testing.T) {
	house, ca := newAuthority(t)
	_, otherCA := newAuthority(t)
	local := func(c x509.Certificate) pems {
		if c.DNSNames == nil {
			c.DNSNames = []string{"localhost"}
		}
		return house.make(&c)
	}
	good := local(x509.Certificate{})
	own := local(x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	plain, plainAddr := newBroker(t, "127.0.0.1:0", "")
	_ = plain
	addr := secureBroker(t, good, nil)
	for name, test := range map[string]struct {
		addr  string
		files map[string]string
		conf  site.MQTT
		want  string // in the log
	}{
		"its own authority":      {addr, map[string]string{"ca.pem": string(ca.cert)}, site.MQTT{CA: "ca.pem"}, "connected with"},
		"the certificate itself": {addr, map[string]string{"ca.pem": string(good.cert)}, site.MQTT{CA: "ca.pem"}, "connected with"},
		"nothing":                {addr, nil, site.MQTT{}, "not signed by an authority that is trusted"},
		"another authority":      {addr, map[string]string{"ca.pem": string(otherCA.cert)}, site.MQTT{CA: "ca.pem"}, "not signed by an authority that is trusted"},
		"another name":           {secureBroker(t, local(x509.Certificate{DNSNames: []string{"broker.example"}}), nil), map[string]string{"ca.pem": string(ca.cert)}, site.MQTT{CA: "ca.pem"}, "is for broker.example, not for localhost"},
		"too old": {secureBroker(t, local(x509.Certificate{NotBefore: time.Unix(0, 0), NotAfter: time.Unix(86400, 0)}), nil), map[string]string{"ca.pem": string(ca.cert)}, site.MQTT{CA: "ca.pem"},
			"was valid from 1970-01-01 to 1970-01-02"},
		"no certificate":       {addr, map[string]string{"ca.pem": "x"}, site.MQTT{CA: "ca.pem"}, "there is no certificate in ca.pem"},
		"no file":              {addr, nil, site.MQTT{CA: "ca.pem"}, "mqtt.ca: open "},
		"a broker without TLS": {plainAddr, nil, site.MQTT{}, "is it without TLS?"},
		"a certificate of the host": {secureBroker(t, good, house), map[string]string{"ca.pem": string(ca.cert), "own.pem": string(own.cert), "own.key": string(own.key)},
			site.MQTT{CA: "ca.pem", Cert: "own.pem", Key: "own.key"}, "connected with"},
		"no certificate of the host": {secureBroker(t, good, house), map[string]string{"ca.pem": string(ca.cert)}, site.MQTT{CA: "ca.pem"}, "no connection with"},
		"another key":                {addr, map[string]string{"own.pem": string(own.cert), "own.key": string(good.key)}, site.MQTT{Cert: "own.pem", Key: "own.key"}, "don't go together"},
	} {
		t.Run(name, func(t *testing.T) {
			b := alone(t, test.addr, func(h *fakeHost) {
				where := *h.site.MQTT
				*h.site.MQTT = test.conf
				h.site.MQTT.Host, h.site.MQTT.Port, h.site.MQTT.TLS, h.site.MQTT.Topic = "localhost", where.Port, true, slug(name)
				for file, text := range test.files {
					if err := os.WriteFile(filepath.Join(h.site.Dir, file), []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			})
			b.waitLog(test.want)
			b.bridge.Close()
			if log := b.log.String(); strings.Count(log, "\n") != 1 {
				t.Error(log)
			}
		})
	}
}

// A broker that wants TLS, asked without: the hint says so.
func TestNoTLSWhereItIsDue(t *testing.T) {
	_, ca := newAuthority(t)
	b := alone(t, secureBroker(t, ca, nil))
	b.waitLog("one with TLS is tls://")
}
