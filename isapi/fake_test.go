package isapi

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// fake is a device for tests: it logs in as devices do, counts what reaches
// it, and hands the rest to serve.
type fake struct {
	mu       sync.Mutex
	password string
	nonce    int
	minNonce int            // older nonces are refused
	uses     map[string]int // of each nonce, alone and with its count
	maxUses  int            // 0: no limit
	requests int
	rejected int // requests with credentials that got a 401
	log      []string

	header func(nonce string) []string                           // WWW-Authenticate values; nil: a usual one
	refuse func(w http.ResponseWriter, d *fake, r *http.Request) // writes the body of a 401; nil: userCheck
	serve  http.HandlerFunc
}

func newFake(serve http.HandlerFunc) *fake {
	return &fake{password: "right", uses: map[string]int{}, serve: serve}
}

func (d *fake) setPassword(p string) {
	d.mu.Lock()
	d.password = p
	d.mu.Unlock()
}

func (d *fake) counts() (requests, rejected int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.requests, d.rejected
}

func (d *fake) reset() {
	d.mu.Lock()
	d.requests, d.rejected, d.log = 0, 0, nil
	d.mu.Unlock()
}

func (d *fake) paths() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.log...)
}

var directiveRE = regexp.MustCompile(`(\w+)=(?:"([^"]*)"|([^\s,]+))`)

func (d *fake) check(r *http.Request) bool {
	header := r.Header.Get("Authorization")
	if user, pass, ok := r.BasicAuth(); ok {
		return user == "admin" && pass == d.password
	}
	p := map[string]string{}
	for _, m := range directiveRE.FindAllStringSubmatch(header, -1) {
		p[m[1]] = m[2] + m[3]
	}
	newHash := func() hash.Hash { return md5.New() }
	if p["algorithm"] == "SHA-256" {
		newHash = sha256.New
	}
	h := func(s string) string {
		f := newHash()
		f.Write([]byte(s))
		return hex.EncodeToString(f.Sum(nil))
	}
	var n int
	if _, err := fmt.Sscanf(p["nonce"], "nonce-%d", &n); err != nil || n <= d.minNonce {
		return false
	}
	// RFC 7616: a count that was used before is a replay.
	if p["nc"] != "" && d.uses[p["nonce"]+p["nc"]] > 0 {
		return false
	}
	d.uses[p["nonce"]+p["nc"]]++
	if d.uses[p["nonce"]]++; d.maxUses > 0 && d.uses[p["nonce"]] > d.maxUses {
		return false
	}
	ha1, ha2 := h("admin:"+p["realm"]+":"+d.password), h(r.Method+":"+r.URL.RequestURI())
	want := h(ha1 + ":" + p["nonce"] + ":" + ha2)
	if p["qop"] != "" {
		want = h(strings.Join([]string{ha1, p["nonce"], p["nc"], p["cnonce"], p["qop"], ha2}, ":"))
	}
	return p["response"] == want && p["uri"] == r.URL.RequestURI() && p["username"] == "admin"
}

func (d *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	d.requests++
	d.log = append(d.log, r.Method+" "+r.URL.RequestURI())
	ok := d.check(r)
	if !ok && r.Header.Get("Authorization") != "" {
		d.rejected++
	}
	d.nonce++
	nonce := fmt.Sprintf("nonce-%d", d.nonce)
	header, refuse := d.header, d.refuse
	d.mu.Unlock()
	if ok {
		d.serve(w, r)
		return
	}
	values := []string{`Digest qop="auth", realm="IP Camera(83813)", nonce="` + nonce + `", stale="FALSE"`}
	if header != nil {
		values = header(nonce)
	}
	for _, v := range values {
		w.Header().Add("WWW-Authenticate", v)
	}
	if refuse != nil {
		refuse(w, d, r)
		return
	}
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = io.WriteString(w, `<userCheck><statusValue>401</statusValue><statusString>Unauthorized</statusString></userCheck>`)
}

// memory is a transport without a network.
type memory struct{ h http.Handler }

// slow is a memory whose requests and answers take 10 ms each on the way, so
// that many can be under way at once. For tests in a synctest bubble.
type slow struct{ memory }

func (s slow) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(10 * time.Millisecond) // fake time
	resp, err := s.memory.RoundTrip(r)
	time.Sleep(10 * time.Millisecond)
	return resp, err
}

func (m memory) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	rec := httptest.NewRecorder()
	m.h.ServeHTTP(rec, r)
	resp := rec.Result()
	resp.Request = r
	return resp, nil
}

func (d *fake) client(t testing.TB, change ...func(*Config)) *Client {
	t.Helper()
	cfg := Config{Name: "gate", Host: "192.0.2.10", Username: "admin", Password: NewSecret("right"), Transport: memory{d}}
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

const okStatus = `<?xml version="1.0" encoding="UTF-8"?><ResponseStatus version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"><requestURL>/x</requestURL><statusCode>1</statusCode><statusString>OK</statusString><subStatusCode>ok</subStatusCode></ResponseStatus>`

func xmlStatus(code int, text, sub string) string {
	return fmt.Sprintf(`<ResponseStatus version="2.0"><requestURL>/x</requestURL><statusCode>%d</statusCode><statusString>%s</statusString><subStatusCode>%s</subStatusCode></ResponseStatus>`, code, text, sub)
}

// reply writes a body with a status.
func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", `application/xml; charset="UTF-8"`)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// tree serves fixed answers by method and path; everything else is 404.
func tree(answers map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, ok := answers[r.Method+" "+r.URL.Path]
		switch {
		case !ok:
			reply(w, http.StatusNotFound, xmlStatus(4, "Invalid Operation", "notSupport"))
		case body == "403":
			reply(w, http.StatusForbidden, xmlStatus(4, "Invalid Operation", "notSupport"))
		case body == "jpeg":
			w.Header().Set("Content-Type", "image/jpeg")
			_, _ = w.Write(testJPEG())
		default:
			reply(w, http.StatusOK, body)
		}
	}
}

var testJPEG = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 64)), nil); err != nil {
		panic(err)
	}
	return b.Bytes()
})

var okTree = tree(map[string]string{
	"GET /ISAPI/System/deviceInfo":                 `<DeviceInfo><deviceName>gate</deviceName><model>M</model></DeviceInfo>`,
	"PUT /ISAPI/PTZCtrl/channels/1/continuous":     okStatus,
	"GET /ISAPI/Streaming/channels/101/picture":    "jpeg",
	"PUT /ISAPI/PTZCtrl/channels/1/presets/3/goto": okStatus,
	"GET /ISAPI/Security/userCheck":                `<userCheck><statusValue>200</statusValue><statusString>OK</statusString></userCheck>`,
})

func wantKind(t *testing.T, err error, kind string) *Error {
	t.Helper()
	e := asError(err)
	if e == nil {
		t.Fatalf("error is %v (%T), want kind %s", err, err, kind)
	}
	if e.Kind() != kind {
		t.Fatalf("kind %q, want %q: %v", e.Kind(), kind, e)
	}
	return e
}

var bg = context.Background()
