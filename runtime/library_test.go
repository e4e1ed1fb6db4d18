package runtime

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// off puts a camera out of reach while its result is set.
func (w *world) off(device string) *bool {
	off := new(bool)
	w.via[device] = func(r *http.Request, device http.RoundTripper) (*http.Response, error) {
		if *off {
			return nil, errors.New("connection refused")
		}
		return device.RoundTrip(r)
	}
	return off
}

// What fails in hiklua's own modules is told with the line of the script that called them, and without their insides.
func TestErrorsOfTheLibraryHaveTheLineOfTheScript(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"scripts/lapse.lua": `
			local timelapse = require "hik.timelapse"
			timelapse.start(hik.device("gate"):channel("yard"), "10s")`,
		"scripts/sweep.lua": `
			local sweep = require "hik.sweep"
			hik.every("1m", function()
				sweep.run(hik.device("gate"):channel("yard"), {1, 2}, {home = 3})
			end)`,
		"scripts/retry.lua": `
			hik.after("1m", function()
				local ok, err = pcall(require "hik.retry", function()
					return hik.snapshot("gate", "yard")
				end)
				print(err.file, err.line, err.traceback:gsub("\n.*", ""))
			end)`,
	})
	off := w.off("gate")
	*off = true
	w.start()
	w.run(10 * time.Minute)
	log := w.log.String()
	for _, place := range []string{`job="timelapse gate/yard" line=scripts/lapse.lua:3 `, `level=ERROR msg="gate: preset 1: offline: connection refused" script=sweep task="sweep/every 1m#1" job="every 1m" line=scripts/sweep.lua:4 `} {
		if !strings.Contains(log, place) {
			t.Errorf("the log lacks %s:\n%s", place, log)
		}
	}
	w.wantLog("preset 1 not taken: gate: preset 1: offline: connection refused")
	if strings.Contains(log, "hiklua:") || strings.Count(log, "level=ERROR") != 2 || strings.Count(log, "not taken") != 2 {
		t.Error(log)
	}
	w.wantPrinted("scripts/retry.lua\t4\tscripts/retry.lua:4: in the function of scripts/retry.lua:3, which called snapshot\t1")
}

// A sweep that runs into the timeout of its job, or is cancelled, goes home.
func TestSweepReachesHome(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		local sweep = require "hik.sweep"
		local yard = hik.device("gate"):channel("yard")
		hik.after("1m", {timeout = "10s"}, function() sweep.run(yard, {1, 2}, {settle = "20s", home = 3}) end)
		local task = hik.spawn(function() hik.sleep("2m") sweep.run(yard, {1, 2}, {settle = "20s", home = 3}) end)
		hik.after("125s", function() task:cancel() end)
		hik.after("3m", function() print(pcall(sweep.run, yard, {201}, {home = 3})) yard:preset(4) end)`})
	w.start()
	w.run(10 * time.Minute)
	if got := w.visited(); got != "1 3 1 3 3 4" {
		t.Errorf("%s\n%s", got, w.log)
	}
}

// Numbers may be text, as they are in vars of site.yaml.
func TestRetryTakesNumbersAsText(t *testing.T) {
	w := newWorld(t, "vars: {tries: \"3\"}\n"+oneHead, map[string]string{"scripts/a.lua": `
		local retry = require "hik.retry"
		hik.spawn(function()
			local tries = 0
			print(pcall(retry, function() tries = tries + 1 error({kind = "busy", message = "busy", retryable = true}) end, {times = hik.vars.tries, pause = "1s"}))
			print(tries)
			tries = 0
			print((pcall(retry, function() tries = tries + 1 error("plain", 0) end, {all = true, times = 2, pause = 0})), tries)
		end)`})
	w.start()
	w.run(time.Minute)
	w.wantPrinted(`false	{kind = "busy", message = "busy", retryable = true}`, "3", "false\t2")
}

// A snapshot tells how large it is, also once it is archived; one without a header does not.
func TestSnapshotTellsItsPixels(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.spawn(function()
			local main, sub = hik.snapshot("gate", "yard"), hik.snapshot("gate", "yard", {stream = "sub"})
			print(main.width > sub.width, main.height > sub.height, main.width)
			main:archive{}
			print(main.width, main.height)
		end)`})
	w.start()
	w.run(time.Minute)
	if len(w.printed) != 2 || !strings.HasPrefix(w.printed[0], "true\ttrue\t") || !strings.HasPrefix(w.printed[1], strings.Split(w.printed[0], "\t")[2]+"\t") {
		t.Error(w.printed, w.log)
	}
}
