package isapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	goruntime "runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// onPort is a client for a handler on a real port of this machine.
func onPort(t testing.TB, srv *httptest.Server, change ...func(*Config)) *Client {
	t.Helper()
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, _ := strconv.Atoi(u.Port())
	cfg := Config{Name: "gate", Host: u.Hostname(), Port: port, Scheme: u.Scheme, Username: "admin", Password: NewSecret("right")}
	for _, f := range change {
		f(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func newServer(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv
}

// serveRaw answers every connection with bytes and closes it.
func serveRaw(t *testing.T, answer func(net.Conn)) (host string, port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.ReadAtLeast(conn, make([]byte, 4096), 1)
				answer(conn)
			}()
		}
	}()
	a := l.Addr().(*net.TCPAddr)
	return a.IP.String(), a.Port
}

func rawClient(t *testing.T, answer func(net.Conn)) *Client {
	host, port := serveRaw(t, answer)
	c, err := New(Config{Name: "gate", Host: host, Port: port, Username: "admin", Password: NewSecret("right")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func heapGrowth(f func()) int64 {
	var before, after goruntime.MemStats
	goruntime.GC()
	goruntime.ReadMemStats(&before)
	f()
	goruntime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

func TestEndlessBody(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		block := bytes.Repeat([]byte("<a>"), 10000)
		for {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}))
	defer srv.Close()
	c := onPort(t, srv)
	cost := heapGrowth(func() {
		_, err := c.DeviceInfo(bg)
		wantKind(t, err, "bad_answer")
	})
	if cost > 64<<20 {
		t.Errorf("cost %d MB", cost>>20)
	}
}

func TestHugeHeader(t *testing.T) {
	c := rawClient(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
		line := "X-Junk: " + strings.Repeat("x", 1000) + "\r\n"
		for range 10_000 {
			if _, err := io.WriteString(conn, line); err != nil {
				return
			}
		}
	})
	cost := heapGrowth(func() {
		_, err := c.DeviceInfo(bg)
		wantKind(t, err, "bad_answer")
	})
	if cost > 16<<20 {
		t.Errorf("cost %d MB", cost>>20)
	}
}

func TestXMLBombs(t *testing.T) {
	bomb := `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol1 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]><DeviceInfo><model>&lol1;</model></DeviceInfo>`
	for name, doc := range map[string]string{
		"entities": bomb,
		"deep":     strings.Repeat("<a>", 500_000),
		"many":     "<r>" + strings.Repeat("<a/>", 900_000) + "</r>",
	} {
		var n *Node
		var err error
		cost := heapGrowth(func() { n, err = ParseXML([]byte(doc)) })
		if cost > 128<<20 {
			t.Errorf("%s cost %d MB", name, cost>>20)
		}
		if name != "entities" && err == nil {
			t.Errorf("%s was taken", name)
		}
		if name == "entities" && err == nil && len(n.Get("model")) > 20 {
			t.Errorf("entities were expanded: %q", n.Get("model"))
		}
	}
}

// A body that drips a byte at a time costs the deadline and no more.
func TestSlowDrip(t *testing.T) {
	stop := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("<DeviceInfo>"))
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-stop:
		}
	}))
	defer srv.Close()
	defer close(stop)
	ctx, cancel := context.WithTimeout(bg, 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := onPort(t, srv).DeviceInfo(ctx)
	wantKind(t, err, "timeout")
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

// 215 of 839 bytes, then the peer closes: one more try, then an error.
func TestCutBody(t *testing.T) {
	var n atomic.Int32
	cut := "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 839\r\n\r\n<DeviceInfo>" + strings.Repeat("x", 200)
	c := rawClient(t, func(conn net.Conn) {
		n.Add(1)
		_, _ = io.WriteString(conn, cut)
	})
	_, err := c.DeviceInfo(bg)
	if e := wantKind(t, err, "bad_answer"); !e.Retryable() || n.Load() != 2 {
		t.Errorf("%d tries, %v", n.Load(), e)
	}
	n.Store(0)
	c = rawClient(t, func(conn net.Conn) {
		if n.Add(1) == 1 {
			_, _ = io.WriteString(conn, cut)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<DeviceInfo><model>M</model></DeviceInfo>")
	})
	if info, err := c.DeviceInfo(bg); err != nil || info.Model != "M" {
		t.Error(info, err)
	}
}

func TestRefusedAndForeignPorts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	c, _ := New(Config{Host: "127.0.0.1", Port: port, Username: "a"})
	_, err = c.DeviceInfo(bg)
	if e := wantKind(t, err, "offline"); !strings.Contains(e.Error(), "connection refused") {
		t.Error(e)
	}

	srv := httptest.NewServer(okTree)
	defer srv.Close()
	_, err = onPort(t, srv, func(c *Config) { c.Scheme = "https" }).DeviceInfo(bg)
	if e := wantKind(t, err, "offline"); !strings.Contains(e.Hint, "8443") {
		t.Error(e)
	}

	ssh := rawClient(t, func(conn net.Conn) { _, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.2\r\n") })
	_, err = ssh.DeviceInfo(bg)
	wantKind(t, err, "bad_answer")
}

func TestTLSModes(t *testing.T) {
	d := newFake(okTree)
	srv := httptest.NewUnstartedServer(d)
	srv.Config.ErrorLog = quiet
	srv.StartTLS()
	defer srv.Close()

	if _, err := onPort(t, srv).DeviceInfo(bg); err != nil {
		t.Errorf("any: %v", err)
	}
	_, err := onPort(t, srv, func(c *Config) { c.TLS = TLSVerify }).DeviceInfo(bg)
	if e := wantKind(t, err, "bad_answer"); !strings.Contains(e.Hint, "tls: pin") || e.Retryable() {
		t.Errorf("verify: %v", e)
	}

	var seen []byte
	pinned := onPort(t, srv, func(c *Config) { c.TLS, c.OnPin = TLSPin, func(sum []byte) { seen = sum } })
	if _, err := pinned.DeviceInfo(bg); err != nil {
		t.Fatalf("first use: %v", err)
	}
	want := sha256.Sum256(srv.Certificate().Raw)
	if !bytes.Equal(seen, want[:]) {
		t.Errorf("pinned %x", seen)
	}
	if _, err := pinned.Sibling().DeviceInfo(bg); err != nil {
		t.Errorf("sibling: %v", err)
	}
	if _, err := onPort(t, srv, func(c *Config) { c.TLS, c.PinnedCert = TLSPin, seen }).DeviceInfo(bg); err != nil {
		t.Errorf("known: %v", err)
	}
	before, _ := d.counts()
	_, err = onPort(t, srv, func(c *Config) { c.TLS, c.PinnedCert = TLSPin, make([]byte, 32) }).DeviceInfo(bg)
	if e := wantKind(t, err, "bad_answer"); !strings.Contains(e.Error(), "changed") {
		t.Error(e)
	}
	if after, _ := d.counts(); after != before {
		t.Error("something was sent to a device of another certificate")
	}
}

func TestOldTLS(t *testing.T) {
	srv := httptest.NewUnstartedServer(okTree)
	srv.Config.ErrorLog = quiet
	srv.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}}
	srv.StartTLS()
	defer srv.Close()
	if _, err := onPort(t, srv).DeviceInfo(bg); err != nil {
		t.Errorf("a camera of 2014: %v", err)
	}
}

// Connections are kept: many commands, one connection.
func TestConnectionIsKept(t *testing.T) {
	var conns atomic.Int32
	srv := httptest.NewUnstartedServer(newFake(okTree))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}
	srv.Start()
	c := onPort(t, srv)
	for range 20 {
		if err := c.Continuous(bg, 1, Velocity{Pan: 1}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Picture(bg, 1, PictureOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	srv.Close()
	if n := conns.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// Ten at once over a real connection, with a picture each.
func TestParallelOverNetwork(t *testing.T) {
	d := newFake(okTree)
	srv := httptest.NewServer(d)
	defer srv.Close()
	c := onPort(t, srv)
	fifty(c, 20, nil)
	if requests, rejected := d.counts(); rejected != 0 || requests < 1001 || requests > 2000 {
		t.Errorf("%d requests, %d rejected", requests, rejected) // one of two at once asks for a challenge
	}
}

// Devices close kept connections early. A command that may be sent twice goes
// out on a new one; one that may not is an error.
func TestStaleConnection(t *testing.T) {
	const answer = "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 0\r\n\r\n"
	c := rawClient(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, answer)
		_, _ = io.ReadAtLeast(conn, make([]byte, 4096), 1) // the second request: no answer
	})
	note(c.known, c.known.heads, 1, ptzCtrl+"1")
	for range 5 {
		if err := c.StopPTZ(bg, 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Momentary(bg, 1, Velocity{Pan: 1}, 1e9); err == nil {
		t.Error("a command that must not be repeated was")
	} else if e := wantKind(t, err, "offline"); !e.Retryable() {
		t.Error(e)
	}
}
