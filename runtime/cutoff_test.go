package runtime

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// night is a job that says when it goes from step to step.
const night = `
	hik.at("12:10", {name = "night", catch_up = "1h"}, function(run)
		print(hik.date("%H:%M", run.scheduled), run.late)
		hik.sleep("20m")
		print("done")
	end)`

// A save in the midst of a run: with catch_up it goes on, at its own time.
func TestRunGoesOnAfterASave(t *testing.T) {
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": night})
	w.start()
	w.run(15 * time.Minute)
	w.write("scripts/a.lua", night+" -- saved")
	w.sync()
	w.run(5 * time.Minute)
	w.write("scripts/a.lua", night+" -- saved again")
	w.sync()
	w.wantLog(`1 running task ended by the reload: night`)
	w.wantLog(`run goes on: it was cut off by a reload" script=a job=night scheduled="2026-03-04 12:10:00"`)
	if last := w.status("night").Last; last == nil || last.Outcome != "" {
		t.Errorf("while it goes on again: %+v", last)
	}
	w.run(time.Hour)
	w.wantPrinted("12:10\t0", "12:10\t300", "12:10\t600", "done")
	if last := w.status("night").Last; last.Outcome != OutcomeOK || last.Duration != 1200 {
		t.Errorf("%+v", last)
	}
	w.write("scripts/a.lua", night+" -- after its end")
	w.sync()
	w.run(time.Minute)
	w.wantPrinted("12:10\t0", "12:10\t300", "12:10\t600", "done")
	if last := w.status("night").Last; last.Outcome != OutcomeOK || last.Duration != 1200 {
		t.Errorf("after a reload: %+v", last)
	}
}

// The end of the host and a crash; a run that was cut off longer ago than
// catch_up is left alone, and stays so.
func TestRunGoesOnAfterARestart(t *testing.T) {
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": night})
	w.start()
	w.run(15 * time.Minute)
	w.end()
	n := w.next(time.Minute, nil)
	n.start()
	n.run(time.Minute)
	n.wantPrinted("12:10\t" + seconds(n.began.Sub(noon)-10*time.Minute))
	n.wantLog("run goes on: it was cut off by the end of the host")
	n.crash()
	again := n.next(time.Minute, nil)
	again.start()
	again.run(time.Minute)
	again.wantPrinted("12:10\t" + seconds(again.began.Sub(noon)-10*time.Minute))
	again.end()
	late := again.next(time.Hour, nil)
	late.start()
	late.run(time.Minute)
	late.wantPrinted()
	if last := late.status("night").Last; last == nil || last.Outcome != OutcomeCancelled || last.Duration == 0 {
		t.Errorf("%+v", last)
	}
	late.write("scripts/a.lua", strings.ReplaceAll(night, "1h", "1d"))
	late.sync()
	late.run(time.Minute)
	late.wantPrinted()
}

// Without catch_up a run ends with the save, and the list of jobs says so.
func TestCutRunIsCancelled(t *testing.T) {
	plain := strings.ReplaceAll(night, `, catch_up = "1h"`, "")
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": plain})
	w.start()
	w.run(15 * time.Minute)
	w.write("scripts/a.lua", plain+" -- saved")
	w.sync()
	w.run(time.Hour)
	w.wantPrinted("12:10\t0")
	w.wantLog(`1 running task ended by the reload: night`)
	if last := w.status("night").Last; last == nil || last.Outcome != OutcomeCancelled || last.Duration != 300 {
		t.Errorf("%+v", last)
	}
}

// hik.resume asks for it until a time, whatever catch_up says.
func TestResume(t *testing.T) {
	const script = `
		hik.at("12:10", {name = "night"}, function(run)
			local till, due = hik.resume("13:00")
			print(run.late, hik.date("%H:%M", till), due == run.scheduled)
			hik.sleep("2h")
		end)
		hik.spawn(function() print("no run", select(2, hik.resume("13:00"))) end)
		hik.on("x", function() print("handler", select(2, hik.resume(hik.now() + 60))) end)
		hik.after(1, function() hik.emit("x") end)
		hik.after("5m", function() hik.resume("12:30") error("out") end)`
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": script})
	w.start()
	w.run(15 * time.Minute)
	w.wantPrinted("no run\tnil", "handler\tnil", "0\t13:00\ttrue")
	w.printed = nil
	w.write("scripts/a.lua", strings.Replace(script, `hik.after("5m"`, `hik.after("3h"`, 1))
	w.sync()
	w.wantPrinted("no run\tnil", "300\t13:00\ttrue")
	w.crash()
	n := w.next(29*time.Minute, nil) // 12:44
	n.start()
	n.run(0)
	n.wantPrinted("no run\tnil", seconds(n.began.Sub(noon)-10*time.Minute)+"\t13:00\ttrue")
	n.end()
	late := n.next(20*time.Minute, nil)
	late.start()
	late.run(time.Minute)
	late.wantPrinted("no run\tnil", "handler\tnil")
}

// A job that the script has no more is forgotten: when it comes back it does
// not go on.
func TestCutRunOfAJobThatIsGone(t *testing.T) {
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": night})
	w.start()
	w.run(15 * time.Minute)
	w.write("scripts/a.lua", "-- nothing")
	w.sync()
	w.write("scripts/a.lua", night)
	w.sync()
	w.run(time.Minute)
	w.wantPrinted("12:10\t0")

	w.run(24*time.Hour - 3*time.Minute) // 12:13
	w.end()
	w.remove("scripts/a.lua")
	n := w.next(0, nil)
	n.start()
	n.run(time.Minute)
	n.write("scripts/a.lua", night)
	n.sync()
	n.run(time.Minute)
	n.wantPrinted()
}

// A run that may finish in the old version does not begin a second time beside it.
func TestFinishingRunIsNotBegunAgain(t *testing.T) {
	finish := strings.ReplaceAll(night, `"1h"`, `"1h", on_reload = "finish"`)
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": finish})
	w.start()
	w.run(15 * time.Minute)
	w.write("scripts/a.lua", finish+" -- saved")
	w.sync()
	w.run(time.Minute)
	w.wantPrinted("12:10\t0")
	w.end()
	n := w.next(0, nil)
	n.start()
	n.run(time.Hour)
	n.wantPrinted("12:10\t"+seconds(n.began.Sub(noon)-10*time.Minute), "done")
}

func (w *world) status(job string) JobStatus {
	w.t.Helper()
	for _, j := range w.host.Status().Jobs {
		if j.Name == job {
			return j
		}
	}
	w.t.Fatalf("no job %q", job)
	return JobStatus{}
}

func seconds(d time.Duration) string { return fmt.Sprint(d.Seconds()) }
