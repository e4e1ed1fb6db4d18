package sim_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
)

const streamPath = "/ISAPI/Event/notification/alertStream"

// subscribe opens the stream and notes every part with the second in which it
// came. It ends with the context.
func subscribe(v *clock.Virtual, c *client, ctx context.Context, into *[]string) {
	c.learn()
	req, _ := http.NewRequestWithContext(ctx, "GET", c.base+streamPath, nil)
	req.Header.Set("Authorization", c.authorization("GET", streamPath))
	resp, err := c.rt.RoundTrip(req)
	if err != nil || resp.StatusCode != 200 {
		c.t.Errorf("subscribe: %v %v", resp, err)
		return
	}
	body := make([]byte, 1<<20)
	for {
		n, err := resp.Body.Read(body)
		if err != nil {
			*into = append(*into, fmt.Sprintf("%.1f end %v", v.Now().Sub(start).Seconds(), err))
			return
		}
		part := reply{body: string(body[:n])}
		text := fmt.Sprintf("%.1f %s %s %s", v.Now().Sub(start).Seconds(), part.tag("eventType"), part.tag("eventState"), part.tag("activePostCount"))
		if strings.Contains(part.body, "image/jpeg") {
			text += " picture"
		}
		*into = append(*into, text)
	}
}

func TestStreamOfACamera(t *testing.T) {
	virtually(t, sim.Options{}, func(v *clock.Virtual, d *sim.Device, c *client) {
		ctx, cancel := clock.WithTimeout(v, context.Background(), 25*time.Second)
		defer cancel()
		var got []string
		v.Go(func() { subscribe(v, c, ctx, &got) })
		pass(v, 12*time.Second)
		d.Raise(sim.Alert{Type: "motion", Channel: 1, For: 2500 * time.Millisecond, Picture: true})
		pass(v, 15*time.Second)
		want := []string{"0.0 videoloss inactive 0", "10.0 videoloss inactive 0",
			"12.0 VMD active 1 picture", "13.0 VMD active 2", "14.0 VMD active 3", "14.5 VMD inactive 4",
			"20.0 videoloss inactive 0", "25.0 end context deadline exceeded"}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got\n%s", strings.Join(got, "\n"))
		}
		j := d.Journal()
		last := j[len(j)-1]
		if last.What != "event stream" || last.Status != 200 || last.End.Sub(last.Start) != 25*time.Second || last.Overlap {
			t.Errorf("journal: %+v", last)
		}
	})
}

func TestStreamOfARecorder(t *testing.T) {
	o := sim.Options{Model: sim.NVR, Channels: []sim.ChannelOptions{{}, {Offline: true}}}
	virtually(t, o, func(v *clock.Virtual, d *sim.Device, c *client) {
		ctx, cancel := clock.WithTimeout(v, context.Background(), 8*time.Second)
		defer cancel()
		var got []string
		v.Go(func() { subscribe(v, c, ctx, &got) })
		pass(v, time.Second)
		d.Raise(sim.Alert{Type: "VMD", Channel: 1, For: 2 * time.Second})
		pass(v, 10*time.Second)
		want := []string{"0.0 videoloss active 1", "1.0 VMD active 1", "2.5 VMD active 2", "5.0 videoloss active 2", "8.0 end context deadline exceeded"}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("no heartbeat and no end; got\n%s", strings.Join(got, "\n"))
		}
	})
}

func TestChannelNumbersOfTheDialects(t *testing.T) {
	first := func(o sim.Options, a sim.Alert) string {
		var text string
		virtually(t, o, func(v *clock.Virtual, d *sim.Device, c *client) {
			d.Raise(a)
			c.learn()
			req, _ := http.NewRequest("GET", c.base+streamPath, nil)
			req.Header.Set("Authorization", c.authorization("GET", streamPath))
			resp, err := c.rt.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 4096)
			n, _ := resp.Body.Read(b)
			resp.Body.Close()
			text = string(b[:n])
		})
		return text
	}
	if s := first(sim.Options{Model: sim.NVR}, sim.Alert{Type: "VMD", Channel: 2}); !strings.Contains(s, "<dynChannelID>2<") || strings.Contains(s, "<channelID>") {
		t.Error(s)
	}
	if s := first(sim.Options{Model: sim.NVR, SDKNumbers: true}, sim.Alert{Type: "VMD", Channel: 2}); !strings.Contains(s, "<channelID>34<") {
		t.Error(s)
	}
	hybrid := sim.Options{Model: sim.DVR, SDKNumbers: true, Channels: []sim.ChannelOptions{{Analog: true}, {Analog: true}, {}}}
	if s := first(hybrid, sim.Alert{Type: "VMD", Channel: 3}); !strings.Contains(s, "<channelID>33<") {
		t.Error(s)
	}
	s := first(sim.Options{}, sim.Alert{Type: "line_crossing", Channel: 1, Region: 2, Target: "human"})
	if !regexp.MustCompile(`^--boundary\r\nContent-Type: application/xml; charset="UTF-8"\r\nContent-Length: \d+\r\n\r\n<EventNotificationAlert`).MatchString(s) ||
		!strings.Contains(s, "<regionID>2<") || !strings.Contains(s, "<detectionTarget>human<") || !strings.Contains(s, "<channelName>") {
		t.Error(s)
	}
}

func TestStreamSlots(t *testing.T) {
	virtually(t, sim.Options{MaxStreams: 1}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.learn()
		open := func() *http.Response {
			req, _ := http.NewRequest("GET", c.base+streamPath, nil)
			req.Header.Set("Authorization", c.authorization("GET", streamPath))
			resp, err := c.rt.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			return resp
		}
		one, two := open(), open()
		if one.StatusCode != 200 || two.StatusCode != 403 {
			t.Errorf("%d %d", one.StatusCode, two.StatusCode)
		}
		one.Body.Close()
		if three := open(); three.StatusCode != 200 {
			t.Errorf("a slot that was given back: %d", three.StatusCode)
		}
	})
}

func TestWhatKeepsAnAlarmFromTheStream(t *testing.T) {
	for name, o := range map[string]sim.Options{
		"centre off":    {NoCenter: []string{"motion"}},
		"detection off": {Channels: []sim.ChannelOptions{{MotionOff: true}}},
		"no region":     {Channels: []sim.ChannelOptions{{NoRegion: true}}},
	} {
		virtually(t, o, func(v *clock.Virtual, d *sim.Device, c *client) {
			if d.Raise(sim.Alert{Type: "motion", Channel: 1}) {
				t.Errorf("%s: told", name)
			}
			if !d.Raise(sim.Alert{Type: "tamper", Channel: 1}) {
				t.Errorf("%s: tampering has a trigger of its own", name)
			}
		})
	}
	virtually(t, sim.Options{}, func(v *clock.Virtual, d *sim.Device, c *client) {
		const path = "/ISAPI/Event/triggers/tamper-1"
		r := c.get(path)
		if r.tag("eventType") != "tamperdetection" || r.tag("notificationMethod") != "center" {
			t.Errorf("%s", r.body)
		}
		c.put(path, strings.Replace(r.body, ">center<", ">record<", 2))
		if d.Raise(sim.Alert{Type: "tamper", Channel: 1}) {
			t.Error("the centre notification was switched off")
		}
		const detection = "/ISAPI/System/Video/inputs/channels/1/motionDetection"
		doc := c.get(detection).body
		c.put(detection, strings.Replace(doc, "<enabled>true<", "<enabled>false<", 1)) // its own document is taken back
		if d.Raise(sim.Alert{Type: "VMD", Channel: 1}) {
			t.Error("motion detection was switched off")
		}
	})
}

func TestStreamEndsWithTheDevice(t *testing.T) {
	for text, want := range map[string]error{"offline@5s": syscall.ECONNRESET, "reset@5s": syscall.ECONNRESET, "cut@5s": io.ErrUnexpectedEOF} {
		f, err := sim.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		virtually(t, sim.Options{Faults: []sim.Fault{f}}, func(v *clock.Virtual, d *sim.Device, c *client) {
			c.learn()
			req, _ := http.NewRequest("GET", c.base+streamPath, nil)
			req.Header.Set("Authorization", c.authorization("GET", streamPath))
			resp, err := c.rt.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			_, err = io.ReadAll(resp.Body)
			if !errors.Is(err, want) || v.Now().Sub(start) != 5*time.Second {
				t.Errorf("%s: %v at %s", text, err, v.Now().Sub(start))
			}
		})
	}
}

func TestSilentStream(t *testing.T) {
	virtually(t, sim.Options{}, func(v *clock.Virtual, d *sim.Device, c *client) {
		f, _ := sim.ParseFault("stream-silent@5s-60s")
		d.SetFaults(f)
		ctx, cancel := clock.WithTimeout(v, context.Background(), 65*time.Second)
		defer cancel()
		var got []string
		v.Go(func() { subscribe(v, c, ctx, &got) })
		pass(v, 10*time.Second)
		d.Raise(sim.Alert{Type: "IO", Port: 1, For: time.Second})
		pass(v, time.Minute)
		want := "[0.0 videoloss inactive 0 60.0 videoloss inactive 0 65.0 end context deadline exceeded]"
		if fmt.Sprint(got) != want {
			t.Errorf("got %s", got)
		}
	})
}

func TestInputsAlarm(t *testing.T) {
	virtually(t, sim.Options{}, func(v *clock.Virtual, d *sim.Device, c *client) {
		if err := d.SetInput(1, true); err != nil {
			t.Fatal(err)
		}
		if r := c.get("/ISAPI/System/IO/inputs/1/status"); r.tag("ioState") != "active" || len(d.Alarms()) != 1 {
			t.Errorf("%s %v", r.body, d.Alarms())
		}
		_ = d.SetInput(1, false)
		if len(d.Alarms()) != 0 || d.SetInput(7, true) == nil {
			t.Error("opened, and no such input")
		}
		c.put("/ISAPI/System/IO/outputs/1/trigger", "<IOPortData><outputState>high</outputState></IOPortData>")
		pass(v, time.Hour)
		if !d.Output(1) {
			t.Error("a relay keeps its level")
		}
	})
}
