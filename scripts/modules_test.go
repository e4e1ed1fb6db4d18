package scripts_test

import (
	"strings"
	"testing"
	"time"
)

func TestSweep(t *testing.T) {
	w := play(t, `
		local sweep = require "hik.sweep"
		local yard = hik.device("gate"):channel("yard")
		hik.spawn(function()
			for _, stop in ipairs(sweep.run(yard, {1, 2, 200}, {save = true, home = 3, settle = "2s"})) do
				print(stop.preset, stop.path and stop.path:match("data/(.*)") or "no file", stop.error and stop.error.kind)
			end
			local ok, err = pcall(sweep.run, yard, {201, 202})
			print(ok, err.kind)
			print(select(2, pcall(function() sweep.run(yard, {1}, {sav = true}) end)))
			print(select(2, pcall(function() sweep.run(yard, {}) end)))
		end)`, 5*time.Minute)
	for i, line := range w.printed {
		w.printed[i] = line[strings.IndexByte(line, ' ')+1:]
	}
	w.expect("printed", w.printed,
		"1\tsweeps/gate-yard/2026-03-04/12-00-03-1.jpg\tnil",
		"2\tsweeps/gate-yard/2026-03-04/12-00-07-2.jpg\tnil",
		"200\tno file\tforbidden",
		"false\tforbidden",
		`scripts/test.lua:10: sweep.run: unknown option "sav" (did you mean "save"?)`,
		`scripts/test.lua:11: sweep.run: the presets must be a list of numbers or names, such as {1, 2, "door"}, not a table`)
	w.expect("visits", w.visits(), "0 goto 1", "4 picture", "4 goto 2", "8 picture", "8 goto 3")
	w.expect("files", w.files(), "sweeps/gate-yard/2026-03-04/12-00-03-1.jpg", "sweeps/gate-yard/2026-03-04/12-00-07-2.jpg")
}

func TestTour(t *testing.T) {
	w := play(t, `
		local tour = require "hik.tour"
		local yard = hik.device("gate"):channel("yard")
		hik.spawn(function()
			local count = tour.run(yard, {
				{preset = 1, dwell = "20s", snapshot = true},
				{preset = 2, snapshot = "{preset}.jpg"},
			}, {till = "12:02", home = 3})
			print(hik.json.encode(count))
			count = tour.run(yard, {{preset = 4, dwell = 5, snapshot = function(pic, stop) print(pic.content_type, stop.preset) end}}, {rounds = 2})
			print(hik.json.encode(count))
			print(select(2, pcall(function() tour.run(yard, {{preset = 1, dwel = 3}}) end)))
			print(select(2, pcall(function() tour.run(yard, {{preset = 1, dwell = "long"}}) end)))
			print(select(2, pcall(function() tour.run(yard, {{preset = 0}}, {rounds = 1}) end)))
		end)`, 5*time.Minute)
	w.expect("printed", w.printed,
		`120 {"errors":0,"rounds":4,"snapshots":7,"stops":7,"yielded":0}`,
		"123 image/jpeg\t4", "130 image/jpeg\t4",
		`136 {"errors":0,"rounds":2,"snapshots":2,"stops":2,"yielded":0}`,
		`136 scripts/test.lua:12: tour.run, stop 1: unknown option "dwel" (did you mean "dwell"?)`,
		`136 scripts/test.lua:13: tour.run, stop 1: dwell = "long": no duration (such as 90s, 1m30s, 2d)`,
		"136 scripts/test.lua:14: tour.run, stop 1: preset = 0: no preset, which is a number from 1 on or a name")
	w.expect("visits", w.visits(),
		"0 goto 1", "2 picture", "22 goto 2", "24 picture", "34 goto 1", "36 picture", "56 goto 2", "58 picture",
		"68 goto 1", "70 picture", "90 goto 2", "92 picture", "102 goto 1", "104 picture",
		"120 goto 3", "120 goto 4", "123 picture", "128 goto 4", "130 picture")
	w.expect("files", w.files(),
		"2.jpg", "tours/gate-yard/2026-03-04/12-00-01-1.jpg", "tours/gate-yard/2026-03-04/12-00-35-1.jpg",
		"tours/gate-yard/2026-03-04/12-01-09-1.jpg", "tours/gate-yard/2026-03-04/12-01-43-1.jpg")
}

// Somebody moves the head: the tour waits until it has rested for a while.
func TestTourYields(t *testing.T) {
	w := play(t, `
		local tour = require "hik.tour"
		local yard = hik.device("gate"):channel("yard")
		hik.spawn(function()
			print(hik.json.encode(tour.run(yard, {{preset = 1, dwell = "30s"}, {preset = 2, dwell = "30s"}}, {rounds = 1, yield = "20s"})))
		end)
		hik.after("15s", function() yard:ptz_pan_tilt(50, 0, {duration = "2s"}) end)
		hik.after("25s", function() yard:ptz_pan_tilt(-50, 0, {duration = "2s"}) end)`, 5*time.Minute)
	w.expect("printed", w.printed, `80 {"errors":0,"rounds":1,"snapshots":0,"stops":2,"yielded":1}`)
	w.expect("visits", w.visits(), "0 goto 1", "48 goto 2")
}

// A preset that is missing is told once, and passed over.
func TestTourGoesOn(t *testing.T) {
	w := play(t, `
		local tour = require "hik.tour"
		local yard = hik.device("gate"):channel("yard")
		hik.spawn(function()
			local count = tour.run(yard, {{preset = 1, dwell = "10s"}, {preset = 250, dwell = "10s"}}, {rounds = 2, on_error = function(err, stop)
				print(stop.preset, err.kind)
			end})
			print(hik.json.encode(count))
		end)`, 5*time.Minute)
	w.expect("printed", w.printed,
		"0 250\tmisuse",
		`24 {"errors":1,"rounds":2,"snapshots":0,"stops":2,"yielded":0}`)
}

func TestTimelapse(t *testing.T) {
	w := play(t, `
		local timelapse = require "hik.timelapse"
		local yard = hik.device("gate"):channel("yard")
		print(timelapse.start(yard, "10m", {between = "12:15-12:45", preset = 2, label = "site"}))
		timelapse.start(yard, "30m", {between = "12:25-12:45", name = "elsewhere", file = "lapse/{device}-{channel}/{date}/{time}.jpg"})
		print(select(2, pcall(timelapse.start, yard, "10m", {betwen = "x"})))`, time.Hour)
	w.expect("printed", w.printed,
		"0 job timelapse gate/yard",
		`0 timelapse.start: unknown option "betwen" (did you mean "between"?)`)
	w.expect("visits", w.visits(), "1200 goto 2", "1202 picture", "1800 picture", "1800 goto 2", "1802 picture", "2400 goto 2", "2402 picture")
	w.expect("files", w.files(), "archive/gate/1/2026-03-04/12-20-02.jpg",
		"archive/gate/1/2026-03-04/12-30-02.jpg", "archive/gate/1/2026-03-04/12-40-02.jpg", "lapse/gate-yard/2026-03-04/12-30-00.jpg")
}

func TestRetry(t *testing.T) {
	w := play(t, `
		local retry = require "hik.retry"
		local seconds = require "hik.seconds"
		hik.spawn(function()
			local tries = 0
			print(retry(function()
				tries = tries + 1
				if tries < 3 then error({kind = "busy", message = "busy", retryable = true}) end
				return tries, nil, "more"
			end, {pause = 2}))
			print(select(2, pcall(retry, function() error({kind = "misuse", message = "wrong"}) end)).kind)
			print(seconds("1m30s"), seconds(5), seconds("500ms"), seconds("15"), pcall(seconds, "1 hour"))
		end)`, time.Minute)
	w.expect("printed", w.printed,
		"6 3\tnil\tmore", "6 misuse",
		`6 90	5	0.5	15	false	"1 hour" is not a duration (such as 90s, 1m30s, 2d)`)
}
