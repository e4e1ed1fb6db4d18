package check

import (
	"slices"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/luaapi"
)

func TestLibraryEntries(t *testing.T) {
	all := Library()
	find := func(owner, name string) luaapi.Entry {
		i := slices.IndexFunc(all, func(e luaapi.Entry) bool { return e.Owner == owner && e.Name == name })
		if i < 0 {
			t.Fatalf("no %s.%s in %+v", owner, name, all)
		}
		return all[i]
	}
	run := find("hik.tour", "run")
	if !strings.HasPrefix(run.Args, "channel, stops, {till=, ") || run.Doc != "a patrol from preset to preset, round after round" {
		t.Errorf("%q %q", run.Args, run.Doc)
	}
	if o := run.Options; len(o) < 5 || o[0].Name != "till" || o[0].Doc == "" {
		t.Errorf("%+v", o)
	}
	if stops := find("hik.tour", "run.stops"); stops.Kind != "table" || stops.Options[0].Name != "preset" {
		t.Errorf("%+v", stops)
	}
	if retry := find("hik.retry", ""); !strings.HasPrefix(retry.Args, "function, {times=, ") {
		t.Errorf("%+v", retry)
	}
}
