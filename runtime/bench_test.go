package runtime

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// writeSite makes the folder of a site; files are by path: "scripts/a.lua".
func writeSite(tb testing.TB, yaml string, files map[string]string) (dir string) {
	tb.Helper()
	dir = tb.TempDir()
	files["site.yaml"] = yaml
	for path, content := range files {
		full := filepath.Join(dir, path)
		os.MkdirAll(filepath.Dir(full), 0o755)
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

// realHost runs a site in real time until the benchmark ends.
func realHost(b *testing.B, yaml string, files map[string]string, print func(script, text string)) (h *Host, dir string) {
	b.Helper()
	dir = writeSite(b, yaml, files)
	conf, err := site.Load(dir, os.LookupEnv)
	if err != nil {
		b.Fatal(err)
	}
	h, err = New(Config{Site: conf, Clock: clock.Real(), Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Print: print})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	loaded := make(chan struct{})
	running.Go(func() { h.Run(ctx, func([]Change) { close(loaded) }) })
	<-loaded
	b.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return h, dir
}

func report(b *testing.B, all []time.Duration) {
	slices.Sort(all)
	at := func(q float64) float64 { return float64(all[int(q*float64(len(all)-1))].Microseconds()) / 1000 }
	b.ReportMetric(at(0.5), "ms-p50")
	b.ReportMetric(at(0.99), "ms-p99")
	b.ReportMetric(at(1), "ms-max")
	b.ReportMetric(0, "ns/op")
}

// From a save to the first line of the new version, through fsnotify.
func BenchmarkReload(b *testing.B) {
	live := make(chan string, 16)
	_, dir := realHost(b, "timezone: UTC\n", map[string]string{
		"scripts/a.lua": `hik.every(1, function() end)`,
		"scripts/b.lua": `hik.every(1, function() end)`,
	}, func(_, text string) { live <- text })
	var took []time.Duration
	for i := range max(b.N, 100) {
		want := fmt.Sprint(i)
		began := time.Now()
		source := fmt.Sprintf(`hik.every(1, function() end) hik.spawn(function() print(%d) end)`, i)
		if err := os.WriteFile(filepath.Join(dir, "scripts/a.lua"), []byte(source), 0o644); err != nil {
			b.Fatal(err)
		}
		for text := range live {
			if text == want {
				break
			}
		}
		took = append(took, time.Since(began))
	}
	report(b, took)
}

// How late ten thousand jobs of one second start, in a hundred scripts.
func BenchmarkJobLateness(b *testing.B) {
	files := make(map[string]string)
	for i := range 100 {
		files[fmt.Sprintf("scripts/s%03d.lua", i)] = fmt.Sprintf(`
			for i = 1, 100 do
				hik.after((%d * 100 + i) / 10000, function()
					hik.every(1, function(job) print(job.late) end)
				end)
			end`, i)
	}
	var mu sync.Mutex
	var late []time.Duration
	realHost(b, "timezone: UTC\n", files, func(_, text string) {
		var seconds float64
		fmt.Sscan(text, &seconds)
		mu.Lock()
		late = append(late, time.Duration(seconds*float64(time.Second)))
		mu.Unlock()
	})
	<-time.After(6 * time.Second)
	mu.Lock()
	defer mu.Unlock()
	b.ReportMetric(float64(len(late)), "runs")
	report(b, late)
}
