package rehearsal

import (
	"testing"
	"time"
)

func TestFindingsOfJobs(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of sites in virtual time, which has no races")
	}
	for name, c := range map[string]findingCase{
		"a run that was left out": {
			scripts: map[string]string{"a": `hik.every("1m", {name = "slow"}, function(run)
  hik.sleep(run.scheduled % 3600 == 0 and 150 or 5)
end)`},
			span: 4 * time.Hour,
			want: []string{
				`01-14 14:01:00 run_skipped a:1 6 times: a run of slow (every 1m) was left out, since the one before still went on: one took 2m30s`,
			},
			remedy: "let it run less often, give it a timeout, or overlap = \"queue\" to make up for what was left out",
		},
		"a job without a name": {
			scripts: map[string]string{"a": `hik.at("03:00", function() end)`},
			span:    4 * time.Hour,
			want:    []string{`01-14 13:00:00 never_runs a:1: at 03:00 does not run in this span; next Thu 2026-01-15 03:00`},
			remedy:  "rehearse a span that has that time",
		},
		"a run that never ends": {
			scripts: map[string]string{"a": `hik.cron("*/10 * * * *", {name = "stuck"}, function()
  hik.device("gate"):wait("motion")
end)`},
			span: 4 * time.Hour,
			want: []string{
				`01-14 13:10:00 run_skipped a:1 23 times: a run of stuck (cron */10 * * * *) was left out, since the one before still went on: one goes on after 4h`,
			},
			remedy: "let it run less often, give it a timeout, or overlap = \"queue\" to make up for what was left out",
		},
		"runs that pile up": {
			scripts: map[string]string{"a": `hik.every("10m", {name = "pile", overlap = "queue"}, function() hik.sleep("11m") end)
hik.every("10m", {name = "side by side", overlap = "allow"}, function() hik.sleep("12m") end)`},
			span: 4 * time.Hour,
			want: []string{
				`01-14 13:00:00 run_too_long a:1: a run of pile (every 10m) takes longer than the time until the next, which is 10m: one took 11m`,
				`01-14 13:00:00 run_too_long a:2: a run of side by side (every 10m) takes longer than the time until the next, which is 10m: one took 12m`,
			},
			remedy: "let it run less often, or give it a timeout: with overlap = \"queue\" they pile up",
		},
		"a queue that is full": {
			scripts: map[string]string{"a": `hik.every("1m", {name = "full", overlap = "queue"}, function() hik.sleep("2m") end)`},
			span:    time.Hour,
			want: []string{
				`01-14 13:34:00 run_skipped a:1 13 times: a run of full (every 1m) was left out, since 16 waited already for the one before: one took 2m`,
			},
			remedy: "let it run less often, or give it a timeout: the queue grows",
		},
		"a tour that is due to end": {
			scripts: map[string]string{"a": onYard(`local tour = require "hik.tour"
hik.at("14:00", {name = "tour"}, function()
  tour.run(yard, {{preset = 1, dwell = "20s"}, {preset = 2, dwell = "20s"}}, {till = "22:00", home = 1})
end)`)},
			span: 4 * time.Hour,
		},
		"a job that was registered later": {
			scripts: map[string]string{"a": `hik.at("14:00", function() hik.at("13:30", print) hik.cron("0 14 * * *", print) end)`},
			span:    4 * time.Hour,
		},
		"never in the span": {
			scripts: map[string]string{"a": `hik.cron("0 4 * * sun", {name = "sunday"}, print)
hik.at("2026-01-13 10:00", {name = "past"}, print)
hik.every("30d", {name = "month"}, print)
hik.on("burglar", print)
hik.at("14:00", function() hik.after("2d", print) end)`},
			span: 24 * time.Hour,
			want: []string{
				`01-14 13:00:00 never_runs a:3: month (every 30d) does not run in this span; next Fri 2026-02-13 13:00`,
				`01-14 13:00:00 never_runs a:2: past (at 2026-01-13 10:00) never runs: 2026-01-13 10:00 is past`,
				`01-14 13:00:00 never_runs a:1: sunday (cron 0 4 * * sun) does not run in this span; next Sun 2026-01-18 04:00`,
			},
			remedy: "if it should, look at its time, days and between; to see it run, rehearse a span that has that time (--from, --for)",
		},
		"no sunset": {
			yaml:    "location: {lat: 69.65, lon: 18.96}\n" + oneHead,
			scripts: map[string]string{"a": `hik.at("sunset", {name = "dusk"}, print)`},
			from:    "2026-06-01 00:00",
			span:    48 * time.Hour,
			want: []string{
				`06-01 00:00:00 never_runs a:1: dusk (at sunset) does not run in this span: no sunset on 2026-06-01 to 2026-07-26; next Mon 2026-07-27 00:13`,
			},
			remedy: "give those days a time of the clock, such as hik.at(\"21:00\")",
		},
		"no sunset on some days": {
			yaml:    "location: {lat: 69.65, lon: 18.96}\n" + oneHead,
			scripts: map[string]string{"a": `hik.at("sunrise", {name = "dawn"}, print)`},
			from:    "2026-01-10 00:00",
			span:    10 * 24 * time.Hour,
			want: []string{
				`01-10 00:00:00 never_runs a:1: dawn (at sunrise) does not run on some days: no sunrise on 2026-01-10 to 2026-01-14`,
			},
			remedy: "give those days a time of the clock, such as hik.at(\"21:00\")",
		},
		"the clock goes forward": {
			scripts: map[string]string{"a": `hik.at("02:30", {name = "daily"}, print)
hik.cron("*/20 2 * * *", {name = "thrice"}, print)
hik.every("30m", {name = "window", between = "02:00-03:00"}, print)
hik.cron("*/20 * * * *", {name = "always"}, print)
hik.every("20m", {name = "elapsed"}, print)
hik.every("23h30m", {name = "drifts over the day"}, print)
hik.at("02:30", {name = "elsewhere", timezone = "UTC"}, print)
hik.cron("30 2 28 3 *", {name = "the day before"}, print)`},
			from: "2026-03-28 00:00",
			span: 48 * time.Hour,
			want: []string{
				`03-29 00:00:00 clock_change a:3: window (every 30m (02:00-03:00)) does not run on 2026-03-29: the clock jumps over its hours`,
				`03-29 03:00:00 clock_change a:1: daily (at 02:30) is moved on 2026-03-29, since the clock jumps over its time: 02:30 runs at 03:00`,
				`03-29 03:00:00 clock_change a:2: thrice (cron */20 2 * * *) runs once on 2026-03-29 instead of 3 times: the clock jumps over an hour (02:00 runs at 03:00)`,
			},
			remedy: "give it hours that each day has: at the change clocks jump over 02:00 to 03:00 in most of Europe and America",
		},
		"the clock goes forward on the one day of a job": {
			scripts: map[string]string{"a": `hik.at("2026-03-29 02:30", {name = "once"}, print)
hik.cron("30 2 29 3 *", {name = "yearly"}, print)
hik.at("2026-03-29 04:30", {name = "another once"}, print)`},
			from: "2026-03-28 00:00",
			span: 48 * time.Hour,
			want: []string{
				`03-29 03:00:00 clock_change a:1: once (at 2026-03-29 02:30) is moved on 2026-03-29, since the clock jumps over its time: 02:30 runs at 03:00`,
				`03-29 03:00:00 clock_change a:2: yearly (cron 30 2 29 3 *) is moved on 2026-03-29, since the clock jumps over its time: 02:30 runs at 03:00`,
			},
			remedy: "nothing, if that will do; else give it a time that each day has",
		},
		"the clock of the cron line's own zone": {
			scripts: map[string]string{"a": `hik.cron("CRON_TZ=America/New_York 30 2 * * *", {name = "abroad"}, print)`},
			from:    "2026-03-07 00:00",
			span:    72 * time.Hour,
			want: []string{
				`03-08 08:00:00 clock_change a:1: abroad (cron CRON_TZ=America/New_York 30 2 * * *) is moved on 2026-03-08, since the clock jumps over its time: 02:30 runs at 03:00`,
			},
			remedy: "nothing, if that will do; else give it a time that each day has",
		},
		"a day that never was": {
			scripts: map[string]string{"a": `hik.at("12:00", {name = "daily", timezone = "Pacific/Apia"}, print)
hik.at("12:00", {name = "fridays", days = "fri", timezone = "Pacific/Apia"}, print)
hik.at("12:00", {name = "saturdays", days = "sat", timezone = "Pacific/Apia"}, print)
hik.cron("0 * * * *", {name = "hourly", timezone = "Pacific/Apia"}, print)
hik.cron("CRON_TZ=Pacific/Apia 0 12 30 12 *", {name = "yearly"}, print)
hik.at("2011-12-30 12:00", {name = "once", timezone = "Pacific/Apia"}, print)`},
			from: "2011-12-28 00:00",
			span: 5 * 24 * time.Hour,
			want: []string{
				`12-28 00:00:00 never_runs a:2: fridays (at 12:00 (fri)) does not run in this span; next Fri 2012-01-06 12:00`,
				`12-28 00:00:00 never_runs a:5: yearly (cron CRON_TZ=Pacific/Apia 0 12 30 12 *) does not run in this span; next Sun 2012-12-30 12:00`,
				`12-30 11:00:00 clock_change a:1: daily (at 12:00) does not run on 2011-12-30: Pacific/Apia has left out that date`,
				`12-30 11:00:00 clock_change a:2: fridays (at 12:00 (fri)) does not run on 2011-12-30: Pacific/Apia has left out that date`,
				`12-30 11:00:00 clock_change a:6: once (at 2011-12-30 12:00) is moved on 2011-12-31, since the clock jumps over its time: 12:00 runs at 00:00`,
				`12-30 11:00:00 clock_change a:5: yearly (cron CRON_TZ=Pacific/Apia 0 12 30 12 *) does not run on 2011-12-30: Pacific/Apia has left out that date`,
			},
			remedy: "if it should, look at its time, days and between",
		},
		"the clock goes back": {
			scripts: map[string]string{"a": `hik.at("02:30", {name = "daily"}, print)
hik.cron("*/20 2 * * *", {name = "thrice"}, print)
hik.every("30m", {name = "window", between = "02:00-03:00"}, print)
hik.cron("*/20 * * * *", {name = "always"}, print)`},
			from: "2026-10-24 00:00",
			span: 48 * time.Hour,
			want: []string{
				`10-25 02:00:00 clock_change a:3: window (every 30m (02:00-03:00)) runs 4 times on 2026-10-25 instead of twice: its hours come twice`,
			},
			remedy: "give it hours that come once on each day, or hik.at with a time of the clock, which runs once",
		},
		"a loop that waits for events": {
			scripts: map[string]string{"a": `hik.spawn(function()
  while true do hik.device("gate"):wait("motion") print("it moves") end
end)
hik.spawn(function() while true do hik.sleep("10m") end end)`},
			span: 6 * time.Hour,
			want: []string{
				`01-14 13:00:00 still_running a:0: a task that the script has spawned goes on at the end, and has done nothing for the last 6h`,
			},
			remedy: "let it end, or make it a job: hik.every shows in hiklua jobs, and an error does not end it for good",
		},
		"a handler that never ends": {
			scripts: map[string]string{"a": `hik.on("burglar", {name = "burglar"}, function() hik.device("gate"):wait("motion") end)
hik.every("30m", function() hik.emit("burglar") end)`},
			span: 6 * time.Hour,
			want: []string{
				`01-14 13:30:00 still_running a:1: a run of burglar goes on at the end, and has done nothing for the last 5h30m; meanwhile it left out 10 events`,
			},
			remedy: "give what it waits for a timeout, such as dev:wait(\"motion\", {timeout = \"10m\"}), or the job a timeout",
		},
		"too often": {
			scripts: map[string]string{"a": `hik.every(0.1, {name = "tick"}, function() end)`},
			span:    time.Minute,
			want: []string{
				`01-14 13:00:00 busy_loop a:1: tick (every 100ms) runs 10 times a second`,
			},
			remedy: "let it run once a second at most; to be told of something, use hik.on",
		},
		"a task that waits for ever": {
			scripts: map[string]string{"a": `hik.cron("0 * * * *", {name = "watch"}, function()
  hik.spawn(function() hik.device("gate"):wait("motion") end)
end)
hik.spawn(function() while true do hik.sleep(600) hik.device("gate"):info() end end)`},
			span: 6 * time.Hour,
			want: []string{
				`01-14 13:00:00 still_running a:1 6 times: a task that a run of watch has spawned goes on at the end, long after that run`,
			},
			remedy: "let it end: give what it waits for a timeout, such as dev:wait(\"motion\", {timeout = \"10m\"}), or call task:cancel() at the end of the run",
		},
	} {
		t.Run(name, c.test)
	}
}

func TestFindingsOfErrors(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of sites in virtual time, which has no races")
	}
	for name, c := range map[string]findingCase{
		"an error": {
			scripts: map[string]string{"a": `hik.cron("0 * * * *", {name = "hour"}, function()
  local x = nil
  print(x.y)
end)`},
			span: 4 * time.Hour,
			want: []string{
				`01-14 13:00:00 error a:3 4 times: attempt to index local 'x' (a nil value) with key 'y'`,
			},
			remedy: "mend the line, or catch the error with pcall; hiklua check finds what can be known without a run",
		},
		"an error in a spawned task": {
			scripts: map[string]string{"a": `hik.spawn(function()
  hik.sleep(60)
  error("no more")
end)`},
			span: 4 * time.Hour,
			want: []string{
				`01-14 13:01:00 error a:3: no more`,
			},
			remedy: "mend the line, or catch the error with pcall; hiklua check finds what can be known without a run",
		},
		"a script that does not load": {
			scripts: map[string]string{"a": `hik.every(0, print)`, "b": `print("x`, "c": `hik.device("gat")`},
			span:    time.Hour,
			want: []string{
				`01-14 13:00:00 error a:1: it does not load: every: the duration must be more than 0`,
				`01-14 13:00:00 error b:1: it does not load: unfinished string: the " that begins here has no second one on its line`,
				`01-14 13:00:00 not_found c:1: no device "gat"`,
			},
			remedy: "mend it; hiklua check finds this, and what else is wrong, without a run",
		},
		"what is not there": {
			scripts: map[string]string{"a": onYard(`hik.at("14:00", {name = "name"}, function() yard:preset("dor") end)
hik.at("14:01", {name = "number"}, function() yard:preset(200) end)
hik.at("14:02", {name = "caught"}, function() pcall(yard.preset, yard, 201) end)
hik.at("14:03", {name = "channel"}, function() hik.snapshot("gate", 7) end)
hik.at("14:04", {name = "device"}, function() hik.snapshot("gat", 1) end)`)},
			span: 4 * time.Hour,
			want: []string{
				`01-14 14:00:00 not_found a:2: preset: gate/yard has no preset named "dor" (did you mean "door"?)`,
				`01-14 14:01:00 not_found a:3: gate/yard has no preset 200`,
				`01-14 14:02:00 not_found a:4: gate/yard has no preset 201`,
				`01-14 14:03:00 not_found a:5: gate: snapshot channel 7: 404 not supported: notSupport, Invalid Operation`,
				`01-14 14:04:00 not_found a:6: no device "gat"`,
			},
			remedy: "write one that \"hiklua devices --save\" has found on the device, or set it there: channel:set_preset(3, \"fence\")",
		},
		"a stop of a tour that is not there": {
			scripts: map[string]string{"a": onYard(`local tour = require "hik.tour"
hik.at("14:00", {name = "tour"}, function()
  tour.run(yard, {{preset = "dor", dwell = "20s"}, {preset = "fence", dwell = "20s"}}, {rounds = 2, home = "overview"})
end)`)},
			span: 4 * time.Hour,
			want: []string{
				`01-14 14:00:00 not_found a:4: preset dor is passed over: gate/yard has no preset "dor" (did you mean "door"?)`,
			},
			remedy: "write one that \"hiklua devices --save\" has found on the device, or set it there: channel:set_preset(3, \"fence\")",
		},
		"pictures of cameras without a head": {
			yaml: `
devices: {nvr: {simulate: nvr}, door: {simulate: ipc}}
archive: {schedules: [{channels: ["nvr/2", "door/1"], every: 1h}], keep: 1d}
`,
			span: 3 * time.Hour,
		},
		"loops that never wait": {
			scripts: map[string]string{
				"a": `hik.spawn(function()
  while true do hik.sleep(0) end
end)`,
				"b": `hik.cron("0 14-15 * * *", {name = "hour"}, function()
  while true do end
end)`,
				"c": `hik.cron("0 14 * * *", {name = "often", overlap = "queue"}, function() end)
hik.at("14:30", {name = "again"}, function()
  for n = 1, 4 do hik.spawn(function() while true do pcall(hik.sleep, 0) end end) end
end)`,
			},
			span: 4 * time.Hour,
			want: []string{
				`01-14 13:00:00 busy_loop a:2: a loop that never waits: went on again and again without time going by`,
				`01-14 14:00:00 busy_loop b:2 2 times: a loop that never waits: computed for longer than limits.compute (5s) without waiting`,
				`01-14 14:30:00 busy_loop c:3 4 times: a loop that never waits: it and other tasks of the script went on again and again without time going by`,
			},
			remedy: "give the loop something that takes time: hik.sleep(1), or a command to a device",
		},
		"loops that wait for next to nothing": {
			scripts: map[string]string{"a": `hik.spawn(function()
  while true do hik.sleep(1e-9) end
end)`},
			span:   time.Hour,
			want:   []string{`01-14 13:00:00 busy_loop a:2: a loop that never waits: went on again and again within 1s`},
			remedy: "give the loop something that takes time: hik.sleep(1), or a command to a device",
		},
		"more tasks than a script may have": {
			scripts: map[string]string{"a": `hik.at("14:00", {name = "many"}, function()
  for n = 1, 1003 do pcall(hik.spawn, function() hik.spawn(function() end) hik.sleep(1) end) end
end)`},
			span:   2 * time.Hour,
			want:   []string{`01-14 14:00:00 error a:2 499 times: a/task-1005 was not started: the script has 1000 tasks already (limits.tasks)`},
			remedy: "wait for tasks to end before you spawn more, or raise limits.tasks in site.yaml",
		},
		"a device that is busy": {
			scripts: map[string]string{"a": `hik.at("14:00", {name = "look"}, function()
  hik.device("gate"):preset(2)
end)`},
			fault:  "busy",
			span:   2 * time.Hour,
			want:   []string{`01-14 14:00:00 error a:2: gate: preset 2: 503 device busy: deviceBusy, Device Busy`},
			remedy: "catch that with pcall, or try again with require \"hik.retry\"",
		},
		"what the host warns of": {
			scripts: map[string]string{"a": " \n"},
			span:    2 * time.Hour,
			want:    []string{"01-14 13:00:00 warning a:0: the file of a script is empty: nothing of it runs"},
		},
		"handlers that call one another": {
			scripts: map[string]string{"a": `hik.on("ping", {name = "ping"}, function() hik.emit("pong", 1) end)
hik.on("pong", {name = "pong"}, function() hik.emit("ping", 1) end)
hik.at("14:00", {name = "begin"}, function() hik.emit("ping", 1) end)`},
			span:   2 * time.Hour,
			want:   []string{`01-14 14:00:00 error a:2: "ping" is emitted in a circle: 1000 times within 1s, each time by the handler of the one before`},
			remedy: "a handler must not emit what leads back to it; if it has to, let it sleep in between",
		},
		"a device that is away": {
			scripts: map[string]string{"a": `hik.at("14:00", {name = "info"}, function()
  hik.device("gate"):info()
end)
hik.at("14:01", function() pcall(hik.snapshot, "gate") end)`},
			fault: "offline",
			span:  4 * time.Hour,
			want: []string{
				`01-14 14:00:00 error a:2: gate: device info: offline: connection refused`,
			},
			remedy: "catch that with pcall, or try again with require \"hik.retry\"",
		},
		"what a script says itself": {
			scripts: map[string]string{"a": `hik.at("14:00", function() hik.log.error("the lamp is broken") hik.log.warn("twice") end)`},
			span:    4 * time.Hour,
		},
		"a run that is cancelled": {
			scripts: map[string]string{"a": `local task
hik.at("14:00", function() task = hik.spawn(hik.sleep, "1h") pcall(task.wait, task) end)
hik.at("14:01", function() task:cancel() end)`},
			span: 4 * time.Hour,
		},
	} {
		t.Run(name, c.test)
	}
}
