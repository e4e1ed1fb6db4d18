package isapi

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
)

// writes is a gate that lets so many writes and connections in.
type writes struct{ left atomic.Int64 }

func (w *writes) may() bool { return w.left.Add(-1) >= 0 }

const noEnd = 1 << 40

// A request of which a part was written may have reached the device, also where the gate
// refuses the rest.
func TestGateRefusesTheRest(t *testing.T) {
	for _, secure := range []bool{false, true} {
		for _, more := range []int64{0, 1, 2} {
			t.Run(fmt.Sprintf("https %v, %d writes", secure, more), func(t *testing.T) {
				w := new(writes)
				w.left.Store(noEnd)
				c, _ := gated(t, newFake(func(rw http.ResponseWriter, r *http.Request) {
					if _, err := io.Copy(io.Discard, r.Body); err != nil {
						panic(http.ErrAbortHandler) // the server waits before it closes otherwise
					}
					okTree(rw, r)
				}), NewGate(w.may), secure)
				if _, err := c.DeviceInfo(bg); err != nil {
					t.Fatal(err)
				}
				w.left.Store(more)
				_, err := c.Request(bg, http.MethodPut, "/ISAPI/System/deviceInfo", RequestOptions{Body: make([]byte, 1<<20)})
				wantKind(t, err, "elsewhere")
				if Unsent(err) != (more == 0) {
					t.Errorf("%v: unsent %v", err, Unsent(err))
				}
			})
		}
	}
}

// The same where net/http tries a second connection, as the device has closed the
// first one after it had read the request.
func TestGateOfASecondConnection(t *testing.T) {
	for _, more := range []int64{0, 1} {
		w := new(writes)
		w.left.Store(noEnd)
		var drop atomic.Bool
		c, _ := gated(t, newFake(func(rw http.ResponseWriter, r *http.Request) {
			if drop.Load() {
				w.left.Store(more)
				panic(http.ErrAbortHandler)
			}
			okTree(rw, r)
		}), NewGate(w.may), false)
		if _, err := c.DeviceInfo(bg); err != nil {
			t.Fatal(err)
		}
		drop.Store(true)
		if _, err := c.DeviceInfo(bg); err == nil || Unsent(err) || !errors.Is(err, ErrElsewhere) {
			t.Errorf("%d writes more: %v: unsent %v", more, err, Unsent(err))
		}
	}
}

// That a device breaks off is no matter of a gate that is open.
func TestGateThatIsOpenIsNoReason(t *testing.T) {
	var drop atomic.Bool
	c, _ := gated(t, newFake(func(rw http.ResponseWriter, r *http.Request) {
		if drop.Load() {
			panic(http.ErrAbortHandler)
		}
		okTree(rw, r)
	}), NewGate(always), false)
	if _, err := c.DeviceInfo(bg); err != nil {
		t.Fatal(err)
	}
	drop.Store(true)
	if _, err := c.Request(bg, http.MethodPut, "/ISAPI/System/time", RequestOptions{Body: []byte("<Time/>")}); !errors.Is(err, ErrOffline) || errors.Is(err, ErrElsewhere) {
		t.Errorf("%v", err)
	}
}
