package runtime

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/site"
)

// minutely is a site of heads, each with a job that runs every minute.
type minutely struct {
	clk      *clock.Virtual
	log      bytes.Buffer // warnings and errors, of which there should be none
	commands int
	err      error // of Host.Run
	ended    bool
	stop     context.CancelFunc
}

const (
	// turn is the smallest job: one command.
	turn = `head:preset(place)`
	// visit waits for the head, which asks the device every second, asks it once
	// more and takes a picture.
	visit = `head:preset(place, {wait = true})
		head:ptz_status()
		head:snapshot()`
)

func newMinutely(tb testing.TB, n int, job string) *minutely {
	tb.Helper()
	var yaml, script strings.Builder
	yaml.WriteString("timezone: UTC\ndevices:\n")
	for i := range n {
		fmt.Fprintf(&yaml, "  cam%03d: {simulate: ptz}\n", i)
		fmt.Fprintf(&script, `do
			local head, place = hik.device("cam%03d"), 0
			hik.every("1m", {name = "job%d"}, function()
				place = place %% 4 + 1
				%s
			end)
		end
		`, i, i, job)
	}
	m := &minutely{clk: clock.NewVirtual(noon)}
	dir := writeSite(tb, yaml.String(), map[string]string{"scripts/visit.lua": script.String()})
	conf, err := site.Load(dir, noEnv)
	if err != nil {
		tb.Fatal(err)
	}
	host, err := New(Config{
		Site: conf, Clock: m.clk, Log: slog.New(slog.NewTextHandler(&m.log, &slog.HandlerOptions{Level: slog.LevelWarn})), Version: "test",
		Record: func(e journal.Entry) {
			if e.Kind == journal.Command {
				m.commands++
			}
		},
		Transport: func(d site.Device) (http.RoundTripper, error) {
			return sim.New(sim.Options{
				Name: d.Name, Model: sim.PTZ, Clock: m.clk, Username: d.Username, Password: d.Password.Reveal(),
				Latency: 20 * time.Millisecond, JournalSize: 100,
				// Drawing pictures of the usual size would be most of the work.
				Channels: []sim.ChannelOptions{{MainWidth: 64, MainHeight: 36}},
			}).Transport(), nil
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	ctx, stop := clock.WithCancel(context.Background())
	m.stop = stop
	m.clk.Go(func() {
		m.err = host.Run(ctx, nil)
		m.ended = true
	})
	return m
}

func (m *minutely) end(tb testing.TB) {
	tb.Helper()
	m.stop()
	m.clk.RunFor(orderlyStop + time.Minute)
	if m.err != nil || !m.ended || m.log.Len() > 0 {
		tb.Fatalf("ended: %v, %v\n%s", m.ended, m.err, &m.log)
	}
}

// A command in virtual time is cheap, and leaves nothing behind: what a site has
// in memory does not grow with the time that it runs.
func TestVirtualTimeIsCheap(t *testing.T) {
	if raceEnabled || testing.Short() {
		t.Skip("counts what the compiler makes")
	}
	m := newMinutely(t, 5, turn)
	m.clk.RunFor(4 * time.Hour) // the simulator's journal is full
	begun := m.commands
	var before, after goruntime.MemStats
	start, _ := level()
	goruntime.ReadMemStats(&before)
	m.clk.RunFor(20 * time.Hour)
	goruntime.ReadMemStats(&after)
	end, _ := level()
	each := float64(after.Mallocs-before.Mallocs) / float64(m.commands-begun)
	if each > 200 {
		t.Errorf("%.0f allocations a command; there were 346 once, and 170", each)
	}
	if end > start+start/10+256<<10 {
		t.Errorf("%d kB in use after 4 hours, %d kB after a day", start>>10, end>>10)
	}
	m.end(t)
}

// A day in virtual time, per command. heap-kB is what the second half of the
// day has added to what is in use.
func BenchmarkDay(b *testing.B) {
	for _, n := range []int{10, 100} {
		b.Run(fmt.Sprintf("cameras=%d", n), func(b *testing.B) { benchmarkSpan(b, n, visit, 12*time.Hour, 12*time.Hour) })
	}
}

// A week of jobs with one command each. heap-kB is what the last six days have
// added to what was in use after the first. It takes a while: -week.
func BenchmarkWeek(b *testing.B) {
	if !*week {
		b.Skip("takes a while; -week runs it")
	}
	for _, n := range []int{10, 100} {
		b.Run(fmt.Sprintf("cameras=%d", n), func(b *testing.B) { benchmarkSpan(b, n, turn, 24*time.Hour, 6*24*time.Hour) })
	}
}

var week = flag.Bool("week", false, "run BenchmarkWeek")

func benchmarkSpan(b *testing.B, n int, job string, first, rest time.Duration) {
	var commands int
	var allocated, size, before, after uint64
	var spent time.Duration
	for b.Loop() {
		m := newMinutely(b, n, job)
		var began, ended goruntime.MemStats
		goruntime.ReadMemStats(&began)
		cpu := cpuTime()
		m.clk.RunFor(first)
		spent += cpuTime() - cpu
		start, _ := level()
		cpu = cpuTime()
		m.clk.RunFor(rest)
		spent += cpuTime() - cpu
		goruntime.ReadMemStats(&ended)
		end, _ := level()
		commands += m.commands
		allocated += ended.Mallocs - began.Mallocs
		size += ended.TotalAlloc - began.TotalAlloc
		before, after = before+start, after+end
		m.end(b)
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/op")
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(commands), "us/command")
	b.ReportMetric(float64(spent.Microseconds())/float64(commands), "cpu-us/command")
	b.ReportMetric(float64(allocated)/float64(commands), "allocs/command")
	b.ReportMetric(float64(size)/float64(commands), "B/command")
	b.ReportMetric((float64(after)-float64(before))/float64(b.N)/1024, "heap-kB")
	b.ReportMetric(float64(after)/float64(before), "heap-ratio")
	b.ReportMetric(float64(commands)/float64(b.N), "commands")
	b.ReportMetric(0, "ns/op")
}
