package runtime

import (
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/schedule"
)

const catchUps = `
	hik.at("12:30", {name = "half", catch_up = "1h"}, function(run) print("half", run.late) end)
	hik.at("12:31", {name = "never"}, function(run) print("never", run.late) end)
	hik.every("10m", {name = "ten", catch_up = "1h"}, function(run) print("ten", run.late) end)
	hik.after("20m", {name = "once"}, function(run) print("once", run.late) end)`

// The host was down from 12:15 to 13:00: the runs of 12:30 are made up where
// that was asked for, of several the latest, and only once.
func TestMissedWhileTheHostWasDown(t *testing.T) {
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": catchUps})
	w.start()
	w.run(15 * time.Minute)
	w.end()
	w.wantPrinted("ten\t0")
	down := noon.Add(time.Hour).Sub(w.clk.Now())
	n := w.next(down, nil)
	n.start()
	n.run(time.Minute)
	n.wantPrinted("half\t1800", "ten\t0") // 13:00 is the sixth
	n.wantLog(`run made up: it was missed while the host was down" script=a job=half scheduled="2026-03-04 12:30:00"`)

	again := n.next(time.Second, nil)
	again.start()
	again.run(5 * time.Minute)
	again.wantPrinted()
}

// A crash right after a run: it had begun and ended, and is not made up.
func TestEndedRunIsNotMadeUp(t *testing.T) {
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.at("12:30", {name = "half", catch_up = "1h"}, function(run) print("half") hik.sleep(1) end)`})
	w.start()
	w.run(30*time.Minute + 2*time.Second)
	w.wantPrinted("half")
	w.crash()
	n := w.next(time.Minute, nil)
	n.start()
	n.run(time.Minute)
	n.wantPrinted()
}

// Too long ago, or before the script was there for the first time: not made up.
func TestNotMissedByTheHost(t *testing.T) {
	const job = `hik.at("12:30", {name = "half", catch_up = "1h"}, function(run) print("half", run.late) end)`
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": job})
	w.start()
	w.run(time.Minute)
	n := w.next(2*time.Hour, map[string]string{"scripts/b.lua": job})
	n.start()
	n.run(time.Minute)
	n.wantPrinted()

	// The host runs at 12:30 of the next day, the script is switched off.
	off := n.next(20*time.Hour, nil)
	off.remove("scripts/a.lua")
	off.remove("scripts/b.lua")
	off.start()
	off.run(3 * time.Hour)
	off.write("scripts/a.lua", job)
	off.sync()
	off.run(time.Minute)
	off.wantPrinted()
}

// The machine sleeps, which a host sees as a clock that jumps.
func TestMissedWhileTheMachineSlept(t *testing.T) {
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": catchUps + `
		hik.at("12:45", {name = "short", catch_up = "10m"}, function() print("short") end)
		hik.every("25m", {name = "plain"}, function(run) print("plain", run.late) end)`})
	w.start()
	w.run(15 * time.Minute)
	w.printed = nil
	w.clk.Jump(46 * time.Minute) // it is 13:01
	w.run(time.Minute)
	w.wantPrinted("once\t2460", "ten\t60", "plain\t660", "half\t1860")
	w.wantLog(`run missed: the machine was asleep, or its clock was set" script=a job=never scheduled="2026-03-04 12:31:00"`)
	w.wantLog(`script=a job=short scheduled="2026-03-04 12:45:00"`)
	w.printed = nil
	w.run(7 * time.Minute)
	w.wantPrinted()
	w.run(2 * time.Minute)
	w.wantPrinted("ten\t0")
}

func TestCatchUpIsForClockTimes(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `hik.after(5, {catch_up = "1h"}, print)`})
	w.start()
	w.run(time.Second)
	w.wantLog(`unknown option \"catch_up\"`)
}

func TestLatestRun(t *testing.T) {
	cron := func(spec string) schedule.Schedule {
		s, err := schedule.ParseCron(spec, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, test := range []struct {
		spec         string
		after, until time.Duration
		want         time.Duration // -1: none
	}{
		{"30 12 * * *", 0, time.Hour, 30 * time.Minute},
		{"30 12 * * *", 0, 30 * time.Minute, 30 * time.Minute},
		{"30 12 * * *", 30 * time.Minute, time.Hour, -1},
		{"* * * * * *", 0, 30 * 24 * time.Hour, 30 * 24 * time.Hour},
		{"30 12 * * *", 0, 100 * 24 * time.Hour, 99*24*time.Hour + 30*time.Minute},
		{"30 12 * * *", time.Hour, time.Hour, -1},
		{"30 12 * * *", time.Hour, 0, -1},
	} {
		got := latestRun(cron(test.spec), noon.Add(test.after), noon.Add(test.until))
		if test.want < 0 && !got.IsZero() || test.want >= 0 && !got.Equal(noon.Add(test.want)) {
			t.Errorf("%+v: %v", test, got)
		}
	}
}
