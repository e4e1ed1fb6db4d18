package runtime

import (
	"bytes"
	"context"
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

// minutely is a site of n heads, each of which is turned to a preset, asked how
// it is and photographed every minute.
type minutely struct {
	clk      *clock.Virtual
	log      bytes.Buffer // warnings and errors, of which there should be none
	commands int
	err      error // of Host.Run
	ended    bool
	stop     context.CancelFunc
}

func newMinutely(tb testing.TB, n int) *minutely {
	tb.Helper()
	var yaml, script strings.Builder
	yaml.WriteString("timezone: UTC\ndevices:\n")
	for i := range n {
		fmt.Fprintf(&yaml, "  cam%03d: {simulate: ptz}\n", i)
		fmt.Fprintf(&script, `do
			local head, turn = hik.device("cam%03d"), 0
			hik.every("1m", {name = "visit%d"}, function()
				turn = turn %% 4 + 1
				head:preset(turn, {wait = true})
				head:ptz_status()
				head:snapshot()
			end)
		end
		`, i, i)
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
				Latency: 20 * time.Millisecond,
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

// A day in virtual time, per command. heap-kB is what the second half of the
// day has added to what is in use.
func BenchmarkDay(b *testing.B) {
	for _, n := range []int{10, 100} {
		b.Run(fmt.Sprintf("cameras=%d", n), func(b *testing.B) {
			var commands int
			var allocated, size, growth uint64
			for b.Loop() {
				m := newMinutely(b, n)
				var began, ended goruntime.MemStats
				goruntime.ReadMemStats(&began)
				m.clk.RunFor(12 * time.Hour)
				half, _ := level()
				m.clk.RunFor(12 * time.Hour)
				goruntime.ReadMemStats(&ended)
				full, _ := level()
				commands += m.commands
				allocated += ended.Mallocs - began.Mallocs
				size += ended.TotalAlloc - began.TotalAlloc
				growth += max(full, half) - half
				m.end(b)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(commands), "us/command")
			b.ReportMetric(float64(allocated)/float64(commands), "allocs/command")
			b.ReportMetric(float64(size)/float64(commands), "B/command")
			b.ReportMetric(float64(growth)/float64(b.N)/1024, "heap-kB")
			b.ReportMetric(float64(commands)/float64(b.N), "commands")
			b.ReportMetric(0, "ns/op")
		})
	}
}
