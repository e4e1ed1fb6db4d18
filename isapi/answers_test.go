package isapi

import (
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

const infoDoc = `<DeviceInfo><deviceName>gate</deviceName><model>DS-1</model></DeviceInfo>`

// rawServer answers every connection with the same bytes.
func rawServer(t *testing.T, wrap func(net.Conn) net.Conn, answer string) (host string, port int) {
	t.Helper()
	return rawServerOn(t, "127.0.0.1:0", wrap, answer)
}

func rawServerOn(t *testing.T, address string, wrap func(net.Conn) net.Conn, answer string) (host string, port int) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				conn = wrap(conn)
				buf := make([]byte, 4096)
				for read := []byte{}; !bytes.Contains(read, []byte("\r\n\r\n")); {
					n, err := conn.Read(buf)
					if err != nil {
						return
					}
					read = append(read, buf[:n]...)
				}
				io.WriteString(conn, answer)
			}()
		}
	}()
	addr := l.Addr().(*net.TCPAddr)
	return addr.IP.String(), addr.Port
}

// A device that answers is not offline, whatever its header looks like.
func TestOddHeaders(t *testing.T) {
	plain := func(c net.Conn) net.Conn { return c }
	for _, line := range []string{"garbage line", ": x", "Server: a\x01b", "Content-Length: 402;", "Transfer-Encoding: identity", "Content-Length: -1", "Bad Name: x"} {
		host, port := rawServer(t, plain, "HTTP/1.1 200 OK\r\n"+line+"\r\nConnection: close\r\n\r\n"+infoDoc)
		c, err := New(Config{Host: host, Port: port, Username: "admin", Password: NewSecret("x")})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.DeviceInfo(bg)
		if err == nil {
			continue
		}
		wantKind(t, err, "bad_answer")
		if words := err.Error(); strings.Contains(words, "net/http") || strings.Contains(words, "transport connection") || !strings.Contains(words, "header") {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestRedirectWords(t *testing.T) {
	for location, want := range map[string]string{
		"https://192.0.2.77/doc/index.asp": "redirects to https://192.0.2.77:", "/doc/page/login.asp": "redirects to /doc/page/login.asp:", "": "redirects:",
	} {
		host, port := rawServer(t, func(c net.Conn) net.Conn { return c }, "HTTP/1.1 302 Found\r\nLocation: "+location+"\r\nContent-Length: 0\r\n\r\n")
		c, err := New(Config{Host: host, Port: port, Username: "admin", Password: NewSecret("x")})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.DeviceInfo(bg)
		if err == nil || !strings.Contains(strings.ReplaceAll(err.Error()+":", " (", ":"), want) {
			t.Errorf("%q: %v; want %q", location, err, want)
		}
	}
}

// TLSAny takes every certificate that can be read, also those that Go refuses
// by itself.
func TestTLSAnyTakesAny(t *testing.T) {
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, make := range map[string]func() tls.Certificate{
		"expired":         func() tls.Certificate { return certificate(t, elliptical, time.Now().Add(-time.Hour), nil) },
		"negative serial": func() tls.Certificate { return certificate(t, elliptical, time.Now().Add(time.Hour), negativeSerial) },
		"512 bits":        func() tls.Certificate { return certificate(t, rsaKey(t, 512), time.Now().Add(time.Hour), nil) },
		"768 bits":        func() tls.Certificate { return certificate(t, rsaKey(t, 768), time.Now().Add(time.Hour), nil) },
		"1024 bits":       func() tls.Certificate { return certificate(t, rsaKey(t, 1024), time.Now().Add(time.Hour), nil) },
	} {
		t.Run(name, func(t *testing.T) {
			conf := &tls.Config{Certificates: []tls.Certificate{make()}, MaxVersion: tls.VersionTLS12}
			answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n%s", len(infoDoc), infoDoc)
			host, port := rawServer(t, func(c net.Conn) net.Conn { return tls.Server(c, conf) }, answer)
			c, err := New(Config{Host: host, Port: port, Scheme: "https", Username: "admin", Password: NewSecret("x")})
			if err != nil {
				t.Fatal(err)
			}
			if info, err := c.DeviceInfo(bg); err != nil || info.Model != "DS-1" {
				t.Errorf("%+v, %v", info, err)
			}
		})
	}
}

func rsaKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// certificate signs one for key itself; bend may change its bytes: nothing here
// looks at the signature.
func certificate(t *testing.T, key crypto.Signer, until time.Time, bend func([]byte) []byte) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(0x1234), Subject: pkix.Name{CommonName: "DVR"}, NotBefore: until.Add(-24 * time.Hour), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if bend != nil {
		der = bend(der)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func negativeSerial(der []byte) []byte {
	return bytes.Replace(der, []byte{2, 2, 0x12, 0x34}, []byte{2, 2, 0x92, 0x34}, 1)
}

// A body that was packed although nobody asked for it.
func TestPackedAnswer(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	io.WriteString(w, infoDoc)
	w.Close()
	host, port := rawServer(t, func(c net.Conn) net.Conn { return c },
		fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", packed.Len(), packed.String()))
	c, err := New(Config{Host: host, Port: port, Username: "admin", Password: NewSecret("x")})
	if err != nil {
		t.Fatal(err)
	}
	if info, err := c.DeviceInfo(bg); err != nil || info.Model != "DS-1" {
		t.Errorf("%+v, %v", info, err)
	}
}
