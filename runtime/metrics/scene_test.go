package metrics

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/journal"
)

// TestSceneIsCounted: each class and result of commands, runs, events and errors
// of a scene are counted, and nothing else.
func TestSceneIsCounted(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/scene.lua": `
		local yard = hik.device("gate"):channel("yard")
		hik.after("10s", {name = "tour"}, function()
			yard:preset(1)
			hik.sleep(10)
			yard:snapshot()
			yard:snapshot()
			yard:ptz_move{pan = 40, duration = 1}
			hik.sleep(3)
		end)
		hik.after("59s", {name = "shut"}, function() pcall(function() yard:snapshot() end) end)
		hik.every("40s", {name = "often", overlap = "skip"}, function() hik.sleep(50) end)
		hik.after("70s", {name = "fails"}, function() error("no") end)
		hik.spawn(function() hik.sleep(75) error("neither") end)
		hik.on("gate/yard:motion", {name = "sees"}, function() end)
		hik.on("closing", {name = "closes"}, function() end)
	`})
	w.run(58 * time.Second)
	w.devices["gate"].SetFaults(sim.Fault{Name: "busy", To: 5 * time.Second})
	w.run(30 * time.Second)
	w.devices["gate"].Raise(sim.Alert{Type: "motion", Channel: 1, For: time.Second})
	w.clk.Go(func() { w.host.Emit("closing", nil) })
	w.run(10 * time.Second)
	text, got := w.scrape()
	busy := got[`commands_total{class="picture",device="gate",result="busy"}`]
	polls := got[`commands_total{class="status",device="gate",result="ok"}`]
	asked := got[`commands_total{class="other",device="gate",result="ok"}`]
	if busy < 1 || polls < 1 || asked < 1 {
		t.Errorf("%v pictures were refused, %v times the state was asked, %v times else", busy, polls, asked)
	}
	wantSeries(t, got, map[string]float64{
		`commands_total{class="picture",device="gate",result="ok"}`:       2,
		`commands_total{class="picture",device="gate",result="busy"}`:     busy,
		`commands_total{class="head",device="gate",result="ok"}`:          2,
		`commands_total{class="stop",device="gate",result="ok"}`:          1,
		`commands_total{class="status",device="gate",result="ok"}`:        polls,
		`commands_total{class="other",device="gate",result="ok"}`:         asked,
		`command_duration_seconds_count{device="gate"}`:                   2 + busy + 2 + 1 + polls + asked,
		`command_wait_seconds_count{device="gate"}`:                       2 + busy + 2 + 1 + polls + asked,
		`stop_retries_total{device="gate"}`:                               0,
		`script_errors_total{script="scene"}`:                             2,
		`events_total{device="gate",type="online"}`:                       1,
		`events_total{device="gate",type="motion"}`:                       1,
		`device_state{device="gate",state="online"}`:                      1,
		`device_state{device="gate",state="offline"}`:                     0,
		`device_state{device="gate",state="unknown"}`:                     0,
		`device_state{device="gate",state="locked"}`:                      0,
		`device_state{device="gate",state="unauthorized"}`:                0,
		`device_events_state{device="gate",state="flowing"}`:              1,
		`device_events_state{device="gate",state="off"}`:                  0,
		`device_events_state{device="gate",state="stale"}`:                0,
		`device_queue_commands{device="gate"}`:                            0,
		`device_heads_moving{device="gate"}`:                              0,
		`script_state{script="scene",state="running"}`:                    1,
		`script_state{script="scene",state="held back"}`:                  0,
		`script_state{script="scene",state="not loaded"}`:                 0,
		`script_state{script="scene",state="set aside"}`:                  0,
		`script_edit_broken{script="scene"}`:                              0,
		`build_info{version="1.2.3"}`:                                     1,
		`start_time_seconds`:                                              float64(noon.Unix()),
		`site_config_ok`:                                                  1,
		`job_next_run_timestamp_seconds{job="often",script="scene"}`:      float64(noon.Unix() + 120),
		`job_last_success_timestamp_seconds{job="tour",script="scene"}`:   got[`job_last_success_timestamp_seconds{job="tour",script="scene"}`],
		`job_last_success_timestamp_seconds{job="shut",script="scene"}`:   got[`job_last_success_timestamp_seconds{job="shut",script="scene"}`],
		`job_last_success_timestamp_seconds{job="often",script="scene"}`:  float64(noon.Unix() + 90),
		`job_last_success_timestamp_seconds{job="sees",script="scene"}`:   float64(noon.Unix() + 88),
		`job_last_success_timestamp_seconds{job="closes",script="scene"}`: float64(noon.Unix() + 88),
	})
	for job, runs := range map[string][3]float64{
		"tour": {1, 0, 0}, "shut": {1, 0, 0}, "often": {1, 0, 1}, "fails": {0, 1, 0}, "sees": {1, 0, 0}, "closes": {1, 0, 0},
	} {
		once := job == "tour" || job == "shut" || job == "fails" // by hik.after, so that they are over
		for i, result := range []string{resultOK, resultError, resultSkipped} {
			series := fmt.Sprintf("job_runs_total{job=%q,result=%q,script=\"scene\"}", job, result)
			if v, there := got[series]; !there && !(once && runs[i] == 0) || v != runs[i] {
				t.Errorf("%s is %v (there: %v), want %v", series, v, there, runs[i])
			}
		}
	}
	if t.Failed() {
		t.Log(text)
	}
	w.run(linger)
	if _, got = w.scrape(); has(got, `job="tour"`) || !has(got, `job="often"`) {
		t.Error("a job that is over is told of for a while, not more")
	}
}

// TestStopRetries: a stop that follows one that failed, at the same head, is one
// that was sent again.
func TestStopRetries(t *testing.T) {
	w := newWorld(t, oneHead, nil)
	w.run(time.Second)
	away := errors.New("away")
	for _, e := range []journal.Entry{
		{Channel: 1, What: "ptz_stop", Err: away},
		{Channel: 2, What: "ptz_stop"}, // another head
		{Channel: 1, What: "focus stop"},
		{Channel: 1, What: "ptz_stop", Err: away}, // 1
		{Channel: 1, What: "ptz_stop"},            // 2
		{Channel: 1, What: "ptz_stop"},
		{Channel: 1, What: "focus stop", Err: away},
		{Channel: 1, What: "focus stop"}, // 3
	} {
		e.Device, e.Head = "gate", true
		w.c.Record(e)
	}
	_, got := w.scrape()
	wantSeries(t, got, map[string]float64{`stop_retries_total{device="gate"}`: 3})
}

// TestWords: what has no word of hiklua's own is counted, but its text is no label.
func TestWords(t *testing.T) {
	w := newWorld(t, oneHead, nil)
	w.run(time.Second)
	for _, e := range []journal.Entry{
		{Device: "192.0.2.7:80", What: "snapshot"},
		{Device: "192.0.2.8:80", What: "snapshot", Err: journal.NewAnswer("made up", "x")},
		{Device: "gate", What: "ptz_move", Head: true, Err: journal.NewAnswer("forbidden", "x")},
		{Kind: journal.Event, Device: "gate", What: "weatherStation", Detail: "start"},
		{Kind: journal.Event, Device: "gate", What: "weatherStation", Detail: "stop"},
		{Kind: journal.Event, Script: "a", What: "emitted"},
		{Kind: journal.Picture, Device: "192.0.2.7:80", Channel: 1, Time: noon},
		{Dropped: 5},
	} {
		w.c.Record(e)
	}
	for _, level := range []slog.Level{slog.LevelInfo, slog.LevelWarn, slog.LevelError, slog.LevelError + 4} {
		w.c.Log(level)
	}
	_, got := w.scrape()
	for series, want := range map[string]float64{
		`commands_total{class="picture",device="other",result="ok"}`:    1,
		`commands_total{class="picture",device="other",result="error"}`: 1,
		`commands_total{class="head",device="gate",result="forbidden"}`: 1,
		`events_total{device="gate",type="other"}`:                      1,
		`log_lines_total{level="error"}`:                                2,
		`log_lines_total{level="info"}`:                                 1,
		`command_duration_seconds_bucket{device="other",le="0.05"}`:     2,
		`command_duration_seconds_count{device="other"}`:                2,
	} {
		if got[series] != want {
			t.Errorf("%s is %v, want %v", series, got[series], want)
		}
	}
	for series := range got {
		for _, text := range []string{"192.0.2", "made up", "weather", "emitted"} {
			if contains(series, text) {
				t.Error(series)
			}
		}
	}
}
