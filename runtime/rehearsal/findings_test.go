package rehearsal

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// berlin is a moment of the site's clock.
func berlin(t *testing.T, clock string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", clock, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// findingCase is a site and what is wrong with it.
type findingCase struct {
	yaml    string // "": oneHead
	scripts map[string]string
	from    string // "": 2026-01-14 13:00
	span    time.Duration
	fault   string        // of the devices; "": none
	latency time.Duration // of the devices; 0: 2 ms
	want    []string
	remedy  string // a piece of that of the first finding
}

func (c findingCase) test(t *testing.T) {
	yaml := c.yaml
	if yaml == "" {
		yaml = oneHead
	}
	s := newSite(t, yaml, c.scripts)
	o := Options{Site: s, From: from, For: c.span, Seed: 1, Version: "test", Device: head, Scratch: t.TempDir(),
		PictureSize: func(_ string, _ int, sub bool) int64 {
			if sub {
				return 50_000
			}
			return 400_000
		},
	}
	if c.latency > 0 {
		o.Device = func(d site.Device, clk clock.Clock) http.RoundTripper {
			return sim.New(sim.Options{Name: d.Name, Model: sim.Model(d.Simulate), Clock: clk, Username: d.Username, Password: d.Password.Reveal(), Latency: c.latency, SmallPictures: true}).Transport()
		}
	}
	if c.fault != "" {
		o.Device = func(d site.Device, clk clock.Clock) http.RoundTripper {
			dev := sim.New(sim.Options{Name: d.Name, Model: sim.Model(d.Simulate), Clock: clk, Username: d.Username, Password: d.Password.Reveal()})
			dev.SetFaults(sim.Fault{Name: c.fault})
			return dev.Transport()
		}
	}
	if c.from != "" {
		o.From = berlin(t, c.from)
	}
	r, err := Run(o)
	if err != nil {
		t.Fatal(err)
	}
	got, remedies := []string{}, []string{}
	for _, one := range r.Timeline.Findings {
		got = append(got, told(one))
		remedies = append(remedies, one.Remedy)
	}
	if !slices.Equal(got, c.want) {
		t.Errorf("found\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(c.want, "\n  "))
	}
	if len(remedies) > 0 && (c.remedy == "" && remedies[0] != "" || !strings.Contains(remedies[0], c.remedy)) {
		t.Errorf("the remedy is %q, want %q in it", remedies[0], c.remedy)
	}
}

// onYard is a script that has the head of the yard.
func onYard(lines string) string {
	return `local yard = hik.device("gate"):channel("yard")` + "\n" + lines
}

func TestFindingsOfHeads(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of sites in virtual time, which has no races")
	}
	for name, c := range map[string]findingCase{
		"two want one head": {
			scripts: map[string]string{
				"night": onYard(`local tour = require "hik.tour"
hik.at("22:00", {name = "tour"}, function()
  tour.run(yard, {{preset = "door", dwell = "20s"}, {preset = "fence", dwell = "20s"}}, {till = "23:30", home = "overview"})
end)`),
				"look": onYard(`hik.cron("10 * * * *", {name = "look"}, function()
  yard:preset("parking", {wait = true})
  hik.sleep(10)
  yard:preset("overview")
end)`),
			},
			span: 24 * time.Hour,
			want: []string{
				`01-14 22:10:00 head_taken look:2 2 times gate/yard: look/look turned gate/yard while night/tour was at work with it: what that one shows is not what it should be`,
			},
			remedy: "in look/look, put what belongs together in channel:exclusive({timeout = \"30s\"}, function() ... end)",
		},
		"one of them has the head for itself": {
			scripts: map[string]string{
				"night": onYard(`hik.at("22:00", function()
  for n = 1, 60 do yard:preset(n % 2 + 1, {wait = true}) hik.sleep(20) end
  yard:preset(1)
end)`),
				"look": onYard(`hik.cron("10 * * * *", {name = "look"}, function()
  yard:exclusive({timeout = "30s"}, function() yard:preset("parking", {wait = true}) hik.sleep(10) yard:preset("overview") end)
end)`),
			},
			span: 24 * time.Hour,
		},
		"a motion that another command ends": {
			scripts: map[string]string{
				"a": onYard(`hik.at("14:00", {name = "pan"}, function() yard:ptz_pan_tilt(10, 0, {duration = "20s"}) end)`),
				"b": onYard(`hik.at("14:00:05", {name = "go"}, function() yard:preset(1) end)`),
			},
			span: 4 * time.Hour,
			want: []string{
				`01-14 14:00:05 head_taken b:2 gate/yard: b/go turned gate/yard while a/pan was at work with it: what that one shows is not what it should be`,
			},
			remedy: "a/pan then waits until it is done",
		},
		"two that fight": {
			scripts: map[string]string{
				"a": onYard(`hik.at("14:00", {name = "here"}, function() for n = 1, 5 do yard:preset(1) hik.sleep(10) end end)`),
				"b": onYard(`hik.at("14:00:05", {name = "there"}, function() for n = 1, 5 do yard:preset(2) hik.sleep(10) end end)`),
			},
			span: 4 * time.Hour,
			want: []string{
				`01-14 14:00:05 head_taken b:2 8 times gate/yard: b/there turned gate/yard while a/here was at work with it: what that one shows is not what it should be`,
			},
			remedy: `a/here then waits until it is done`,
		},
		"one that comes when the other is done": {
			scripts: map[string]string{
				"a": onYard(`hik.at("14:00", function() yard:preset(1) hik.sleep(20) end)
hik.at("15:00", function() yard:preset(1) end)`),
				"b": onYard(`hik.at("14:00:05", function() yard:preset(2) end)`),
			},
			span: 4 * time.Hour,
		},
		"a motion that fails, or has its time in a part of a run": {
			scripts: map[string]string{"a": onYard(`hik.at("14:00", {name = "fails"}, function() yard:ptz_pan_tilt(10, 0) hik.sleep(3) error("no") end)
hik.at("15:00", function()
  pcall(hik.timeout, 5, function() yard:ptz_pan_tilt(10, 0) hik.sleep(60) end)
end)`)},
			span: 4 * time.Hour,
			want: []string{
				`01-14 14:00:03 error a:2: no`,
			},
			remedy: "catch the error with pcall",
		},
		"rounds that follow each other, and one that ends where it began": {
			scripts: map[string]string{"a": onYard(`hik.every("5m", {between = "14:00-15:00"}, function()
  for n = 1, 3 + hik.date("*t").min / 5 % 2 do yard:preset(n, {wait = true}) end
end)
hik.at("15:00", function() for _, n in ipairs{4, 5, 6, 4} do yard:preset(n, {wait = true}) end end)`)},
			span: 4 * time.Hour,
		},
		"a run that leaves the head to another": {
			scripts: map[string]string{
				"a": onYard(`hik.at("14:00", {name = "round"}, function() yard:preset(1) hik.sleep(10) yard:preset(2) hik.sleep(10) end)`),
				"b": onYard(`hik.at("13:59", {name = "guard"}, function() yard:preset(5) hik.sleep("40m") yard:snapshot() end)`),
			},
			span: 4 * time.Hour,
			want: []string{
				`01-14 14:00:00 head_taken a:2 gate/yard: a/round turned gate/yard while b/guard was at work with it: what that one shows is not what it should be`,
			},
			remedy: `b/guard then waits until it is done`,
		},
		"kept for long": {
			scripts: map[string]string{
				"a": onYard(`hik.at("14:00", {name = "long"}, function() yard:exclusive(function() yard:preset(1) hik.sleep("20m") end) end)`),
				"b": onYard(`hik.at("14:01", {name = "short"}, function() yard:preset(1) end)`),
			},
			span: 4 * time.Hour,
			want: []string{
				`01-14 14:01:00 head_kept b:2 gate/yard: b/short waited 19m for gate/yard, which a/long had for itself`,
			},
			remedy: "let a/long have the head for shorter",
		},
		"limits.motion": {
			scripts: map[string]string{"a": onYard(`hik.at("14:00", {name = "pan"}, function()
  yard:ptz_pan_tilt(10, 0)
  hik.sleep("1m")
end)`)},
			span: 4 * time.Hour,
			want: []string{
				`01-14 14:00:30 motion_limit a:2 gate/yard: gate/yard was stopped by limits.motion (30s), not by its script`,
			},
			remedy: `ptz_pan_tilt(10, 0, {duration = "5s"})`,
		},
		"the end of the task": {
			scripts: map[string]string{"a": onYard(`hik.cron("0 * * * *", {name = "pan"}, function() yard:ptz_pan_tilt(10, -5) end)
hik.cron("30 * * * *", {name = "zoom"}, function() yard:ptz_zoom(40) hik.sleep(4) end)`)},
			span: 4 * time.Hour,
			want: []string{
				`01-14 13:00:00 motion_task_end a:2 4 times gate/yard: gate/yard was stopped as soon as it moved: its task had ended, and with it a motion without a duration`,
				`01-14 13:30:04 motion_task_end a:3 4 times gate/yard: gate/yard was stopped by the end of its task, not by its script: a motion without a duration, after 4s`,
			},
			remedy: `ptz_pan_tilt(10, -5, {duration = "5s"})`,
		},
		"left by a tour": {
			scripts: map[string]string{"a": onYard(`local tour = require "hik.tour"
hik.at("22:00", {name = "tour"}, function()
  tour.run(yard, {{preset = "door", dwell = "20s"}, {preset = "fence", dwell = "20s"}, {preset = "street", dwell = "20s"}}, {till = "23:01"})
end)`)},
			span: 48 * time.Hour,
			want: []string{
				`01-14 23:01:00 left_away a:3 2 times gate/yard: gate/yard stays at preset 6 "street" when a/tour has ended: nothing brings it back`,
			},
			remedy: `home = "overview"`,
		},
		"left by a tour, and brought back": {
			scripts: map[string]string{"a": onYard(`local tour = require "hik.tour"
hik.at("22:00", {name = "tour"}, function()
  tour.run(yard, {{preset = "door", dwell = "20s"}, {preset = "fence", dwell = "20s"}, {preset = "street", dwell = "20s"}}, {till = "23:01"})
end)
hik.at("06:00", function() yard:preset("overview") end)`)},
			span: 48 * time.Hour,
		},
		"a round that ends where it is meant to": {
			scripts: map[string]string{"a": onYard(`hik.cron("0 */2 * * *", function()
  for _, p in ipairs{"door", "fence", "street"} do yard:preset(p, {wait = true}) end
end)`)},
			span: 24 * time.Hour,
		},
		"a round that does not end at home": {
			scripts: map[string]string{"a": onYard(`hik.cron("0 */2 * * *", {name = "round"}, function()
  for _, p in ipairs{"door", "fence", "street"} do yard:preset(p, {wait = true}) end
end)
hik.at("13:30", {name = "home"}, function() yard:ptz_home() end)`)},
			span: 24 * time.Hour,
			want: []string{
				`01-14 14:00:07 left_away a:2 12 times gate/yard: gate/yard stays at preset 6 "street" when a/round has ended: nothing brings it back`,
			},
			remedy: `channel:ptz_home()`,
		},
	} {
		t.Run(name, c.test)
	}
}
