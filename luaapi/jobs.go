package luaapi

import (
	"fmt"
	"slices"
	"time"

	lua "github.com/yuin/gopher-lua"
)

var overlapWords = []string{"skip", "queue", "allow"}

// jobOptions are those of every kind of job.
var jobOptions = []Option{
	{Name: "name", Type: "string", Doc: "for logs and the command line; the same name again replaces the job"},
	{Name: "overlap", Type: "string", Words: overlapWords, Doc: "when the run before has not ended: skip (default), queue or allow"},
	{Name: "timeout", Type: "duration", Doc: "a run that takes longer is ended"},
	{Name: "jitter", Type: "duration", Doc: "each run starts by chance up to that much later"},
	{Name: "timezone", Type: "string", Doc: "IANA name, if not the site's"},
	{Name: "days", Type: "string", Doc: `"mon-fri", "sat,sun": on these days only`},
	{Name: "between", Type: "string", Doc: `"22:00-06:00": at these times only`},
	{Name: "catch_up", Type: "duration", Doc: "a run that was missed by at most that long while the host was down or asleep is made up, once"},
	{Name: "on_reload", Type: "string", Words: []string{"cancel", "finish"}, Doc: "what becomes of a run when the script is saved: cancel (default) ends it at its next wait, finish lets it run to its end in the old version"},
}

// afterOptions are those of a job that counts from when it went live: it
// cannot have been missed.
var afterOptions = slices.DeleteFunc(slices.Clone(jobOptions), func(o Option) bool { return o.Name == "catch_up" })

var jobFunctions = []entry{
	{
		name: "cron", args: "spec, [options,] fn", options: jobOptions, result: "job",
		doc: `runs fn by a cron line: 5 fields, 6 with seconds first, or @hourly and its like`,
		fn: func(c *call) int {
			return c.addJob(JobSpec{Kind: "cron", When: c.when("the cron line", `such as "0 22 * * 1-5"`)}, jobOptions)
		},
	},
	{
		name: "every", args: "duration, [options,] fn", options: jobOptions, result: "job",
		doc: "runs fn each time the duration has passed, the first time one duration from now",
		fn: func(c *call) int {
			return c.addJob(JobSpec{Kind: "every", Interval: c.interval(), When: c.written(0)}, jobOptions)
		},
	},
	{
		name: "at", args: "when, [options,] fn", options: jobOptions, result: "job",
		doc: `runs fn each day at "22:30", "sunset-15m" or "sunrise+1h"; once at a date and time`,
		fn: func(c *call) int {
			return c.addJob(JobSpec{Kind: "at", When: c.when("the time", `such as "22:30" or "sunset-15m"`)}, jobOptions)
		},
	},
	{
		name: "after", args: "duration, [options,] fn", options: afterOptions, result: "job",
		doc: "runs fn once, when the duration has passed",
		fn: func(c *call) int {
			return c.addJob(JobSpec{Kind: "after", Interval: c.duration(c.arg(0), "the duration"), When: c.written(0)}, afterOptions)
		},
	},
}

// when is the first argument of cron and at.
func (c *call) when(what, example string) string {
	s, ok := c.arg(0).(lua.LString)
	if !ok {
		c.wrong(what, "a string "+example, c.arg(0))
	}
	return string(s)
}

// written is argument i as a text, "" if it is none.
func (c *call) written(i int) string {
	s, _ := c.arg(i).(lua.LString)
	return string(s)
}

func (c *call) interval() time.Duration {
	d := c.duration(c.arg(0), "the duration")
	if d <= 0 {
		c.misuse("the duration must be more than 0")
	}
	return d
}

// addJob registers a job of the arguments after the first: [options,] fn.
func (c *call) addJob(spec JobSpec, known []Option) int {
	at := 1
	var o options
	if _, ok := c.arg(1).(*lua.LTable); ok || c.arg(1) == lua.LNil && c.arg(2) != lua.LNil {
		o = c.options(1, known)
		at = 2
	}
	if c.arg(at).Type() == lua.LTFunction && c.arg(at+1).Type() == lua.LTTable {
		c.misuse("options come before the function: %s(..., {name = ...}, function() ... end)", c.caller())
	}
	spec.Fn = c.function(at, "the function")
	c.atMost(at + 1)

	spec.Name = o.text("name")
	spec.Overlap = o.text("overlap")
	spec.Timeout = o.duration("timeout")
	spec.Jitter = o.duration("jitter")
	spec.Timezone = o.text("timezone")
	spec.Days = o.text("days")
	spec.Between = o.text("between")
	spec.CatchUp = o.duration("catch_up")
	spec.OnReload = o.text("on_reload")
	if spec.Event != nil {
		spec.Event.State = o.text("state")
	}
	if o.given("name") && spec.Name == "" {
		c.misuse("name is an empty string")
	}
	file, line := place(c.L)
	spec.Place = fmt.Sprintf("%s:%d", file, line)

	job, err := c.m.script.AddJob(spec)
	if err != nil {
		c.refuse(err)
	}
	return c.push(c.m.object("job", &jobObject{job}))
}

// jobObject is what a script holds of a job.
type jobObject struct{ job Job }

// String is what print shows.
func (j *jobObject) String() string { return "job " + j.job.Name() }

var jobMethods = []entry{
	{name: "name", result: "string", doc: "its name",
		get: func(_ *module, _ *lua.LState, self any) lua.LValue { return lua.LString(self.(*jobObject).job.Name()) }},
	{
		name: "next", result: "number or nil", doc: "when it runs next, as hik.now() has it; nil if never",
		fn: func(c *call) int {
			c.atMost(0)
			next := c.self.(*jobObject).job.Next()
			if next.IsZero() {
				c.L.Push(lua.LNil)
			} else {
				c.L.Push(seconds(next))
			}
			return 1
		},
	},
	{
		name: "run", doc: "starts a run now, beside its times",
		fn: func(c *call) int {
			c.atMost(0)
			if err := c.self.(*jobObject).job.Run(); err != nil {
				c.raise(err)
			}
			return 0
		},
	},
	{
		name: "stop", doc: "removes the job; a run that is under way goes on",
		fn: func(c *call) int {
			c.atMost(0)
			c.self.(*jobObject).job.Stop()
			return 0
		},
	},
}

// FiringTable is what a job's function gets: {name, scheduled, started, late},
// times as hik.now() has them, late in seconds.
func FiringTable(L *lua.LState, f Firing) *lua.LTable {
	t := L.CreateTable(0, 4)
	t.RawSetString("name", lua.LString(f.Name))
	t.RawSetString("scheduled", seconds(f.Scheduled))
	t.RawSetString("started", seconds(f.Started))
	t.RawSetString("late", lua.LNumber(f.Late.Seconds()))
	return t
}
