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
			got, _ := d.of(`hik.presets("gate")`)
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

// Until a device has answered, its names are those that were saved.
func TestSavedNamesUntilAnswered(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"site.yaml": "devices:\n" +
			"  gate: {ip: 192.0.2.1, username: a, password: b, channels: {yard: {address: 1}}}\n" +
			"  nvr: {ip: 192.0.2.2, username: a, password: b, channels: {hall: {address: 2}}}\n" +
			"  two: {ip: 192.0.2.3, username: a, password: b}\n" +
			"  lobby: {simulate: ptz}\n",
		"devices.yaml": "devices:\n" +
			"  gate: {kind: ptz, channels: {1: {name: Hof, head: {presets: {1: {name: door}, 2: {}}, special: {94: Reboot}}}}}\n" +
			"  nvr: {kind: nvr, channels: {1: {name: ramp, head: {presets: {1: {name: lift}}}}, 2: {name: Flur}}}\n" +
			"  two: {kind: ptz, channels: {1: {name: wide}, 2: {name: tele, head: {presets: {1: {name: far}}}}}}\n" +
			"  lobby: {kind: ptz, channels: {1: {name: desk, head: {presets: {1: {name: seat}}}}}}\n",
	})
	s, err := newSession(t).app.loadNames(dir)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		session := &slowSession{answer: make(chan []runtime.Value)}
		r := &repl{site: s, saved: savedOrNone(s), names: newDeviceNames(clock.Real(), func(context.Context) (luaSession, error) { return session, nil })}
		want := func(got []string, names ...string) {
			t.Helper()
			synctest.Wait()
			if !slices.Equal(got, names) {
				t.Errorf("%q, want %q", got, names)
			}
		}
		want(r.Channels("gate"), "yard")
		want(r.Channels("nvr"), "hall", "ramp")
		want(r.Presets("gate", nil), "door")
		want(r.Presets("gate", "yard"), "door")
		want(r.Presets("gate", 1.0), "door")
		want(r.Presets("nvr", nil))
		want(r.Presets("nvr", "RAMP"), "lift")
		want(r.Presets("nvr", "1"), "lift")
		want(r.Presets("nvr", "hall"))
		want(r.Presets("two", nil))
		want(r.Presets("two", 2), "far")
		want(r.Presets("two", 3))
		want(r.Presets("lobby", nil))
		want(r.Presets("nobody", nil))

		r.names.close()
		session = &slowSession{answer: make(chan []runtime.Value, 1)}
		r.names = newDeviceNames(clock.Real(), func(context.Context) (luaSession, error) { return session, nil })
		session.answer <- nil // it could not be reached
		want(r.Presets("gate", nil), "door")
		want(r.Presets("gate", nil), "door")
		time.Sleep(namesAge + time.Second)
		session.answer <- []runtime.Value{} // it has none any more
		want(r.Presets("gate", nil), "door")
		want(r.Presets("gate", nil))
		r.names.close()
	})
	write(t, dir, map[string]string{"devices.yaml": "devices: 7\n"})
	if savedOrNone(s) != nil {
		t.Error("a damaged file is taken")
	}
}
