package metrics

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/journal"
)

func contains(series, text string) bool { return strings.Contains(series, text) }

// TestSeriesOfALargeSite bounds what a site of 60 devices and 140 jobs in 60
// scripts costs at each scrape, with every word that can come.
func TestSeriesOfALargeSite(t *testing.T) {
	if testing.Short() {
		t.Skip("60 devices in virtual time: there is no race in it")
	}
	yaml, files := "timezone: UTC\ndevices:\n", make(map[string]string)
	for i := range 60 {
		yaml += fmt.Sprintf("  cam%02d: {simulate: ptz, channels: {yard: {address: 1}}}\n", i)
		jobs := 2
		if i < 20 {
			jobs = 3
		}
		script := ""
		for j := range jobs {
			script += fmt.Sprintf("hik.every('1m', {name = 'job%d'}, function() hik.device('cam%02d'):channel('yard'):snapshot() end)\n", j, i)
		}
		files[fmt.Sprintf("scripts/s%02d.lua", i)] = script
	}
	w := newWorld(t, yaml, files)
	w.run(2*time.Minute + 30*time.Second)
	text, got := w.scrape()
	// 60 devices: 8 states, 3 gauges, 11 + 2 of commands, 1 of stops, 2 classes, 1 event.
	// 140 jobs: 3 results, 3 times. 60 scripts: 4 states, 2.
	if n, want := len(got), 60*(8+3+11+2+1+3+1)+140*(3+3)+60*6+15; n > want {
		t.Errorf("%d series, want %d at most", n, want)
	}
	if len(text) > 300_000 {
		t.Errorf("%d bytes", len(text))
	}
	t.Logf("%d series, %d bytes", len(got), len(text))

	// The worst that devices can do.
	classes := []journal.Entry{{What: "snapshot"}, {What: "ptz_move", Head: true}, {What: "ptz_stop", Head: true}, {What: "status"}, {What: "info"}}
	for i := range 60 {
		for k := range 100 {
			for _, e := range classes {
				e.Device = fmt.Sprintf("cam%02d", i)
				if k < len(kinds) {
					e.Err = journal.NewAnswer(kinds[k], "x")
				} else {
					e.Err = journal.NewAnswer(fmt.Sprint("kind ", k), "x")
				}
				w.c.Record(e)
			}
		}
	}
	_, worst := w.scrape()
	if n, most := len(worst)-len(got), 60*len(classes)*(len(kinds)+1); n > most {
		t.Errorf("%d more series, want %d at most", n, most)
	}
}

// TestQuotedNames: what a script names as it likes is escaped.
func TestQuotedNames(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `hik.every("1s", {name = 'a "quoted"\nname'}, function() end)`})
	w.run(5 * time.Second)
	text, got := w.scrape()
	if got[`job_runs_total{job="a \"quoted\"\nname",result="ok",script="a"}`] != 5 {
		t.Error(text)
	}
}

// own leaves out what is told of Go and of the process.
func own(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.Contains(line, prefix) {
			b.WriteString(line)
		}
	}
	return b.String()
}

// TestWhatIsGoneVanishes: devices, jobs and scripts that the site does not have any
// more have no series; those of the others never fall.
func TestWhatIsGoneVanishes(t *testing.T) {
	const two = oneHead + "  shed: {simulate: ptz}\n"
	script := `hik.every("1s", {name = "stays"}, function() hik.device("gate"):channel("yard"):snapshot() end)` + "\n"
	w := newWorld(t, two, map[string]string{
		"scripts/a.lua": script + `hik.every("1s", {name = "goes"}, function() hik.device("shed"):channel(1):snapshot() end)`,
		"scripts/b.lua": `hik.every("1s", {name = "b"}, function() error("x") end)`,
	})
	w.run(10 * time.Second)
	_, before := w.scrape()
	for _, label := range []string{`device="shed"`, `job="goes"`, `script="b"`} {
		if !has(before, label) {
			t.Errorf("nothing has %s", label)
		}
	}
	// A broken edit, and scripts that are set aside, take nothing away.
	w.write("scripts/a.lua", "not Lua")
	w.clk.Go(func() {
		if err := w.host.HoldScript("b"); err != nil {
			t.Error(err)
		}
	})
	w.sync()
	_, now := w.scrape()
	if now[`script_edit_broken{script="a"}`] != 1 || now[`script_state{script="b",state="set aside"}`] != 1 {
		t.Errorf("%v", now)
	}
	neverFalls(t, before, now)

	w.write("scripts/a.lua", script)
	w.write("scripts/b.lua", "")
	w.write("site.yaml", oneHead)
	w.sync()
	_, after := w.scrape()
	for _, label := range []string{`device="shed"`, `job="goes"`} {
		if has(after, label) != (label == `job="goes"`) {
			t.Errorf("at once: %s", label)
		}
	}
	for range 9 { // a file that is empty counts after a while
		w.run(linger / 4)
		_, after = w.scrape()
	}
	for _, label := range []string{`device="shed"`, `job="goes"`, `job="b"`} {
		if has(after, label) {
			t.Errorf("something still has %s", label)
		}
	}
	for series := range now {
		for _, label := range []string{`device="shed"`, `job="goes"`, `job="b"`} {
			if contains(series, label) {
				delete(now, series)
			}
		}
	}
	neverFalls(t, now, after)
}

func has(series map[string]float64, label string) bool {
	for one := range series {
		if contains(one, label) {
			return true
		}
	}
	return false
}

// neverFalls wants each counter of before to be there, and not less.
func neverFalls(t *testing.T, before, now map[string]float64) {
	t.Helper()
	for series, v := range before {
		name, _, _ := strings.Cut(series, "{")
		if !strings.HasSuffix(name, "_total") && !strings.HasSuffix(name, "_count") {
			continue
		}
		if is, there := now[series]; !there || is < v {
			t.Errorf("%s was %v, is %v (there: %v)", series, v, is, there)
		}
	}
}

// TestManyJobs: the jobs beyond 2000 count together, until others have gone.
func TestManyJobs(t *testing.T) {
	if testing.Short() {
		t.Skip("2101 jobs in virtual time: there is no race in it")
	}
	w := newWorld(t, oneHead, map[string]string{"scripts/many.lua": `
		for i = 1, 2100 do hik.every("1h", {name = "job" .. i}, function() end) end
		hik.cron("0 13 * * *", {name = "last"}, function() end)
	`})
	w.run(time.Second)
	w.scrape()
	w.run(time.Hour)
	_, got := w.scrape()
	if n := count(got, "job_runs_total{", `result="ok"`); n != maxNames+1 {
		t.Errorf("%d series", n)
	}
	if got[`job_runs_total{job="other",result="ok",script="other"}`] != 101 {
		t.Errorf("%v", got[`job_runs_total{job="other",result="ok",script="other"}`])
	}
	w.write("scripts/many.lua", `hik.every("10s", {name = "new"}, function() end)`)
	w.sync()
	w.run(15 * time.Second)
	w.scrape()
	w.run(linger)
	w.scrape()
	w.run(10 * time.Second)
	if _, got = w.scrape(); got[`job_runs_total{job="new",result="ok",script="many"}`] < 1 {
		t.Error("the only job has no series of its own")
	}
}

func count(series map[string]float64, parts ...string) (n int) {
	for one := range series {
		all := true
		for _, part := range parts {
			all = all && contains(one, part)
		}
		if all {
			n++
		}
	}
	return n
}
