package page

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/journal"
)

type states map[string]json.RawMessage

func command(what string) journal.Entry {
	return journal.Entry{Time: time.Now(), Device: "gate", Channel: 1, What: what}
}

func noticed(what string) journal.Entry {
	return journal.Entry{Kind: journal.Event, Time: time.Now(), Device: "gate", What: what, Detail: "start"}
}

// A client is told everything, then what changes, at most once a second.
func TestStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.inMemory()
		w.change(func(st *runtime.Status) {
			st.Scripts = []runtime.ScriptStatus{{Name: "night", State: "running", Tasks: []string{}}}
			st.Jobs = []runtime.JobStatus{{Script: "night", Name: "a/b"}}
		})
		for i := range 250 {
			fmt.Fprintf(w.ring, `{"time":"2026-03-04T12:00:00Z","level":"INFO","msg":"line %d"}`+"\n", i)
			w.feed.Record(command(fmt.Sprint("command ", i)))
		}
		w.feed.Record(noticed("motion"))
		w.feed.Record(command("status")) // a poll that was answered
		failed := command("status")
		failed.Err = errors.New("no answer\nfrom http://admin:pw@192.0.2.1")
		w.feed.Record(failed)
		s := w.open(p, w.cookie(), false)
		var beat struct{ Now time.Time }
		if s.next("beat", &beat); !beat.Now.Equal(time.Now()) {
			t.Error(beat)
		}
		var state states
		s.next("state", &state)
		for _, key := range []string{"version", "site", "device/gate", "device/yard", "script/night", "job/night/a/b", "page"} {
			if len(state[key]) == 0 {
				t.Errorf("no %s in %v", key, state)
			}
		}
		for _, key := range []string{"now", "memory_bytes", "goroutines", "devices", "jobs", "scripts"} {
			if len(state[key]) > 0 {
				t.Errorf("%s: %s", key, state[key])
			}
		}
		if got := string(state["page"]); got != `{"actions":true,"pictures":2,"viewers":1}` {
			t.Error(got)
		}
		var lines []struct{ Msg string }
		if s.next("log", &lines); len(lines) != 200 || lines[0].Msg != "line 50" || lines[199].Msg != "line 249" {
			t.Error(len(lines), lines[0])
		}
		var entries []struct{ What, Kind, Answer, Error string }
		if s.next("command", &entries); len(entries) != 200 || entries[198].What != "command 249" || entries[199].Answer != "error" || entries[199].Error != "no answer from http://192.0.2.1" {
			t.Error(len(entries), entries[198:])
		}
		if s.next("event", &entries); len(entries) != 1 || entries[0].What != "motion" || entries[0].Kind != "event" {
			t.Error(entries)
		}
		time.Sleep(3 * time.Second)
		if rest := s.rest(); rest != nil {
			t.Errorf("nothing has happened, and it says %v", rest)
		}

		w.change(func(st *runtime.Status) {
			st.Devices[0].State = "offline"
			st.Jobs = nil
		})
		time.Sleep(1500 * time.Millisecond)
		state = nil
		if s.next("state", &state); len(state) != 2 || string(state["job/night/a/b"]) != "null" || len(state["device/gate"]) < 10 {
			t.Errorf("%s", state)
		}
		began := time.Now()
		for i := range 100 {
			w.change(func(st *runtime.Status) { st.Devices[0].Queue = i + 1 })
			w.feed.Record(command("move"))
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		seconds := int(time.Since(began) / time.Second)
		count := make(map[string]int)
		for _, name := range s.rest() {
			count[name]++
		}
		if count["state"] < 9 || count["state"] > seconds || count["command"] > 4*seconds+1 || count["missed"] > 0 {
			t.Error(seconds, "seconds:", count)
		}
		w.page.Close()
		var bye struct{ Reason string }
		if s.next("bye", &bye); bye.Reason != "stop" {
			t.Error(bye)
		}
		if rest := s.rest(); !slices.Equal(rest, []string{"end"}) {
			t.Error(rest)
		}
	})
}

// Beats come all the time; nothing is asked while nobody looks on.
func TestStreamBeatsAndIdles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.inMemory()
		var asked atomic.Int64
		w.page.board.status = func() runtime.Status { asked.Add(1); return w.now() }
		time.Sleep(time.Hour)
		if asked.Load() > 0 {
			t.Error("asked", asked.Load(), "times with nobody there")
		}
		s := w.open(p, w.cookie(), false)
		time.Sleep(61 * time.Second)
		beats := 0
		for _, name := range s.rest() {
			if name == "beat" {
				beats++
			}
		}
		if n := asked.Load(); beats != 5 || n < 60 || n > 63 {
			t.Error(beats, "beats; asked", n)
		}
		s.conn.Close()
		time.Sleep(10 * time.Second)
		if w.page.board.viewers() != 0 {
			t.Error("it has not left")
		}
		before := asked.Load()
		time.Sleep(time.Hour)
		if n := asked.Load(); n > before {
			t.Error("asked", n-before, "times after it had left")
		}
		w.page.Close()
	})
}

// A client that does not read is dropped after a while, and holds up nothing:
// neither the host nor the others. One that is slow is told what it has missed.
func TestStreamSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.inMemory()
		good := w.open(p, w.cookie(), false)
		w.open(p, w.cookie(), true)
		time.Sleep(time.Second)
		if n := w.page.board.viewers(); n != 2 {
			t.Fatal(n, "viewers")
		}
		began := time.Now()
		for range 5000 {
			w.feed.Record(command("move"))
			w.feed.Record(noticed("motion"))
		}
		if took := time.Since(began); took > 0 {
			t.Error("the host waited for", took)
		}
		time.Sleep(2 * time.Second)
		got, missed := 0, 0
		for m := range good.got {
			var entries []json.RawMessage
			var left struct{ Command int }
			switch m.name {
			case "missed":
				json.Unmarshal(m.data, &left)
			case "command":
				json.Unmarshal(m.data, &entries)
			}
			missed += left.Command
			if got += len(entries); got+missed >= 5000 {
				break
			}
		}
		if got+missed != 5000 || got < feedSize || missed == 0 {
			t.Error("missed", missed, "got", got)
		}
		time.Sleep(10 * time.Second)
		if n := w.page.board.viewers(); n != 1 {
			t.Error(n, "viewers, where the one that does not read should be gone")
		}
		w.page.Close()
	})
}

func TestStreamPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.inMemory()
		cookie := w.cookie()
		var all []*stream
		for range maxViewers {
			all = append(all, w.open(p, cookie, false))
		}
		if s := w.open(p, cookie, false); s.status != 503 {
			t.Error(s.status)
		}
		all[0].conn.Close()
		time.Sleep(time.Minute)
		if s := w.open(p, cookie, false); s.status != 200 {
			t.Error(s.status)
		}
		began := time.Now()
		w.page.Close()
		if took := time.Since(began); took > closeTimeout {
			t.Error("the end took", took)
		}
	})
}

// A stream ends with its session, and says so where somebody has ended that.
func TestStreamEndsWithItsSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.inMemory()
		cookie, other := w.cookie(), w.cookie()
		time.Sleep(sessionLife - time.Hour)
		s, stays := w.open(p, cookie, false), w.open(p, other, false)
		time.Sleep(3 * time.Second)
		s.rest()
		conn := p.dial()
		go fmt.Fprintf(conn, "POST /logout HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\nCookie: %s\r\n\r\n", cookie)
		buf := make([]byte, 4096)
		if n, err := conn.Read(buf); err != nil || string(buf[:12]) != "HTTP/1.1 303" {
			t.Errorf("%s %v", buf[:n], err)
		}
		conn.Close()
		var bye struct{ Reason string }
		if s.next("bye", &bye); bye.Reason != "session" {
			t.Error(bye)
		}
		if again := w.open(p, cookie, false); again.status != 401 {
			t.Error(again.status)
		}
		time.Sleep(time.Second)
		if rest := stays.rest(); slices.Contains(rest, "bye") {
			t.Error(rest)
		}
		for range 2 * 60 {
			time.Sleep(time.Minute)
			if rest := stays.rest(); slices.Contains(rest, "bye") {
				t.Error(rest)
			}
		}
		if n := w.page.board.viewers(); n != 0 {
			t.Error(n, "viewers")
		}
		w.page.Close()
	})
}
