package isapi

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A stop waits for no login, picture or stream opening of other requests, whatever
// was done between the move and it.
func TestStopWaitsForNoOtherRequest(t *testing.T) {
	for name, between := range map[string]func(*Client) error{
		"nothing":      func(*Client) error { return nil },
		"light":        func(c *Client) error { return c.Aux(bg, 1, AuxLight, true) },
		"set home":     func(c *Client) error { return c.SetHome(bg, 1) },
		"set preset":   func(c *Client) error { return c.SetPreset(bg, 1, 5, "yard") },
		"goto":         func(c *Client) error { return c.GotoPreset(bg, 1, 3) },
		"patrol pause": func(c *Client) error { return c.PausePatrol(bg, 1, 1) },
		"focus":        func(c *Client) error { return c.Focus(bg, 1, 20) },
		"other head":   func(c *Client) error { return c.StopPTZ(bg, 2) },
	} {
		t.Run(name, func(t *testing.T) {
			inBothTimes(t, func(t *testing.T, s *stuck, c *Client, limit time.Duration) {
				urgent, stream := c.Urgent(), c.Sibling()
				if err := c.Continuous(bg, 1, Velocity{Pan: 30}); err != nil {
					t.Fatal(err)
				}
				if err := between(c); err != nil {
					t.Fatal(err)
				}
				s.hold("alertStream", "/picture")
				open := s.aside(t, func() error {
					resp, err := stream.open(bg, &call{op: "event stream", method: "GET", path: alertPath, stream: true})
					if err == nil {
						resp.Body.Close()
					}
					return err
				})
				picture := s.aside(t, func() error { _, err := c.Picture(bg, 1, PictureOptions{}); return err })
				queued := make(chan error, 1)
				go func() { _, err := c.Picture(bg, 2, PictureOptions{}); queued <- err }()
				for range 3 {
					began := time.Now()
					if err := urgent.StopPTZ(bg, 1); err != nil {
						t.Fatal(err)
					}
					if took := time.Since(began); took > limit {
						t.Errorf("the stop took %v", took)
					}
				}
				close(s.free)
				for _, wait := range []func() error{open, picture, func() error { return <-queued }} {
					if err := wait(); err != nil {
						t.Error(err)
					}
				}
			})
		})
	}
}

// Nor does it wait while a login is in doubt and the device keeps the answer back
// that would tell.
func TestStopWaitsForNoVerdict(t *testing.T) {
	for name, held := range map[string]string{"user check": "userCheck", "first request": "deviceInfo"} {
		t.Run(name, func(t *testing.T) {
			inBothTimes(t, func(t *testing.T, s *stuck, c *Client, limit time.Duration) {
				urgent := c.Urgent()
				if held == "userCheck" {
					if _, err := c.Picture(bg, 1, PictureOptions{}); err != nil {
						t.Fatal(err)
					}
					s.fake.mu.Lock()
					s.minNonce = s.nonce // what was given out is worth nothing now
					s.fake.mu.Unlock()
				}
				s.hold(held)
				info := s.aside(t, func() error { _, err := c.DeviceInfo(bg); return err })
				began := time.Now()
				if err := urgent.StopPTZ(bg, 1); err != nil {
					t.Error(err)
				}
				if took := time.Since(began); took > verdictTime+limit {
					t.Errorf("the stop took %v", took)
				}
				close(s.free)
				if err := info(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A head that does not answer holds up the stops of no other head, nor other
// requests for longer than its stop takes.
func TestStopOfASilentHeadHoldsUpNoOther(t *testing.T) {
	inBothTimes(t, func(t *testing.T, s *stuck, c *Client, limit time.Duration) {
		urgent := c.Urgent()
		for channel := 1; channel <= 3; channel++ {
			if err := c.Continuous(bg, channel, Velocity{Pan: 30}); err != nil {
				t.Fatal(err)
			}
		}
		s.hold("channels/1/continuous")
		silent := s.aside(t, func() error { return urgent.StopPTZ(bg, 1) })
		for channel := 2; channel <= 3; channel++ {
			began := time.Now()
			if err := urgent.StopPTZ(bg, channel); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took > verdictTime+limit {
				t.Errorf("the stop of head %d took %v", channel, took)
			}
		}
		close(s.free)
		if err := silent(); err != nil {
			t.Error(err)
		}
		if _, err := c.DeviceInfo(bg); err != nil {
			t.Error(err)
		}
	})
}

// With no other request on its way a stop is one round trip, and the next request
// is, too.
func TestStopIsOneRoundTrip(t *testing.T) {
	s := newStuck()
	c := s.client(t)
	urgent := c.Urgent()
	if err := c.Continuous(bg, 1, Velocity{Pan: 30}); err != nil {
		t.Fatal(err)
	}
	s.reset()
	for range 5 {
		if err := urgent.StopPTZ(bg, 1); err != nil {
			t.Fatal(err)
		}
		if _, err := c.DeviceInfo(bg); err != nil {
			t.Fatal(err)
		}
	}
	if requests, rejected := s.counts(); requests != 10 || rejected != 0 {
		t.Errorf("%d requests, %d rejected for 10 commands", requests, rejected)
	}
}

// While a head moves, the known challenge is left to its stop, so that a picture on
// its way costs the stop no question first; also after a stop that was not answered.
func TestStopBesideAPictureIsOneRoundTrip(t *testing.T) {
	for _, lost := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newStuck()
			c := s.client(t)
			urgent := c.Urgent()
			if err := c.Continuous(bg, 1, Velocity{Pan: 30}); err != nil {
				t.Fatal(err)
			}
			if lost {
				s.hold("continuous")
				ctx, cancel := context.WithTimeout(bg, time.Second)
				urgent.rt = roundTrip(func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() })
				wantKind(t, urgent.StopPTZ(ctx, 1), "timeout")
				cancel()
				urgent = c.Urgent()
				if _, err := c.DeviceInfo(bg); err != nil {
					t.Fatal(err)
				}
			}
			s.hold("/picture")
			picture := s.aside(t, func() error { _, err := c.Picture(bg, 1, PictureOptions{}); return err })
			s.reset()
			if err := urgent.StopPTZ(bg, 1); err != nil {
				t.Fatal(err)
			}
			if requests, _ := s.counts(); requests != 1 {
				t.Errorf("lost=%v: the stop took %d requests", lost, requests)
			}
			close(s.free)
			if err := picture(); err != nil {
				t.Error(err)
			}
			// The stop was answered: a picture is one round trip again.
			s.reset()
			if _, err := c.Picture(bg, 1, PictureOptions{}); err != nil {
				t.Fatal(err)
			}
			if requests, _ := s.counts(); requests != 1 {
				t.Errorf("lost=%v: the picture took %d requests", lost, requests)
			}
		})
	}
}

// A used-up challenge costs a stop one round trip more, not a question first.
func TestStopAnswersTheNewChallengeAtOnce(t *testing.T) {
	s := newStuck()
	c := s.client(t)
	if err := c.Continuous(bg, 1, Velocity{Pan: 30}); err != nil {
		t.Fatal(err)
	}
	s.fake.mu.Lock()
	s.minNonce = s.nonce
	s.fake.mu.Unlock()
	s.reset()
	if err := c.Urgent().StopPTZ(bg, 1); err != nil {
		t.Fatal(err)
	}
	if paths := s.paths(); fmt.Sprint(paths) != "[PUT /ISAPI/PTZCtrl/channels/1/continuous PUT /ISAPI/PTZCtrl/channels/1/continuous]" {
		t.Error(paths)
	}
}

// A device that lets the opening of its event stream hang holds up no command.
func TestHangingStreamHoldsUpNoCommand(t *testing.T) {
	inBothTimes(t, func(t *testing.T, s *stuck, c *Client, limit time.Duration) {
		if _, err := c.DeviceInfo(bg); err != nil {
			t.Fatal(err)
		}
		s.hold("alertStream")
		stream := c.Sibling()
		open := s.aside(t, func() error {
			resp, err := stream.open(bg, &call{op: "event stream", method: "GET", path: alertPath, stream: true})
			if err == nil {
				resp.Body.Close()
			}
			return err
		})
		s.reset()
		for name, f := range map[string]func() error{
			"command": func() error { _, err := c.DeviceInfo(bg); return err },
			"move":    func() error { return c.Continuous(bg, 1, Velocity{Pan: 10}) },
			"stop":    func() error { return c.StopPTZ(bg, 1) },
		} {
			began := time.Now()
			if err := f(); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took > limit {
				t.Errorf("a %s took %v", name, took)
			}
		}
		if _, rejected := s.counts(); rejected != 0 {
			t.Errorf("%d rejected logins", rejected)
		}
		close(s.free)
		if err := open(); err != nil {
			t.Error(err)
		}
	})
}

// A device that wants no login is no reason to wait.
func TestOpenDeviceHoldsUpNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/picture") {
				<-free
			}
			everyPath(w, r)
		})
		c, err := New(Config{Host: "192.0.2.10", Username: "admin", Password: NewSecret("x"), Transport: memory{h}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.DeviceInfo(bg); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() { _, _ = c.Picture(bg, 1, PictureOptions{}) })
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(bg, time.Millisecond)
		defer cancel()
		if _, err := c.DeviceInfo(ctx); err != nil {
			t.Error(err)
		}
		if err := c.Urgent().StopPTZ(ctx, 1); err != nil {
			t.Error(err)
		}
		close(free)
		wg.Wait()
	})
}

// A stop that is refused for another reason than the password says so, and blocks
// nothing.
func TestRefusedStopIsNoWrongPassword(t *testing.T) {
	d := newFake(nil)
	d.serve = func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/continuous") {
			w.Header().Set("WWW-Authenticate", `Digest realm="x", nonce="nonce-1", qop="auth"`)
			reply(w, 401, xmlStatus(4, "Invalid Operation", "lowPrivilege"))
			return
		}
		everyPath(w, r)
	}
	c := d.client(t)
	if _, err := c.DeviceInfo(bg); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		wantKind(t, c.Urgent().StopPTZ(bg, 1), "forbidden")
	}
	if _, err := c.DeviceInfo(bg); err != nil || c.Login() != LoginOK {
		t.Error(err, c.Login())
	}
}
