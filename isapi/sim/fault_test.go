package sim_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
)

func TestParseFault(t *testing.T) {
	for text, want := range map[string]string{
		"offline":               "offline",
		"slow=2s@10s-20s":       "slow=2s@10s-20s",
		"late=5s":               "late=5s",
		"slow@1m":               "slow@1m0s",
		"clock-wrong=-2h":       "clock-wrong=-2h",
		"offline@02:00-02:10":   "offline@02:00:00-02:10:00",
		"busy@22:00:30-06:00":   "busy@22:00:30-06:00:00",
		"locked=90s@0s-1h":      "locked=90s@0s-1h0m0s",
		"stream-silent@12:00":   "stream-silent@12:00:00",
		"explode":               `unknown fault "explode": one of offline, slow, late, reset, cut, html, busy, locked, wrong-password, clock-wrong, stream-silent`,
		"":                      `unknown fault "": one of offline, slow, late, reset, cut, html, busy, locked, wrong-password, clock-wrong, stream-silent`,
		"slow=2":                `fault slow: "2" is no duration (such as 2s)`,
		"slow=-2s":              `fault slow: "-2s" is negative`,
		"reset=1s":              "fault reset takes no value",
		"offline@20s-10s":       "fault offline: \"20s-10s\" ends before it begins",
		"offline@x":             `fault offline: "x" is neither a duration (10s) nor a time of day (02:00)`,
		"offline@10s-02:00":     `fault offline: "10s-02:00" mixes a duration and a time of day`,
		"offline@25:00-26:00":   `fault offline: "25:00" is neither a duration (10s) nor a time of day (02:00)`,
		"wrong-password@1s-1.5": `fault wrong-password: "1.5" is neither a duration (10s) nor a time of day (02:00)`,
	} {
		f, err := sim.ParseFault(text)
		got := f.String()
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %q", text, got)
		}
	}
}

func faults(t *testing.T, texts ...string) (list []sim.Fault) {
	for _, s := range texts {
		f, err := sim.ParseFault(s)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, f)
	}
	return list
}

// Each fault is there in its time only, and shows as it should.
func TestFaultsInTheirTime(t *testing.T) {
	for name, check := range map[string]func(c *client, r reply, err error) bool{
		"offline": func(c *client, r reply, err error) bool { return errors.Is(err, syscall.ECONNREFUSED) },
		"reset":   func(c *client, r reply, err error) bool { return errors.Is(err, syscall.ECONNRESET) && r.status == 200 },
		"cut": func(c *client, r reply, err error) bool {
			return errors.Is(err, io.ErrUnexpectedEOF) && r.status == 200
		},
		"html": func(c *client, r reply, err error) bool {
			return r.status == 200 && r.header.Get("Content-Type") == "text/html"
		},
		"busy": func(c *client, r reply, err error) bool {
			return r.status == 503 && r.tag("subStatusCode") == "deviceBusy"
		},
		"locked":         func(c *client, r reply, err error) bool { return r.status == 401 && r.tag("unlockTime") == "10" },
		"wrong-password": func(c *client, r reply, err error) bool { return r.status == 401 && r.tag("retryLoginTime") == "4" },
		"clock-wrong":    func(c *client, r reply, err error) bool { return r.tag("localTime") == "2026-06-05T13:00:15Z" },
		"slow":           func(c *client, r reply, err error) bool { return r.tag("localTime") == "2026-06-05T12:00:17Z" },
		"late":           func(c *client, r reply, err error) bool { return r.tag("localTime") == "2026-06-05T12:00:17Z" },
	} {
		virtually(t, sim.Options{Faults: faults(t, name+"@10s-25s")}, func(v *clock.Virtual, d *sim.Device, c *client) {
			const path = "/ISAPI/System/time"
			c.get(path).want(t, 200, "")
			pass(v, 15*time.Second)
			r, err := c.raw(context.Background(), "GET", path, "", c.authorization("GET", path))
			if !check(c, r, err) {
				t.Errorf("%s: %d %v %s", name, r.status, err, r.body)
			}
			pass(v, 15*time.Second)
			if r := c.get(path); r.status != 200 || !strings.HasPrefix(r.tag("localTime"), "2026-06-05T12:00:3") {
				t.Errorf("%s is over: %d %s", name, r.status, r.body)
			}
		})
	}
}

func TestDailyFault(t *testing.T) {
	virtually(t, sim.Options{Faults: faults(t, "busy@23:00-01:00")}, func(v *clock.Virtual, d *sim.Device, c *client) {
		var got []int
		for range 16 { // 12:00 to 03:00
			got = append(got, c.get(infoPath).status)
			pass(v, time.Hour)
		}
		if fmt.Sprint(got) != "[200 200 200 200 200 200 200 200 200 200 200 503 503 200 200 200]" {
			t.Errorf("%v", got)
		}
	})
}

// A reset after a command means that the command was done all the same.
func TestResetComesAfterTheCommand(t *testing.T) {
	virtually(t, sim.Options{Model: sim.PTZ}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.learn()
		d.SetFaults(faults(t, "reset")...)
		_, err := c.raw(context.Background(), "PUT", ptz1+"/continuous", move(9, 0, 0), c.authorization("PUT", ptz1+"/continuous"))
		if !errors.Is(err, syscall.ECONNRESET) || !d.Driven(1) {
			t.Errorf("%v", err)
		}
		j := d.Journal()
		if last := j[len(j)-1]; last.Status != 0 || last.What != "continuous 9 0 0" {
			t.Errorf("%+v", last)
		}
	})
}

// A device that lags behind carries out a command that nobody waits for any
// more; with one that is slow the command is gone with its client.
func TestLateCommandIsDone(t *testing.T) {
	for name, want := range map[string]bool{"late=3s": true, "slow=3s": false} {
		virtually(t, sim.Options{Model: sim.PTZ}, func(v *clock.Virtual, d *sim.Device, c *client) {
			c.learn()
			d.SetFaults(faults(t, name)...)
			ctx, cancel := clock.WithTimeout(v, context.Background(), time.Second)
			defer cancel()
			header := c.authorization("PUT", ptz1+"/continuous")
			if _, err := c.raw(ctx, "PUT", ptz1+"/continuous", move(9, 0, 0), header); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			pass(v, 1900*time.Millisecond)
			if d.Driven(1) {
				t.Errorf("%s: done too early", name)
			}
			pass(v, 200*time.Millisecond)
			if d.Driven(1) != want {
				t.Errorf("%s: driven %v", name, !want)
			}
			j := d.Journal()
			if last := j[len(j)-1]; last.Status != 0 || last.End.IsZero() || want && last.What != "continuous 9 0 0" {
				t.Errorf("%s: %+v", name, last)
			}
		})
	}
}

func TestLatencyOverlapAndContext(t *testing.T) {
	virtually(t, sim.Options{Model: sim.PTZ, Latency: time.Second, OnePicture: true, PictureLatency: time.Second}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.learn()
		const path = "/ISAPI/Streaming/channels/101/picture"
		var got []int
		for range 3 {
			header := c.authorization("GET", path)
			v.Go(func() {
				r, _ := c.raw(context.Background(), "GET", path, "", header)
				got = append(got, r.status)
			})
		}
		pass(v, 10*time.Second)
		if fmt.Sprint(got) != "[503 503 200]" || d.Counts().MaxParallel != 3 {
			t.Errorf("%v %+v", got, d.Counts())
		}
		for i, e := range d.Journal() {
			if e.Overlap != (i > 0) {
				t.Errorf("overlap of %d: %+v", i, e)
			}
		}
		ctx, cancel := clock.WithTimeout(v, context.Background(), 300*time.Millisecond)
		defer cancel()
		before := v.Now()
		_, err := c.raw(ctx, "GET", infoPath, "", c.authorization("GET", infoPath))
		if !errors.Is(err, context.DeadlineExceeded) || v.Now().Sub(before) != 300*time.Millisecond {
			t.Errorf("%v after %s", err, v.Now().Sub(before))
		}
		j := d.Journal()
		if last := j[len(j)-1]; last.Status != 0 || last.End.IsZero() {
			t.Errorf("%+v", last)
		}
	})
}

func TestOverloadBringsTheServerDown(t *testing.T) {
	virtually(t, sim.Options{Model: sim.NVR, Latency: time.Second, MaxParallel: 2}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.learn()
		for range 3 {
			header := c.authorization("GET", infoPath)
			v.Go(func() { _, _ = c.raw(context.Background(), "GET", infoPath, "", header) })
		}
		pass(v, 8*time.Minute)
		if _, err := c.raw(context.Background(), "GET", infoPath, "", ""); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("still down after eight minutes: %v", err)
		}
		pass(v, time.Minute)
		c.get(infoPath).want(t, 200, "")
	})
}

func TestJournalIsBounded(t *testing.T) {
	virtually(t, sim.Options{JournalSize: 10}, func(v *clock.Virtual, d *sim.Device, c *client) {
		for range 100 {
			c.get(infoPath)
		}
		j := d.Journal()
		if len(j) != 10 || j[9].Seq != 101 || j[0].Seq != 92 || d.Counts().Requests != 101 {
			t.Errorf("%d entries, the last %d, %d requests", len(j), j[len(j)-1].Seq, d.Counts().Requests)
		}
	})
}

// The same requests at the same times give the same bytes.
func TestDeterministic(t *testing.T) {
	if testing.Short() {
		t.Skip("virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	run := func(seed uint64) string {
		var all strings.Builder
		virtually(t, sim.Options{Model: sim.PTZ, Seed: seed}, func(v *clock.Virtual, d *sim.Device, c *client) {
			c.learn()
			for i := range 8 {
				c.put(fmt.Sprintf("%s/presets/%d/goto", ptz1, i+1), "")
				pass(v, 700*time.Millisecond)
				for _, path := range []string{ptz1 + "/status", "/ISAPI/Streaming/channels/102/picture", "/ISAPI/System/status", infoPath} {
					r := c.get(path)
					fmt.Fprintln(&all, r.status, r.header, r.body)
				}
				r, _ := c.raw(context.Background(), "GET", infoPath, "", "")
				fmt.Fprintln(&all, r.header, r.body)
			}
			fmt.Fprintf(&all, "%+v", d.Journal())
		})
		return all.String()
	}
	first := run(1)
	if run(1) != first {
		t.Error("two runs differ")
	}
	if run(2) == first {
		t.Error("the seed has no effect")
	}
}
