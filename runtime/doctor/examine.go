package doctor

import (
	"context"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// Config says whom to examine.
type Config struct {
	Device  site.Device
	Client  *isapi.Client // of Device; one that nothing was sent over yet
	Network Network
	Clock   clock.Clock
	Zone    *time.Location // of the site; nil: the clock's
}

// defaultTimeout is for a Config.Device without one.
const defaultTimeout = 10 * time.Second

// exam is one examination. It belongs to one goroutine.
type exam struct {
	Config
	report  *Report
	stop    string // why nothing more is asked; "": go on
	tried   bool   // the login was checked; it may have been refused before
	silence int    // requests in a row that got no answer

	info     *isapi.DeviceInfo
	account  account
	channels []isapi.Channel
	triggers triggers
	other    []string // who else listens to the event stream
}

// Examine looks at a device. It takes as long as the device does: a request
// has Device.Timeout, and a device that stops answering is given up.
func Examine(ctx context.Context, c Config) *Report {
	if c.Device.Timeout <= 0 {
		c.Device.Timeout = defaultTimeout
	}
	if c.Zone == nil {
		c.Zone = c.Clock.Now().Location()
	}
	x := &exam{Config: c, report: &Report{Device: c.Device.Name, Address: c.Device.Address(), State: OK}}
	if c.Network.inMemory() && c.Device.Host == "" {
		x.report.Address = "simulated"
	}
	x.report.Simulated = c.Network.inMemory()
	x.examine(ctx)
	return x.report
}

func (x *exam) examine(ctx context.Context) {
	x.check(ctx, "address", 0, x.checkAddress)
	x.check(ctx, "web server", 0, x.checkWeb)
	x.check(ctx, "login", 0, x.checkLogin)
	x.check(ctx, "device", 0, x.checkDevice)
	x.check(ctx, "ports", 0, x.checkPorts)
	x.check(ctx, "limits", 0, x.checkLimits)
	x.check(ctx, "account", 0, x.checkAccount)
	x.check(ctx, "event right", 0, x.checkEventRight)
	x.check(ctx, "clock", 0, x.checkClock)
	x.check(ctx, "channels", 0, x.checkChannels)
	x.check(ctx, "event rules", 0, x.checkTriggers)
	x.check(ctx, "event stream", 0, x.checkStream)
	for _, t := range x.targets() {
		x.examineChannel(ctx, t)
	}
}

func (x *exam) examineChannel(ctx context.Context, t *target) {
	if x.stop != "" {
		x.report.add(Check{Name: "channel", Channel: t.id, State: Skipped, Finding: x.stop})
		return
	}
	for _, step := range []struct {
		name string
		run  func(context.Context, *target) Check
	}{
		{"channel", x.checkChannel},
		{"main picture", x.pictureOf(isapi.Main)},
		{"sub picture", x.pictureOf(isapi.Sub)},
		{"head", x.checkHead},
		{"PTZ right", x.checkPTZRight},
		{"motion", x.checkMotion},
		{"smart events", x.checkSmart},
		{"centre notification", x.checkCenter},
	} {
		if t.stop != "" && x.stop == "" {
			x.report.add(Check{Name: step.name, Channel: t.id, State: Skipped, Finding: t.stop})
			continue
		}
		x.check(ctx, step.name, t.id, func(ctx context.Context) Check { return step.run(ctx, t) })
	}
}

// check runs one check, unless the examination is over. A check without a
// state does not apply to this device and is left out.
func (x *exam) check(ctx context.Context, name string, channel int, run func(context.Context) Check) {
	if x.stop == "" && clock.Cause(ctx) != nil {
		x.stop = "the examination was broken off"
	}
	if x.stop != "" {
		x.report.add(Check{Name: name, Channel: channel, State: Skipped, Finding: x.stop})
		return
	}
	c := run(ctx)
	if c.State == "" {
		return
	}
	c.Name, c.Channel = name, channel
	x.report.add(c)
	if x.stop == "" && x.tried && x.Client.Login() != isapi.LoginOK {
		x.stop = noLogin
	}
}
