package isapi

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// stuck is a device whose answers to some paths come when the test says so, once
// their login was right. In real time it runs on a port of its own, in virtual time
// in memory.
type stuck struct {
	*fake
	mu      sync.Mutex
	held    []string // parts of paths
	arrived chan string
	free    chan struct{}
}

var everyPath = func() http.HandlerFunc {
	answers := map[string]string{
		"GET /ISAPI/System/deviceInfo":                    `<DeviceInfo><model>M</model></DeviceInfo>`,
		"GET /ISAPI/Security/userCheck":                   `<userCheck><statusValue>200</statusValue></userCheck>`,
		"GET " + alertPath:                                okStatus,
		"GET /ISAPI/Streaming/channels/101/picture":       "jpeg",
		"GET /ISAPI/Streaming/channels/201/picture":       "jpeg",
		"PUT /ISAPI/PTZCtrl/channels/1/auxcontrols/1":     okStatus,
		"PUT /ISAPI/PTZCtrl/channels/1/homeposition":      okStatus,
		"PUT /ISAPI/PTZCtrl/channels/1/presets/3/goto":    okStatus,
		"PUT /ISAPI/System/Video/inputs/channels/1/focus": okStatus,
		"PUT /ISAPI/PTZCtrl/channels/1/patrols/1/pause":   okStatus,
		"PUT /ISAPI/PTZCtrl/channels/1/patrols/1/start":   okStatus,
		"PUT /ISAPI/PTZCtrl/channels/1/presets/5":         okStatus,
	}
	for _, channel := range []string{"1", "2", "3"} {
		answers["PUT /ISAPI/PTZCtrl/channels/"+channel+"/continuous"] = okStatus
	}
	return tree(answers)
}()

func newStuck() *stuck {
	s := &stuck{fake: newFake(nil), arrived: make(chan string, 100), free: make(chan struct{})}
	s.fake.serve = func(w http.ResponseWriter, r *http.Request) {
		if s.holds(r.URL.Path) {
			s.arrived <- r.URL.Path
			select {
			case <-s.free:
			case <-r.Context().Done():
			}
		}
		everyPath(w, r)
	}
	return s
}

func (s *stuck) hold(parts ...string) {
	s.mu.Lock()
	s.held = parts
	s.mu.Unlock()
}

func (s *stuck) holds(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, part := range s.held {
		if strings.Contains(path, part) {
			return true
		}
	}
	return false
}

// inBothTimes runs f in virtual time, where a stop may take none at all, and in
// real time over connections, where it may take a moment: what holds it up would hold
// it up for ever.
func inBothTimes(t *testing.T, f func(t *testing.T, s *stuck, c *Client, limit time.Duration)) {
	t.Run("virtual", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newStuck()
			f(t, s, s.client(t), 0)
		})
	})
	t.Run("real", func(t *testing.T) {
		s := newStuck()
		srv := newServer(t, s)
		f(t, s, onPort(t, srv), 2*time.Second)
	})
}

// aside starts f, waits until its request for a held path has arrived, and returns
// what waits for its end.
func (s *stuck) aside(t *testing.T, f func() error) (wait func() error) {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- f() }()
	select {
	case <-s.arrived:
	case <-time.After(60 * time.Second):
		t.Fatal("the request does not arrive")
	}
	return func() error { return <-ended }
}
