package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
)

const journalSite = `timezone: Europe/Berlin
devices:
  gate: {simulate: ptz, channels: {yard: {address: 1}}}
  nvr: {ip: 192.0.2.1, username: admin, password: "${NVR_SECRET}", simulate: nvr}
`

// runFor runs the site in this folder for a while, in virtual time.
func (s *session) runFor(t *testing.T, d time.Duration) {
	t.Helper()
	if status := s.run(s.interruptAfter(d), "run"); status != statusOK {
		t.Fatalf("status %d\n%s", status, s.err.String())
	}
	s.out.Reset()
	s.err.Reset()
}

func TestJournalCommand(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"site.yaml": journalSite, "scripts/tour.lua": `
		hik.every(60, {name = "look"}, function() hik.preset("gate", "yard", "door", {wait = true}) hik.ptz_pan_tilt("gate", "yard", 40, 0, {duration = 1}) end)
		hik.every(60, {name = "bad"}, function() hik.snapshot("nvr", 77) end)`})
	s := newSession(t)
	s.env["NVR_SECRET"] = "swordfish7"
	s.runFor(t, 90*time.Second)
	if status := s.run(context.Background(), "journal"); status != statusOK {
		t.Fatal(s.err.String())
	}
	wants(t, s.out.String(), "of Europe/Berlin\n\n  Wed 04 Mar 13:00:00  the host begins\n", "Wed 04 Mar 13:01:00  tour/look runs", `gate/yard goes to preset 2 "door"  [tour/look]`,
		"gate/yard turns right at 40 %, 1 s  [tour/look]", "nvr/77 takes a picture: unsupported: ", "tour/bad fails: unsupported: ", "(scripts/tour.lua:3)", "the host ends")
	lacks(t, s.out.String(), "ptz_status", "swordfish7")
	s.out.Reset()
	if status := s.run(context.Background(), "journal", "--by", "device", "--device", "gate"); status != statusOK {
		t.Fatal(s.err.String())
	}
	wants(t, s.out.String(), "\ngate/yard\n  Wed 04 Mar 13:01:00  goes to preset 2")
	lacks(t, s.out.String(), "nvr", "the host")
	s.out.Reset()
	if status := s.run(context.Background(), "journal", "--last", "1000"); status != statusOK {
		t.Fatal(s.err.String())
	}
	wants(t, s.out.String(), "2026-03-04 13:01:00.", "gate/1  preset 2 (door)      ok           ", "gate/1  ptz_pan_tilt 40 0 0  ok  ", "gate/1  ptz_stop             ok  ", "tour/look#1",
		"nvr/77  snapshot             unsupported  ", "host start", "run ends             ok  ", "run ends             unsupported  ", "script loaded")
	for _, poll := range []string{"ptz_status", "status"} {
		if strings.Contains(s.out.String(), "  "+poll+" ") {
			t.Errorf("%s is not left out:\n%s", poll, s.out.String())
		}
	}
	entry, err := os.Stat(filepath.Join("data", "journal"))
	if err != nil || entry.Mode().Perm() != 0o700 {
		t.Error(entry, err)
	}
	all := strings.Count(s.out.String(), "\n")

	for _, test := range []struct {
		args string
		want int // lines; -1: fewer than all
	}{
		{"--device nvr --last 99", -1}, {"--device gate --last 2", 2}, {"--script tour --last 1", 1}, {"--script other", 0},
		{"--moves", 3}, {"--moves --device nvr", 0}, {"--moves --last 1", 1}, {"--all --moves", -2},
		{"--since 1d --last 1000", all}, {"--since 2026-03-04T12:02:00Z", 0}, {"--since 13:01 --script tour --last 3", 3}, {"--moves --since 2026-03-04T12:01:01Z", 2},
		{"--device barn", 0}, {"--since soon", -2}, {"--last -1", -2}, {"--by script --last 1", -2}, {"--by task", -2},
	} {
		s.out.Reset()
		s.err.Reset()
		status := s.run(context.Background(), append([]string{"journal"}, strings.Fields(test.args)...)...)
		got := strings.Count(s.out.String(), "\n")
		switch {
		case test.want == -2:
			if status != statusMisuse {
				t.Errorf("%s: status %d", test.args, status)
			}
		case status != statusOK || test.want >= 0 && got != test.want || test.want == -1 && (got == 0 || got >= all):
			t.Errorf("%s: status %d, %d lines of %d\n%s", test.args, status, got, all, s.err.String())
		case test.want == 0 && s.err.Len() == 0:
			t.Errorf("%s: nothing says why there is nothing", test.args)
		}
	}
	s.out.Reset()
	s.run(context.Background(), "journal", "--all")
	wants(t, s.out.String(), "gate/1  ptz_status", "gate    status")
	s.out.Reset()
	s.run(context.Background(), "journal", "--json")
	wants(t, s.out.String(), `"what":"ptz_status"`, `"what":"preset","detail":"2","name":"door","head":true,"answer":"ok"`, `"kind":"ended"`, `"kind":"host","what":"start"`)
	for line := range strings.Lines(s.out.String()) {
		var v struct {
			Time                 time.Time
			Kind, Device, Answer string
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil || v.Device == "" && v.Kind == "" || v.Answer == "" {
			t.Errorf("%v: %s", err, line)
		}
	}
	for _, file := range []string{"00000001.jsonl"} {
		if data, err := os.ReadFile(filepath.Join("data", "journal", file)); err == nil && strings.Contains(string(data), "swordfish7") {
			t.Error("a password is on record")
		}
	}

	// It is read although site.yaml is broken, and without its secrets.
	write(t, ".", map[string]string{"site.yaml": "devices: 7\n"})
	s.out.Reset()
	s.err.Reset()
	if status := s.run(context.Background(), "journal", "--last", "1"); status != statusOK || strings.Count(s.out.String(), "\n") != 1 {
		t.Errorf("%d %s%s", status, s.out.String(), s.err.String())
	}
	t.Chdir(t.TempDir())
	if status := s.run(context.Background(), "journal"); status != statusFailure {
		t.Errorf("status %d where there is no site", status)
	}
}

// What is simulated is neither on record nor kept.
func TestSimulatedIsNotKept(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"site.yaml": journalSite, "scripts/a.lua": `hik.state.n = (hik.state.n or 0) + 1 print("n is " .. hik.state.n)
		hik.every(10, function() hik.preset("gate", "yard", 2) end)`})
	for range 2 {
		s := newSession(t)
		if status := s.run(s.interruptAfter(time.Minute), "run", "--simulate"); status != statusOK {
			t.Fatal(s.err.String())
		}
		wants(t, s.err.String(), "n is 1", "with --simulate nothing is kept")
	}
	for _, path := range []string{"data/state.db", "data/journal"} {
		if _, err := os.Stat(path); err == nil {
			t.Error(path, "is there")
		}
	}
}

// State outlives run; exec has a table of its own, and the shared one.
func TestStateOfCommands(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"site.yaml": journalSite, "scripts/exec.lua": `
		hik.state.n = (hik.state.n or 0) + 1 hik.shared_state.n = hik.state.n print("n is " .. hik.state.n)`})
	s := newSession(t)
	s.env["NVR_SECRET"] = "swordfish7"
	s.runFor(t, time.Second)
	s.runFor(t, time.Second)
	for _, want := range []string{"nil 2\n", "1 2\n"} {
		s.out.Reset()
		if status := s.run(context.Background(), "exec", "-e", `print(tostring(hik.state.n) .. " " .. hik.shared_state.n) hik.state.n = 1`); status != statusOK {
			t.Fatal(s.err.String())
		}
		if s.out.String() != want {
			t.Errorf("%q, want %q", s.out.String(), want)
		}
	}
}

// A device that does not answer is asked again and again: that is one line and
// a count, until something else comes of it.
func TestFailedPollsAreFolded(t *testing.T) {
	s := newSession(t)
	show := &journalTable{app: s.app, fold: true}
	poll := func(n int, device string, err error) {
		e := journal.Entry{Time: begin.Add(time.Duration(n) * time.Second), Device: device, What: "status", Err: err}
		if err := show.write(e); err != nil {
			t.Fatal(err)
		}
	}
	offline := &journal.Answer{Kind: "offline", Message: "no answer"}
	poll(1, "gate", offline)
	for n := range 20 {
		poll(2+n, "gate", offline)
		poll(2+n, "door", offline)
	}
	poll(30, "gate", &journal.Answer{Kind: "timeout", Message: "no answer within 5s"})
	if err := show.end(); err != nil {
		t.Fatal(err)
	}
	want := `2026-03-04 12:00:01.000  gate  status  offline  0s                 no answer
2026-03-04 12:00:02.000  door  status  offline  0s                 no answer
2026-03-04 12:00:21.000  gate  status  offline  20 more like it    no answer
2026-03-04 12:00:30.000  gate  status  timeout  0s                 no answer within 5s
2026-03-04 12:00:21.000  door  status  offline  19 more like it    no answer
`
	if s.out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", s.out.String(), want)
	}
	s.out.Reset()
	s.env["COLUMNS"] = "80"
	poll(40, "warehouse-north", &journal.Answer{Kind: "timeout", Message: "warehouse-north: device info: no answer from 192.0.2.10:80 within 5s"})
	if err := show.end(); err != nil {
		t.Fatal(err)
	}
	want = `2026-03-04 12:00:40.000  warehouse-north  status  timeout  0s
    warehouse-north: device info: no answer from 192.0.2.10:80 within 5s
`
	if s.out.String() != want {
		t.Errorf("at 80 columns: got\n%s\nwant\n%s", s.out.String(), want)
	}
}

// What devices noticed is listed with how long it went on, and followed over the
// end of a host and the next one.
func TestEventsCommand(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"site.yaml": journalSite, "scripts/a.lua": `hik.on("gate:motion", function() hik.emit("bell") end)`})
	s := newSession(t)
	s.env["NVR_SECRET"] = "swordfish7"
	if status := s.run(context.Background(), "events"); status != statusOK || s.out.Len() > 0 {
		t.Error(status, s.out.String())
	}
	wants(t, s.err.String(), "nothing is on record: hiklua run . begins it")
	s.err.Reset()
	s.runFor(t, 10*time.Second)
	if status := s.run(context.Background(), "events"); status != statusOK || s.out.Len() > 0 {
		t.Error(status, s.out.String())
	}
	wants(t, s.err.String(), "no event is on record; a host gets those of a device while a script listens")
	j, err := journal.Open(journalFolder("."), journal.Options{Clock: s.app.clk})
	if err != nil {
		t.Fatal(err)
	}
	event := func(after time.Duration, device string, channel int, what, state, name string) {
		j.Write(journal.Entry{Kind: journal.Event, Time: begin.Add(time.Hour + after), Device: device, Channel: channel, What: what, Detail: state, Name: name})
	}
	event(0, "gate", 1, "motion", "start", "human")
	event(2*time.Second, "", 0, "bell", "", "")
	event(9*time.Second, "gate", 1, "motion", "stop", "human")
	event(20*time.Second, "nvr", 0, "online", "stop", "")
	event(20*time.Second, "nvr", 0, "offline", "start", "")
	event(20*time.Minute, "nvr", 0, "offline", "stop", "")
	event(20*time.Minute, "nvr", 0, "online", "start", "")
	event(22*time.Minute, "gate", 0, "held", "start", "")
	event(25*time.Minute, "gate", 1, "inp\x1but", "start", "")
	s.app.clk.(*clock.Virtual).Do(func() {
		if err := j.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for args, want := range map[string]string{
		"events": `2026-03-04 14:00:00  gate/yard  motion   9s       human
2026-03-04 14:00:20  nvr        offline  19m40s
2026-03-04 14:22:00  gate       held
2026-03-04 14:25:00  gate/yard  inp ut   goes on
`,
		"events --device nvr": `2026-03-04 14:00:20  nvr  offline  19m40s
`,
		"events --since 2026-03-04T14:10": `2026-03-04 14:20:00  nvr        offline  until then
2026-03-04 14:22:00  gate       held
2026-03-04 14:25:00  gate/yard  inp ut   goes on
`,
		"events --device nvr --json": `{"time":"2026-03-04T13:00:20.000000Z","kind":"event","device":"nvr","what":"offline","detail":"start","answer":"ok","duration":0}
{"time":"2026-03-04T13:20:00.000000Z","kind":"event","device":"nvr","what":"offline","detail":"stop","answer":"ok","duration":0}
`,
	} {
		s.out.Reset()
		if status := s.run(context.Background(), strings.Fields(args)...); status != statusOK || s.out.String() != want {
			t.Errorf("%s: status %d\n%s\nwant\n%s", args, status, s.out.String(), want)
		}
	}
	s.out.Reset()
	s.run(context.Background(), "journal", "--since", "2026-03-04T14:00")
	wants(t, s.out.String(), "14:00:20  nvr is offline\n", "gate/yard motion (human), 9 s\n", "14:20:00  nvr is online\n", "gate/yard inp ut, still at the end\n")
	if strings.Count(s.out.String(), "offline") != 1 {
		t.Error(s.out.String())
	}
	s.out.Reset()
	if status := s.run(s.interruptAfter(5*time.Second), "events", "--follow", "--since", "14:00"); status != statusOK {
		t.Error(status, s.err.String())
	}
	wants(t, s.out.String(), "2026-03-04 14:00:00  gate/yard        motion         start          human\n",
		"2026-03-04 14:00:09  gate/yard        motion         stop, 9s       human\n", "nvr              offline        stop, 19m40s\n")
}
