package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

// bell is an address that scripts ring, since none of their output is read, and
// what waits for it.
func bell(t *testing.T) (address string, rung func()) {
	rings := make(chan struct{}, 10)
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { rings <- struct{}{} }))
	t.Cleanup(s.Close)
	return s.URL, func() {
		t.Helper()
		select {
		case <-rings:
		case <-time.After(patience):
			t.Fatal("a task that prints nothing waits for the reader of another's output")
		}
	}
}

// stoppedAfter is how long the first motion went on; zero: it was not stopped.
func (p *process) stoppedAfter() time.Duration {
	var began time.Time
	for _, e := range p.device.Journal() {
		switch {
		case e.What == "continuous 0 0 0" && !began.IsZero():
			return e.Start.Sub(began)
		case strings.HasPrefix(e.What, "continuous") && began.IsZero():
			began = e.Start
		}
	}
	return 0
}

// endsWithin kills a process that does not end by itself.
func (p *process) endsWithin(limit time.Duration) int {
	p.t.Helper()
	defer time.AfterFunc(limit, func() {
		p.t.Errorf("it still ran after %v", limit)
		p.cmd.Process.Kill()
	}).Stop()
	return p.ends()
}

// flood fills every pipe, and whatever stands before it.
const flood = `while true do for i = 1, 200 do OUT(("x"):rep(2000)) end hik.sleep(0.001) end`

// TestStalledOutputStopsTheHead: nobody reads stdout, or stderr, or both, the
// pipes are full, and a head turns. Its limit stops it, and Ctrl-C ends the host.
func TestStalledOutputStopsTheHead(t *testing.T) {
	for _, c := range []struct {
		command, unread, out string
	}{
		{"run", "stderr", "print"}, {"run", "stderr", "hik.log.info"}, {"run", "stdout", "io.write"},
		{"run", "stdout stderr", "io.stdout:write"}, {"run", "stderr", "io.stderr:write"},
		{"exec", "stdout", "print"}, {"exec", "stderr", "hik.log.warn"}, {"exec", "stdout stderr", "io.write"}, {"exec", "stderr", "io.stderr:write"},
	} {
		t.Run(c.command+" "+c.unread+" "+c.out, func(t *testing.T) {
			t.Parallel()
			address, rung := bell(t)
			call := strings.NewReplacer("OUT(", strings.Replace(c.out, ":write", ".write", 1)+"(").Replace(flood)
			if strings.Contains(c.out, ":") {
				call = strings.ReplaceAll(call, ".write(", ".write(io."+c.out[3:9]+", ")
			}
			script := `local gate = hik.device("gate")
				hik.spawn(function() ` + call + ` end)
				hik.spawn(function() hik.sleep(0.3) gate:ptz_pan_tilt(40, 0) hik.sleep(60) end)
				hik.spawn(function() hik.sleep(2) hik.http.get("` + address + `") end)`
			args := []string{"run"}
			if c.command == "exec" {
				args = []string{"exec", "-e", script}
			}
			p := startUnread(t, strings.Fields(c.unread), map[string]string{
				"site.yaml":     "limits: {motion: 1s}\n" + turningSite,
				"scripts/a.lua": script,
			}, args...)
			rung()
			for end := time.Now().Add(30 * time.Second); p.stoppedAfter() == 0 && time.Now().Before(end); { // a busy machine begins late
				time.Sleep(10 * time.Millisecond)
			}
			if after := p.stoppedAfter(); after == 0 || after > 5*time.Second {
				t.Errorf("the head was stopped after %v (0: not at all), its limit is 1s", after)
			}
			p.signal(os.Interrupt)
			status := p.endsWithin(8 * time.Second)
			if want := map[string]int{"run": statusOK, "exec": statusFailure}[c.command]; status != want {
				t.Errorf("status %d, want %d", status, want)
			}
			p.atRest()
		})
	}
}

// TestStalledOutputAndSignal: the signal is what stops the head.
func TestStalledOutputAndSignal(t *testing.T) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			address, rung := bell(t)
			p := startUnread(t, []string{"stdout", "stderr"}, nil, "exec", "--device", "http://admin@ADDR", "-e",
				`hik.spawn(function() hik.sleep(1) hik.http.get("`+address+`") end)
				cam:ptz_pan_tilt(40, 0) while true do print(("x"):rep(2000)) end`)
			rung()
			signalled := time.Now()
			p.signal(s)
			if status := p.endsWithin(8 * time.Second); status != statusFailure {
				t.Errorf("status %d", status)
			}
			p.atRest()
			journal := p.device.Journal()
			if late := journal[len(journal)-1].Start.Sub(signalled); late > 5*time.Second {
				t.Errorf("the stop came %v after the signal", late)
			}
		})
	}
}

// TestStalledOutputSecondSignal: nobody reads, and the device does not answer.
func TestStalledOutputSecondSignal(t *testing.T) {
	t.Parallel()
	address, rung := bell(t)
	p := startUnread(t, []string{"stdout", "stderr"}, map[string]string{"site.yaml": turningSite, "scripts/a.lua": `
		hik.spawn(function() hik.device("gate"):ptz_pan_tilt(40, 0) hik.http.get("` + address + `") while true do io.write(("x"):rep(2000)) end end)
		hik.spawn(function() while true do hik.log.info(("x"):rep(2000)) hik.sleep(0.001) end end)
		hik.spawn(function() hik.sleep(1) hik.http.get("` + address + `") end)`}, "run")
	rung()
	rung()
	off, err := sim.ParseFault("offline")
	if err != nil {
		t.Fatal(err)
	}
	p.device.SetFaults(off)
	began := time.Now()
	p.signal(os.Interrupt)
	p.signal(syscall.SIGTERM)
	if status := p.endsWithin(lastResort + 2*time.Second); status != statusFailure {
		t.Errorf("status %d", status)
	}
	if took := time.Since(began); took > lastResort {
		t.Errorf("it took %v", took)
	}
}

// TestLostLinesAreTold: once the log is read again, its own form says how many
// lines are missing, in their place.
func TestLostLinesAreTold(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			address, rung := bell(t)
			p := startUnread(t, []string{"stderr"}, map[string]string{"site.yaml": turningSite, "scripts/a.lua": `
				hik.after(0.1, function()
					for i = 1, 5000 do hik.log.info(("x"):rep(2000)) end
					hik.http.get("` + address + `")
				end)
				hik.every(0.2, function() hik.log.info("later") end)`}, "run", "--log-format", format)
			rung()
			p.unread = nil
			p.read()
			p.logs("lost: nobody read the log")
			told := p.log[len(p.log)-1]
			want := map[string]string{"text": " WRN ", "json": `"level":"WARN","msg":"`}[format]
			if !strings.Contains(told, want) {
				t.Errorf("%q", told)
			}
			p.logs("later")
			p.signal(os.Interrupt)
			p.logs("every head is at rest")
			if status := p.ends(); status != statusOK {
				t.Errorf("status %d", status)
			}
		})
	}
}
