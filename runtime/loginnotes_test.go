package runtime

import (
	"slices"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/logins"
	"github.com/hiklua/hiklua/runtime/site"
)

// A login waits for no disk: what came of it is written after the answer, in the
// order of answers.
func TestNotesOfLoginsAreNotWaitedFor(t *testing.T) {
	h := &Host{clk: clock.Real(), logins: logins.Open(t.TempDir(), nil, clock.Real(), false)}
	h.noting = clock.NewGroup(h.clk)
	h.loginNotes = clock.NewSequence(h.noting)
	hangs := make(chan bool)
	var order []int
	h.loginNotes.Add(func() { <-hangs })
	for i := range 100 {
		h.loginNotes.Add(func() { order = append(order, i) })
	}
	conf := site.Device{Username: "admin", Password: isapi.NewSecret("wrong")}
	var config isapi.Config
	h.loginFor(conf, "192.0.2.1:80", &config)
	told := make(chan bool)
	go func() {
		config.OnLogin(&isapi.Error{Err: isapi.ErrUnauthorized})
		close(told)
	}()
	select {
	case <-told:
	case <-time.After(60 * time.Second):
		t.Fatal("the login waits for the disk")
	}
	close(hangs)
	h.noting.Wait()
	if len(order) != 100 || !slices.IsSorted(order) {
		t.Error(order)
	}
	if h.logins.Refusal(accountOf(conf, "192.0.2.1:80"), "") == nil {
		t.Error("the refusal is not remembered")
	}
}
