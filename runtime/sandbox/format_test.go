package sandbox

import (
	"context"
	goruntime "runtime"
	"strings"
	"testing"
)

// A result that is too large is refused before it is made.
func TestFormatRefusesEarly(t *testing.T) {
	L := newTest(t)
	run(t, L, `s = ("x"):rep(40 * 2 ^ 20) f = "%s%5d" .. s`, "prepare.lua")
	for _, source := range []string{
		`fails(function() return ("%s%s"):format(s, s) end, "string too large")`,
		`fails(function() return f:format(s, 1) end, "string too large")`,
	} {
		var before, after goruntime.MemStats
		goruntime.ReadMemStats(&before)
		run(t, L, source, "s.lua")
		goruntime.ReadMemStats(&after)
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 110 {
			t.Errorf("%s: took %d MB", source, took)
		}
	}
}

// ending is the context of a task that is stopped while something runs: the first looks say that it may go on.
type ending struct {
	context.Context
	looks int
}

func (e *ending) Err() error {
	if e.looks++; e.looks <= 3 {
		return nil
	}
	return errLimit
}

// What one call of format makes ends with the task.
func TestFormatEndsWithTheTask(t *testing.T) {
	for _, source := range []string{
		`return ("%s%s%s%s%s%s%s%s"):format(1, 2, 3, 4, 5, 6, 7, 8)`,
		`return ("%%"):rep(1000):format()`,
		`return ("%q"):format(("x"):rep(1e5))`,
	} {
		L := newTest(t)
		fn := load(t, L, source, "s.lua")
		ctx := &ending{Context: context.Background()}
		L.SetContext(ctx)
		_, err := Call(L, fn, 1)
		if err == nil || !strings.HasSuffix(err.Error(), errLimit.Error()) || ctx.looks > 20 {
			t.Errorf("%s: %v after %d looks", source, err, ctx.looks)
		}
	}
}
