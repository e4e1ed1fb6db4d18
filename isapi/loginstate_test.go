package isapi

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// A device that counts tries has said that the password is wrong: it is not asked
// again.
func TestCountedTryIsBelieved(t *testing.T) {
	d := newFake(everyPath)
	d.refuse = func(w http.ResponseWriter, _ *fake, _ *http.Request) {
		reply(w, 401, `<userCheck><statusValue>401</statusValue><lockStatus>unlock</lockStatus><retryLoginTime>4</retryLoginTime></userCheck>`)
	}
	c := d.client(t)
	if _, err := c.DeviceInfo(bg); err != nil {
		t.Fatal(err)
	}
	d.setPassword("changed")
	_, err := c.Sibling().open(bg, &call{op: "event stream", method: "GET", path: alertPath, stream: true})
	wantKind(t, err, "unauthorized")
	if _, rejected := d.counts(); rejected != 1 {
		t.Errorf("%d rejected logins", rejected)
	}
}

// Two requests may be on their way at once, and no more.
func TestTwoLoginsAtOnce(t *testing.T) {
	slowly(t, func(t *testing.T, set func(*Config)) {
		d := newFake(okTree)
		c := d.client(t, set)
		if _, err := c.DeviceInfo(bg); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				if _, err := c.DeviceInfo(bg); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		// Of 20 ms each: four answer the known challenge, two ask for one first.
		if took := time.Since(began); took != 80*time.Millisecond {
			t.Errorf("six requests took %v", took)
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
	if _, err := c.Picture(bg, 1, PictureOptions{}); err != nil {
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
