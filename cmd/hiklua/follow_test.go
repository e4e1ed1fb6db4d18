package main

import (
	"context"
	"strings"
	"testing"
)

// A name that the site does not have is told with the nearest one.
func TestNamesThatNoLineHas(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"site.yaml": "timezone: UTC\ndevices: {gate: {simulate: ptz}}\n", "scripts/night.lua": "", "data/hiklua.log": "",
	})
	for _, c := range []struct{ args, want string }{
		{"log --script nigth", `there is no script "nigth" (did you mean "night"?)`},
		{"log --device gaet", `site.yaml has no device "gaet" (did you mean "gate"?)`},
		{"log --script night", ""},
		{"log --script site.yaml", ""},
	} {
		s := newSession(t)
		args := strings.Fields(c.args)
		s.run(context.Background(), append([]string{args[0], dir}, args[1:]...)...)
		if got := s.err.String(); !strings.Contains(got, c.want) || c.want == "" && strings.Contains(got, "there is no script") {
			t.Errorf("%s: %s", c.args, got)
		}
	}
}
