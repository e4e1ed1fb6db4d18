package isapi

import (
	"cmp"
	"crypto/md5"
	"crypto/sha256"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

func TestChallengeNeverOffered(t *testing.T) {
	d := newFake(okTree)
	d.header = func(string) []string { return nil }
	c := d.client(t)
	_, err := c.DeviceInfo(bg)
	wantKind(t, err, "unauthorized")
	if _, rejected := d.counts(); rejected != 0 || c.Login() != LoginOK {
		t.Error("nothing was refused, nothing is blocked")
	}
}

func TestChallengeDialects(t *testing.T) {
	usual := func(n string) []string {
		return []string{`Digest realm="d65", domain="::", qop="auth", nonce="` + n + `", opaque="", algorithm="MD5", stale="FALSE"`}
	}
	var last string
	for name, header := range map[string]func(string) []string{
		"nvr":         usual,
		"bare values": func(n string) []string { return []string{`Digest realm="x",nonce=` + n + `,algorithm=MD5,qop=auth`} },
		"rfc 2069": func(n string) []string {
			return []string{`Digest realm="IP Camera(F5390)", nonce="` + n + `", stale="FALSE"`}
		},
		"empty qop":      func(n string) []string { return []string{`Digest realm="x", nonce="` + n + `", qop=""`} },
		"two qops":       func(n string) []string { return []string{`Digest realm="x", nonce="` + n + `", qop="auth-int, auth"`} },
		"upper case":     func(n string) []string { return []string{`DIGEST Realm="x", NONCE="` + n + `", QOP="AUTH"`} },
		"trailing comma": func(n string) []string { return []string{`Digest realm="x", nonce="` + n + `", qop="auth",`} },
		"sha-256 only": func(n string) []string {
			return []string{`Digest realm="x", nonce="` + n + `", algorithm="SHA-256", qop="auth"`}
		},
		"md5 then sha-256": func(n string) []string {
			return append(usual(n), `Digest realm="x", nonce="`+n+`", algorithm=SHA-256, qop="auth"`)
		},
		"basic beside": func(n string) []string { return append([]string{`Basic realm="x"`}, usual(n)...) },
		"one line":     func(n string) []string { return []string{`Basic realm="x", ` + usual(n)[0]} },
		"unknown beside": func(n string) []string {
			return append([]string{`Negotiate`, `Digest realm="x", nonce="q", algorithm=FOO`}, usual(n)...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newFake(func(w http.ResponseWriter, r *http.Request) {
				last = r.Header.Get("Authorization")
				okTree(w, r)
			})
			d.header = header
			c := d.client(t, func(c *Config) { c.Auth = AuthAuto })
			if _, err := c.DeviceInfo(bg); err != nil {
				t.Fatal(err)
			}
			switch name {
			case "nvr":
				if !strings.Contains(last, `opaque=""`) {
					t.Errorf("an empty opaque is not echoed: %s", last)
				}
			case "md5 then sha-256", "sha-256 only":
				if !strings.Contains(last, "SHA-256") {
					t.Errorf("not the strongest: %s", last)
				}
			case "rfc 2069", "empty qop":
				if strings.Contains(last, "nc=") || strings.Contains(last, "qop") {
					t.Errorf("RFC 2069 has neither nc nor qop: %s", last)
				}
			}
			if strings.HasPrefix(last, "Basic") {
				t.Error("digest was offered and basic sent")
			}
		})
	}
}

// TestChallengesAreAnsweredByteByByte has a device that knows what it wrote: it
// computes the hash over its own realm and wants back what stood in its quotes.
func TestChallengesAreAnsweredByteByByte(t *testing.T) {
	const gbk = "\xc9\xe3\xcf\xf1\xbb\xfa"
	plain := func(realm string) string { return `Digest realm="` + realm + `", nonce="NONCE", qop="auth"` }
	for name, test := range map[string]struct {
		header    string // lines are headers of their own
		quoted    string // the realm as it comes back; "": x
		realm     string // the realm in the hash; "": quoted
		algorithm string // as it comes back
		session   bool
		bare      bool   // without a qop
		user      string // as it comes back, up to the next quote
	}{
		"latin-1 realm":           {header: plain("C\xe2mera"), quoted: "C\xe2mera"},
		"gbk realm":               {header: plain(gbk), quoted: gbk},
		"utf-8 realm":             {header: plain("Câmera 门"), quoted: "Câmera 门"},
		"escaped quote":           {header: plain(`say \"hi\"`), quoted: `say \"hi\"`, realm: `say "hi"`},
		"escaped backslash":       {header: plain(`a\\b`), quoted: `a\\b`, realm: `a\b`},
		"bare backslash":          {header: plain(`C:\cam`), quoted: `C:\cam`},
		"backslash at the end":    {header: plain(`C:\`), quoted: `C:\`},
		"and as last parameter":   {header: `Digest nonce="NONCE", qop="auth", realm="C:\"`, quoted: `C:\`},
		"comma in the realm":      {header: plain(`a, b; c d=e`), quoted: `a, b; c d=e`},
		"tabs":                    {header: "Digest\trealm=\"x\",\tnonce=\"NONCE\"\tqop=\"auth\""},
		"semicolons":              {header: `Digest realm="x"; nonce="NONCE"; qop="auth"; stale=FALSE`},
		"blanks":                  {header: `Digest realm="x" nonce="NONCE" qop="auth" stale="false"`},
		"blanks without quotes":   {header: `Digest realm=x nonce=NONCE qop=auth algorithm=MD5`, algorithm: "MD5"},
		"blanks around equals":    {header: `Digest realm = "x" , nonce = "NONCE" , qop = "auth"`},
		"qops without quotes":     {header: `Digest realm="x", qop=auth-int,auth, nonce="NONCE"`},
		"md5-sess":                {header: plain("x") + `, algorithm=MD5-sess`, algorithm: "MD5-sess", session: true},
		"md5-sess without qop":    {header: `Digest realm="x", nonce="NONCE", algorithm="MD5-sess"`, algorithm: "MD5-sess", session: true, bare: true},
		"sha-256":                 {header: plain("x") + `, algorithm=SHA-256`, algorithm: "SHA-256"},
		"sha-256 by another name": {header: plain("x") + `, algorithm="sha256"`, algorithm: "sha256"},
		"sha-256-sess":            {header: plain("x") + `, algorithm=SHA-256-sess`, algorithm: "SHA-256-sess", session: true},
		"a choice":                {header: plain("x") + `, algorithm="MD5/SHA256"`, algorithm: "MD5"},
		"a choice, sha first":     {header: plain("x") + `, algorithm="SHA256/MD5"`, algorithm: "SHA256"},
		"a choice with a new one": {header: plain("x") + `, algorithm="SHA3,SHA-256"`, algorithm: "SHA-256"},
		"two in one header":       {header: `Basic realm="b", Digest realm="x", nonce="NONCE", qop="auth"`},
		"basic behind":            {header: `Digest realm="x", nonce="NONCE", qop="auth" Basic realm="b"`},
		"two digests in one":      {header: plain("x") + `, algorithm=MD5, ` + plain("y") + `, algorithm=SHA-256`, quoted: "y", algorithm: "SHA-256"},
		"a header each":           {header: "Negotiate abc==\n" + plain("x") + `, algorithm=MD5` + "\n" + plain("y") + `, algorithm=SHA-256`, quoted: "y", algorithm: "SHA-256"},
		"the strongest first":     {header: plain("y") + `, algorithm=SHA-256` + "\n" + plain("x") + `, algorithm=MD5`, quoted: "y", algorithm: "SHA-256"},
		"user hash":               {header: plain("x") + `, userhash=true`, user: sum(md5.New, `ad"min\`, "x") + `", userhash=true`},
		"a nonce with =":          {header: `Digest realm="x", nonce=NONCE==, qop="auth"`},
	} {
		t.Run(name, func(t *testing.T) {
			quoted := cmp.Or(test.quoted, "x")
			realm := cmp.Or(test.realm, quoted)
			used := map[string]bool{}
			cnonce, last := "", ""
			device := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				last = r.Header.Get("Authorization")
				if last == "" {
					for line := range strings.Lines(strings.ReplaceAll(test.header, "NONCE", "6e31")) {
						w.Header().Add("WWW-Authenticate", strings.TrimSuffix(line, "\n"))
					}
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				get := func(name string) string {
					_, rest, _ := strings.Cut(last, " "+name+"=")
					if rest, ok := strings.CutPrefix(rest, `"`); ok {
						value, _, _ := strings.Cut(rest+", ", `", `)
						return value
					}
					value, _, _ := strings.Cut(rest, ",")
					return value
				}
				if cnonce == "" {
					cnonce = get("cnonce") // devices that hash once a session keep the first
				}
				newHash := md5.New
				if strings.Contains(strings.ToUpper(test.algorithm), "SHA") {
					newHash = sha256.New
				}
				h := func(parts ...string) string { return sum(newHash, parts...) }
				a1 := h(`ad"min\`, realm, "right")
				if test.session {
					a1 = h(a1, get("nonce"), cnonce)
				}
				want := h(a1, get("nonce"), get("nc"), get("cnonce"), "auth", h(r.Method, r.URL.Path))
				if test.bare {
					want = h(a1, get("nonce"), h(r.Method, r.URL.Path))
				}
				if !strings.Contains(last, "userhash") && get("username") != `ad\"min\\` || test.user != "" && (get("username")+`", userhash=`+get("userhash")) != test.user {
					t.Errorf("the user is not told as asked: %s", last)
				}
				if get("response") != want || get("realm") != quoted || get("algorithm") != test.algorithm || used[get("nc")] && !test.bare {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				used[get("nc")] = true
				okTree(w, r)
			})
			c, err := New(Config{Host: "192.0.2.10", Username: `ad"min\`, Password: NewSecret("right"), Transport: memory{device}})
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if _, err := c.DeviceInfo(bg); err != nil {
					t.Fatalf("%v; last answer %s", err, last)
				}
			}
		})
	}
}

func TestEndlessChallengeIsNotRead(t *testing.T) {
	d := newFake(okTree)
	d.header = func(n string) []string {
		return []string{`Digest realm="` + strings.Repeat("x", maxChallenge) + `", nonce="` + n + `", qop="auth"`}
	}
	_, err := d.client(t).DeviceInfo(bg)
	wantKind(t, err, "unauthorized")
	if _, rejected := d.counts(); rejected != 0 {
		t.Error("it was answered")
	}
}

func TestBasic(t *testing.T) {
	basicOnly := func(string) []string { return []string{`Basic realm="DS-2CD2132"`} }
	t.Run("digest refuses to", func(t *testing.T) {
		d := newFake(okTree)
		d.header = basicOnly
		_, err := d.client(t).DeviceInfo(bg)
		if e := wantKind(t, err, "unauthorized"); !strings.Contains(e.Hint, "auth_mode: auto or basic") {
			t.Error(e)
		}
		if _, rejected := d.counts(); rejected != 0 {
			t.Error("credentials were sent")
		}
	})
	t.Run("auto takes the sole offer", func(t *testing.T) {
		d := newFake(okTree)
		d.header = basicOnly
		c := d.client(t, func(c *Config) { c.Auth = AuthAuto })
		for range 3 {
			if _, err := c.DeviceInfo(bg); err != nil {
				t.Fatal(err)
			}
		}
		if requests, _ := d.counts(); requests != 4 {
			t.Errorf("%d requests for 3 commands", requests)
		}
	})
	t.Run("basic goes straight", func(t *testing.T) {
		d := newFake(okTree)
		c := d.client(t, func(c *Config) { c.Auth = AuthBasic })
		if _, err := c.DeviceInfo(bg); err != nil {
			t.Fatal(err)
		}
		if requests, _ := d.counts(); requests != 1 {
			t.Errorf("%d requests", requests)
		}
	})
	t.Run("wrong once", func(t *testing.T) {
		for _, mode := range []AuthMode{AuthBasic, AuthAuto} {
			d := newFake(okTree)
			d.header = basicOnly
			c := d.client(t, func(c *Config) { c.Auth, c.Password = mode, NewSecret("wrong") })
			fifty(c, 3, nil)
			if _, rejected := d.counts(); rejected != 1 {
				t.Errorf("mode %v: %d rejected logins", mode, rejected)
			}
		}
	})
}

func TestOpenDeviceNeedsNoLogin(t *testing.T) {
	h := okTree // no login at all: DVRs serve pictures like that
	c, err := New(Config{Host: "192.0.2.10", Username: "admin", Password: NewSecret("x"), Transport: memory{h}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Picture(bg, 1, PictureOptions{}); err != nil {
		t.Error(err)
	}
}

func TestBodyIsSentAgain(t *testing.T) {
	var bodies []string
	var mu sync.Mutex
	inner := newFake(okTree)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		mu.Lock()
		bodies = append(bodies, string(b))
		mu.Unlock()
		inner.ServeHTTP(w, r)
	})
	c := inner.client(t, func(cfg *Config) { cfg.Transport = memory{h} })
	if _, err := c.Request(bg, "PUT", "/ISAPI/PTZCtrl/channels/1/continuous", RequestOptions{Body: []byte("<PTZData/>")}); err != nil {
		t.Fatal(err)
	}
	if len(bodies) != 2 || bodies[0] != "<PTZData/>" || bodies[1] != bodies[0] {
		t.Errorf("bodies %q", bodies)
	}
}
