package isapi_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
)

// simulated runs f in virtual time against a simulated device.
func simulated(t *testing.T, o sim.Options, f func(clk *clock.Virtual, d *sim.Device, c *isapi.Client)) {
	t.Helper()
	clk := clock.NewVirtual(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))
	o.Clock = clk
	if o.Latency == 0 {
		o.Latency = 5 * time.Millisecond
	}
	d := sim.New(o)
	c, err := isapi.New(isapi.Config{
		Name: "gate", Host: "simulated", Username: "admin", Password: isapi.NewSecret("simulated"), Transport: d.Transport(),
		NewSemaphore: func(n int) isapi.Semaphore { return clock.NewSemaphore(clk, n) },
	})
	if err != nil {
		t.Fatal(err)
	}
	clk.Do(func() { f(clk, d, c) })
}

// heads are the variants of devices with a head: the same calls work on all.
var heads = map[string]struct {
	o       sim.Options
	channel int
}{
	"ptz":                {sim.Options{Model: sim.PTZ}, 1},
	"ptz by stream":      {sim.Options{Model: sim.PTZ, PTZID: sim.PTZByStream}, 1},
	"sha-256":            {sim.Options{Model: sim.PTZ, Algorithm: sim.SHA256}, 1},
	"two challenges":     {sim.Options{Model: sim.PTZ, Algorithm: sim.MD5AndSHA256}, 1},
	"rfc 2069":           {sim.Options{Model: sim.PTZ, Algorithm: sim.MD5WithoutQOP}, 1},
	"digest/basic":       {sim.Options{Model: sim.PTZ, Auth: sim.AuthBoth}, 1},
	"nonces of two uses": {sim.Options{Model: sim.PTZ, NonceUses: 2, BareExpiry: true}, 1},
	"nonces of one use":  {sim.Options{Model: sim.PTZ, NonceUses: 1}, 1},
	"nonces by url":      {sim.Options{Model: sim.PTZ, NonceURL: true}, 1},
	"short nonces":       {sim.Options{Model: sim.PTZ, NonceLife: 2 * time.Second}, 1},
	"lts":                {sim.Options{Model: sim.PTZ, Brand: "LTS"}, 1},
	"nvr":                {sim.Options{Model: sim.NVR, Channels: []sim.ChannelOptions{{}, {PTZ: true}}}, 2},
	"nvr without proxy":  {sim.Options{Model: sim.NVR, NoPTZProxy: true, Channels: []sim.ChannelOptions{{}, {PTZ: true}}}, 2},
	"dvr, behind":        {sim.Options{Model: sim.DVR, Channels: []sim.ChannelOptions{{Analog: true}, {Analog: true}, {PTZ: true}}}, 3},
	"dvr, own":           {sim.Options{Model: sim.DVR, Channels: []sim.ChannelOptions{{Analog: true}, {Analog: true, PTZ: true}, {}}}, 2},
}

func TestSimulatedHeads(t *testing.T) {
	for name, tt := range heads {
		t.Run(name, func(t *testing.T) {
			simulated(t, tt.o, func(clk *clock.Virtual, d *sim.Device, c *isapi.Client) {
				ctx, ch := context.Background(), tt.channel
				stop := c.Sibling()
				must := func(what string, err error) {
					t.Helper()
					if err != nil {
						t.Fatalf("%s: %v", what, err)
					}
				}
				settle := func() { must("sleep", clock.Sleep(ctx, clk, 15*time.Second)) }
				must("move", c.Continuous(ctx, ch, isapi.Velocity{Pan: 40}))
				must("sleep", clock.Sleep(ctx, clk, time.Second))
				if !d.Moving(ch) {
					t.Error("it does not move")
				}
				must("stop", stop.StopPTZ(ctx, ch))
				settle()
				if d.Moving(ch) {
					t.Error("it does not stop")
				}

				pan, tilt, zoom := 120.0, -20.0, 4.0
				must("absolute", c.AbsoluteMove(ctx, ch, isapi.Target{Pan: &pan, Tilt: &tilt, Zoom: &zoom}))
				settle()
				p, err := c.PTZStatus(ctx, ch)
				must("status", err)
				if *p != (isapi.Pose{Pan: 120, Tilt: -20, Zoom: 4}) {
					t.Errorf("stands at %+v", *p)
				}
				must("relative", c.RelativeMove(ctx, ch, isapi.Offset{Pan: -130, Tilt: 5}))
				settle()
				if p, err = c.PTZStatus(ctx, ch); err != nil || *p != (isapi.Pose{Pan: 350, Tilt: -15, Zoom: 4}) {
					t.Errorf("stands at %+v, %v", p, err)
				}
				must("set preset", c.SetPreset(ctx, ch, 9, "gate"))
				must("go home", c.GotoHome(ctx, ch))
				settle()
				must("preset", c.GotoPreset(ctx, ch, 9))
				settle()
				if p, err = c.PTZStatus(ctx, ch); err != nil || *p != (isapi.Pose{Pan: 350, Tilt: -15, Zoom: 4}) {
					t.Errorf("preset 9 is at %+v, %v", p, err)
				}
				presets, err := c.Presets(ctx, ch)
				must("presets", err)
				ours := slices.IndexFunc(presets, func(p isapi.Preset) bool { return p.ID == 9 && p.Name == "gate" && !p.Special })
				reboot := slices.IndexFunc(presets, func(p isapi.Preset) bool { return p.ID == 94 && !p.Special })
				if ours < 0 || reboot >= 0 {
					t.Errorf("presets %+v", presets)
				}
				must("delete preset", c.DeletePreset(ctx, ch, 9))
				if err := c.GotoPreset(ctx, ch, 9); err == nil {
					t.Error("a deleted preset can be recalled")
				}
				caps, err := c.PTZCapabilities(ctx, ch)
				must("capabilities", err)
				if !caps.Position || caps.MaxPresets == 0 {
					t.Errorf("%+v", caps)
				}
				_, err = c.Patrols(ctx, ch)
				must("patrols", err)
				must("momentary", c.Momentary(ctx, ch, isapi.Velocity{Tilt: 20}, 500*time.Millisecond))
				settle()
				must("3D", c.Position3D(ctx, ch, isapi.Box{StartX: 0.4, StartY: 0.4, EndX: 0.6, EndY: 0.6}))
				settle()
				must("focus", c.Focus(ctx, ch, 30))
				must("focus", c.Focus(ctx, ch, 0))
				must("light", c.Aux(ctx, ch, isapi.AuxLight, true))
				_, err = c.Picture(ctx, ch, isapi.PictureOptions{})
				must("picture", err)
				if c.Login() != isapi.LoginOK {
					t.Error(c.LoginError())
				}
			})
		})
	}
}

// The four models by their answers.
func TestSimulatedProbe(t *testing.T) {
	for name, tt := range map[string]struct {
		o    sim.Options
		want string
	}{
		"ipc":            {sim.Options{Model: sim.IPC}, "camera 1 IP CAMERA +"},
		"ptz":            {sim.Options{Model: sim.PTZ}, "camera 1 IP DOME + ptz"},
		"nvr":            {sim.Options{Model: sim.NVR, Channels: []sim.ChannelOptions{{Name: "a"}, {ID: 4, Name: "b", Offline: true}, {ID: 7, Name: "c"}}}, "nvr 1 a +; 4 b -; 7 c +"},
		"dvr":            {sim.Options{Model: sim.DVR, Channels: []sim.ChannelOptions{{Name: "a", Analog: true}, {Name: "b", Analog: true, PTZ: true}, {Name: "c"}}}, "dvr 1 a + analog; 2 b + analog ptz; 3 c +"},
		"nvr by proxies": {sim.Options{Model: sim.NVR, ProxyPictures: true, Channels: []sim.ChannelOptions{{Name: "a"}}}, "nvr 1 a +"},
	} {
		t.Run(name, func(t *testing.T) {
			simulated(t, tt.o, func(clk *clock.Virtual, d *sim.Device, c *isapi.Client) {
				ctx := context.Background()
				p, err := c.Probe(ctx)
				if err != nil {
					t.Error(err)
					return
				}
				if got := p.Class.String() + " " + describe(p.Channels); got != tt.want {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
				if p.Clock == nil || p.Clock.Ahead(clk.Now()).Abs() > 2*time.Second {
					t.Errorf("clock %+v", p.Clock)
				}
				for range 2 {
					pic, err := c.Picture(ctx, 1, isapi.PictureOptions{Stream: isapi.Sub})
					if err != nil || len(pic.Data) < 1000 {
						t.Error(err)
					}
				}
				if _, err := c.EventTriggers(ctx); err != nil {
					t.Error(err)
				}
				if u, err := c.UserCheck(ctx); err != nil || !u.OK {
					t.Error(u, err)
				}
			})
		})
	}
}

// A wrong password against a device that counts: it is never locked.
func TestSimulatedDeviceIsNeverLocked(t *testing.T) {
	for name, o := range map[string]sim.Options{
		"usual": {Model: sim.PTZ}, "quiet": {Model: sim.PTZ, QuietLock: true}, "one use": {Model: sim.PTZ, NonceUses: 1}, "by url": {Model: sim.PTZ, NonceURL: true},
	} {
		t.Run(name, func(t *testing.T) {
			simulated(t, o, func(clk *clock.Virtual, d *sim.Device, c *isapi.Client) {
				ctx := context.Background()
				for range 5 {
					if _, err := c.DeviceInfo(ctx); err != nil {
						t.Error(err)
					}
				}
				d.SetPassword("admin", "changed")
				// As a host has them: commands, stops, and later the events.
				stops, events := c.Sibling(), c.Sibling()
				done := clk.NewWaiter()
				left := 50
				for range left {
					clk.Go(func() {
						for range 5 {
							_, _ = c.DeviceInfo(ctx)
							_ = stops.StopPTZ(ctx, 1)
							_, _ = events.OpenAlerts(ctx)
						}
						if left--; left == 0 {
							done.Wake()
						}
					})
				}
				done.Wait()
				if n := d.Counts(); n.RejectedLogins > 2 || n.Lockouts > 0 {
					t.Errorf("%d wrong logins, %d lockouts", n.RejectedLogins, n.Lockouts)
				}
				if c.Login() == isapi.LoginOK {
					t.Error("the login still counts as good")
				}
				before := len(d.Journal())
				_, err := c.Picture(ctx, 1, isapi.PictureOptions{})
				if err == nil || len(d.Journal()) != before {
					t.Error("something is still sent", err)
				}
				d.SetPassword("admin", "simulated")
				c.ResetLogin()
				if _, err := c.DeviceInfo(ctx); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A lock is read, waited out and survived.
func TestSimulatedLock(t *testing.T) {
	simulated(t, sim.Options{Model: sim.PTZ, Faults: []sim.Fault{}}, func(clk *clock.Virtual, d *sim.Device, c *isapi.Client) {
		ctx := context.Background()
		locked, err := sim.ParseFault("locked")
		if err != nil {
			t.Error(err)
			return
		}
		d.SetFaults(locked)
		_, err = c.DeviceInfo(ctx)
		var e *isapi.Error
		if !errors.As(err, &e) || e.Kind() != "locked" || e.RetryIn <= 0 || c.Login() != isapi.LoginLocked {
			t.Error(err, c.Login())
			return
		}
		_ = clock.Sleep(ctx, clk, e.RetryIn)
		d.SetFaults()
		c.ResetLogin()
		if _, err := c.DeviceInfo(ctx); err != nil {
			t.Error(err)
		}
	})
}

// The event stream of every dialect.
func TestSimulatedAlerts(t *testing.T) {
	for name, o := range map[string]sim.Options{
		"ipc": {Model: sim.IPC}, "ptz": {Model: sim.PTZ},
		"nvr": {Model: sim.NVR, Channels: []sim.ChannelOptions{{}, {}}},
		"sdk": {Model: sim.NVR, SDKNumbers: true, Channels: []sim.ChannelOptions{{}, {}}},
	} {
		t.Run(name, func(t *testing.T) {
			simulated(t, o, func(clk *clock.Virtual, d *sim.Device, c *isapi.Client) {
				ctx, cancel := clock.WithTimeout(clk, context.Background(), time.Minute)
				defer cancel()
				channel := max(1, len(o.Channels))
				s, err := c.Sibling().OpenAlerts(ctx)
				if err != nil {
					t.Error(err)
					return
				}
				clk.AfterFunc(2*time.Second, func() {
					d.Raise(sim.Alert{Type: "motion", Channel: channel, Picture: true, For: 3 * time.Second})
				})
				raised, at := clk.Now().Add(2*time.Second), time.Time{}
				image := 0
				for {
					a, err := s.Next()
					if err != nil {
						break
					}
					if a.Type == "motion" && a.State == isapi.StateActive && a.Channel == channel && at.IsZero() {
						at = clk.Now()
						if !a.Time.Equal(at.Truncate(time.Second)) {
							t.Errorf("device says %v at %v", a.Time, at)
						}
					}
					image += len(a.Image)
				}
				if late := at.Sub(raised); at.IsZero() || late < 0 || late > time.Second {
					t.Errorf("motion seen %v after it was raised", late)
				}
				if image == 0 {
					t.Error("no picture came with it")
				}
				if s.Dropped() > 0 {
					t.Errorf("%d elements dropped", s.Dropped())
				}
				_ = s.Close()
			})
		})
	}
}

// Rights that are missing are no wrong password.
func TestSimulatedRights(t *testing.T) {
	simulated(t, sim.Options{Model: sim.PTZ, Users: []sim.User{{Name: "guest", Password: "guest", NoPTZ: true, NoEvents: true}}}, func(clk *clock.Virtual, d *sim.Device, _ *isapi.Client) {
		c, err := isapi.New(isapi.Config{Name: "gate", Host: "simulated", Username: "guest", Password: isapi.NewSecret("guest"), Transport: d.Transport(),
			NewSemaphore: func(n int) isapi.Semaphore { return clock.NewSemaphore(clk, n) }})
		if err != nil {
			t.Error(err)
			return
		}
		ctx := context.Background()
		for range 4 {
			if _, err := c.OpenAlerts(ctx); !errors.Is(err, isapi.ErrForbidden) {
				t.Error("events:", err)
			}
			if err := c.Continuous(ctx, 1, isapi.Velocity{Pan: 5}); !errors.Is(err, isapi.ErrForbidden) {
				t.Error("ptz:", err)
			}
		}
		if c.Login() != isapi.LoginOK {
			t.Error(c.LoginError())
		}
		if _, err := c.DeviceInfo(ctx); err != nil {
			t.Error(err)
		}
	})
}

// Faults by name: each has its kind.
func TestSimulatedFaults(t *testing.T) {
	for name, kind := range map[string]string{"offline": "offline", "reset": "offline", "cut": "bad_answer", "html": "bad_answer", "busy": "busy", "wrong-password": "unauthorized", "slow": "timeout"} {
		simulated(t, sim.Options{Model: sim.IPC}, func(clk *clock.Virtual, d *sim.Device, c *isapi.Client) {
			f, err := sim.ParseFault(name)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := c.DeviceInfo(context.Background()); err != nil {
				t.Error(err)
			}
			d.SetFaults(f)
			ctx, cancel := clock.WithTimeout(clk, context.Background(), time.Second)
			defer cancel()
			_, err = c.Picture(ctx, 1, isapi.PictureOptions{})
			var e *isapi.Error
			if !errors.As(err, &e) || e.Kind() != kind || e.Hint == "" {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

func ExampleClient_Picture() {
	d := sim.New(sim.Options{Model: sim.PTZ})
	c, _ := isapi.New(isapi.Config{Name: "gate", Host: "simulated", Username: "admin", Password: isapi.NewSecret("simulated"), Transport: d.Transport()})
	defer c.Close()
	pic, err := c.Picture(context.Background(), 1, isapi.PictureOptions{Stream: isapi.Sub})
	fmt.Println(pic.ContentType, err)
	// Output: image/jpeg <nil>
}
