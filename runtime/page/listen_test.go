package page

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// writePair writes a certificate with a name, and its key.
func writePair(t *testing.T, dir, name string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}}
	der, err := x509.CreateCertificate(rand.Reader, made, made, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestTLS(t *testing.T) {
	w := newWorld(t)
	cert, key := writePair(t, t.TempDir(), "cams.example.org")
	at := w.serve(func(web *site.Web) { web.Cert, web.Key, web.Hosts = cert, key, []string{"cams.example.org"} })
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}}
	r, err := client.Get(at + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != 200 || r.ProtoMajor != 2 || r.TLS.PeerCertificates[0].Subject.CommonName != "cams.example.org" {
		t.Error(r.Status, r.Proto, r.TLS)
	}
	link, err := w.page.Link()
	if want := "https://cams.example.org:" + w.page.front.port() + "/enter?key="; err != nil || !strings.HasPrefix(link.URL, want) {
		t.Error(link, err)
	}
	if r := ask(t, "GET", "http"+strings.TrimPrefix(at, "https")+"/healthz", ""); r.StatusCode != 400 {
		t.Error("plain HTTP at the port of TLS:", r.Status)
	}
}

// A renewed certificate is read within a minute; one that does not fit leaves
// the one before in its place.
func TestCertificateIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		cert, key := writePair(t, dir, "first")
		c := &certificate{clk: clock.Real(), cert: cert, key: key}
		if err := c.read(); err != nil {
			t.Fatal(err)
		}
		name := func() string {
			pair, err := c.get(nil)
			if err != nil {
				t.Fatal(err)
			}
			return pair.Leaf.Subject.CommonName
		}
		stamp := time.Now()
		renew := func(change func()) {
			change()
			stamp = stamp.Add(time.Hour)
			if err := os.Chtimes(cert, stamp, stamp); err != nil {
				t.Fatal(err)
			}
			time.Sleep(certificateAge)
		}
		if got := name(); got != "first" {
			t.Error(got)
		}
		renew(func() { writePair(t, dir, "second") })
		if got := name(); got != "second" {
			t.Error(got)
		}
		renew(func() { os.WriteFile(cert, []byte("half a cert"), 0o600) })
		if got := name(); got != "second" {
			t.Error(got)
		}
		renew(func() { writePair(t, dir, "third") })
		if got := name(); got != "third" {
			t.Error(got)
		}
	})
}

// What keeps a page from listening is told in one line, and again with the link.
func TestCannotListen(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cert, _ := writePair(t, t.TempDir(), "first")
	_, other := writePair(t, t.TempDir(), "other")
	for want, web := range map[string]*site.Web{
		taken.Addr().String() + ": another program listens there": {Listen: taken.Addr().String()},
		"192.0.2.1:1 is no address of this machine":               {Listen: "192.0.2.1:1", Password: isapi.NewSecret(secret)},
		"is open to other machines":                               {Listen: ":0"},
		"web.cert and web.key do not fit":                         {Listen: "127.0.0.1:0", Cert: cert, Key: other},
		"there is no such file":                                   {Listen: "127.0.0.1:0", Cert: cert + "x", Key: other},
	} {
		w := newWorld(t)
		w.page.Configure(web)
		_, err := w.page.Link()
		log := w.log.String()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Count(log, "\n") != 1 || !strings.Contains(log, "level=ERROR") {
			t.Errorf("%v, want %q\n%s", err, want, log)
		}
	}
}

// What is wrong in a site.yaml that is saved leaves the page as it was.
func TestPageStaysAsItWas(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	w := newWorld(t)
	at := w.serve(nil)
	cookie := login(t, at)
	listen := strings.TrimPrefix(at, "http://")
	elsewhere, err := net.Listen("tcp", "127.0.0.2:"+portOf(listen))
	if err != nil {
		t.Fatal(err)
	}
	for _, web := range []*site.Web{
		{Listen: taken.Addr().String(), Password: isapi.NewSecret("another")},
		{Listen: "192.0.2.1:" + portOf(listen), Password: isapi.NewSecret(secret)},
		{Listen: ":" + portOf(listen), Password: isapi.NewSecret(secret)}, // another program has one of them
		{Listen: ":" + portOf(listen)},
		{Listen: listen, Cert: "none", Key: "none"},
	} {
		before := w.log.String()
		w.page.Configure(web)
		if r := ask(t, "GET", at+"/api/status", "", "Cookie", cookie); r.StatusCode != 200 {
			t.Errorf("%+v: %s", web, r.Status)
		}
		if log := strings.TrimPrefix(w.log.String(), before); strings.Count(log, "\n") != 1 || !strings.Contains(log, "the page stays as it was") {
			t.Error(log)
		}
		if _, err := w.page.Link(); err != nil {
			t.Error(err)
		}
	}
	elsewhere.Close()
	w.page.Configure(&site.Web{Listen: ":" + portOf(listen), Password: isapi.NewSecret(secret)}) // the same port
	if r := ask(t, "GET", at+"/api/status", "", "Cookie", cookie, "Host", "192.0.2.1"); r.StatusCode != 200 {
		t.Error(r.Status)
	}
}

// A site.yaml in which something else has changed leaves the page alone: streams
// go on.
func TestStreamOutlivesOtherChanges(t *testing.T) {
	w := newWorld(t)
	at := w.serve(nil)
	before := w.page.front
	same := *before.web
	w.page.Configure(&same)
	if w.page.front != before || before.ctx.Err() != nil || strings.Count(w.log.String(), "page at") != 1 {
		t.Error("taken down\n", w.log)
	}
	wrong := same
	wrong.Listen = "192.0.2.1:1"
	w.page.Configure(&wrong)
	if _, why := w.page.Problem(); why == nil {
		t.Error("no problem")
	}
	w.page.Configure(&same)
	if _, why := w.page.Problem(); why != nil || w.page.front != before {
		t.Error(why)
	}
	if r := ask(t, "GET", at+"/healthz", ""); r.StatusCode != 200 {
		t.Error(r.Status)
	}
}

// A host that hangs does not answer, and costs one goroutine however often it is
// asked.
func TestHealthOfHostThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.inMemory()
		hangs := make(chan struct{})
		var asked atomic.Int64
		w.page.conf.Status = func() runtime.Status {
			asked.Add(1)
			<-hangs
			return runtime.Status{}
		}
		for range 5 {
			began := time.Now()
			if r := w.get("/healthz", "Authorization", ""); r.StatusCode != 503 || time.Since(began) != healthTimeout {
				t.Error(r.Status, time.Since(began))
			}
		}
		if n := asked.Load(); n != 1 {
			t.Error("asked", n, "times")
		}
		close(hangs)
		synctest.Wait()
		if r := w.get("/healthz", "Authorization", ""); r.StatusCode != 200 || text(t, r) != "ok\n" {
			t.Error(r.Status)
		}
		w.page.Close()
	})
}

// Settings that follow one another quickly: the last one counts, and a request
// that has them changed gets its answer.
func TestReconfigure(t *testing.T) {
	w := newWorld(t)
	var at string
	w.page.conf.API = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		for i := range 10 {
			web := *w.page.front.web
			web.Listen, web.Hosts = strings.TrimPrefix(at, "http://"), []string{fmt.Sprint("name", i)}
			w.page.Reconfigure(&web)
		}
		fmt.Fprintln(rw, "done")
	})
	at = w.serve(nil)
	if body := text(t, ask(t, "POST", at+"/api/reload", "{}", "Authorization", "Bearer "+secret)); body != "done\n" {
		t.Error(body)
	}
	w.page.changes.Wait()
	if r := ask(t, "GET", at+"/healthz", "", "Host", "name9"); r.StatusCode != 200 {
		t.Error(r.Status)
	}
	w.page.Configure(nil)
	w.page.Configure(nil)
	if n := strings.Count(w.log.String(), "no page any more"); n != 1 {
		t.Error(n, "lines")
	}
}

// The connections that a page takes are bounded, and a client that sends half a
// header keeps its place for 5 s only.
func TestConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.inMemory()
		var all []net.Conn
		for range maxConnections {
			c := p.dial()
			go fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: ")
			all = append(all, c)
		}
		began := time.Now()
		last := p.dial() // waits until one has gone
		go fmt.Fprint(last, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
		buf := make([]byte, 1000)
		if n, err := last.Read(buf); err != nil || !strings.HasPrefix(string(buf[:n]), "HTTP/1.1 200") {
			t.Error(string(buf[:n]), err)
		}
		if took := time.Since(began); took < headerTimeout || took > headerTimeout+time.Second {
			t.Error("the last one waited for", took)
		}
		for _, c := range append(all, last) {
			c.Close()
		}
		w.page.Close()
	})
}

// A body that does not come is not waited for, and a handler that takes its time
// is: the answer comes, and the connection is not taken for broken.
func TestSlowBodiesAndSlowAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.page.conf.API = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			buf := make([]byte, 100)
			for {
				if _, err := r.Body.Read(buf); err != nil {
					break
				}
			}
			if r.URL.Path == "/api/slow" {
				if err := clock.Sleep(r.Context(), clock.Real(), 10*time.Minute); err != nil {
					fmt.Fprintln(rw, err)
				}
			}
			fmt.Fprintln(rw, "done")
		})
		p := w.inMemory()
		send := func(path, body string) (answer string, took time.Duration) {
			c := p.dial()
			defer c.Close()
			began := time.Now()
			go fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n%s", path, secret, body)
			buf := make([]byte, 4000)
			for {
				n, err := c.Read(buf)
				answer += string(buf[:n])
				if err != nil {
					return answer, time.Since(began)
				}
			}
		}
		if answer, took := send("/api/slow", "{}"); !strings.HasSuffix(answer, "\r\n\r\ndone\n") || took < 10*time.Minute {
			t.Error(answer, took)
		}
		if answer, took := send("/api/quick", "{"); took > bodyTimeout+time.Second {
			t.Error(answer, took)
		}
		w.page.Close()
	})
}

// A client that asks for much and reads nothing is cut off: the handler does not
// wait for it for longer than one write may take.
func TestClientThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ended := make(chan time.Duration, 1)
		w.page.conf.API = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			began := time.Now()
			rw.Write(make([]byte, 1<<20))
			ended <- time.Since(began)
		})
		p := w.inMemory()
		c := p.dial()
		fmt.Fprintf(c, "GET /api/status HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n", secret)
		if took := <-ended; took != writeTimeout {
			t.Error("the handler was held up for", took)
		}
		c.Close()
		w.page.Close()
	})
}
