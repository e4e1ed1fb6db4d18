package check_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hiklua/hiklua/runtime/check"
)

// Of a site with scripts as people write them, all right, there is nothing to be said.
func TestRightScripts(t *testing.T) {
	r := check.Site("testdata/right", noEnv, false)
	if r.Scripts < 40 {
		t.Errorf("only %d scripts", r.Scripts)
	}
	for _, f := range r.Findings {
		t.Error(f)
	}
}

// Each line of testdata/wrong that is wrong ends with --!, or with --? where it may be meant so, and has a finding in
// wrong.want; no other line has one.
func TestWrongScripts(t *testing.T) {
	const dir, wantFile = "testdata/wrong", "testdata/wrong.want"
	var got strings.Builder
	found := make(map[string]map[int]bool)
	for _, f := range check.Site(dir, noEnv, false).Findings {
		got.WriteString(f.String() + "\n")
		if found[f.File] == nil {
			found[f.File] = make(map[int]bool)
		}
		found[f.File][f.Line] = found[f.File][f.Line] || !f.Warning
	}
	if *update {
		if err := os.WriteFile(wantFile, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(wantFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Error("-want +got\n" + diff)
	}
	files, err := filepath.Glob(dir + "/scripts/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	marks := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := "scripts/" + filepath.Base(file)
		for i, line := range strings.Split(string(text), "\n") {
			line = strings.TrimRight(line, "\r")
			wrong, doubtful := strings.HasSuffix(line, "--!"), strings.HasSuffix(line, "--?")
			isWrong, has := found[name][i+1]
			if has != (wrong || doubtful) || isWrong != wrong {
				t.Errorf("%s:%d: found %v, an error %v: %s", name, i+1, has, isWrong, line)
			}
			if wrong || doubtful {
				marks++
			}
		}
	}
	t.Log(marks, "mistakes")
}
