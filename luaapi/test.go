package luaapi

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/nearest"
)

var caseOptions = []Option{
	{Name: "from", Type: "time", Doc: `when the test begins, such as "2026-03-28 21:00"; default: Monday, 1 June 2026, 12:00`},
	{Name: "allow_errors", Type: "boolean", Doc: "an error that no script catches does not fail the test"},
}

var raiseOptions = []Option{
	{Name: "lasts", Type: "duration", Doc: "how long the alarm goes on; default: a moment"},
	{Name: "target", Type: "string", Words: []string{"human", "vehicle"}, Doc: "what was seen"},
	{Name: "region", Type: "integer", Min: 1, Max: 99, Doc: "the number of the rule"},
	{Name: "port", Type: "integer", Min: 1, Max: 99, Doc: "the number of the alarm input"},
}

var emitOptions = slices.Concat(raiseOptions, hookOptions)

var faultOptions = []Option{{Name: "lasts", Type: "duration", Doc: "how long; default: until the next call for the device"}}

// testEntries are hik.test: what the files of tests/ use.
var testEntries = []entry{
	{
		name: "case", args: "name, {from=, allow_errors=}, fn",
		options: caseOptions,
		doc:     "a test: fn is called on a site of its own, with the scripts of the folder, simulated devices and time that passes only while the test waits",
		fn:      testCase,
	},
	{
		name: "advance", args: "duration",
		doc: "lets so much time pass: jobs run, heads move, alarms come",
		fn: func(c *call) int {
			c.atMost(1)
			return c.pass(c.duration(c.arg(0), "the duration"))
		},
	},
	{
		name: "advance_to", args: "when",
		doc: `lets time pass until then: "22:30", "sunset-15m", or a date and time, as hik.at takes it`,
		fn: func(c *call) int {
			c.atMost(1)
			c.tester()
			now := c.m.script.Clock().Now()
			when := c.text(0, "the time")
			t, err := c.m.script.NextTime(when, now)
			switch {
			case err != nil:
				c.refuse(err)
			case t.IsZero():
				c.misuse("%q is past: it is %s", when, now.In(c.m.script.Location()).Format("2006-01-02 15:04:05"))
			}
			return c.pass(t.Sub(now))
		},
	},
	{
		name: "reload", args: "[script]",
		doc: "loads a script of the site anew, or all of them, as a change of the file does",
		fn: func(c *call) int {
			c.atMost(1)
			t, script := c.tester(), ""
			if c.arg(0) != lua.LNil {
				script = c.text(0, "the script")
			}
			c.wait(func(ctx context.Context) error { return t.Reload(ctx, script) })
			return 0
		},
	},
	{
		name: "restart", args: "[down]",
		doc: "ends the host and starts it again at once, or after it was down for a while: its scripts begin anew with what is saved, the test goes on",
		fn: func(c *call) int {
			c.atMost(1)
			var down time.Duration
			if c.arg(0) != lua.LNil {
				down = c.duration(c.arg(0), "the time in between")
			}
			t := c.timeFor(down)
			c.wait(func(ctx context.Context) error { return t.Restart(ctx, down) })
			return 0
		},
	},
	{
		name: "emit", args: "place, event, {lasts=, target=, region=, port=, form=, query=}", result: "boolean or {status, body, json}",
		options: emitOptions,
		doc: `a simulated device notices something: "gate" or "gate/yard", and a word such as "motion"; false if its settings keep the event from being told; ` +
			`or, for "mqtt:TOPIC" and a payload, a message of MQTT comes; false if no script listens; ` +
			`or, for "http:NAME" and a body, a request to that hook, with its answer`,
		fn: testEmit,
	},
	{
		name: "fault", args: "device, [fault], {lasts=}",
		options: faultOptions,
		doc:     `something is wrong with a simulated device: "offline", "slow=2s", "busy", as hiklua sim --fault has it; without a fault all is well again`,
		fn: func(c *call) int {
			c.atMost(3)
			o := c.options(2, faultOptions)
			device, channel := c.testPlace(0)
			if channel != 0 {
				c.misuse("a fault is one of the whole device: %q", device)
			}
			fault := ""
			if c.arg(1) != lua.LNil {
				fault = c.text(1, "the fault")
			}
			if err := c.tester().Fault(device, fault, o.duration("lasts")); err != nil {
				c.refuse(err)
			}
			return 0
		},
	},
	{
		name: "journal", args: "[place]", result: "list of commands",
		doc: "the commands that devices, or one device or channel, were sent since the test began: {time, device, channel, script, job, task, what, detail, name, error, text} each",
		fn: func(c *call) int {
			c.atMost(1)
			list := c.L.NewTable()
			for _, cmd := range c.testCommands() {
				t := c.L.NewTable()
				t.RawSetString("time", seconds(cmd.Time))
				t.RawSetString("device", lua.LString(cmd.Device))
				if cmd.Channel > 0 {
					t.RawSetString("channel", lua.LNumber(cmd.Channel))
				}
				for _, text := range []struct{ key, value string }{
					{"script", cmd.Script}, {"job", cmd.Job}, {"task", cmd.Task}, {"what", cmd.What},
					{"detail", cmd.Detail}, {"name", cmd.Name}, {"error", cmd.Error}, {"text", cmd.text()},
				} {
					setText(t, text.key, text.value)
				}
				list.Append(t)
			}
			return c.push(list)
		},
	},
	{
		name: "commands", args: "[place]", result: "list of strings",
		doc: `the same commands, a text each: "preset 2 (fence)", "ptz_stop", "snapshot"`,
		fn: func(c *call) int {
			c.atMost(1)
			list := c.L.NewTable()
			for _, cmd := range c.testCommands() {
				list.Append(lua.LString(cmd.text()))
			}
			return c.push(list)
		},
	},
	{
		name: "head", args: "place", result: "{pan, tilt, zoom, moving}",
		doc: "where the head of a simulated device looks, without a command: degrees, zoom factor",
		fn: func(c *call) int {
			c.atMost(1)
			device, channel := c.testPlace(0)
			pose, moving, err := c.tester().Head(device, channel)
			if err != nil {
				c.refuse(err)
			}
			t := c.L.NewTable()
			t.RawSetString("pan", lua.LNumber(pose.Pan))
			t.RawSetString("tilt", lua.LNumber(pose.Tilt))
			t.RawSetString("zoom", lua.LNumber(pose.Zoom))
			t.RawSetString("moving", lua.LBool(moving))
			return c.push(t)
		},
	},
	{
		name: "log", args: "[text]", result: "list of lines",
		doc: "what scripts have printed and logged since the test began, and the host: {time, level, script, message, fields} each; with a text, those lines that it is a part of",
		fn: func(c *call) int {
			c.atMost(1)
			part := ""
			if c.arg(0) != lua.LNil {
				part = c.text(0, "the text")
			}
			list := c.L.NewTable()
			for _, line := range c.tester().Lines() {
				if !strings.Contains(line.Text(), part) {
					continue
				}
				t := c.L.NewTable()
				t.RawSetString("time", seconds(line.Time))
				t.RawSetString("level", lua.LString(line.Level))
				setText(t, "script", line.Script)
				t.RawSetString("message", lua.LString(line.Message))
				fields := c.L.NewTable()
				for _, a := range line.Fields {
					fields.RawSetString(a.Key, fieldValue(a.Value.Resolve()))
				}
				t.RawSetString("fields", fields)
				list.Append(t)
			}
			return c.push(list)
		},
	},
	{
		name: "notices", result: "list of notifications",
		doc: "what hik.notify would have sent since the test began: {time, script, target, title, text, picture} each",
		fn: func(c *call) int {
			c.atMost(0)
			list := c.L.NewTable()
			for _, n := range c.tester().Notices() {
				t := c.L.NewTable()
				t.RawSetString("time", seconds(n.Time))
				t.RawSetString("target", lua.LString(n.Target))
				setText(t, "script", n.Script)
				setText(t, "title", n.Title)
				setText(t, "text", n.Text)
				t.RawSetString("picture", lua.LBool(n.Picture))
				list.Append(t)
			}
			return c.push(list)
		},
	},
	{
		name: "requests", result: "list of requests",
		doc: "what hik.http has sent since the test began, which stays on this machine and is answered with {}: {time, script, method, url, body} each",
		fn: func(c *call) int {
			c.atMost(0)
			list := c.L.NewTable()
			for _, r := range c.tester().Requests() {
				t := c.L.NewTable()
				t.RawSetString("time", seconds(r.Time))
				setText(t, "script", r.Script)
				t.RawSetString("method", lua.LString(r.Method))
				t.RawSetString("url", lua.LString(r.URL))
				setText(t, "body", r.Body)
				list.Append(t)
			}
			return c.push(list)
		},
	},
	{
		name: "equal", args: "actual, expected, [message]",
		doc: "fails unless both are the same: tables by what is in them",
		fn:  testEqual,
	},
	{
		name: "near", args: "actual, expected, within, [message]",
		doc: "fails unless two numbers differ by at most within",
		fn: func(c *call) int {
			c.atMost(4)
			c.tester()
			a, b := c.number(c.arg(0), "the number", -1e300, 1e300), c.number(c.arg(1), "the expected number", -1e300, 1e300)
			if within := c.number(c.arg(2), "within", 0, 1e300); a-b > within || b-a > within {
				c.failTest(3, fmt.Sprintf("%v is not within %v of %v", a, within, b))
			}
			return 0
		},
	},
	{
		name: "truthy", args: "value, [message]", result: "value",
		doc: "fails if the value is nil or false",
		fn: func(c *call) int {
			c.atMost(2)
			c.tester()
			if lua.LVIsFalse(c.arg(0)) {
				c.failTest(1, "it is "+c.arg(0).String())
			}
			return c.push(c.arg(0))
		},
	},
	{
		name: "contains", args: "list, value, [message]",
		doc: "fails unless one item of the list is the value; of a string: unless the value is a part of it",
		fn:  testContains,
	},
	{
		name: "errors", args: "fn, [expected, [message]]", result: "the error",
		doc: `fails unless fn raises an error; expected is its kind, such as "not_found", or a part of its message`,
		fn:  testErrors,
	},
}

// pass lets time pass.
func (c *call) pass(d time.Duration) int {
	c.timeFor(d)
	c.wait(func(ctx context.Context) error { return clock.Sleep(ctx, c.m.script.Clock(), d) })
	return 0
}

// timeFor is the test, which may go on for so long.
func (c *call) timeFor(d time.Duration) Tester {
	t := c.tester()
	if left := t.Left(); d > left {
		c.misuse("%s is longer than a test may go on: %s are left", clock.FormatDuration(d), clock.FormatDuration(left))
	}
	return t
}

// tester is the test that the script is; there is none outside hiklua test.
func (c *call) tester() Tester {
	t := c.m.script.Tester()
	if t == nil {
		Raise(c.L, &Failure{
			Kind:    "misuse",
			Message: fmt.Sprintf("hik.test.%s is for tests", c.name),
			Hint:    "a file such as tests/night_test.lua uses it, and hiklua test runs that",
		})
	}
	return t
}

func testCase(c *call) int {
	c.atMost(3)
	if _, ok := c.arg(1).(*lua.LFunction); ok {
		c.args = append([]lua.LValue{c.arg(0), lua.LNil}, c.args[1:]...)
	}
	o := c.options(1, caseOptions)
	file, line := place(c.L)
	err := c.tester().Case(TestCase{
		Name: c.text(0, "the name"), Place: fmt.Sprintf("%s:%d", file, line),
		From: o.moment("from"), AllowErrors: o.bool("allow_errors", false), Fn: c.function(2, "the test"),
	})
	if err != nil {
		c.misuse("%v", err)
	}
	return 0
}

func testEmit(c *call) int {
	c.atMost(3)
	o := c.options(2, emitOptions)
	if place, ok := c.arg(0).(lua.LString); ok && strings.HasPrefix(string(place), MessageEvent) {
		return c.testMessage(strings.TrimPrefix(string(place), MessageEvent))
	} else if ok && strings.HasPrefix(string(place), HookEvent) {
		return c.testHook(strings.TrimPrefix(string(place), HookEvent), o)
	}
	for _, other := range hookOptions {
		if o.given(other.Name) {
			c.misuse(`form and query are for "http:NAME"`)
		}
	}
	device, channel := c.testPlace(0)
	word, words := c.text(1, "the event"), EventWords()
	switch {
	case HostEvent(word):
		c.misuse("%q is what the host notices, not a camera%s", word, broughtAbout[word])
	case !slices.Contains(words, word) && nearest.Word(word, words) != "":
		c.misuse("there is no event %q%s", word, nearest.Hint(word, words))
	}
	reaches, err := c.tester().Raise(TestEvent{
		Device: device, Channel: channel, Type: word, Target: o.text("target"), Region: o.int("region"),
		Port: o.int("port"), Lasts: o.duration("lasts"),
	})
	if err != nil {
		c.refuse(err)
	}
	return c.push(lua.LBool(reaches))
}

// testMessage has a message of MQTT come.
func (c *call) testMessage(topic string) int {
	c.atMost(2)
	if err := CheckTopic(topic); err != nil {
		c.misuse("%v", err)
	}
	told, err := c.tester().Message(Message{Topic: topic, Payload: c.payload(1)})
	if err != nil {
		c.refuse(err)
	}
	return c.push(lua.LBool(told))
}

// broughtAbout says how a test brings about what the host notices.
var broughtAbout = map[string]string{
	"offline": `: hik.test.fault(device, "offline")`, "online": `: hik.test.fault(device)`,
	"stale": `: hik.test.fault(device, "stream-silent")`, "locked": `: hik.test.fault(device, "locked")`,
}
