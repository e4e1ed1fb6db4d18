package isapi

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// moody is a device as hard on a client as devices get: every answer takes its
// time, challenges are used up after a while or a few uses, its 401s blame this or
// that, and it may not know userCheck.
type moody struct {
	fake  *fake
	rand  *rand.Rand
	quick time.Duration // of an answer
	slow  time.Duration // of a picture, once the login was right

	mu       sync.Mutex
	wrongs   []string // what was told that the password is wrong: "stop", or method and path
	requests int
}

func (m *moody) RoundTrip(r *http.Request) (*http.Response, error) {
	m.mu.Lock()
	m.requests++
	there, back := m.quick*time.Duration(1+m.rand.IntN(4))/8, m.quick*time.Duration(1+m.rand.IntN(4))/8
	m.mu.Unlock()
	time.Sleep(there) // fake time, as all of it here
	m.fake.mu.Lock()
	wrong := m.fake.password != "right"
	m.fake.mu.Unlock()
	resp, err := memory{m.fake}.RoundTrip(r)
	if err == nil && resp.StatusCode == 200 && strings.HasSuffix(r.URL.Path, "/picture") {
		back = m.slow
	}
	timer := time.NewTimer(back)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if err == nil && resp.StatusCode == 401 && r.Header.Get("Authorization") != "" && wrong {
		m.mu.Lock()
		what := r.Method + " " + r.URL.Path
		if r.GetBody != nil {
			body, _ := r.GetBody()
			if text, _ := io.ReadAll(body); strings.Contains(string(text), "<pan>0</pan>") {
				what = "stop"
			}
		}
		m.wrongs = append(m.wrongs, what)
		m.mu.Unlock()
	}
	return resp, err
}

var moodyTree = func() http.HandlerFunc {
	answers := map[string]string{
		"GET /ISAPI/System/deviceInfo":                 `<DeviceInfo><deviceName>gate</deviceName><model>M</model></DeviceInfo>`,
		"GET /ISAPI/Event/notification/alertStream":    okStatus,
		"PUT /ISAPI/PTZCtrl/channels/1/presets/3/goto": okStatus,
		"GET /ISAPI/Security/userCheck":                `<userCheck><statusValue>200</statusValue><statusString>OK</statusString></userCheck>`,
	}
	for _, ch := range []string{"1", "2"} {
		answers["PUT /ISAPI/PTZCtrl/channels/"+ch+"/continuous"] = okStatus
		answers["GET /ISAPI/Streaming/channels/"+ch+"01/picture"] = "jpeg"
	}
	return tree(answers)
}()

// newMoody rolls the dice for a device.
func newMoody(seed uint64) *moody {
	m := &moody{fake: newFake(nil), rand: rand.New(rand.NewPCG(seed, 7)), slow: 4 * time.Second}
	m.quick = time.Duration(10+m.rand.IntN(90)) * time.Millisecond
	m.fake.maxUses = []int{0, 0, 1, 2, 5}[m.rand.IntN(5)]
	checks := m.rand.IntN(3) > 0
	m.fake.serve = func(w http.ResponseWriter, r *http.Request) {
		if !checks && strings.HasSuffix(r.URL.Path, "userCheck") {
			reply(w, 404, xmlStatus(4, "Invalid Operation", "notSupport"))
			return
		}
		moodyTree(w, r)
	}
	bodies := []string{
		`<userCheck><statusValue>401</statusValue><statusString>Unauthorized</statusString></userCheck>`,
		`<userCheck><statusValue>401</statusValue><lockStatus>unlock</lockStatus><retryLoginTime>4</retryLoginTime></userCheck>`,
		`<html><body>Access Error: 401 -- Unauthorized</body></html>`,
		xmlStatus(4, "Invalid Operation", "invalidOperation"),
	}
	body, bare := bodies[m.rand.IntN(len(bodies))], m.rand.IntN(4) == 0
	m.fake.refuse = func(w http.ResponseWriter, _ *fake, r *http.Request) {
		if bare && r.Header.Get("Authorization") != "" {
			w.Header().Del("WWW-Authenticate") // as access terminals do
		}
		reply(w, 401, body)
	}
	return m
}

// expire makes every challenge useless that was not given out just now.
func (m *moody) expire() {
	m.fake.mu.Lock()
	m.fake.minNonce = max(m.fake.minNonce, m.fake.nonce-30)
	m.fake.mu.Unlock()
}

// traffic is what a host does to a device: workers, an event stream that is opened
// again and again, and moves with their stops on two heads. It ends after d, and
// calls each with every error.
func (m *moody) traffic(c *Client, workers int, d time.Duration, each func(what string, took time.Duration, err error)) {
	ctx, cancel := context.WithTimeout(bg, d)
	defer cancel()
	var wg sync.WaitGroup
	do := func(what string, limit time.Duration, f func(context.Context) error) {
		one, stop := context.WithTimeout(context.WithoutCancel(ctx), limit)
		defer stop()
		began := time.Now()
		err := f(one)
		each(what, time.Since(began), err)
	}
	chance := func(n int) int {
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.rand.IntN(n)
	}
	for range workers {
		wg.Go(func() {
			for ctx.Err() == nil {
				limit := 10 * time.Second
				if chance(8) == 0 {
					limit = time.Duration(chance(100)) * time.Millisecond // its task ends meanwhile
				}
				switch chance(4) {
				case 0:
					do("picture", limit, func(ctx context.Context) error { _, err := c.Picture(ctx, 1+chance(2), PictureOptions{}); return err })
				case 1:
					do("preset", limit, func(ctx context.Context) error { return c.GotoPreset(ctx, 1, 3) })
				default:
					do("info", limit, func(ctx context.Context) error { _, err := c.DeviceInfo(ctx); return err })
				}
				time.Sleep(time.Duration(chance(300)) * time.Millisecond)
			}
		})
	}
	stream, urgent := c.Sibling(), c.Urgent()
	wg.Go(func() {
		for ctx.Err() == nil {
			do("stream", 10*time.Second, func(ctx context.Context) error {
				cl := &call{op: "event stream", method: "GET", path: alertPath, stream: true}
				resp, err := stream.open(ctx, cl)
				if err == nil {
					resp.Body.Close()
				}
				return err
			})
			time.Sleep(time.Duration(chance(2000)) * time.Millisecond)
		}
	})
	for channel := 1; channel <= 2; channel++ {
		wg.Go(func() {
			for ctx.Err() == nil {
				do("move", 10*time.Second, func(ctx context.Context) error { return c.Continuous(ctx, channel, Velocity{Pan: 10}) })
				time.Sleep(time.Duration(chance(1000)) * time.Millisecond)
				do("stop", 30*time.Second, func(ctx context.Context) error { return urgent.StopPTZ(ctx, channel) })
			}
		})
	}
	wg.Wait()
}

// Invariant 2, whatever the device does and however many call: after the password
// turned wrong at some moment of the traffic, at most two logins are told that they
// are wrong, three only if a stop is among them, and then nothing is sent.
func TestPasswordTurnsWrongUnderAnyTraffic(t *testing.T) {
	seeds := uint64(150)
	if testing.Short() {
		seeds = 40
	}
	for seed := range seeds {
		for _, parallel := range []int{1, 2, 4} {
			synctest.Test(t, func(t *testing.T) {
				m := newMoody(seed)
				c := m.fake.client(t, func(c *Config) { c.Transport = m })
				turn := time.Duration(m.rand.IntN(6000)) * time.Millisecond
				time.AfterFunc(turn, func() { m.fake.setPassword("changed") })
				expiries := time.Duration(200 + m.rand.IntN(3000))
				for at := expiries; at < 8000; at += expiries {
					time.AfterFunc(at*time.Millisecond, m.expire)
				}
				m.traffic(c, parallel, 8*time.Second, func(string, time.Duration, error) {})
				// Nothing but short tasks may have kept it from being known.
				if _, err := c.DeviceInfo(bg); err == nil || c.Login() != LoginUnauthorized {
					if _, err = c.DeviceInfo(bg); err == nil || c.Login() != LoginUnauthorized {
						t.Errorf("seed %d, parallel %d: login %v, %v", seed, parallel, c.Login(), err)
					}
				}
				if n := len(m.wrongs); n < 1 || n > 3 || n == 3 && !slices.Contains(m.wrongs, "stop") {
					t.Errorf("seed %d, parallel %d: wrong logins %q", seed, parallel, m.wrongs)
				}
				before := m.requests
				m.traffic(c, parallel, time.Second, func(what string, _ time.Duration, err error) {
					if err == nil {
						t.Errorf("seed %d: %s succeeds", seed, what)
					}
				})
				if m.requests > before {
					t.Errorf("seed %d, parallel %d: %d requests after the login was refused", seed, parallel, m.requests-before)
				}
			})
		}
	}
}

// While the password is right, no trouble with challenges makes the account
// unauthorized, and a stop never waits for a picture.
func TestUsedUpChallengesAreNoWrongPassword(t *testing.T) {
	seeds := uint64(200)
	if testing.Short() {
		seeds = 30
	}
	for seed := range seeds {
		for _, parallel := range []int{1, 4} {
			synctest.Test(t, func(t *testing.T) {
				m := newMoody(seed)
				c := m.fake.client(t, func(c *Config) { c.Transport = m })
				expiries := time.Duration(100 + m.rand.IntN(1000))
				for at := expiries; at < 10000; at += expiries {
					time.AfterFunc(at*time.Millisecond, m.expire)
				}
				m.traffic(c, parallel, 10*time.Second, func(what string, took time.Duration, err error) {
					e := asError(err)
					if e != nil && e.Kind() != "timeout" {
						t.Errorf("seed %d, parallel %d: %s: %v", seed, parallel, what, err)
					}
					if what == "stop" && (err != nil || took > time.Second) {
						t.Errorf("seed %d, parallel %d: a stop took %v: %v", seed, parallel, took, err)
					}
				})
				if c.Login() != LoginOK {
					t.Errorf("seed %d, parallel %d: login is %v: %v", seed, parallel, c.Login(), c.LoginError())
				}
			})
		}
	}
}

// A login whose answer never comes cannot be counted: the next one asks first,
// without credentials, whether the device answers at all.
func TestUnansweredLoginIsNotRepeatedBlindly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFake(okTree)
		c := d.client(t)
		if _, err := c.DeviceInfo(bg); err != nil {
			t.Fatal(err)
		}
		hang := make(chan struct{})
		credentials := 0
		c.rt = roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("Authorization") != "" {
				credentials++
			}
			select {
			case <-hang:
			case <-r.Context().Done():
			}
			return nil, fmt.Errorf("no answer")
		})
		for range 20 {
			ctx, cancel := context.WithTimeout(bg, time.Second)
			_, err := c.DeviceInfo(ctx)
			cancel()
			wantKind(t, err, "timeout")
		}
		if credentials != 1 {
			t.Errorf("%d logins were sent to a device that does not answer", credentials)
		}
	})
}
