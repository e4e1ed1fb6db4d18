package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/export"
	"github.com/hiklua/hiklua/runtime/archive/index"
	"github.com/hiklua/hiklua/runtime/cluster"
	"github.com/hiklua/hiklua/runtime/doctor"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/timeline"
)

// jsonShapes are the types behind --json, by the heads of docs/json.md.
var jsonShapes = map[string]any{
	"status": runtime.Status{}, "jobs": []runtime.JobStatus{}, "cluster status": cluster.Status{}, "reload": []api.Reloaded{}, "page": api.PageLink{}, "next": []jsonRun{}, "rehearse": timeline.Line{}, "check": []jsonFinding{},
	"devices": []jsonDevice{}, "doctor": []doctor.Report{}, "version": jsonVersion{}, "lib list": []jsonModule{}, "Failures": jsonFailure{},
	"archive list": []archive.Record{}, "archive show": api.Archive{}, "archive gaps": api.Gaps{}, "archive prune": jsonPruned{}, "archive verify": index.Report{}, "archive export": export.Report{},
}

// TestJSONPage compares docs/json.md with the types: each key, and whether it
// may be left out.
func TestJSONPage(t *testing.T) {
	page := read(t, "../../docs/json.md")
	row := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]+) \\|")
	for head, value := range jsonShapes {
		_, part, found := strings.Cut(page, "\n## "+head+"\n")
		if !found {
			t.Errorf("docs/json.md has no part on %s", head)
			continue
		}
		part, _, _ = strings.Cut(part, "\n## ")
		var got []string
		for _, m := range row.FindAllStringSubmatch(part, -1) {
			got = append(got, m[1]+" | "+m[2])
		}
		var want []string
		shape(reflect.TypeOf(value), "", false, &want)
		if head == "status" { // jobs has a part of its own
			want = slices.DeleteFunc(want, func(row string) bool { return strings.HasPrefix(row, "jobs[].") })
		}
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("docs/json.md lacks in %s: %s", head, w)
			}
		}
		for _, g := range got {
			if !slices.Contains(want, g) {
				t.Errorf("docs/json.md has in %s: %s", head, g)
			}
		}
	}
}

// shape lists the keys that a type has in JSON, with their types.
func shape(t reflect.Type, path string, optional bool, rows *[]string) {
	row := func(name string) {
		if optional {
			name += " or left out"
		}
		*rows = append(*rows, strings.TrimLeft(path, "[].")+" | "+name)
	}
	switch {
	case t.Kind() == reflect.Pointer:
		shape(t.Elem(), path, optional, rows)
	case t == reflect.TypeFor[time.Time]():
		row("time")
	case t.Kind() == reflect.Slice:
		if path != "" {
			row("list")
		}
		if t.Elem().Kind() == reflect.Struct {
			shape(t.Elem(), path+"[]", false, rows)
		}
	case t.Kind() == reflect.Struct:
		if path != "" && !strings.HasSuffix(path, "[]") {
			row("object")
		}
		for _, f := range reflect.VisibleFields(t) {
			name, flags, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.Anonymous || name == "-" || !f.IsExported() {
				continue
			}
			if f.Type == reflect.TypeFor[*runtime.ErrorStatus]() { // described once
				kept := len(*rows)
				shape(f.Type, path+"."+name, true, rows)
				*rows = (*rows)[:kept+1]
				continue
			}
			shape(f.Type, path+"."+name, flags == "omitempty" || flags == "omitzero", rows)
		}
	case t.Kind() == reflect.Bool:
		row("true or false")
	case t.Kind() == reflect.String:
		row("text")
	default:
		row("number")
	}
}

// TestJSONPageJournal does the same for a line of the journal.
func TestJSONPageJournal(t *testing.T) {
	e := journal.Entry{Time: begin, Device: "gate", Channel: 1, Script: "a", Job: "b", Task: "a/b#1", What: "preset", Detail: "2", Name: "door", Head: true,
		Err: &journal.Answer{Kind: "timeout", Message: "no answer"}, Duration: time.Second, Waited: time.Second, Kind: journal.Picture, Size: 1, Count: 2}
	var keys map[string]any
	for _, e := range []journal.Entry{e, {Time: begin, Dropped: 3}} {
		text, err := e.MarshalJSON()
		if err != nil || json.Unmarshal(text, &keys) != nil {
			t.Fatalf("%v %s", err, text)
		}
	}
	_, part, _ := strings.Cut(read(t, "../../docs/json.md"), "\n## journal\n")
	part, _, _ = strings.Cut(part, "\n## ")
	part, kinds, _ := strings.Cut(part, "\n| kind |")
	for _, k := range journal.Kinds() {
		if k != journal.Command && !strings.Contains(kinds, "`"+string(k)+"`") {
			t.Errorf("docs/json.md lacks the kind %s of the journal", k)
		}
	}
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` ").FindAllStringSubmatch(part, -1)
	for _, m := range rows {
		if _, known := keys[m[1]]; !known {
			t.Errorf("docs/json.md has %s, which no line of the journal has", m[1])
		}
	}
	if len(rows) != len(keys) {
		t.Errorf("docs/json.md has %d keys of the journal, which has %d", len(rows), len(keys))
	}
}

// TestJSONFailures asks for JSON where there is no answer.
func TestJSONFailures(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"site.yaml": journalSite})
	for _, line := range []string{"status --json", "jobs --json", "log --json", "reload --json", "status nowhere --json", "devices nowhere --json", "next nowhere --json", "journal nowhere --json", "events nowhere --json"} {
		s := newSession(t)
		status := s.run(context.Background(), strings.Fields(line)...)
		var v struct {
			Error struct{ Message string }
		}
		if err := json.Unmarshal(s.out.Bytes(), &v); err != nil || status != statusFailure || v.Error.Message == "" || s.err.Len() == 0 {
			t.Errorf("%s: status %d, %v: %s%s", line, status, err, s.out.String(), s.err.String())
		}
	}
}

// TestHostErrorAsJSON: what a host says no with has its kind and hint for programs,
// and is one line for people.
func TestHostErrorAsJSON(t *testing.T) {
	var out, errs bytes.Buffer
	a := &app{stdout: &out, stderr: &errs}
	err := fromHost(fmt.Errorf("asked: %w", &api.Error{Kind: "busy", Message: "it runs already", Hint: "wait", Place: "scripts/a.lua:3"}))
	a.reportJSON(err)
	if status := a.report(err); status != statusFailure || errs.String() != "scripts/a.lua:3: it runs already (wait)\n" {
		t.Errorf("%d %q", status, errs.String())
	}
	if want := `{"error":{"kind":"busy","message":"it runs already","hint":"wait"}}` + "\n"; out.String() != want {
		t.Errorf("%q", out.String())
	}
}
