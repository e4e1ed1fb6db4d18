package isapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// fifty calls over and over from fifty goroutines until each has failed or
// has done rounds calls.
func fifty(c *Client, rounds int, each func(n int)) {
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for i := range rounds {
				if _, err := c.DeviceInfo(bg); err != nil {
					return
				}
				if each != nil {
					each(i)
				}
			}
		})
	}
	wg.Wait()
}

func both(t *testing.T, f func(t *testing.T, parallel func(*Config))) {
	for _, parallel := range []bool{false, true} {
		t.Run(fmt.Sprintf("parallel=%v", parallel), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f(t, func(c *Config) {
					if c.Parallel = 1; parallel {
						c.Parallel = 50
					}
					c.Transport = slow{c.Transport.(memory)}
				})
			})
		})
	}
}

// Invariant 2: a wrong password from the start costs one rejected login.
func TestWrongPasswordCostsOneLogin(t *testing.T) {
	both(t, func(t *testing.T, set func(*Config)) {
		d := newFake(okTree)
		c := d.client(t, set, func(cfg *Config) { cfg.Password = NewSecret("wrong") })
		var wg sync.WaitGroup
		for _, client := range []*Client{c, c.Sibling(), c.Sibling()} {
			wg.Go(func() { fifty(client, 10, nil) })
		}
		wg.Wait()
		requests, rejected := d.counts()
		if rejected != 1 || requests > 2 {
			t.Errorf("%d requests, %d rejected logins; want 2 and 1", requests, rejected)
		}
		if c.Login() != LoginUnauthorized || c.Sibling().Login() != LoginUnauthorized {
			t.Errorf("login is %v", c.Login())
		}
		_, err := c.DeviceInfo(bg)
		e := wantKind(t, err, "unauthorized")
		for _, cause := range []string{"wrong user name or password", "locked after repeated failures (about 5)", "lacks the Operator role"} {
			if !strings.Contains(e.Hint, cause) {
				t.Errorf("hint %q does not name %q", e.Hint, cause)
			}
		}
		if !strings.Contains(e.Error(), "nothing is sent") || e.Retryable() {
			t.Errorf("error %q", e)
		}
	})
}

// Invariant 2: a password that was right and turns wrong while the client is
// idle, then fifty callers at once.
func TestRightThenWrongAfterIdle(t *testing.T) {
	both(t, func(t *testing.T, set func(*Config)) {
		d := newFake(okTree)
		c := d.client(t, set)
		fifty(c, 3, nil)
		d.reset()
		d.setPassword("changed")
		fifty(c, 10, nil)
		if _, rejected := d.counts(); rejected > 2 || rejected < 1 {
			t.Errorf("%d rejected logins, want at most 2", rejected)
		}
		if c.Login() != LoginUnauthorized {
			t.Errorf("login is %v", c.Login())
		}
	})
}

// Invariant 2: the password turns wrong in the middle of the traffic.
func TestRightThenWrongUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFake(okTree)
		c := d.client(t, func(c *Config) { c.Transport = slow{c.Transport.(memory)} })
		var calls atomic.Int32
		fifty(c, 100, func(int) {
			if calls.Add(1) == 500 {
				d.setPassword("changed")
			}
		})
		if _, rejected := d.counts(); rejected > 2 || rejected < 1 {
			t.Errorf("%d rejected logins, want at most 2", rejected)
		}
	})
}

// Once a good login is in doubt, whoever comes waits for what that means.
func TestOthersWaitWhileInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFake(okTree)
		c := d.client(t, func(c *Config) { c.Transport = slow{c.Transport.(memory)} })
		if _, err := c.DeviceInfo(bg); err != nil {
			t.Fatal(err)
		}
		d.reset()
		d.setPassword("changed")
		var wg sync.WaitGroup
		for i := range 3 { // at 0, 25 and 30 ms; the first is refused at 20 and 40
			client := c.Sibling()
			wg.Go(func() {
				time.Sleep(time.Duration(min(i, 1)*20+i*5) * time.Millisecond) // fake time
				if _, err := client.DeviceInfo(bg); !errors.Is(err, ErrUnauthorized) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if _, rejected := d.counts(); rejected != 2 {
			t.Errorf("%d rejected logins, want 2", rejected)
		}
	})
}

// With Parallel, what is under way when the password changes is refused, each
// once, and nothing after it.
func TestParallelUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFake(okTree)
		c := d.client(t, func(c *Config) { c.Parallel, c.Transport = 4, slow{c.Transport.(memory)} })
		var wg sync.WaitGroup
		for range 4 { // as many as a host with concurrency: 4
			wg.Go(func() {
				for i := range 100 {
					if i == 50 {
						d.setPassword("changed")
					}
					if _, err := c.DeviceInfo(bg); err != nil {
						return
					}
				}
			})
		}
		wg.Wait()
		if _, rejected := d.counts(); rejected > 5 || rejected < 1 {
			t.Errorf("%d rejected logins, want at most 4 under way and 1 to be sure", rejected)
		}
	})
}

func TestResetLoginAllowsOneMoreTry(t *testing.T) {
	d := newFake(okTree)
	c := d.client(t, func(cfg *Config) { cfg.Password = NewSecret("wrong") })
	fifty(c, 1, nil)
	c.ResetLogin()
	fifty(c, 1, nil)
	if _, rejected := d.counts(); rejected != 2 {
		t.Errorf("%d rejected logins after one reset, want 2", rejected)
	}
	d.setPassword("wrong")
	c.ResetLogin()
	if _, err := c.DeviceInfo(bg); err != nil || c.Login() != LoginOK {
		t.Errorf("%v, %v", err, c.Login())
	}
}

func TestLockedAccount(t *testing.T) {
	d := newFake(okTree)
	d.refuse = func(w http.ResponseWriter, _ *fake, _ *http.Request) {
		reply(w, 401, `<userCheck version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema"><statusValue>401</statusValue><statusString>Unauthorized</statusString><isActivated>true</isActivated><lockStatus>lock</lockStatus><unlockTime>1800</unlockTime><retryLoginTime>0</retryLoginTime></userCheck>`)
	}
	c := d.client(t)
	_, err := c.DeviceInfo(bg)
	e := wantKind(t, err, "locked")
	if e.RetryIn != 30*time.Minute || c.Login() != LoginLocked || !strings.Contains(e.Error(), "30m") {
		t.Errorf("%v, %v, %v", e, e.RetryIn, c.Login())
	}
	if _, rejected := d.counts(); rejected != 0 {
		t.Error("a lock seen on the challenge costs no login")
	}
	for range 10 {
		_, err = c.Picture(bg, 1, PictureOptions{})
		wantKind(t, err, "locked")
	}
	if requests, _ := d.counts(); requests != 1 {
		t.Errorf("%d requests while locked", requests)
	}
	if le := c.LoginError(); le == nil || le.RetryIn != 30*time.Minute {
		t.Errorf("LoginError %v", le)
	}
}

func TestTriesLeftAreTold(t *testing.T) {
	for left, want := range map[int]string{4: "4 more tries before", 1: "1 more try before"} {
		d := newFake(okTree)
		d.refuse = func(w http.ResponseWriter, _ *fake, _ *http.Request) {
			reply(w, 401, fmt.Sprintf(`<userCheck><statusValue>401</statusValue><statusString>Unauthorized</statusString><lockStatus>unlock</lockStatus><retryLoginTime>%d</retryLoginTime></userCheck>`, left))
		}
		_, err := d.client(t, func(c *Config) { c.Password = NewSecret("wrong") }).DeviceInfo(bg)
		if e := wantKind(t, err, "unauthorized"); !strings.Contains(e.Error(), want) {
			t.Error(e)
		}
	}
}

// In steady state a command is one round trip.
func TestOneRoundTrip(t *testing.T) {
	d := newFake(okTree)
	c := d.client(t)
	if err := c.Continuous(bg, 1, Velocity{Pan: 40}); err != nil {
		t.Fatal(err)
	}
	d.reset()
	for range 20 {
		if err := c.Continuous(bg, 1, Velocity{Pan: 40}); err != nil {
			t.Fatal(err)
		}
		if err := c.StopPTZ(bg, 1); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Picture(bg, 1, PictureOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := c.GotoPreset(bg, 1, 3); err != nil {
			t.Fatal(err)
		}
	}
	if requests, rejected := d.counts(); requests != 80 || rejected != 0 {
		t.Errorf("%d requests, %d rejected for 80 commands", requests, rejected)
	}
}

// A sibling shares the login: its first command is one round trip, too.
func TestSiblingSharesLogin(t *testing.T) {
	d := newFake(okTree)
	c := d.client(t)
	if err := c.Continuous(bg, 1, Velocity{Pan: 1}); err != nil {
		t.Fatal(err)
	}
	d.reset()
	if err := c.Urgent().StopPTZ(bg, 1); err != nil {
		t.Fatal(err)
	}
	if requests, _ := d.counts(); requests != 1 {
		t.Errorf("%d requests", requests)
	}
}

func TestExpiredNonceIsCuredOnce(t *testing.T) {
	d := newFake(okTree)
	c := d.client(t)
	for range 3 {
		if err := c.Continuous(bg, 1, Velocity{Pan: 1}); err != nil {
			t.Fatal(err)
		}
		d.mu.Lock()
		d.minNonce = d.nonce // what was given out is worth nothing now
		d.mu.Unlock()
	}
	if c.Login() != LoginOK {
		t.Error("an expired nonce is no wrong password")
	}
}

// A device whose nonces serve once: after a while nothing is tried with an
// old one, for some devices count that as a wrong login.
func TestSingleUseNonces(t *testing.T) {
	d := newFake(okTree)
	d.maxUses = 1
	c := d.client(t)
	for range 20 {
		if _, err := c.DeviceInfo(bg); err != nil {
			t.Fatal(err)
		}
	}
	if _, rejected := d.counts(); rejected > 3 {
		t.Errorf("%d used-up nonces sent in 20 commands", rejected)
	}
}

// Access terminals say 401 without a challenge once a nonce is used up.
func TestNoChallengeOnUsedNonce(t *testing.T) {
	d := newFake(okTree)
	d.maxUses = 2
	d.refuse = func(w http.ResponseWriter, _ *fake, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			w.Header().Del("WWW-Authenticate")
		}
		reply(w, 401, `<userCheck><statusValue>401</statusValue></userCheck>`)
	}
	c := d.client(t)
	for range 12 {
		if _, err := c.DeviceInfo(bg); err != nil {
			t.Fatal(err)
		}
	}
}

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

// A device that asks nobody for a login is no reason for anybody to wait.
func TestStopOnOpenDeviceDoesNotWaitForPicture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/picture") {
				<-block
			}
			okTree(w, r)
		})
		c, err := New(Config{Host: "192.0.2.10", Username: "admin", Password: NewSecret("x"), Transport: memory{h}})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Continuous(bg, 1, Velocity{Pan: 10}); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = c.Picture(bg, 1, PictureOptions{}) })
		synctest.Wait()
		if err := c.Urgent().StopPTZ(bg, 1); err != nil {
			t.Error(err)
		}
		close(block)
		wg.Wait()
	})
}

// A 401 on the event stream may mean a missing right: userCheck is asked.
func TestUserCheckTellsRightFromPassword(t *testing.T) {
	d := newFake(okTree)
	d.serve = func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/alertStream") {
			w.Header().Set("WWW-Authenticate", `Digest realm="x", nonce="nonce-1", qop="auth"`)
			reply(w, 401, "<html>Access Error: 401 -- Unauthorized</html>")
			return
		}
		okTree(w, r)
	}
	c := d.client(t)
	for range 5 {
		_, err := c.open(bg, &call{op: "events", method: "GET", path: "/ISAPI/Event/notification/alertStream", fresh: true})
		if e := wantKind(t, err, "forbidden"); !strings.Contains(e.Hint, "surveillance centre") {
			t.Error(e)
		}
	}
	if _, err := c.DeviceInfo(bg); err != nil {
		t.Error(err)
	}

	d.reset()
	wrong := d.client(t, func(c *Config) { c.Password = NewSecret("wrong") })
	for range 5 {
		_, err := wrong.open(bg, &call{op: "events", method: "GET", path: "/ISAPI/Event/notification/alertStream", fresh: true})
		wantKind(t, err, "unauthorized")
	}
	if _, rejected := d.counts(); rejected != 2 {
		t.Errorf("%d rejected logins", rejected)
	}
}

// invalidOperation on a 401 is not the password, but is believed only once.
func TestBlamedOnSomethingElse(t *testing.T) {
	d := newFake(okTree)
	d.refuse = func(w http.ResponseWriter, _ *fake, _ *http.Request) {
		reply(w, 401, xmlStatus(4, "Invalid Operation", "invalidOperation"))
	}
	c := d.client(t, func(c *Config) { c.Password = NewSecret("wrong") })
	_, err := c.DeviceInfo(bg)
	wantKind(t, err, "forbidden")
	for range 5 {
		_, err = c.DeviceInfo(bg)
		wantKind(t, err, "unauthorized")
	}
	if _, rejected := d.counts(); rejected != 2 {
		t.Errorf("%d rejected logins", rejected)
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

// Waiting for a login ends with the context, not with the login.
func TestWaitingForLoginEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		d := newFake(okTree)
		d.serve = func(w http.ResponseWriter, r *http.Request) {
			<-block
			okTree(w, r)
		}
		c := d.client(t, func(c *Config) { c.Parallel = 2 })
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = c.DeviceInfo(bg) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(bg, 3*time.Second)
		defer cancel()
		start := time.Now()
		_, err := c.Sibling().DeviceInfo(ctx)
		wantKind(t, err, "timeout")
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("waited %v", took)
		}
		cancelled, stop := context.WithCancel(bg)
		stop()
		_, err = c.DeviceInfo(cancelled)
		if wantKind(t, err, "cancelled"); !errors.Is(err, context.Canceled) {
			t.Errorf("%v hides its cause", err)
		}
		close(block)
		wg.Wait()
	})
}

// A stop over a sibling waits for no picture.
func TestStopDoesNotWaitForPicture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		d := newFake(nil)
		d.serve = func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/picture") {
				<-block
			}
			okTree(w, r)
		}
		c := d.client(t)
		if err := c.Continuous(bg, 1, Velocity{Pan: 10}); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		d.mu.Lock()
		d.minNonce = d.nonce // even while the picture's login is in doubt
		d.mu.Unlock()
		wg.Go(func() { _, _ = c.Picture(bg, 1, PictureOptions{}) })
		synctest.Wait()
		if err := c.Urgent().StopPTZ(bg, 1); err != nil {
			t.Error(err)
		}
		close(block)
		wg.Wait()
	})
}
