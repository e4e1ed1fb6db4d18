package page

import "time"

// stamp is a time of a line.
func stamp(ago time.Duration) string { return before(ago).Format(time.RFC3339Nano) }

// sampleLines are some of what happens on the yard.
func sampleLines(h *fakeHost) {
	h.lines["log"] = []any{
		map[string]any{"time": stamp(76 * time.Hour), "level": "INFO", "msg": "site /srv/north-yard: 6 devices, 3 simulated; time zone Europe/Berlin"},
		map[string]any{"time": stamp(3 * time.Hour), "level": "WARN", "msg": "device offline", "device": "barn", "error": "connection refused (nothing listens there: check port and scheme)"},
		map[string]any{"time": stamp(9 * time.Minute), "level": "ERROR", "msg": "device locked", "device": "ramp", "error": "the account is locked after wrong passwords", "hint": "put the right password into site.yaml; then hiklua login ramp"},
		map[string]any{"time": stamp(7 * time.Minute), "level": "ERROR", "msg": "task failed", "script": "patrol", "job": "barn picture", "task": "patrol/barn picture#12", "error": "barn: snapshot: offline: connection refused (nothing listens there: check port and scheme)", "line": "scripts/patrol.lua:14", "kind": "offline", "traceback": "scripts/patrol.lua:14: in the function of\nscripts/patrol.lua:12", "duration": 0.04},
		map[string]any{"time": stamp(2 * time.Minute), "level": "INFO", "msg": "job run by hand", "job": "patrol/look round"},
		map[string]any{"time": stamp(3 * time.Second), "level": "DEBUG", "msg": "at the door", "script": "patrol", "task": "patrol/look round#3", "visits": 4},
	}
	h.lines["command"] = []any{
		map[string]any{"time": before(8 * time.Second).UTC().Format("2006-01-02T15:04:05.000000Z"), "device": "gate", "channel": 1, "script": "patrol", "job": "look round", "task": "patrol/look round#3", "what": "preset", "detail": "2", "name": "door", "head": true, "answer": "ok", "duration": 0.041},
		map[string]any{"time": before(3 * time.Second).UTC().Format("2006-01-02T15:04:05.000000Z"), "device": "gate", "channel": 1, "task": "patrol/look round#3", "what": "snapshot", "answer": "ok", "duration": 0.312, "waited": 0.2, "size": 184320},
		map[string]any{"time": before(2 * time.Second).UTC().Format("2006-01-02T15:04:05.000000Z"), "device": "barn", "task": "patrol/barn picture#12", "what": "snapshot", "answer": "offline", "error": "connection refused (nothing listens there: check port and scheme)", "duration": 0.002},
		map[string]any{"time": before(time.Second).UTC().Format("2006-01-02T15:04:05.000000Z"), "kind": "ended", "script": "patrol", "job": "barn picture", "task": "patrol/barn picture#12", "answer": "offline", "error": "barn: snapshot: offline", "duration": 0.04},
	}
	h.lines["event"] = []any{
		map[string]any{"time": before(40 * time.Second).UTC().Format("2006-01-02T15:04:05.000000Z"), "kind": "event", "device": "gate", "channel": 1, "what": "motion", "detail": "start", "name": "human, region 2", "answer": "ok", "duration": 0},
		map[string]any{"time": before(31 * time.Second).UTC().Format("2006-01-02T15:04:05.000000Z"), "kind": "event", "device": "gate", "channel": 1, "what": "motion", "detail": "stop", "answer": "ok", "duration": 0},
	}
	h.answers["GET /api/archive/gaps?days=7"] = "200 " + gapsJSON()
	h.answers["GET /api/devices/gate/channels/1/presets"] = `200 [{"id":1,"name":"overview"},{"id":2,"name":"door"},{"id":12,"name":""}]`
	h.answers["GET /api/scripts/broken/source"] = "200 -- A script with a mistake in it.\nlocal gate = hik.device(\"gaet\")\n\nhik.every(\"10m\", {name = \"look\"}, function()\n  gate:snapshot():archive()\nend)\n"
}

// gapsJSON is a report of seven days: an outage of three hours, and now and then
// a picture that is missing.
func gapsJSON() string {
	day := 24 * time.Hour
	gap := func(ago, length time.Duration, missing string, why string, open bool) string {
		till := `"till":"` + stamp(ago-length) + `",`
		if open {
			till = ""
		}
		return `{"from":"` + stamp(ago) + `","last":"` + stamp(ago-length+time.Minute) + `",` + till + `"missing":` + missing +
			`,"reasons":[{"why":"` + why + `","from":"` + stamp(ago) + `",` + till + `"missing":` + missing + `}]}`
	}
	return `{"from":"` + stamp(7*day) + `","till":"` + stamp(0) + `","due":2016,"missing":34,"series":[` +
		`{"device":"gate","channel":1,"name":"yard","schedule":"every 15m from midnight","due":672,"missing":0,"text":"0 of 672 missing: gate/yard","gaps":[]},` +
		`{"device":"barn","channel":1,"name":"yard","schedule":"every 15m from midnight","due":672,"missing":29,"text":"29 of 672 missing: barn/yard offline 2026-11-27 02:10-06:10, 2026-11-30 17:15-","gaps":[` +
		gap(3*day+18*time.Hour+17*time.Minute, 4*time.Hour, "16", "offline", false) + `,` + gap(3*time.Hour+12*time.Minute, 3*time.Hour+12*time.Minute, "13", "offline", true) + `]},` +
		`{"device":"nvr-hall","channel":2,"name":"ramp","schedule":"every 15m from midnight","due":672,"missing":5,"text":"5 of 672 missing: nvr-hall/ramp timeout 2026-11-25, host not running 2026-11-28 04:30-05:15","gaps":[` +
		gap(5*day, 5*time.Minute, "1", "timeout", false) + `,` + gap(2*day+16*time.Hour, 55*time.Minute, "4", "host not running", false) + `]}]}`
}
