package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRehearsePage: what docs/rehearse.md shows is what the command prints.
func TestRehearsePage(t *testing.T) {
	for _, b := range blocks(t, "../../docs/rehearse.md") {
		if b.lang != "text" || !strings.HasPrefix(b.text, "preset-sweep: ") {
			continue
		}
		s := newSession(t)
		s.run(context.Background(), "rehearse", "../../examples/preset-sweep", "--from", "2026-03-28 00:00", "--for", "24h")
		if got := s.out.String(); got != b.text {
			t.Errorf("docs/rehearse.md:%d shows\n%s\nnot\n%s", b.line, b.text, got)
		}
		return
	}
	t.Error("docs/rehearse.md shows no timeline")
}

// A timeline is kept, found the same, and found another one after an edit; an
// edit that is meant so is kept.
func TestAKeptTimeline(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "site")
	if err := os.CopyFS(dir, os.DirFS("../../examples/preset-sweep")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "kept.txt")
	status := func(want int, args ...string) string {
		t.Helper()
		s := newSession(t)
		got := s.run(context.Background(), append([]string{"rehearse", dir}, args...)...)
		if got != want {
			t.Fatalf("%v: status %d, not %d\n%s%s", args, got, want, s.out.String(), s.err.String())
		}
		return s.out.String() + s.err.String()
	}
	if said := status(1, "--expect", file); !strings.Contains(said, "--update") {
		t.Error(said)
	}
	status(0, "--from", "2026-03-28 05:00", "--for", "6h", "--seed", "7", "--expect", file, "--update")
	kept := read(t, file)
	if !strings.HasPrefix(kept, "# hiklua rehearse --from 2026-03-28T05:00:00+01:00 --for 6h --seed 7 --by device\n") {
		t.Error(kept)
	}
	if strings.Contains(kept, "site:") {
		t.Error("the name of the folder is kept:", kept)
	}
	status(0, "--expect", file)
	write(t, filepath.Dir(file), map[string]string{"windows.txt": "\ufeff" + strings.ReplaceAll(kept, "\n", "\r\n")})
	status(0, "--expect", filepath.Join(filepath.Dir(file), "windows.txt"))

	edited := strings.Replace(read(t, filepath.Join(dir, "site.yaml")), "6-20/2", "7-20/2", 1)
	write(t, dir, map[string]string{"site.yaml": edited})
	said := status(1, "--expect", file)
	for _, want := range []string{"\nnvr/ramp\n", "\n-  Sat 28 Mar 06:00:00  5 steps, every 2 h, 3 times", "\n+  Sat 28 Mar 07:00:00", "--update"} {
		if !strings.Contains(said, want) {
			t.Errorf("lacks %q:\n%s", want, said)
		}
	}
	if strings.Contains(said, "@@") {
		t.Error(said)
	}
	if said := status(0, "--diff", "../../examples/preset-sweep", "--from", "2026-03-28 05:00", "--for", "6h"); !strings.Contains(said, "\n+  Sat 28 Mar 06:00:00  5 steps") {
		t.Error(said)
	}
	status(0, "--expect", file, "--update")
	status(0, "--expect", file)

	write(t, dir, map[string]string{"site.yaml": strings.Replace(edited, "timezone: Europe/Berlin", "", 1)})
	if said := status(1, "--expect", file); !strings.Contains(said, "site.yaml has no timezone") {
		t.Error(said)
	}
	write(t, filepath.Dir(file), map[string]string{"other.txt": "mine\n"})
	if said := status(1, "--expect", filepath.Join(filepath.Dir(file), "other.txt"), "--update"); read(t, filepath.Join(filepath.Dir(file), "other.txt")) != "mine\n" {
		t.Error("a file that is no timeline was overwritten:", said)
	}
}

// The examples do what they did when their timelines were kept, in the nights in
// which clocks change.
func TestTimelinesOfExamples(t *testing.T) {
	sites, err := filepath.Glob("../../examples/*/scripts")
	if err != nil || len(sites) < 6 {
		t.Fatal(sites, err)
	}
	for _, scripts := range sites {
		dir := filepath.Dir(scripts)
		for _, season := range []string{"spring", "autumn"} {
			t.Run(filepath.Base(dir)+"/"+season, func(t *testing.T) {
				if testing.Short() && filepath.Base(dir) != "preset-sweep" {
					t.Skip("a night of virtual time, in which one goroutine runs at a time: there is no race to find")
				}
				t.Parallel()
				s := newSession(t)
				if status := s.run(context.Background(), "rehearse", dir, "--expect", filepath.Join(dir, "rehearsal-"+season+".txt")); status != statusOK {
					t.Errorf("status %d\n%s%s", status, s.out.String(), s.err.String())
				}
			})
		}
	}
}

// What is on record is rehearsed: it is the same, and after an edit it is not.
func TestRehearsalAndReality(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	t.Chdir(t.TempDir())
	const script = `
		local yard = hik.device("gate"):channel("yard")
		hik.every("10m", {name = "look"}, function()
			yard:preset("door", {wait = true})
			yard:snapshot():archive()
			yard:ptz_pan_tilt(20, 0, {duration = "3s"})
		end)
		hik.cron("30 * * * *", {name = "half past"}, function() yard:preset(4) end)`
	write(t, ".", map[string]string{
		"site.yaml":         "timezone: UTC\ndevices:\n  gate: {simulate: ptz, channels: {yard: {address: 1}}}\n",
		"scripts/round.lua": script,
	})
	s := newSession(t)
	began := s.clk.Now().UTC().Format("2006-01-02 15:04:05")
	s.runFor(t, 3*time.Hour)
	compare := func() string {
		t.Helper()
		s.out.Reset()
		if status := s.run(context.Background(), "rehearse", "--compare", began, "--for", "170m"); status != statusOK {
			t.Fatal(status, s.err.String())
		}
		return s.out.String()
	}
	if said := compare(); !strings.Contains(said, "as rehearsed") || !strings.Contains(said, "actions") {
		t.Error(said)
	}
	edited := strings.Replace(script, "preset(4)", "preset(5)", 1)
	write(t, ".", map[string]string{"scripts/round.lua": edited})
	said := compare()
	for _, want := range []string{"gate/yard  [round/half past]\n", `goes to preset 4: 3 times, rehearsed no times; not rehearsed: `, `goes to preset 5: no times, rehearsed 3 times`} {
		if !strings.Contains(said, want) {
			t.Errorf("lacks %q:\n%s", want, said)
		}
	}
	if strings.Contains(said, "round/look") {
		t.Error(said)
	}
}

// Events on record come at their moment, also in the second of the two hours from
// two to three.
func TestCompareWhileClocksArePutBack(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"site.yaml":     "timezone: Europe/Berlin\ndevices: {gate: {simulate: ptz}}\n",
		"scripts/a.lua": `hik.on("gate:motion", {name = "look"}, function() hik.preset("gate", 1, 3) end)`,
		"data/journal/00000001.jsonl": `{"time":"2026-10-25T00:00:00Z","kind":"host","what":"start","detail":"devel","answer":"ok","duration":0}
{"time":"2026-10-25T01:30:00.25Z","kind":"event","device":"gate","channel":1,"what":"motion","detail":"start","answer":"ok","duration":0}
{"time":"2026-10-25T03:00:00Z","kind":"host","what":"end","answer":"ok","duration":0}
`,
	})
	t.Chdir(dir)
	s := newSession(t)
	status := s.run(context.Background(), "rehearse", "--compare", "2026-10-25 02:45", "--for", "2h")
	out := s.out.String()
	if status != statusOK || !strings.Contains(out, "goes to preset 3: no times, rehearsed 1 time; only rehearsed: Sun 25 Oct 02:30:00") {
		t.Error(status, out, s.err.String())
	}
}

// What can't be rehearsed is refused, with what to do instead.
func TestWhatIsNotRehearsed(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"site.yaml": "timezone: UTC\ndevices: {gate: {simulate: ptz, channels: {yard: {address: 1}}}, door: {ip: 192.0.2.1, username: u, password: p}}\n"})
	t.Chdir(dir)
	for _, c := range []struct {
		events, args string
		want         string
	}{
		{"", "--html -", "--html -: the page is a file, such as week.html"},
		{"", "--expect - --update", "--expect -: what is kept is a file, such as rehearsal.txt"},
		{"10:00 gate/9 motion", "--events e", "e:1: gate has no channel 9"},
		{"10:00 door/2 motion", "--events e", "e:1: door has no channel 2"},
		{"10:00 gate/9 io input 2", "--events e", "e:1: gate has no channel 9"},
		{"10:00 gate motion\nrandom gate/9 motion 4/day", "--events e", "e:2: gate has no channel 9"},
	} {
		write(t, dir, map[string]string{"e": c.events})
		s := newSession(t)
		status := s.run(context.Background(), append([]string{"rehearse", "--from", "2026-03-01"}, strings.Fields(c.args)...)...)
		if status == statusOK || !strings.Contains(s.err.String(), c.want) {
			t.Errorf("%s %s: status %d\n%s", c.events, c.args, status, s.err.String())
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("%v is left", left)
	}
	s := newSession(t)
	s.run(context.Background(), "rehearse", "--from", "2026-03-01", "--for", "1s")
	if want := "Sun 01 Mar 2026 00:00:00 to Sun 01 Mar 2026 00:00:01, 1 s of UTC"; !strings.Contains(s.out.String(), want) {
		t.Errorf("lacks %q:\n%s", want, s.out.String())
	}
}

// What is on record of a channel that a device has no more is left out, with a remark; the rest is compared.
func TestComparePassesOverWhatIsGone(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"site.yaml":     "timezone: UTC\ndevices: {gate: {simulate: ptz}}\n",
		"scripts/a.lua": `hik.on("gate:motion", {name = "look"}, function() hik.preset("gate", 1, 3) end)`,
		"data/journal/00000001.jsonl": `{"time":"2026-03-04T10:00:00Z","kind":"host","what":"start","detail":"devel","answer":"ok","duration":0}
{"time":"2026-03-04T10:01:00Z","kind":"event","device":"gate","channel":7,"what":"motion","detail":"start","answer":"ok","duration":0}
{"time":"2026-03-04T10:02:00Z","kind":"event","device":"gate","channel":1,"what":"motion","detail":"start","answer":"ok","duration":0}
{"time":"2026-03-04T10:03:00Z","kind":"event","device":"gate","channel":7,"what":"motion","detail":"start","answer":"ok","duration":0}
{"time":"2026-03-04T10:04:00Z","kind":"host","what":"end","answer":"ok","duration":0}
`,
	})
	t.Chdir(dir)
	s := newSession(t)
	status := s.run(context.Background(), "rehearse", "--compare", "2026-03-04 10:00:30", "--for", "3m")
	out, errs := s.out.String(), s.err.String()
	if status != statusOK || !strings.Contains(out, "goes to preset 3") || strings.Count(errs, "gate has no channel 7") != 1 {
		t.Error(status, out, errs)
	}
}
