package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/check"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// block is a fenced piece of a page.
type block struct {
	lang string // "sh", "lua", "yaml" ...
	text string
	line int // of its first line in the page
}

// blocks are the fenced pieces of a Markdown file.
func blocks(t *testing.T, page string) []block {
	t.Helper()
	source, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var all []block
	var open *block
	for i, line := range strings.Split(string(source), "\n") {
		switch fence, isFence := strings.CutPrefix(line, "```"); {
		case isFence && open == nil:
			open = &block{lang: fence, line: i + 2}
		case isFence:
			all = append(all, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	if open != nil {
		t.Errorf("%s:%d: a block that does not end", page, open.line)
	}
	return all
}

// pages are the texts for people.
func pages(t *testing.T) []string {
	t.Helper()
	all := []string{"../../README.md", "../../CONTRIBUTING.md", "../../CHANGELOG.md"}
	for _, pattern := range []string{"../../docs/*.md", "../../examples/*.md", "../../examples/*/README.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d pages, %v", pattern, len(found), err)
		}
		all = append(all, found...)
	}
	return all
}

// notRun are commands of the pages that a test cannot run, and why.
var notRun = map[string]string{
	"go test":               "this is one",
	"go build":              "the test's own build is one",
	"go install":            "writes outside of the test's folder",
	"go vet":                "go test runs it",
	"go doc":                "reads only",
	"gofmt":                 "reads only",
	".ci/run":               "runs go test",
	"git clone":             "needs the network",
	"hiklua sim":            "takes a port until Ctrl-C; testdata/script has its own tests",
	"hiklua devices --save": "needs real devices; devicessave_test.go has some on ports",
	"hiklua status":         "needs a running host",
	"hiklua jobs":           "needs a running host",
	"hiklua job run":        "needs a running host",
	"hiklua script":         "needs a running host",
	"hiklua log":            "needs a running host",
	"hiklua reload":         "needs a running host",
	"hiklua page":           "needs a running host",
	"curl":                  "needs hiklua sim on a port; isapi/sim tests what these ask",
	"HIKLUA_PASSWORD=":      "needs hiklua sim on a port; signal_test.go has one",
	"source ":               "of the shell",
	"journalctl":            "of the machine",
	"systemctl":             "of the machine",
	"sudo ":                 "of the machine",
	"buildah ":              "of the machine",
	"docker ":               "of the machine",
}

// TestPagesCommands types the commands of every page, in their order, in one
// folder for each page. Time is virtual, and devices that are not there are
// simulated.
func TestPagesCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("each command has tests of its own")
	}
	top, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages(t) {
		t.Run(strings.TrimPrefix(filepath.ToSlash(page), "../../"), func(t *testing.T) {
			found := blocks(t, page)
			typist := &typist{t: t, page: page, env: map[string]string{"TZ": "UTC"}, now: begin}
			t.Chdir(t.TempDir())
			if err := os.CopyFS("examples", os.DirFS(filepath.Join(top, "examples"))); err != nil {
				t.Fatal(err)
			}
			for _, b := range found {
				if b.lang == "console" {
					typist.line = b.line
					typist.compare(b.text)
				}
				if path, _, _ := strings.Cut(b.text, "\n"); namesFile.MatchString(path) { // in its first line
					write(t, ".", map[string]string{strings.TrimLeft(path, "#- "): b.text})
				}
				if b.lang != "sh" {
					continue
				}
				for i, line := range strings.Split(strings.TrimSpace(b.text), "\n") {
					typist.line = b.line + i
					typist.do(line)
				}
			}
		})
	}
}

// typist types the commands of one page.
type typist struct {
	t    *testing.T
	page string
	line int
	env  map[string]string
	now  time.Time // time goes on from command to command
	run  time.Duration
}

var (
	exported   = regexp.MustCompile(`^(?:read -rs [A-Z_]+; )*export ([A-Z_ ]+)(?:=\S*)?$`)
	outOfReach = regexp.MustCompile(`192\.0\.2\.`)
	namesFile  = regexp.MustCompile(`^(#|--) [\w-]+/(site\.yaml|scripts/[\w-]+\.lua)$`)
	later      = regexp.MustCompile(`^# (\d+) hours later$`)
)

func (y *typist) do(line string) {
	y.t.Helper()
	line, note, _ := strings.Cut(line, "  #")
	y.run = time.Minute
	if strings.HasSuffix(note, "for a day") {
		y.run = 24 * time.Hour
	}
	line = strings.TrimSpace(line)
	line = strings.Replace(line, "go run ./cmd/hiklua", "hiklua", 1)
	if m := later.FindStringSubmatch(line); m != nil {
		hours, _ := strconv.Atoi(m[1]) // digits
		y.now = y.now.Add(time.Duration(hours) * time.Hour)
	}
	if line == "" || strings.HasPrefix(line, "#") {
		return
	}
	if m := exported.FindStringSubmatch(line); m != nil {
		for _, name := range strings.Fields(m[1]) {
			y.env[name] = "simulated"
		}
		return
	}
	if dir, is := strings.CutPrefix(line, "cd "); is {
		y.t.Chdir(dir)
		return
	}
	for command := range notRun {
		if strings.HasPrefix(line, command) {
			return
		}
	}
	if s, status := y.typed(line); status != 0 {
		y.t.Errorf("%s:%d: %s: status %d\n%s%s", y.page, y.line, line, status, s.out.String(), s.err.String())
	}
}

// typed runs one command line of the forms that the pages have:
// "hiklua ...", "echo TEXT > FILE" and "echo TEXT | hiklua ...".
func (y *typist) typed(line string) (*session, int) {
	s := newSession(y.t)
	s.env = y.env
	clk := clock.NewVirtual(y.now)
	s.clk = clk
	defer func() { y.now = clk.Now() }()
	words := shellWords(line)
	if words[0] == "echo" && len(words) == 4 && words[2] == ">" {
		write(y.t, ".", map[string]string{words[3]: words[1] + "\n"})
		return s, 0
	}
	if words[0] == "echo" && len(words) > 4 && words[2] == "|" {
		s.stdin = strings.NewReader(words[1] + "\n")
		words = words[3:]
	}
	if words[0] != "hiklua" || len(words) == 1 {
		y.t.Errorf("%s:%d: %q is neither a command of hiklua nor in the list of exceptions", y.page, y.line, line)
		return s, 0
	}
	args := words[1:]
	ctx := context.Background()
	if args[0] == "run" {
		ctx = s.interruptAfter(y.run)
	}
	if y.needsDevices(args) {
		args = append([]string{args[0], "--simulate"}, args[1:]...)
	}
	return s, s.run(ctx, args...)
}

// compare types the commands of a console block ("$ hiklua ...") and compares
// what they print.
func (y *typist) compare(text string) {
	y.t.Helper()
	for _, part := range strings.Split("\n"+text, "\n$ ")[1:] {
		line, want, _ := strings.Cut(part, "\n")
		s, _ := y.typed(line)
		got := strings.TrimRight(s.out.String()+s.err.String(), "\n")
		if vague(got) != vague(strings.TrimRight(want, "\n")) {
			y.t.Errorf("%s:%d: %s prints\n%s\nnot\n%s", y.page, y.line, line, got, want)
		}
	}
}

// vague takes out of a text what depends on how a picture is compressed: the
// sizes and hashes of files.
func vague(text string) string {
	text = regexp.MustCompile(`\b[0-9a-f]{64}\b`).ReplaceAllString(text, "HASH")
	return regexp.MustCompile(`\b[0-9][0-9.]* ?([KMG]B|bytes)`).ReplaceAllString(text, "SIZE $1")
}

// shellWords splits a command line as a shell does, with both kinds of quotes.
func shellWords(line string) []string {
	var words []string
	word, inside, quote := "", false, rune(0)
	for _, r := range line + " " {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word += string(r)
		case r == '\'' || r == '"':
			quote, inside = r, true
		case r == ' ':
			if inside {
				words = append(words, word)
			}
			word, inside = "", false
		default:
			word += string(r)
			inside = true
		}
	}
	return words
}

// needsDevices reports whether a command would ask a device that is not there.
func (y *typist) needsDevices(args []string) bool {
	if !slices.Contains([]string{"run", "check", "exec", "repl", "devices", "doctor"}, args[0]) || slices.Contains(args, "--simulate") {
		return false
	}
	dir := "."
	for _, word := range args[1:] {
		if outOfReach.MatchString(word) {
			return true
		}
		if hasSite(word) {
			dir = word
		}
	}
	source, err := os.ReadFile(filepath.Join(dir, site.FileName))
	return err == nil && outOfReach.Match(regexp.MustCompile(`(?m)^\s*#.*$`).ReplaceAll(source, nil))
}

// pageSite is the site that the Lua of the pages is written for.
const pageSite = `timezone: Europe/Berlin
location: {lat: 52.52, lon: 13.40}
vars:
  {night: "22:00", dwell: 15s, presets: [1, 2, 3], open: "08:00-18:00", round: [door], holidays: ["2026-12-25"], hook: "http://127.0.0.1/"}
devices:
  gate:
    simulate: ptz
    channels: {yard: {address: 1}}
  door:
    simulate: ipc
    channels: {entrance: {address: 1}}
  nvr:
    simulate: nvr
    channels: {ramp: {address: 2}, store: {address: 3}}
notify:
  {ops: {ntfy: {topic: a}}, guard: {ntfy: {topic: b}}, phone: {ntfy: {topic: c}}, office: {ntfy: {topic: d}}}
mqtt: {broker: "mqtt://127.0.0.1:9"}
web: {hooks: {door: {token: door-token-0123456789}, panel: {token: panel-token-0123456789}}}
`

// TestPagesLua checks every piece of Lua in the pages as hiklua check does. A
// piece that commands a device at once is one for exec or the REPL, and is
// checked as the body of a task.
func TestPagesLua(t *testing.T) {
	for _, page := range pages(t) {
		for _, b := range blocks(t, page) {
			if b.lang != "lua" {
				continue
			}
			dir := t.TempDir()
			source, file := b.text, "scripts/block.lua"
			if strings.Contains(source, "hik.test") {
				file = "tests/block_test.lua"
			}
			if strings.HasSuffix(page, "api.md") || strings.Contains(page, "ad-hoc") || strings.Contains(source, ":\n--   hiklua exec") {
				source = "hik.spawn(function() " + source + "\nend)\n"
			}
			write(t, dir, map[string]string{
				"site.yaml": pageSite, file: source,
				"lib/visit.lua": "return function(channel, preset) channel:preset(preset) end\n",
			})
			for _, f := range check.Site(dir, func(string) (string, bool) { return "", false }, false).Findings {
				if !f.Warning { // what a piece sets may be there for what comes after it
					t.Errorf("%s:%d: %s\n%s", page, b.line, f, b.text)
				}
			}
		}
	}
}

// TestPagesYAML reads every site.yaml and devices.yaml in the pages; a piece of
// one is put where it belongs.
func TestPagesYAML(t *testing.T) {
	for _, page := range pages(t) {
		for _, b := range blocks(t, page) {
			if b.lang != "yaml" {
				continue
			}
			dir := t.TempDir()
			if strings.HasPrefix(b.text, "# devices.yaml\n") {
				write(t, dir, map[string]string{"devices.yaml": b.text})
				if _, err := site.LoadSaved(dir); err != nil {
					t.Errorf("%s:%d: %v", page, b.line, err)
				}
				continue
			}
			write(t, dir, map[string]string{"site.yaml": b.text})
			env := func(name string) (string, bool) { return "secret", strings.HasSuffix(name, "PASSWORD") }
			if _, err := site.LoadSimulated(dir, env); err != nil {
				t.Errorf("%s:%d: %v", page, b.line, err)
			}
		}
	}
}
