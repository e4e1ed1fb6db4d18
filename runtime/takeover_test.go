package runtime

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/store"
	"github.com/hiklua/hiklua/runtime/store/logtest"
)

// pair is two hosts that share a site, its devices and the log of its state, in
// virtual time.
type pair struct {
	t       *testing.T
	dir     string
	site    *site.Site
	clk     *clock.Virtual
	log     *logtest.Log
	devices map[string]*sim.Device
	holders int
	printed []string // by the holders that lived
	logged  bytes.Buffer
}

// holder is a host that has the share.
type holder struct {
	*Host
	pair *pair
	dead bool // nothing of it reaches a device, or a person
	stop context.CancelFunc
}

func newPair(t *testing.T, yaml string, files map[string]string) *pair {
	w := newWorld(t, yaml, files)
	p := &pair{t: t, dir: w.dir, site: w.host.Site(), clk: w.clk, log: logtest.New(w.clk, store.ErrFenced), devices: make(map[string]*sim.Device)}
	return p
}

// take starts a host that has taken the share.
func (p *pair) take(former time.Time) *holder {
	p.t.Helper()
	h := &holder{pair: p}
	p.holders++
	conf, err := site.Load(p.dir, noEnv)
	if err != nil {
		p.t.Fatal(err)
	}
	p.clk.Do(func() {
		h.Host, err = New(Config{
			Site: conf, Clock: p.clk, Log: slog.New(slog.NewTextHandler(&p.logged, nil)), Version: "test",
			State: filepath.Join(p.dir, fmt.Sprint("holder", p.holders), "state.db"), StateLog: &reach{p.log.Hold(), h}, TakenOver: former,
			Transport: func(d site.Device) (http.RoundTripper, error) {
				dev := p.devices[d.Name]
				if dev == nil {
					dev = sim.New(sim.Options{Name: d.Name, Model: sim.PTZ, Clock: p.clk, Username: "admin", Password: "simulated"})
					p.devices[d.Name] = dev
				}
				return roundTrip(func(r *http.Request) (*http.Response, error) {
					if h.dead {
						clock.WaitFor(r.Context(), p.clk.NewWaiter())
						return nil, r.Context().Err()
					}
					return dev.Transport().RoundTrip(r)
				}), nil
			},
			Print: func(_, text string) {
				if !h.dead {
					p.printed = append(p.printed, text)
				}
			},
		})
	})
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, stop := clock.WithCancel(context.Background())
	h.stop = stop
	p.clk.Go(func() { h.Run(ctx, nil) })
	p.t.Cleanup(func() {
		stop()
		p.clk.RunFor(time.Minute)
	})
	return h
}

// reach is the log to a holder, as long as that lives.
type reach struct {
	*logtest.Term
	holder *holder
}

func (r *reach) Append(ctx context.Context, data []byte) (uint64, error) {
	if r.holder.dead {
		clock.WaitFor(ctx, r.holder.pair.clk.NewWaiter())
		return 0, logtest.ErrUnknown
	}
	return r.Term.Append(ctx, data)
}

// kill ends a holder without a word.
func (h *holder) kill() time.Time {
	h.dead = true
	return h.clk.Now()
}

func (p *pair) want(lines ...string) {
	p.t.Helper()
	if !slices.Equal(p.printed, lines) {
		p.t.Errorf("printed\n  %s\nwant\n  %s\nlog:\n%s", strings.Join(p.printed, "\n  "), strings.Join(lines, "\n  "), &p.logged)
	}
}

const byClock = `
	hik.at("12:30", {name = "half"}, function(run) print("half", run.late) end)
	hik.cron("*/5 * * * *", {name = "five"}, function(run) print("five", os.date("!%H:%M", run.scheduled)) end)`

// Whenever the holder dies, and whenever another one takes over: each time of the
// clock begins one run.
func TestRunsBeginOnceOverATakeover(t *testing.T) {
	for _, death := range []time.Duration{-9 * time.Second, -time.Second, -time.Millisecond, 0, time.Millisecond, 3 * time.Second} {
		gaps := []time.Duration{8 * time.Second, 0, time.Second, 40 * time.Second}
		if testing.Short() {
			gaps = gaps[:1]
		}
		for _, gap := range gaps {
			t.Run(fmt.Sprint(death, gap), func(t *testing.T) {
				p := newPair(t, oneHead, map[string]string{"scripts/a.lua": byClock})
				p.log.Break(2*time.Millisecond, nil)
				a := p.take(time.Time{})
				p.clk.Run(noon.Add(30*time.Minute + death))
				former := a.kill()
				p.clk.RunFor(gap)
				p.take(former)
				p.clk.Run(noon.Add(36 * time.Minute))
				half, five := 0, make(map[string]int)
				for _, line := range p.printed {
					if strings.HasPrefix(line, "half") {
						half++
					} else {
						five[line]++
					}
				}
				// The log may have that it begins, and the host dies before it does.
				between := death == 0 || death == time.Millisecond
				if half != 1 && !(between && half == 0) {
					t.Error("half:", half)
				}
				for _, at := range []string{"12:05", "12:25", "12:30", "12:35"} {
					if n := five["five\t"+at]; n != 1 && !(between && n == 0 && at == "12:30") {
						t.Error(at, n, "times:", p.printed)
					}
				}
				if t.Failed() {
					t.Log(&p.logged)
				}
			})
		}
	}
}

// What is due while the scripts of the next holder load was missed for the takeover.
func TestARunThatIsDueDuringTheLoad(t *testing.T) {
	p := newPair(t, oneHead, map[string]string{"scripts/a.lua": byClock + "hik.sleep(3)"})
	a := p.take(time.Time{})
	p.clk.Run(noon.Add(29*time.Minute + 50*time.Second))
	former := a.kill()
	p.clk.RunFor(8 * time.Second)
	p.take(former)
	p.clk.Run(noon.Add(34 * time.Minute))
	for _, line := range []string{"half\t", "five\t12:30"} {
		if n := len(slices.DeleteFunc(slices.Clone(p.printed), func(s string) bool { return !strings.HasPrefix(s, line) })); n != 1 {
			t.Error(line, n, "times:", p.printed, &p.logged)
		}
	}
}

// A host that hands its share over in the moment in which a run is due leaves it to
// the next holder, though the log has that it begins.
func TestARunIsHandedOver(t *testing.T) {
	p := newPair(t, oneHead, map[string]string{"scripts/a.lua": byClock})
	a := p.take(time.Time{})
	p.clk.Run(noon.Add(29 * time.Minute))
	p.log.Break(20*time.Millisecond, nil)
	p.clk.Run(noon.Add(30*time.Minute + 10*time.Millisecond))
	a.stop()
	p.clk.RunFor(time.Second)
	p.take(p.clk.Now())
	p.clk.Run(noon.Add(34 * time.Minute))
	for _, line := range []string{"half\t", "five\t12:30"} {
		if n := len(slices.DeleteFunc(slices.Clone(p.printed), func(s string) bool { return !strings.HasPrefix(s, line) })); n != 1 {
			t.Error(line, n, "times:", p.printed, &p.logged)
		}
	}
}

// The clocks of two hosts are not quite the same: what has begun by that of the
// former holder does not begin again by the one of the next.
func TestTheFormerHoldersClockWasAhead(t *testing.T) {
	p := newPair(t, oneHead, map[string]string{"scripts/a.lua": byClock})
	a := p.take(time.Time{})
	p.clk.Run(noon.Add(30 * time.Minute))
	p.clk.RunFor(time.Second)
	a.kill()
	p.clk.Jump(-5 * time.Second)
	p.take(a.clk.Now())
	p.clk.Run(noon.Add(34 * time.Minute))
	for _, line := range []string{"half\t0", "five\t12:30"} {
		if n := len(slices.DeleteFunc(slices.Clone(p.printed), func(s string) bool { return s != line })); n != 1 {
			t.Error(line, n, "times:", p.printed)
		}
	}
}

// A host that has lost the share without knowing it begins no run: the log refuses
// it, or does not answer.
func TestNoRunWithoutTheLog(t *testing.T) {
	for name, fault := range map[string]logtest.Fault{"fenced": logtest.None, "no answer": logtest.Hang, "refused": logtest.Refused} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, oneHead, map[string]string{"scripts/a.lua": `
				hik.at("12:30", {name = "half", overlap = "allow"}, function(run) print("half") end)
				hik.every("10m", {name = "ten"}, function(run) print("ten") end)
				hik.every("20s", {name = "short"}, function(run) hik.state.n = (hik.state.n or 0) + 1 end)`})
			p.take(time.Time{})
			p.clk.Run(noon.Add(29 * time.Minute))
			p.want("ten", "ten")
			if fault == logtest.None {
				p.log.Hold()
			} else {
				p.log.Break(0, func([]byte) logtest.Fault { return fault })
			}
			p.clk.Run(noon.Add(35 * time.Minute))
			p.want("ten", "ten")
			if !strings.Contains(p.logged.String(), "run not started") {
				t.Error(&p.logged)
			}
			if fault == logtest.None && !strings.Contains(p.logged.String(), "another host has taken this share") {
				t.Error(&p.logged)
			}
			p.log.Break(0, nil)
		})
	}
}

// The engine chooses another leader: a run waits for that, and begins late.
func TestARunWaitsForTheLog(t *testing.T) {
	p := newPair(t, oneHead, map[string]string{"scripts/a.lua": byClock})
	p.take(time.Time{})
	p.clk.Run(noon.Add(30*time.Minute - time.Second))
	p.log.Break(0, func([]byte) logtest.Fault { return logtest.Hang })
	p.clk.RunFor(9 * time.Second)
	p.log.Break(0, nil)
	p.clk.RunFor(30 * time.Second)
	n := 0
	for _, line := range p.printed {
		if strings.HasPrefix(line, "half") {
			n++
		}
	}
	if n != 1 {
		t.Error(p.printed, &p.logged)
	}
}

// Older than a minute is for catch_up, as after a restart; a beat that was missed by
// less is made up, and all later ones come when they would have come.
func TestBeatsAndCatchUpOverATakeover(t *testing.T) {
	p := newPair(t, oneHead, map[string]string{"scripts/a.lua": `
		local function tell(run) print(run.name, os.date("!%H:%M:%S", hik.now())) end
		hik.every("7m", {name = "seven"}, tell)
		hik.every("20s", {name = "short", between = "12:21-12:23"}, tell)
		hik.at("12:16", {name = "old"}, tell)
		hik.at("12:17", {name = "caught", catch_up = "1h"}, tell)`})
	p.clk.RunFor(3 * time.Second)
	a := p.take(time.Time{})
	p.clk.Run(noon.Add(15 * time.Minute))
	former := a.kill()
	p.clk.Run(noon.Add(21*time.Minute + 10*time.Second))
	p.take(former)
	p.clk.Run(noon.Add(29 * time.Minute))
	slices.Sort(p.printed)
	p.want("caught\t12:21:10", "seven\t12:07:03", "seven\t12:14:03", "seven\t12:21:10", "seven\t12:28:03",
		"short\t12:21:23", "short\t12:21:43", "short\t12:22:03", "short\t12:22:23", "short\t12:22:43")
}

// What was cut off goes on where it is asked for, with what hik.state has.
func TestToursGoOnOverATakeover(t *testing.T) {
	p := newPair(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.at("12:10", {name = "tour"}, function(run)
			hik.resume("13:00")
			for i = (hik.state.step or 0) + 1, 4 do
				hik.state.step = i
				print("step", i)
				hik.sleep("1m")
			end
		end)`})
	a := p.take(time.Time{})
	p.clk.Run(noon.Add(11*time.Minute + 30*time.Second))
	former := a.kill()
	p.clk.RunFor(8 * time.Second)
	p.take(former)
	p.clk.Run(noon.Add(20 * time.Minute))
	p.want("step\t1", "step\t2", "step\t3", "step\t4")
}

// A script that is set aside stays so.
func TestAScriptStaysAside(t *testing.T) {
	p := newPair(t, oneHead, map[string]string{"scripts/a.lua": `print("loaded")`})
	a := p.take(time.Time{})
	p.clk.RunFor(time.Second)
	p.clk.Do(func() {
		if err := a.HoldScript("a"); err != nil {
			t.Error(err)
		}
	})
	p.take(a.kill())
	p.clk.RunFor(time.Minute)
	p.want("loaded")
}

// An alarm that goes on is told of once, one that has ended meanwhile as ended, and
// the gap as one in which nothing is known.
func TestAlarmsOverATakeover(t *testing.T) {
	p := newPair(t, oneHead, map[string]string{"scripts/a.lua": `
		for _, what in ipairs{"motion", "video_loss", "stale"} do
			hik.on("gate:" .. what, {name = what, state = "both", overlap = "allow"}, function(ev)
				print(what, ev.state, os.date("!%H:%M:%S", ev.time))
				if ev.till then print(ev.till - ev.since) end
			end)
		end`})
	a := p.take(time.Time{})
	p.clk.RunFor(10 * time.Second)
	gate := p.devices["gate"]
	gate.Raise(sim.Alert{Type: "motion", Channel: 1})
	gate.Raise(sim.Alert{Type: "video_loss", Channel: 1})
	p.clk.RunFor(20 * time.Second)
	p.want("motion\tstart\t12:00:10", "video_loss\tstart\t12:00:10")
	p.printed = nil
	former := a.kill()
	p.clk.RunFor(4 * time.Second)
	gate.Clear(sim.Alert{Type: "video_loss", Channel: 1})
	p.clk.RunFor(4 * time.Second)
	p.take(former)
	p.clk.RunFor(2 * time.Minute)
	gate.Clear(sim.Alert{Type: "motion", Channel: 1})
	p.clk.RunFor(time.Minute)
	for i, want := range []string{"stale\tstart\t12:00:30", "stale\tstop\t12:00:38", "8", "video_loss\tstop\t12:00:", "motion\tstop\t12:02:4"} {
		if len(p.printed) == 5 && strings.HasPrefix(p.printed[i], want) {
			continue
		}
		t.Error(strings.Join(p.printed, "\n"), &p.logged)
	}
	// What has ended is forgotten.
	p.printed = nil
	p.take(p.clk.Now())
	p.clk.RunFor(time.Minute)
	p.want()
}
