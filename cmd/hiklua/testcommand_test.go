package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The tests of the examples pass, and leave the examples as they are.
func TestTestsOfExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("nights of sites in virtual time, which has no races")
	}
	sites, err := filepath.Glob("../../examples/*/tests")
	if err != nil || len(sites) < 5 {
		t.Fatal(err, sites)
	}
	for _, tests := range sites {
		dir := filepath.Dir(tests)
		s := newSession(t)
		if status := s.run(context.Background(), "test", dir); status != 0 {
			t.Errorf("%s: status %d\n%s%s", dir, status, s.out.String(), s.err.String())
		}
		if _, err := os.Stat(filepath.Join(dir, "data")); err == nil {
			t.Errorf("%s has a folder data: a test has written into it", dir)
		}
	}
}

func TestTestCommand(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	s := newSession(t)
	run := func(want int, args ...string) string {
		t.Helper()
		s := newSession(t)
		if status := s.run(context.Background(), args...); status != want {
			t.Errorf("%q: status %d, want %d\n%s%s", args, status, want, s.out.String(), s.err.String())
		}
		return s.out.String() + s.err.String()
	}
	s.run(context.Background(), "init", "shop")
	for _, c := range []struct {
		want int
		part string
		args []string
	}{
		{0, "2 tests passed in", []string{"test", "shop"}},
		{0, "1 test passed in", []string{"test", "shop", "--run", "AT TEN"}},
		{1, "no test has nobody[ in its name", []string{"test", "shop", "--run", "nobody["}},
		{2, "tap", []string{"test", "shop", "--format", "tab"}},
		{0, "1..2", []string{"test", "shop", "--format", "tap"}},
		{0, `<testsuites tests="2" failures="0">`, []string{"test", "shop", "--format", "junit"}},
		{1, "no site.yaml in nowhere", []string{"test", "nowhere"}},
	} {
		if out := run(c.want, c.args...); !strings.Contains(out, c.part) {
			t.Errorf("%q prints %s, without %q", c.args, out, c.part)
		}
	}
	os.RemoveAll("shop/tests")
	if out := run(1, "test", "shop"); !strings.Contains(out, "no tests in shop") {
		t.Error(out)
	}
	write(t, "shop", map[string]string{"tests/a_test.lua": `hik.test.case("bad", function() hik.test.equal(1, 2) end)`})
	if out := run(1, "test", "shop"); !strings.Contains(out, "tests/a_test.lua:1: it is 1, not 2") || !strings.Contains(out, "1 of 1 test failed") {
		t.Error(out)
	}
}
