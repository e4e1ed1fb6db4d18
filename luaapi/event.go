package luaapi

import (
	"context"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/nearest"
)

// Event is something that a device noticed, or that became of the device
// itself.
type Event struct {
	Type    string // motion, ...; the native type where there is no word; one of the host's own
	Native  string // the device's own eventType; "": the host noticed it
	State   string // start, stop
	Device  string
	Channel int       // 0: the device itself
	Time    time.Time // by the host's clock
	Port    int       // alarm input; 0: none
	Target  string    // human, vehicle, ...; may be empty
	Region  int       // of the rule that fired; 0: none
	Image   []byte    // the picture that came with it
	Raw     []byte    // the document as it came
	Label   string    // of the pictures that a gap is in; "": none
	Reason  string    // why pictures are missing: "offline"; of a gap

	// Of HeldEvent.
	Host        string    // that drives the device now
	From        string    // and before; "": none did
	Since, Till time.Time // no host did from Since to Till, also of stale over a takeover; zero: not known
}

// EventSpec says which events are meant.
type EventSpec struct {
	Device  Device // nil: an emitted name, topics of MQTT, or a hook
	Channel int    // 0: every channel
	Type    string // a word, a native type, or any; or the emitted name; or "mqtt:TOPIC", "http:NAME"
	State   string // start (or ""), stop, both
}

// The events of the host that are of a channel.
const (
	MovedEvent   = "moved"   // a head moves though this host did not move it
	GapEvent     = "gap"     // pictures are missing in the archive
	FrozenEvent  = "frozen"  // one picture after the other is the same
	DarkEvent    = "dark"    // pictures are black
	BlurredEvent = "blurred" // pictures have no edges
)

// The events of the host that are of a cluster.
const (
	HeldEvent = "held" // this host drives the device from now on
	LostEvent = "lost" // it may have to give it up
)

// pictureWords are what the host notices in the archive.
var pictureWords = []string{GapEvent, FrozenEvent, DarkEvent, BlurredEvent}

// hostWords are the events that the host itself notices.
var hostWords = slices.Concat([]string{"online", "offline", "locked", "unauthorized", "stale", HeldEvent, LostEvent, MovedEvent}, pictureWords)

// HostEvent reports whether a word is an event of the host, not of the camera.
func HostEvent(word string) bool { return slices.Contains(hostWords, word) }

// EventWords are the events that have a word: those of cameras, the host's own,
// and any. The editor stubs, the checker and the docs have the same.
func EventWords() []string {
	return slices.Concat(isapi.AlertWords(), hostWords, []string{"any"})
}

var stateWords = []string{"start", "stop", "both"}

var stateOption = Option{Name: "state", Type: "string", Words: stateWords, Doc: "start (default), stop or both"}

// eventOptions are those of jobs as far as they make sense, and state.
var eventOptions = func() []Option {
	list := []Option{stateOption}
	for _, o := range jobOptions {
		if o.Name != "jitter" && o.Name != "catch_up" {
			list = append(list, o)
		}
	}
	return list
}()

var waitOptions = []Option{
	{Name: "timeout", Type: "duration", Doc: "how long to wait; then the result is nil"},
	stateOption,
}

var eventFunctions = []entry{
	{
		name: "on", args: "event, [options,] fn", options: eventOptions, result: "job",
		doc: `runs fn(event) on "gate:motion" or "gate/yard:motion"; on "mqtt:door/+" for each message of MQTT with such a topic, + a word, # the rest; on "http:door" for each request to that hook, which gets what fn returns; for another name fn(value) each time a script emits it`,
		fn:  onEvent,
	},
	{
		name: "emit", args: "name, [value]",
		doc: "tells every script that listens by hik.on(name, fn); each gets a copy of the value",
		fn:  emit,
	},
}

var eventMethods = []entry{
	{
		name: "on", args: "event, [options,] fn", options: eventOptions, result: "job",
		doc: `runs fn(event) on "motion", another word, a type as the device writes it, or "any"`,
		fn: func(c *call) int {
			c.takeSelf()
			return c.addHandler(c.arg(0))
		},
	},
	{
		name: "wait", args: "event, {timeout=, state=}", options: waitOptions, result: "event or nil",
		doc: "waits for the next such event; nil if the timeout comes first",
		fn:  waitEvent,
	},
}

// onEvent is hik.on: a message of MQTT, a request to a hook, an event of a device
// where there is a colon, else a name that scripts emit.
func onEvent(c *call) int {
	name, ok := c.arg(0).(lua.LString)
	if !ok {
		c.wrong("the event", `a string such as "gate:motion"`, c.arg(0))
	}
	if filter, ok := strings.CutPrefix(string(name), MessageEvent); ok {
		return c.onMessage(filter)
	}
	if hook, ok := strings.CutPrefix(string(name), HookEvent); ok {
		return c.onHook(hook)
	}
	at := strings.LastIndexByte(string(name), ':')
	if at < 0 {
		spec := EventSpec{Type: c.emittedName(string(name))}
		return c.addJob(JobSpec{Kind: "on", When: spec.Type, Event: &spec}, eventOptions)
	}
	c.schemeMeant(string(name))
	where, word := string(name[:at]), string(name[at+1:])
	device, channel, found := strings.Cut(where, "/")
	c.dev = c.device(lua.LString(strings.TrimSpace(device)))
	if found {
		c.target = c.channelRef(lua.LString(channel))
	}
	return c.addHandler(lua.LString(word))
}

// takeSelf takes device and channel of a method.
func (c *call) takeSelf() {
	switch self := c.self.(type) {
	case Device:
		c.dev = self
	case *channelRef:
		c.dev, c.target = self.dev, self
	}
}

func (c *call) addHandler(event lua.LValue) int {
	spec := c.eventOf(event)
	where := c.dev.Name()
	if c.target != nil {
		where = c.target.String()
	}
	return c.addJob(JobSpec{Kind: "on", When: where + ":" + spec.Type, Event: &spec}, eventOptions)
}

// eventOf reads which event of the device or the channel is meant.
func (c *call) eventOf(v lua.LValue) EventSpec {
	spec := EventSpec{Device: c.dev}
	if c.target != nil {
		spec.Channel = c.channel()
	}
	text, ok := v.(lua.LString)
	if !ok {
		c.wrong("the event", `a word such as "motion", or "any"`, v)
	}
	spec.Type = c.eventWord(strings.TrimSpace(string(text)))
	if spec.Type == MovedEvent {
		spec.Channel = c.movedChannel(spec.Channel)
	} else if spec.Channel != 0 && HostEvent(spec.Type) && !slices.Contains(pictureWords, spec.Type) {
		c.misuse("%q is an event of the device, not of a channel: ch.device:%s(%q, ...)", spec.Type, c.name, spec.Type)
	}
	return spec
}

// movedChannel is the channel whose head is meant; without one that of a device
// with a single channel in site.yaml.
func (c *call) movedChannel(channel int) int {
	all := c.dev.Channels()
	switch {
	case channel != 0:
		return channel
	case len(all) == 1:
		return all[0].ID
	}
	c.misuse("%q is an event of a channel: dev:channel(1):%s(%q, ...)", MovedEvent, c.name, MovedEvent)
	return 0
}

// eventWord brings a word to its own case. A type that only the device knows
// stays as it stands, but what looks like a slip of a word is refused.
func (c *call) eventWord(text string) string {
	if text == "" {
		c.misuse("the event is an empty string")
	}
	words := EventWords()
	for _, w := range words {
		if strings.EqualFold(w, text) {
			return w
		}
	}
	if _, known := isapi.AlertType(text); known || strings.ToLower(text) != text {
		return text
	}
	if near := nearest.Hint(text, words); near != "" {
		c.misuse("no event is called %q%s", text, near)
	}
	return text
}

func waitEvent(c *call) int {
	c.takeSelf()
	spec := c.eventOf(c.arg(0))
	o := c.options(1, waitOptions)
	c.atMost(2)
	c.notWhileLoading("wait for an event")
	spec.State = o.text("state")
	timeout := o.duration("timeout")
	if o.given("timeout") && timeout <= 0 {
		c.misuse("timeout must be more than 0")
	}
	var ev *Event
	c.wait(func(ctx context.Context) (err error) {
		ev, err = c.dev.WaitEvent(ctx, spec, timeout)
		return err
	})
	if ev == nil {
		c.L.Push(lua.LNil)
	} else {
		c.L.Push(c.m.eventTable(c.L, ev))
	}
	return 1
}

// eventTable is an event as scripts have it: plain values, so that it can be
// written as JSON and emitted, except for the picture.
func (m *module) eventTable(L *lua.LState, ev *Event) *lua.LTable {
	t := L.CreateTable(0, 14)
	t.RawSetString("type", lua.LString(ev.Type))
	t.RawSetString("native", lua.LString(ev.Native))
	t.RawSetString("state", lua.LString(ev.State))
	t.RawSetString("device", lua.LString(ev.Device))
	t.RawSetString("time", seconds(ev.Time))
	t.RawSetString("raw", lua.LString(ev.Raw))
	setText(t, "target", ev.Target)
	setText(t, "label", ev.Label)
	setText(t, "reason", ev.Reason)
	setText(t, "host", ev.Host)
	setText(t, "from", ev.From)
	setTime(t, "since", ev.Since)
	setTime(t, "till", ev.Till)
	setNumber(t, "channel", ev.Channel)
	setNumber(t, "region", ev.Region)
	setNumber(t, "port", ev.Port)
	if len(ev.Image) > 0 {
		of := ev.Device
		if ev.Channel != 0 {
			of += "/" + itoa(ev.Channel)
		}
		width, height, _ := (&isapi.Picture{Data: ev.Image}).Size()
		t.RawSetString("image", m.object("snapshot", &snapshot{
			of: of, device: ev.Device, channel: ev.Channel, contentType: "image/jpeg",
			data: ev.Image, size: int64(len(ev.Image)), width: width, height: height, taken: ev.Time,
		}))
	}
	return t
}

// setNumber sets a field, or leaves it nil where there is nothing to say.
func setNumber(t *lua.LTable, key string, n int) {
	if n != 0 {
		t.RawSetString(key, lua.LNumber(n))
	}
}

// setTime sets a field, or leaves it nil where the time is not known.
func setTime(t *lua.LTable, key string, at time.Time) {
	if !at.IsZero() {
		t.RawSetString(key, seconds(at))
	}
}

// FiringArgs are what a job's function fn gets: its run; a handler gets the event,
// or the emitted value, before it. One that takes nothing gets nothing.
func FiringArgs(L *lua.LState, fn *lua.LFunction, f Firing) []lua.LValue {
	if p := fn.Proto; p != nil && p.NumParameters == 0 && p.IsVarArg == 0 {
		return nil
	}
	run := FiringTable(L, f)
	if f.Event == nil {
		return []lua.LValue{run}
	}
	if f.Event.Device == "" {
		var value lua.LValue
		if m, ok := messageOf(f); ok {
			value = messageTable(L, m)
		} else if call, ok := hookCallOf(f); ok {
			value = hookTable(L, call.Request)
		} else {
			value = toLua(L, f.Value)
		}
		run.RawSetString("event", lua.LString(f.Event.Type))
		return []lua.LValue{value, run}
	}
	ev := moduleOf(L).eventTable(L, f.Event)
	run.RawSetString("event", ev)
	return []lua.LValue{ev, run}
}

// caller is how the function that is being called is written.
func (c *call) caller() string {
	switch c.self.(type) {
	case Device:
		return "dev:" + c.name
	case *channelRef:
		return "ch:" + c.name
	}
	return "hik." + c.name
}
