package sim_test

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
)

// start is a summer noon; tests count from it.
var start = time.Date(2026, 6, 5, 12, 0, 0, 0, time.UTC)

// client is a small ISAPI client that knows as little as the tests need.
type client struct {
	t        *testing.T
	rt       http.RoundTripper
	base     string
	user     string
	password string
	realm    string
	nonce    string
	nc       int
	newHash  func() hash.Hash
	noQOP    bool
}

type reply struct {
	status int
	header http.Header
	body   string
}

func newClient(t *testing.T, d *sim.Device) *client {
	return &client{t: t, rt: d.Transport(), base: "http://192.0.2.1", user: "admin", password: "simulated", newHash: md5.New}
}

func directive(header, name string) string {
	m := regexp.MustCompile(name + `="?([^",]*)"?`).FindStringSubmatch(header)
	if m == nil {
		return ""
	}
	return m[1]
}

func (c *client) sum(parts ...string) string {
	h := c.newHash()
	h.Write([]byte(strings.Join(parts, ":")))
	return hex.EncodeToString(h.Sum(nil))
}

// authorization answers the challenge that was remembered.
func (c *client) authorization(method, uri string) string {
	ha1, ha2 := c.sum(c.user, c.realm, c.password), c.sum(method, uri)
	if c.noQOP {
		return fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s"`, c.user, c.realm, c.nonce, uri,
			c.sum(ha1, c.nonce, ha2))
	}
	c.nc++
	nc := fmt.Sprintf("%08x", c.nc)
	algorithm := ""
	if c.sum("") == sha256Empty {
		algorithm = ", algorithm=SHA-256"
	}
	return fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", qop=auth, nc=%s, cnonce="abc", response="%s"%s`,
		c.user, c.realm, c.nonce, uri, nc, c.sum(ha1, c.nonce, nc, "abc", "auth", ha2), algorithm)
}

var sha256Empty = func() string { s := sha256.Sum256(nil); return hex.EncodeToString(s[:]) }()

// raw sends one request; the error is that of the transport or of the body.
func (c *client) raw(ctx context.Context, method, path, body, authorization string) (reply, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	resp, err := c.rt.RoundTrip(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(out)}, err
}

// learn fetches a challenge.
func (c *client) learn() {
	r, err := c.raw(context.Background(), "GET", "/ISAPI/System/deviceInfo", "", "")
	if err != nil || r.status != 401 {
		c.t.Fatalf("challenge: %v %v", r.status, err)
	}
	for _, h := range r.header.Values("WWW-Authenticate") {
		if strings.Contains(h, "SHA-256") == (c.sum("") == sha256Empty) {
			c.realm, c.nonce, c.nc = directive(h, "realm"), directive(h, "nonce"), 0
		}
	}
}

func (c *client) do(method, path, body string) reply {
	c.t.Helper()
	if c.nonce == "" {
		c.learn()
	}
	r, err := c.raw(context.Background(), method, path, body, c.authorization(method, path))
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

func (c *client) get(path string) reply { c.t.Helper(); return c.do("GET", path, "") }

// put fails the test unless the device takes it.
func (c *client) put(path, body string) {
	c.t.Helper()
	if r := c.do("PUT", path, body); r.status != 200 || !strings.Contains(r.body, "<statusCode>1</statusCode>") {
		c.t.Fatalf("PUT %s: %d %s", path, r.status, r.body)
	}
}

// tag is the text of the first element of that name.
func (r reply) tag(name string) string {
	m := regexp.MustCompile(`<` + name + `[^>]*>([^<]*)</` + name + `>`).FindStringSubmatch(r.body)
	if m == nil {
		return "(none)"
	}
	return m[1]
}

func (r reply) want(t *testing.T, status int, sub string) {
	t.Helper()
	if r.status != status || sub != "" && r.tag("subStatusCode") != sub {
		t.Errorf("got %d %s, want %d %s\n%s", r.status, r.tag("subStatusCode"), status, sub, r.body)
	}
}

// virtually runs f on a virtual clock with a device of these options.
func virtually(t *testing.T, o sim.Options, f func(v *clock.Virtual, d *sim.Device, c *client)) {
	t.Helper()
	v := clock.NewVirtual(start)
	o.Clock = v
	d := sim.New(o)
	v.Do(func() { f(v, d, newClient(t, d)) })
}

// pass lets time pass.
func pass(v *clock.Virtual, span time.Duration) {
	_ = clock.Sleep(context.Background(), v, span)
}

const ptz1 = "/ISAPI/PTZCtrl/channels/1"

func move(pan, tilt, zoom int) string {
	return fmt.Sprintf("<PTZData><pan>%d</pan><tilt>%d</tilt><zoom>%d</zoom></PTZData>", pan, tilt, zoom)
}
