package isapi

import (
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
