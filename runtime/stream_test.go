package runtime

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

const oneCamera = "timezone: UTC\ndevices:\n  cam: {simulate: ipc}\n"

// tellStale prints when the stream is stale and what dev.events says each five
// seconds, where it changes.
func tellStale(device string) string {
	return fmt.Sprintf("local began, dev = %d, hik.device(%q)\n", noon.Unix(), device) + `
		dev:on("stale", {state = "both", overlap = "allow"}, function(ev)
			print(("%.4g"):format(hik.now() - began), ev.type, ev.state, dev.events)
		end)`
}

// One stream, however many scripts and handlers listen; none as long as nobody
// does, and none a minute after the last one went.
func TestOneStreamForAll(t *testing.T) {
	w := newWorld(t, oneCamera, map[string]string{
		"scripts/a.lua": `hik.device("cam"):on("online", print) hik.every(60, function() print(hik.device("cam").events) end)`,
	})
	w.start()
	w.at(90 * time.Second)
	wantLines(t, "streams", w.streams("cam"))
	w.write("scripts/b.lua", onEvents("cam", "motion", "any", "tamper"))
	w.write("scripts/c.lua", onEvents("cam", "motion"))
	w.sync()
	w.at(100 * time.Second)
	w.devices["cam"].Raise(sim.Alert{Type: "motion", Channel: 1, For: 2 * time.Second})
	w.at(150 * time.Second)
	w.remove("scripts/b.lua")
	w.sync()
	w.at(200 * time.Second)
	w.remove("scripts/c.lua")
	w.sync()
	w.at(270 * time.Second)
	wantLines(t, "streams", w.streams("cam"), "1m30s 200")
	if n := len(w.devices["cam"].Alarms()); n != 0 {
		t.Errorf("%d alarms", n)
	}
	lines := map[string]int{}
	for _, l := range w.printed {
		lines[l]++
	}
	if lines["100\tmotion\tstart\tch1"] != 3 || lines["102\tmotion\tstop\tch1"] != 3 {
		t.Errorf("printed\n%s", strings.Join(w.printed, "\n"))
	}
	w.printed = nil
	w.at(301 * time.Second)
	w.wantPrinted("off")
	for _, e := range w.devices["cam"].Journal() {
		// A minute after the file was found to be gone.
		if closed := e.End.Sub(w.began); strings.HasSuffix(e.Path, "/alertStream") && e.Status == 200 && closed.Round(time.Second) != 260*time.Second {
			t.Errorf("the stream was closed at %v", closed)
		}
	}
}

// A stream that is lost, silent or refused is said to be stale within 30 s,
// and once; no alarm is said to have ended meanwhile.
func TestStale(t *testing.T) {
	for _, test := range []struct {
		name, model, fault string
		want               []string
	}{
		{"refused", "ipc", "offline@30s-90s", []string{"29.9 motion start", "35 stale start", "90.9 motion stop", "90.9 stale stop", "90.9 motion start", "180 motion stop"}},
		{"cut", "ptz", "cut@30s-90s", []string{"29.9 motion start", "35 stale start", "108.6 motion stop", "108.6 stale stop", "108.6 motion start", "185 motion stop"}},
		{"reset", "nvr", "reset@30s-90s", []string{"29.9 motion start", "35 stale start", "90.9 motion stop", "90.9 stale stop", "90.9 motion start", "184.4 motion stop"}},
		// The camera has said how its alarms end, so silence ends none.
		{"silent", "ipc", "stream-silent@35s-95s", []string{"29.9 motion start", "59.9 stale start", "95 motion stop", "95 stale stop", "95 motion start", "180 motion stop"}},
		// This one never says.
		{"silent head", "ptz", "stream-silent@35s-95s", []string{"29.9 motion start", "39.7 motion stop", "59.7 stale start", "95 stale stop", "95 motion start", "184.9 motion stop"}},
		{"silent from the start", "ipc", "stream-silent@0s-60s", []string{"25 stale start", "60 stale stop", "60 motion start", "180 motion stop"}},
		{"a moment", "ipc", "cut@30s-31s", []string{"29.9 motion start", "180 motion stop"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, "timezone: UTC\ndevices:\n  cam: {simulate: "+test.model+"}\n", map[string]string{
				"scripts/a.lua": tellStale("cam"), "scripts/b.lua": onEvents("cam", "motion"),
			})
			w.start()
			w.fault("cam", test.fault)
			if test.name == "silent" {
				w.at(5 * time.Second)
				w.devices["cam"].Raise(sim.Alert{Type: "motion", Channel: 1, For: 2 * time.Second})
				w.at(10 * time.Second)
				w.printed = nil
			}
			w.at(29900 * time.Millisecond)
			w.devices["cam"].Raise(sim.Alert{Type: "motion", Channel: 1})
			w.at(3 * time.Minute)
			w.devices["cam"].Clear(sim.Alert{Type: "motion", Channel: 1})
			w.at(4 * time.Minute)
			var got []string
			for _, line := range w.printed {
				words := strings.Fields(line)
				got = append(got, strings.Join(words[:3], " "))
				if words[1] == "stale" && words[3] != map[string]string{"start": "stale", "stop": "flowing"}[words[2]] {
					t.Errorf("dev.events was %s: %s", words[3], line)
				}
			}
			wantLines(t, "printed", got, test.want...)
			said := strings.Count(w.log.String(), "no events")
			if want := strings.Count(strings.Join(test.want, ","), "stale start"); said != want || strings.Count(w.log.String(), "events flow again") != want {
				t.Errorf("said %d times\n%s", said, w.log)
			}
			if n := len(w.streams("cam")); n > 8 {
				t.Errorf("opened %d times: %v", n, w.streams("cam"))
			}
		})
	}
}

// A recorder that has nothing to say is not taken for lost: it is asked.
func TestQuietRecorder(t *testing.T) {
	w := newWorld(t, "timezone: UTC\ndevices:\n  cam: {simulate: nvr}\n", map[string]string{"scripts/a.lua": tellStale("cam"), "scripts/b.lua": onEvents("cam", "motion")})
	w.start()
	w.at(30 * time.Minute)
	w.devices["cam"].Raise(sim.Alert{Type: "motion", Channel: 1, For: time.Second})
	w.at(31 * time.Minute)
	w.wantPrinted("1800\tmotion\tstart\tch1", "1805\tmotion\tstop\tch1")
	if n := len(w.streams("cam")); n != 7 { // anew each five minutes, without a gap
		t.Errorf("opened %d times: %v", n, w.streams("cam"))
	}
	probes := 0
	for _, e := range w.devices["cam"].Journal() {
		if strings.HasSuffix(e.Path, "/System/time") && e.Status == 200 {
			probes++
		}
	}
	if probes > 100 {
		t.Errorf("asked %d times in half an hour", probes)
	}
	// The cable is pulled: nothing is heard of it, also not on the stream.
	w.printed = nil
	w.fault("cam", "slow=1h")
	w.at(31*time.Minute + 30*time.Second)
	if len(w.printed) != 1 || !strings.Contains(w.printed[0], "stale\tstart") {
		t.Errorf("printed %q\n%s", w.printed, w.log)
	}
	w.devices["cam"].SetFaults()
}

// A refused stream is asked for seldom, more seldom still where it never was
// given, and each time is told once.
func TestRefusedStream(t *testing.T) {
	for _, test := range []struct {
		first  []piece
		status int
		most   int // openings in half an hour
		least  int
	}{
		{[]piece{{time.Second, beat(noon)}, {time.Second, ""}}, 503, 27, 15},
		{[]piece{{time.Second, beat(noon)}, {time.Second, ""}}, 404, 54, 15}, // each time the older path, too
		{[]piece{{0, "status 404"}}, 404, 18, 4},
		{[]piece{{0, "status 403"}}, 403, 9, 4},
		{[]piece{{0, "status 503"}}, 503, 27, 15},
	} {
		w := newWorld(t, oneCamera, map[string]string{"scripts/a.lua": tellStale("cam")})
		c := w.can("cam", test.first, []piece{{0, fmt.Sprintf("status %d", test.status)}})
		w.start()
		w.at(30 * time.Minute)
		if c.opens > test.most || c.opens < test.least {
			t.Errorf("%d: opened %d times, want %d to %d", test.status, c.opens, test.least, test.most)
		}
		if len(w.printed) != 1 || strings.Count(w.log.String(), "no events") != 1 {
			t.Errorf("%d: %q\n%s", test.status, w.printed, w.log)
		}
		w.end()
	}
}

// A device that drops the stream as soon as it is open is not stormed.
func TestNoStorm(t *testing.T) {
	for _, life := range [][]piece{{{0, ""}}, {{time.Millisecond, beat(noon)}, {0, ""}}} {
		w := newWorld(t, oneCamera, map[string]string{"scripts/a.lua": onEvents("cam", "any")})
		c := w.can("cam", life)
		w.start()
		w.at(10 * time.Minute)
		if c.opens > 40 {
			t.Errorf("opened %d times in ten minutes", c.opens)
		}
		w.end()
	}
}

// The event stream costs an account no login: a wrong password is tried once,
// a lock is waited for, and then events flow.
func TestStreamRespectsTheAccount(t *testing.T) {
	w := newWorld(t, oneCamera, map[string]string{"scripts/a.lua": tellStale("cam")})
	w.devices["cam"].SetPassword("admin", "another")
	w.start()
	w.at(2 * time.Minute)
	w.wantPrinted("0\tstale\tstart\tstale")
	w.clk.Go(func() { w.dev("cam").Retry() }) // still the wrong one
	w.at(time.Hour)
	if n := w.devices["cam"].Counts().RejectedLogins; n > 4 {
		t.Errorf("%d logins were rejected", n)
	}
	w.clk.Go(func() { w.dev("cam").Retry() })
	w.at(time.Hour + time.Minute)
	w.devices["cam"].SetPassword("admin", "simulated")
	w.clk.Go(func() { w.dev("cam").Retry() })
	w.run(10 * time.Second)
	w.wantPrinted("0\tstale\tstart\tstale", "3660\tstale\tstop\tflowing")
	w.end()

	w = newWorld(t, oneCamera, map[string]string{"scripts/a.lua": tellStale("cam")})
	w.start()
	w.at(time.Minute)
	w.fault("cam", "locked@0s-20m")
	w.devices["cam"].SetFaults(sim.Fault{Name: "cut", To: time.Second}, sim.Fault{Name: "locked", To: 20 * time.Minute})
	w.at(50 * time.Minute)
	if len(w.printed) != 2 || !strings.HasSuffix(w.printed[1], "stale\tstop\tflowing") {
		t.Errorf("printed %q\n%s", w.printed, w.log)
	}
}
