package sandbox

import (
	"math/rand/v2"
	"time"
	_ "time/tzdata" // os.date in the site's zone must not depend on the machine

	lua "github.com/yuin/gopher-lua"
)

// The limits of a state.
const (
	maxString     = 64 << 20 // bytes of a string that a library function or a concatenation makes
	maxSource     = 1 << 20  // bytes of a chunk
	maxCoroutines = 10_000   // that are alive at once
	callDepth     = 2000     // calls inside each other in one task
)

// Options is what a state may see of its surroundings. The zero value is usable: it prints nowhere,
// reads no environment, and its clock stands at the Unix epoch, UTC.
type Options struct {
	// Print gets what print was called with, in one piece without a newline. L is the calling thread.
	Print func(L *lua.LState, text string)
	// Inspect is how print shows a table that has no __tostring. Nil: as tostring does.
	Inspect func(L *lua.LState, v lua.LValue) string
	// Stdout is behind io.write and io.stdout, Stderr behind io.stderr.
	Stdout, Stderr func(L *lua.LState, text string) error

	// Now is the time of os.time and os.date.
	Now func() time.Time
	// Location is the zone of os.time and os.date.
	Location *time.Location
	// Compute is what os.clock tells; without it os.clock counts from New by Now.
	Compute func() time.Duration
	// Getenv is behind os.getenv.
	Getenv func(name string) (value string, ok bool)
	// Random feeds math.random until the script calls math.randomseed. Nil: seeded by chance.
	Random rand.Source
}

func (o Options) withDefaults() Options {
	if o.Print == nil {
		o.Print = func(*lua.LState, string) {}
	}
	for _, out := range []*func(*lua.LState, string) error{&o.Stdout, &o.Stderr} {
		if *out == nil {
			*out = func(*lua.LState, string) error { return nil }
		}
	}
	if o.Now == nil {
		o.Now = func() time.Time { return time.Unix(0, 0) }
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Compute == nil {
		start := o.Now()
		now := o.Now
		o.Compute = func() time.Duration { return now().Sub(start) }
	}
	if o.Getenv == nil {
		o.Getenv = func(string) (string, bool) { return "", false }
	}
	if o.Random == nil {
		o.Random = rand.NewPCG(rand.Uint64(), rand.Uint64())
	}
	return o
}
