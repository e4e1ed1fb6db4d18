package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/scripts"
)

// section is a part of a page under a heading of the third level.
type section struct {
	names []string // of the heading: "hik.preset", "hik.ptz_preset"
	text  string
}

func sections(t *testing.T, page string) []section {
	t.Helper()
	source, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var all []section
	for _, part := range regexp.MustCompile(`(?m)^## .*$`).Split(string(source), -1) {
		for i, text := range strings.Split(part, "\n### ") {
			if i == 0 {
				continue
			}
			heading, text, _ := strings.Cut(text, "\n")
			all = append(all, section{strings.Split(heading, ", "), text})
		}
	}
	return all
}

// heading is how docs/api.md calls an entry.
func heading(e luaapi.Entry) string {
	if e.Kind == "method" {
		return e.Owner + ":" + e.Name
	}
	return e.Owner + "." + e.Name
}

// TestAPIPage compares docs/api.md with what scripts can call, both ways.
// Commands stand there once, as functions of hik, and not again as methods of
// devices and channels.
func TestAPIPage(t *testing.T) {
	page := map[string]section{}
	for _, s := range sections(t, "../../docs/api.md") {
		for _, name := range s.names {
			if _, twice := page[name]; twice {
				t.Errorf("%s is there twice", name)
			}
			page[name] = s
		}
	}
	commands := map[string]bool{} // functions of hik that take a device
	for _, e := range luaapi.API() {
		if e.Owner == "hik" && strings.HasPrefix(e.Args, "dev") {
			commands[e.Name] = true
		}
	}
	used := map[string]bool{}
	for _, e := range luaapi.API() {
		name := heading(e)
		used[name] = true
		if (e.Owner == "device" || e.Owner == "channel") && e.Kind == "method" && commands[e.Name] {
			continue
		}
		s, ok := page[name]
		if !ok {
			t.Errorf("docs/api.md has no heading for %s", name)
			continue
		}
		if e.Kind != "field" && e.Kind != "library" && !strings.Contains(s.text, "```lua") {
			t.Errorf("%s has no example", name)
		}
		if e.Kind == "function" && !strings.Contains(e.Args, "options") {
			for _, o := range e.Options {
				if !strings.Contains(s.text, o.Name+"=") && !strings.Contains(s.text, "`"+o.Name+"`") {
					t.Errorf("%s: option %s is not told", name, o.Name)
				}
			}
		}
	}
	_, jobs, _ := strings.Cut(read(t, "../../docs/api.md"), "\n## Jobs\n")
	jobs, _, _ = strings.Cut(jobs, "\n## Tasks\n")
	for _, e := range luaapi.API() {
		if !strings.Contains(e.Args, "[options,]") {
			continue
		}
		for _, o := range e.Options {
			if !strings.Contains(jobs, "`"+o.Name+"`") {
				t.Errorf("docs/api.md does not tell of the option %s of %s", o.Name, heading(e))
			}
		}
	}
	for _, name := range scripts.Names() {
		used[name] = true
	}
	for name := range page {
		if !used[name] {
			t.Errorf("docs/api.md tells of %s, which does not exist", name)
		}
	}
	text := read(t, "../../docs/api.md")
	for _, name := range scripts.Names() {
		if page[name].text == "" && !strings.Contains(text, "`"+name+"`") {
			t.Errorf("docs/api.md does not name the module %s", name)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// TestAPIExamples runs every example of docs/api.md against simulated devices.
func TestAPIExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("the commands have tests of their own")
	}
	for _, b := range blocks(t, "../../docs/api.md") {
		if b.lang != "lua" {
			continue
		}
		t.Chdir(t.TempDir())
		file, command := "example.lua", []string{"exec", "example.lua"}
		source := b.text
		if strings.Contains(source, "hik.test.") {
			file, command = "tests/example_test.lua", []string{"test", "."}
			if !strings.Contains(source, "hik.test.case") {
				source = `hik.test.case("example", function()` + "\n" + source + "end)\n"
			}
		}
		write(t, ".", map[string]string{"site.yaml": pageSite, file: source})
		if command[0] == "test" {
			write(t, ".", map[string]string{"scripts/look.lua": `hik.every("1m", function() pcall(hik.snapshot, "gate", "yard") end)`})
		}
		s := newSession(t)
		if status := s.run(s.interruptAfter(time.Hour), command...); status != 0 {
			t.Errorf("docs/api.md:%d: status %d\n%s%s%s", b.line, status, b.text, s.out.String(), s.err.String())
		}
	}
}

// TestYAMLPages compares the tables of keys with the parsers'.
func TestYAMLPages(t *testing.T) {
	compareKeys(t, "docs/site-yaml.md", site.Keys())
	compareKeys(t, "docs/devices-yaml.md", site.SavedKeys())
}

func compareKeys(t *testing.T, page string, keys []site.Key) {
	t.Helper()
	var want []string
	for _, k := range keys {
		def := k.Default
		if def != "" {
			def = "`" + def + "`"
		}
		row := strings.Join([]string{"", " `" + k.Path + "` ", " " + strings.ReplaceAll(k.Type, "|", "or") + " ", " " + def + " ", " " + k.Meaning + " ", ""}, "|")
		want = append(want, strings.ReplaceAll(row, "|  |", "| |"))
	}
	var got []string
	for _, line := range strings.Split(read(t, "../../"+page), "\n") {
		if strings.HasPrefix(line, "| `") && strings.Count(line, "|") == 5 {
			got = append(got, line)
		}
	}
	for _, row := range want {
		if !slices.Contains(got, row) {
			t.Errorf("%s lacks the row\n%s", page, row)
		}
	}
	for _, row := range got {
		if !slices.Contains(want, row) {
			t.Errorf("%s has a row that no key has\n%s", page, row)
		}
	}
}

// TestCommandsPage compares docs/commands.md and the README's table with the
// program: every command, and every flag of it.
func TestCommandsPage(t *testing.T) {
	page, readme := read(t, "../../docs/commands.md"), read(t, "../../README.md")
	s := newSession(t)
	s.app.logFormat, s.app.logLevel = newEnumFlag("text", "text", "json"), newEnumFlag("info", "debug", "info", "warn", "error")
	root := newRootCommand(s.app)
	var known []string
	for _, c := range root.Commands() {
		if c.Hidden || c.Name() == "help" {
			continue
		}
		known = append(known, c.Name())
		_, after, found := strings.Cut(page, "\n## hiklua "+c.Name()+"\n")
		if !found {
			t.Errorf("docs/commands.md has no part on %s", c.Name())
			continue
		}
		part, _, _ := strings.Cut(after, "\n## ")
		help := newSession(t)
		help.run(context.Background(), c.Name(), "--help")
		for _, sub := range c.Commands() {
			if !strings.Contains(part, "hiklua "+c.Name()+" "+sub.Name()) {
				t.Errorf("docs/commands.md does not tell of %s %s", c.Name(), sub.Name())
			}
			help.run(context.Background(), c.Name(), sub.Name(), "--help")
		}
		for _, flag := range regexp.MustCompile(`(?m)^ +(?:-\w, )?--([\w-]+)`).FindAllStringSubmatch(help.out.String(), -1) {
			if name := flag[1]; !slices.Contains([]string{"help", "log-format", "log-level"}, name) && !strings.Contains(part, "--"+name) {
				t.Errorf("docs/commands.md does not tell of %s --%s", c.Name(), name)
			}
		}
		if !strings.Contains(readme, "`hiklua "+c.Name()) {
			t.Errorf("the README's table lacks %s", c.Name())
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^## hiklua (\w+)$`).FindAllStringSubmatch(page, -1) {
		if !slices.Contains(known, m[1]) {
			t.Errorf("docs/commands.md tells of %s, which does not exist", m[1])
		}
	}
}

// TestISAPIPage finds the Go of docs/isapi.md in the library's own examples,
// which are compiled and run.
func TestISAPIPage(t *testing.T) {
	examples, err := filepath.Glob("../../isapi/example*_test.go")
	if err != nil || len(examples) == 0 {
		t.Fatal("no examples of package isapi")
	}
	code := ""
	for _, file := range examples {
		code += read(t, file)
	}
	found := 0
	for _, b := range blocks(t, "../../docs/isapi.md") {
		if b.lang != "go" {
			continue
		}
		found++
		for _, line := range strings.Split(b.text, "\n") {
			if text := strings.TrimSpace(line); text != "" && !strings.Contains(code, text) {
				t.Errorf("docs/isapi.md:%d: no example has the line %q", b.line, text)
			}
		}
	}
	if found == 0 {
		t.Error("docs/isapi.md shows no Go")
	}
}

// TestContributingIsTrue finds the code that CONTRIBUTING.md shows in the
// files that it names, and the files and tests that it mentions.
func TestContributingIsTrue(t *testing.T) {
	const page = "../../CONTRIBUTING.md"
	for _, b := range blocks(t, page) {
		if b.lang != "go" {
			continue
		}
		file, code, _ := strings.Cut(strings.TrimPrefix(b.text, "// "), "\n")
		if !strings.Contains(read(t, filepath.Join("../..", file)), code) {
			t.Errorf("CONTRIBUTING.md:%d: %s does not have\n%s", b.line, file, code)
		}
	}
	text := read(t, page)
	for _, m := range regexp.MustCompile("`([a-z]+/[\\w./]+)`").FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join("../..", m[1])); err != nil {
			t.Errorf("CONTRIBUTING.md names %s, which is not there", m[1])
		}
	}
	tests := read(t, "docs_test.go") + read(t, "httpapi_test.go") + read(t, "../../runtime/api/api_test.go") + read(t, "../../runtime/shape_test.go") + read(t, "../../luaapi/coverage_test.go") + read(t, "../../runtime/site/jsonschema_test.go")
	for _, m := range regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(text, -1) {
		if !strings.Contains(tests, "func "+m[1]+"(") {
			t.Errorf("CONTRIBUTING.md names %s, which is not there", m[1])
		}
	}
}

// TestAdvisoriesPage: docs/security.md says of each library that the program is
// made with what is known against it, in the version that go.mod asks for.
func TestAdvisoriesPage(t *testing.T) {
	page, direct := read(t, "../../docs/security.md"), 0
	for line := range strings.Lines(read(t, "../../go.mod")) {
		fields := strings.Fields(line)
		if len(fields) != 2 || !strings.HasPrefix(fields[1], "v") {
			continue
		}
		name := strings.TrimPrefix(fields[0], "github.com/")
		if name == "google/go-cmp" || name == "rogpeppe/go-internal" || name == "santhosh-tekuri/jsonschema/v6" ||
			strings.HasPrefix(name, "chromedp/") {
			continue // of tests only
		}
		direct++
		if !strings.Contains(page, name+" "+fields[1]) {
			t.Errorf("docs/security.md has no %s %s", name, fields[1])
		}
	}
	if direct < 15 {
		t.Errorf("%d libraries", direct)
	}
}
