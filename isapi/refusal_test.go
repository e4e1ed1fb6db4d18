package isapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestExpiredNonceIsCuredOnce(t *testing.T) {
	d := newFake(okTree)
	c := d.client(t)
	for range 5 {
		for range 2 {
			if _, err := c.DeviceInfo(bg); err != nil {
				t.Fatal(err)
			}
		}
		d.mu.Lock()
		d.minNonce = d.nonce // what was given out is worth nothing now
		d.mu.Unlock()
	}
	if c.Login() != LoginOK {
		t.Error("an expired nonce is no wrong password")
	}
	if _, err := c.DeviceInfo(bg); err != nil {
		t.Fatal(err)
	}
	d.reset()
	if _, err := c.DeviceInfo(bg); err != nil {
		t.Fatal(err)
	}
	if requests, _ := d.counts(); requests != 1 {
		t.Errorf("%d requests: nonces that expire now and then do not serve once", requests)
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
		_, err := c.open(bg, &call{op: "events", method: "GET", path: "/ISAPI/Event/notification/alertStream", stream: true})
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
		_, err := wrong.open(bg, &call{op: "events", method: "GET", path: "/ISAPI/Event/notification/alertStream", stream: true})
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

// Waiting for a login ends with the context, not with the login.
func TestWaitingForLoginEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		d := newFake(okTree)
		d.serve = func(w http.ResponseWriter, r *http.Request) {
			<-block
			okTree(w, r)
		}
		c := d.client(t)
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

// refusing says 401 to the paths with this end, whatever the login.
func refusing(end, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, end) {
			w.Header().Set("WWW-Authenticate", `Digest realm="x", nonce="nonce-1000000", qop="auth"`)
			reply(w, 401, body)
			return
		}
		everyPath(w, r)
	}
}

// A picture that the account may not have, and the device calls that 401: the login
// is good, however often it is tried.
func TestRefusedPictureIsNoWrongPassword(t *testing.T) {
	for _, body := range []string{"<html>Access Error: 401 -- Unauthorized</html>", xmlStatus(4, "Invalid Operation", "lowPrivilege")} {
		d := newFake(refusing("/picture", body))
		c := d.client(t)
		for range 4 {
			if _, err := c.DeviceInfo(bg); err != nil {
				t.Fatal(err)
			}
			_, err := c.Picture(bg, 1, PictureOptions{})
			if e := wantKind(t, err, "forbidden"); e.HTTPStatus != 401 {
				t.Error(e)
			}
		}
	}
}

// A stream that is refused after a while, for a right that is missing, while
// challenges run out: neither makes the password wrong.
func TestRefusedStreamBesideAnExpiredNonce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		refused := refusing("/alertStream", "")
		d := newFake(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/alertStream") {
				<-free
			}
			refused(w, r)
		})
		c := d.client(t)
		if _, err := c.DeviceInfo(bg); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := c.Sibling().open(bg, &call{op: "events", method: "GET", path: alertPath, stream: true})
			wantKind(t, err, "forbidden")
		})
		synctest.Wait()
		for range 3 {
			d.mu.Lock()
			d.minNonce = d.nonce
			d.mu.Unlock()
			if _, err := c.DeviceInfo(bg); err != nil {
				t.Error(err)
			}
		}
		close(free)
		wg.Wait()
		if _, err := c.DeviceInfo(bg); err != nil || c.Login() != LoginOK {
			t.Error(err, c.Login())
		}
	})
}

// An answer that is given before the login was looked at proves nothing.
func TestNotFoundProvesNoPassword(t *testing.T) {
	slowly(t, func(t *testing.T, set func(*Config)) {
		d := newFake(okTree)
		inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/nothing") && r.Header.Get("Authorization") != "" {
				reply(w, 404, "")
				return
			}
			d.ServeHTTP(w, r)
		})
		c := d.client(t, func(c *Config) { c.Transport, c.Password, c.Auth = memory{inner}, NewSecret("wrong"), AuthBasic }, set)
		_, err := c.Request(bg, "GET", "/ISAPI/nothing", RequestOptions{})
		wantKind(t, err, "not_found")
		fifty(c, 1, nil)
		if _, rejected := d.counts(); rejected != 1 {
			t.Errorf("%d rejected logins", rejected)
		}
	})
}

// userCheck says in a 200 that the login is wrong: that proves no password.
func TestUserCheckThatRefusesInAnOK(t *testing.T) {
	d := newFake(okTree)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/userCheck") && r.Header.Get("Authorization") != "" {
			reply(w, 200, `<userCheck><statusValue>401</statusValue><statusString>Unauthorized</statusString></userCheck>`)
			return
		}
		d.ServeHTTP(w, r)
	})
	c := d.client(t, func(c *Config) { c.Transport = memory{h} })
	if _, err := c.DeviceInfo(bg); err != nil {
		t.Fatal(err)
	}
	d.setPassword("changed")
	_, err := c.DeviceInfo(bg)
	wantKind(t, err, "unauthorized")
	if _, rejected := d.counts(); rejected != 2 {
		t.Errorf("%d rejected logins", rejected)
	}
}

// A device that served everyone and wants logins from now on.
func TestOpenDeviceThatIsClosed(t *testing.T) {
	d := newFake(okTree)
	open := true
	c := d.client(t, func(c *Config) {
		c.Transport = memory{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if open {
				okTree(w, r)
				return
			}
			d.ServeHTTP(w, r)
		})}
	})
	for range 3 {
		if _, err := c.DeviceInfo(bg); err != nil {
			t.Fatal(err)
		}
		if err := c.StopPTZ(bg, 1); err != nil {
			t.Fatal(err)
		}
		open = false
	}
}

// The opening of an event stream asks for a challenge of its own, also where the
// known one was not refused.
func TestStreamAnswersAFreshChallenge(t *testing.T) {
	d := newFake(tree(map[string]string{"GET " + alertPath: okStatus}))
	c := d.client(t)
	for range 2 {
		_, err := c.DeviceInfo(bg) // known from here on, and nothing proven
		wantKind(t, err, "unsupported")
		d.reset()
		resp, err := c.open(bg, &call{op: "event stream", method: "GET", path: alertPath, stream: true})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if requests, _ := d.counts(); requests != 2 {
			t.Errorf("%d requests", requests)
		}
	}
}
