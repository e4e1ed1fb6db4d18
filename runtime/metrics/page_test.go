package metrics

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/archive/gaps"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/site"
)

// missing is a host in whose archive pictures are missing.
type missing struct {
	*runtime.Host
}

func (missing) MissedPictures() []gaps.Missed {
	return []gaps.Missed{
		{Device: "gate", Channel: 1, Why: "offline", Pictures: 3}, {Device: "gate", Channel: 1, Why: gaps.HostDown, Pictures: 2},
		{Device: "gate", Channel: 1, Why: "made up", Pictures: 1}, {Device: "gate", Channel: 1, Why: "made up, too", Pictures: 1},
		{Device: "gone", Channel: 1, Why: "offline", Pictures: 9},
	}
}

// runReal runs a site in real time, until the test ends.
func runReal(t *testing.T, dir string, tune func(*runtime.Host) Host) *Collector {
	t.Helper()
	conf, err := site.Load(dir, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	var c *Collector
	host, err := runtime.New(runtime.Config{
		Site: conf, Reload: func() (*site.Site, error) { return site.Load(dir, noEnv) }, Clock: clock.Real(), Log: log, Version: "1.2.3",
		Transport: func(d site.Device) (http.RoundTripper, error) {
			o := sim.Options{Name: d.Name, Model: sim.PTZ, Clock: clock.Real(), SmallPictures: true, Username: d.Username, Password: d.Password.Reveal()}
			return sim.New(o).Transport(), nil
		},
		Record: func(e journal.Entry) { c.Record(e) },
		Print:  func(string, string) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	c = New(Config{
		Host: tune(host), Clock: clock.Real(), Log: log, Lost: func() int { return 4 },
		Page: func() PageCounts {
			return PageCounts{Viewers: 2, Pictures: map[string]int64{"ok": 5}, Refused: map[string]int64{"login": 3}}
		},
		Cluster: twoShares,
	})
	host.Open()
	ctx, stop := context.WithCancel(context.Background())
	loaded, ended := make(chan bool), make(chan bool)
	go func() {
		defer close(ended)
		if err := host.Run(ctx, func([]runtime.Change) { close(loaded) }); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { c.Close(); stop(); <-ended })
	<-loaded
	return c
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it is waited in vain: " + what)
		}
	}
}

const withArchive = oneHead + "archive: {keep: 30d}\n"

const archives = `hik.every("50ms", {name = "look"}, function() hik.device("gate"):channel("yard"):snapshot():archive() end)
hik.on("gate:motion", {name = "sees"}, function() end)`

// TestPage: docs/metrics.md lists what there is, with types and labels, and
// promlint finds nothing in it.
func TestPage(t *testing.T) {
	dir := t.TempDir()
	w := &world{t: t, dir: dir}
	w.write("site.yaml", withArchive)
	w.write("scripts/a.lua", archives)
	c := runReal(t, dir, func(h *runtime.Host) Host { return missing{h} })
	until(t, "a picture in the archive", func() bool {
		_, got := scrape(t, c)
		return has(got, "archive_last_picture") && has(got, "archive_free_bytes") && has(got, "job_last_success")
	})
	text, _ := scrape(t, c)
	if problems, err := promlint.New(strings.NewReader(own(text))).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("%v %v", err, problems)
	}
	families, err := c.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var is []string
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), prefix) {
			continue
		}
		labels := make(map[string]bool)
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = true
			}
		}
		is = append(is, strings.ToLower(dto.MetricType_name[int32(f.GetType())])+" "+f.GetName()+" "+strings.Join(slices.Sorted(maps.Keys(labels)), ", "))
	}
	page, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(hiklua_\\w+)` \\| (\\w+) \\| ([^|]*)\\|").FindAllStringSubmatch(string(page), -1) {
		labels := slices.Sorted(strings.FieldsFuncSeq(row[3], func(r rune) bool { return r == ',' || r == ' ' }))
		listed = append(listed, row[2]+" "+row[1]+" "+strings.Join(labels, ", "))
	}
	slices.Sort(is)
	slices.Sort(listed)
	if !slices.Equal(is, listed) {
		t.Errorf("docs/metrics.md has\n%s\nthere is\n%s", strings.Join(listed, "\n"), strings.Join(is, "\n"))
	}
	for _, word := range slices.Concat(deviceStates, eventsStates, scriptStates, []string{"picture", "head", "stop", "status", "other", "ok", "error", "skipped", "cancelled"}) {
		if !strings.Contains(string(page), "`"+word+"`") {
			t.Errorf("docs/metrics.md has no word about %q", word)
		}
	}
	if n := len(eventTypes) + 1; n > 30 {
		t.Errorf("%d types of events, docs/metrics.md says 30 at most", n)
	}
	if n := 5 * (len(kinds) + 2); n != 85 {
		t.Errorf("%d classes and results, docs/metrics.md says 85", n)
	}
	api, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range kinds {
		if !strings.Contains(string(api), "`"+kind+"`") {
			t.Errorf("docs/api.md has no kind %q", kind)
		}
	}
}

// TestArchive: pictures of before the start, what is missing, and the room.
func TestArchive(t *testing.T) {
	dir := t.TempDir()
	w := &world{t: t, dir: dir}
	w.write("site.yaml", withArchive)
	w.write("scripts/a.lua", `hik.after(0, function() hik.device("gate"):channel("yard"):snapshot():archive() end)`)
	const newest = `archive_last_picture_timestamp_seconds{channel="1",device="gate"}`
	var before float64
	t.Run("before", func(t *testing.T) {
		c := runReal(t, dir, func(h *runtime.Host) Host { return h })
		until(t, "a picture", func() bool { _, got := scrape(t, c); before = got[newest]; return before > 0 })
	})
	w.write("scripts/a.lua", "")
	c := runReal(t, dir, func(h *runtime.Host) Host { return missing{h} })
	var got map[string]float64
	until(t, "the picture of before", func() bool { _, got = scrape(t, c); return got[newest] > 0 })
	if d := got[newest] - before; d < -1 || d > 1 {
		t.Errorf("the newest picture was taken at %v, now at %v", before, got[newest])
	}
	if got["archive_free_bytes"] < 1 {
		t.Errorf("%v bytes are free", got["archive_free_bytes"])
	}
	wantSeries(t, got, map[string]float64{
		`archive_missing_pictures_total{channel="1",device="gate",reason="offline"}`:          3,
		`archive_missing_pictures_total{channel="1",device="gate",reason="host not running"}`: 2,
		`archive_missing_pictures_total{channel="1",device="gate",reason="error"}`:            2,
		`journal_dropped_total`:               4,
		`page_viewers`:                        2,
		`page_pictures_total{result="ok"}`:    5,
		`page_pictures_total{result="error"}`: 0,
		`page_refused_total{reason="login"}`:  3,
	})
}

// TestAtOnce has a site reload, run and be scraped by several at once.
func TestAtOnce(t *testing.T) {
	dir := t.TempDir()
	w := &world{t: t, dir: dir}
	w.write("site.yaml", withArchive)
	w.write("scripts/a.lua", archives)
	var host *runtime.Host
	c := runReal(t, dir, func(h *runtime.Host) Host { host = h; return h })
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			last := make(map[string]float64)
			for ctx.Err() == nil {
				if _, err := c.Gather(); err != nil {
					t.Error(err)
				}
				_, now := scrape(t, c)
				for _, series := range []string{`job_runs_total{job="look",result="ok",script="a"}`, `commands_total{class="picture",device="gate",result="ok"}`} {
					if now[series] < last[series] {
						t.Errorf("%s was %v, is %v", series, last[series], now[series])
					}
				}
				last = now
			}
		})
	}
	all.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			for _, e := range []journal.Entry{{Device: "gate", What: "snapshot"}, {Kind: journal.RunEnded, Script: "x", Job: "y"}, {Kind: journal.Event, Device: "gate", What: "motion"}} {
				c.Record(e)
			}
			c.Log(slog.LevelInfo)
			time.Sleep(time.Millisecond)
		}
	})
	for i := 0; ctx.Err() == nil; i++ {
		yaml := withArchive
		if i%2 == 0 {
			yaml = strings.Replace(yaml, "archive:", "  shed: {simulate: ptz}\narchive:", 1)
		}
		for path, text := range map[string]string{"site.yaml": yaml, "scripts/a.lua": archives + strings.Repeat("\n", i%2)} {
			if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		host.Sync(ctx)
		time.Sleep(20 * time.Millisecond)
	}
	all.Wait()
}
