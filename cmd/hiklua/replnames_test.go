package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
)

// slowSession answers when it is told to, or when ctx ends.
type slowSession struct {
	asked  []string
	answer chan []runtime.Value // nil: an error
	closed bool
}

func (s *slowSession) Eval(ctx context.Context, code string) ([]runtime.Value, error) {
	s.asked = append(s.asked, code)
	select {
	case values := <-s.answer:
		if values == nil {
			return nil, errors.New("offline")
		}
		return values, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *slowSession) Outline(context.Context, []string) (o luaapi.Outline, err error) {
	return o, nil
}
func (s *slowSession) StopHeads() bool { return false }
func (s *slowSession) Close()          { s.closed = true }

// A key never waits for a device: names are there once it has answered, and it
// is asked again after a while only.
func TestNamesAreAskedInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		session := &slowSession{answer: make(chan []runtime.Value)}
		opened, changed := 0, 0
		d := newDeviceNames(clock.Real(), func(context.Context) (luaSession, error) {
			opened++
			return session, nil
		})
		d.changed = func() { changed++ }
		want := func(asked int, names ...string) {
			t.Helper()
			got := d.of(`hik.presets("gate")`)
			synctest.Wait()
			if !slices.Equal(got, names) || len(session.asked) != asked {
				t.Errorf("%q, asked %d times, want %q, %d", got, len(session.asked), names, asked)
			}
		}
		want(1)
		want(1)
		if !d.awaited() || !strings.Contains(session.asked[0], `ipairs(hik.presets("gate"))`) {
			t.Errorf("awaited %v, asked %q", d.awaited(), session.asked)
		}
		session.answer <- []runtime.Value{{Text: `"door"`}, {Text: `""`}, {Text: `"Tür Süd"`}, {Text: "nil"}}
		synctest.Wait()
		if d.awaited() || changed != 1 {
			t.Errorf("awaited %v, changed %d times", d.awaited(), changed)
		}
		want(1, "door", "Tür Süd")
		time.Sleep(namesAge + time.Second)
		want(2, "door", "Tür Süd") // what is known is good until the answer comes
		session.answer <- nil
		want(2, "door", "Tür Süd")

		d.of("hik.channels(2)") // one that does not answer is no reason to wait at the end
		synctest.Wait()
		d.close()
		if opened != 1 || !session.closed {
			t.Errorf("%d sessions, closed %v", opened, session.closed)
		}
		if d.of("hik.channels(3)"); len(session.asked) != 3 {
			t.Errorf("asked after the end: %q", session.asked)
		}
	})
}
