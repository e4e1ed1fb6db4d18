package isapi

import (
	"errors"
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

// slowly runs f in fake time with a device whose requests and answers take 10 ms
// each on the way, so that many are under way at once.
func slowly(t *testing.T, f func(t *testing.T, set func(*Config))) {
	synctest.Test(t, func(t *testing.T) {
		f(t, func(c *Config) { c.Transport = slow{c.Transport.(memory)} })
	})
}

// Invariant 2: a wrong password from the start costs one rejected login.
func TestWrongPasswordCostsOneLogin(t *testing.T) {
	slowly(t, func(t *testing.T, set func(*Config)) {
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
	slowly(t, func(t *testing.T, set func(*Config)) {
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

// Once a good login is in doubt, later requests wait for what that means.
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

// The number of requests at once does not multiply the rejected logins.
func TestManyAtOnceUnderLoad(t *testing.T) {
	for _, workers := range []int{1, 2, 4, 16} {
		slowly(t, func(t *testing.T, set func(*Config)) {
			d := newFake(okTree)
			c := d.client(t, set)
			var wg sync.WaitGroup
			for range workers { // as many as a host with such a concurrency
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
			if _, rejected := d.counts(); rejected > 2 || rejected < 1 {
				t.Errorf("%d workers: %d rejected logins", workers, rejected)
			}
		})
	}
}

// Invariant 2, told request by request: what is in the air when the password changes.
func TestRejectedLoginsByWhatIsInTheAir(t *testing.T) {
	picture := func(c *Client) { _, _ = c.Picture(bg, 1, PictureOptions{}) }
	stop := func(c *Client) { _ = c.Urgent().StopPTZ(bg, 1) }
	stream := func(c *Client) {
		if resp, err := c.Sibling().open(bg, &call{op: "event stream", method: "GET", path: alertPath, stream: true}); err == nil {
			resp.Body.Close()
		}
	}
	for name, test := range map[string]struct {
		air  []func(*Client)
		most int
	}{
		"picture":                  {[]func(*Client){picture}, 2},
		"stop":                     {[]func(*Client){stop}, 2},
		"stream":                   {[]func(*Client){stream}, 2},
		"picture and stop":         {[]func(*Client){picture, stop}, 2},
		"picture and stream":       {[]func(*Client){picture, stream}, 2},
		"stream and stop":          {[]func(*Client){stream, stop}, 2},
		"two pictures":             {[]func(*Client){picture, picture}, 2},
		"four pictures, a stream":  {[]func(*Client){picture, picture, stream, picture, picture}, 2},
		"picture, stream and stop": {[]func(*Client){picture, stream, stop}, 3},
		"everything":               {[]func(*Client){picture, stop, picture, stream, picture, stream, picture}, 3},
	} {
		for n := range 2 * 3 * 40 {
			// Requests are 20 ms long and start gap ms apart; the change is somewhere in it.
			moving, gap, change := n%2 == 1, []int{1, 13, 25}[n/2%3], n/6*2
			slowly(t, func(t *testing.T, set func(*Config)) {
				d := newFake(everyPath)
				c := d.client(t, set)
				if _, err := c.DeviceInfo(bg); err != nil {
					t.Fatal(err)
				}
				if moving {
					if err := c.Continuous(bg, 1, Velocity{Pan: 1}); err != nil {
						t.Fatal(err)
					}
				}
				d.reset()
				time.AfterFunc(time.Duration(change)*time.Millisecond, func() { d.setPassword("changed") })
				var wg sync.WaitGroup
				for i, f := range test.air {
					wg.Go(func() {
						time.Sleep(time.Duration(i*gap) * time.Millisecond)
						f(c)
					})
				}
				wg.Wait()
				time.Sleep(100 * time.Millisecond) // until after the change
				_, _ = c.DeviceInfo(bg)
				_, _ = c.DeviceInfo(bg)
				if _, rejected := d.counts(); rejected < 1 || rejected > test.most || c.Login() != LoginUnauthorized {
					t.Errorf("%s, moving %v, %d ms apart, change at %d ms: %d rejected logins, login is %v", name, moving, gap, change, rejected, c.Login())
				}
			})
		}
	}
}

// Of two stops in a row the second leaves the first the time for its verdict, also if
// that takes a second login.
func TestSecondStopWaitsForTheFirstOnesVerdict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFake(everyPath)
		c := d.client(t, func(c *Config) {
			inner := c.Transport
			c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				time.Sleep(80 * time.Millisecond)
				resp, err := inner.RoundTrip(r)
				time.Sleep(80 * time.Millisecond)
				return resp, err
			})
		})
		if _, err := c.DeviceInfo(bg); err != nil {
			t.Fatal(err)
		}
		d.setPassword("changed")
		urgent := c.Urgent()
		var wg sync.WaitGroup
		for channel := 1; channel <= 3; channel++ {
			wg.Go(func() { wantKind(t, urgent.StopPTZ(bg, channel), "unauthorized") })
		}
		wg.Wait()
		if _, rejected := d.counts(); rejected != 2 {
			t.Errorf("%d rejected logins", rejected)
		}
	})
}

// A request that has asked for a challenge does not answer it once another login was
// refused: it would add to the rejections.
func TestNoLoginBesideAStopInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFake(everyPath)
		c := d.client(t, func(c *Config) {
			inner := c.Transport
			c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				time.Sleep(50 * time.Millisecond)
				resp, err := inner.RoundTrip(r)
				time.Sleep(50 * time.Millisecond)
				return resp, err
			})
		})
		if err := c.Continuous(bg, 1, Velocity{Pan: 1}); err != nil {
			t.Fatal(err)
		}
		d.setPassword("changed")
		var wg sync.WaitGroup
		wg.Go(func() { wantKind(t, c.Urgent().StopPTZ(bg, 1), "unauthorized") })
		time.Sleep(10 * time.Millisecond)
		wg.Go(func() {
			_, err := c.Picture(bg, 1, PictureOptions{})
			wantKind(t, err, "unauthorized")
		})
		wg.Wait()
		if _, rejected := d.counts(); rejected != 2 {
			t.Errorf("%d rejected logins", rejected)
		}
	})
}
