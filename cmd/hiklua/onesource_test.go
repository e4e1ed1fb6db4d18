package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/check"
	"github.com/hiklua/hiklua/scripts"
)

// What luaapi.API and hik.library say is what runs, what hiklua check knows,
// what the REPL completes, what editors are told, and what docs/api.md tells:
// functions, options, events and the fields of results.

// surface is one name of hik or of its library, as a script writes it.
type surface struct {
	luaapi.Entry
	path string // "hik.snapshot", "gate:snapshot", "tour.run", "retry"
}

// objects are variables of each kind.
var objects = map[string]string{"device": "gate", "channel": "yard", "snapshot": "picture", "job": "job", "task": "task"}

const objectsLua = `local tour, sweep, timelapse, retry = require "hik.tour", require "hik.sweep", require "hik.timelapse", require "hik.retry"
local gate = hik.device("gate")
local yard = gate:channel("yard")
local picture = yard:snapshot()
local job = hik.after("1d", {name = "later"}, function() end)
local task = hik.spawn(function() end)
`

func surfaces() []surface {
	var all []surface
	for _, e := range luaapi.API() {
		of, sign := e.Owner, "."
		if objects[of] != "" {
			of = objects[of]
		}
		if e.Kind == "method" {
			sign = ":"
		}
		all = append(all, surface{e, of + sign + e.Name})
	}
	for _, e := range check.Library() {
		if e.Kind == "table" {
			continue
		}
		all = append(all, surface{e, strings.TrimSuffix(strings.TrimPrefix(e.Owner, "hik.")+"."+e.Name, ".")})
	}
	return all
}

// call is a call of a function in which the table of options is as given.
func (s surface) call(table string) string {
	var args []string
	fromScript := "hik.state.x"
	for _, a := range argumentNames(&s.Entry) {
		switch a.name {
		case "dev":
			args = append(args, `"gate"`)
		case "ch", "channel":
			args = append(args, "yard")
		case "{", "options":
			args = append(args, table)
		case "fn", "function":
			args = append(args, "function() end")
		default:
			args = append(args, fromScript)
		}
	}
	return s.path + "(" + strings.Join(args, ", ") + ")"
}

// fields are those of a result such as "list of {id, name}".
func (s surface) fields() []string {
	text, ok := strings.CutPrefix(strings.TrimPrefix(s.Result, "list of "), "{")
	if !ok {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "}"), ", ")
}

func TestBindingsAreThere(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"site.yaml": pageSite})
	var b strings.Builder
	b.WriteString(objectsLua)
	count := 0
	for _, s := range surfaces() {
		kind := map[string]string{"function": "function", "method": "function", "library": "table"}[s.Kind]
		if kind == "" || s.path == "hik.json.null" {
			continue
		}
		count++
		path := strings.Replace(s.path, ":", ".", 1)
		fmt.Fprintf(&b, "if type(%[1]s) ~= %[2]q then print(%[1]q, type(%[1]s)) end\n", path, kind)
	}
	s := newSession(t)
	if status := s.run(context.Background(), "exec", "-e", b.String()); status != 0 || s.out.String() != "" || count < 100 {
		t.Errorf("status %d, %d names: %s%s", status, count, s.out.String(), s.err.String())
	}
}

// checked are what hiklua check says of lines in a function, with what stands in
// them.
func checked(t *testing.T, lines []string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	head := "hik.spawn(function()\n" + objectsLua
	write(t, dir, map[string]string{"site.yaml": pageSite, "scripts/a.lua": head + strings.Join(lines, "\n") + "\nend)\n"})
	found := make(map[string]string)
	for _, f := range check.Site(dir, func(string) (string, bool) { return "", false }, true).Findings {
		if i := f.Line - 1 - strings.Count(head, "\n"); i >= 0 && i < len(lines) && f.File == "scripts/a.lua" {
			found[lines[i]] += f.Message + "\n"
		}
	}
	return found
}

var unknownName = regexp.MustCompile(`has no "|there is no |unknown option|unknown event|no event`)

func TestCheckKnowsAll(t *testing.T) {
	var right, wrong []string
	for _, s := range surfaces() {
		if s.Kind != "function" && s.Kind != "method" {
			continue
		}
		if len(s.Options) > 0 {
			var keys []string
			for _, o := range s.Options {
				keys = append(keys, o.Name+" = hik.state.x")
				wrong = append(wrong, s.call("{"+o.Name+"_ = hik.state.x}"))
			}
			right = append(right, s.call("{"+strings.Join(keys, ", ")+"}"))
		} else {
			right = append(right, s.call(""))
		}
		if s.Name != "" {
			wrong = append(wrong, strings.Replace(s.call("nil"), s.Name+"(", s.Name+"_(", 1))
		}
	}
	for _, word := range luaapi.EventWords() {
		right = append(right, fmt.Sprintf("hik.on(\"gate:%s\", print)", word), fmt.Sprintf("gate:on(%q, print)", word))
		wrong = append(wrong, fmt.Sprintf("gate:on(%q, print)", word+"_"))
	}
	for line, messages := range checked(t, right) {
		if unknownName.MatchString(messages) {
			t.Errorf("%s: %s", line, messages)
		}
	}
	found := checked(t, wrong)
	for _, line := range wrong {
		if !unknownName.MatchString(found[line]) {
			t.Errorf("%s: check says %q", line, found[line])
		}
	}
}

// knownNames is a session in which the objects are variables.
type knownNames struct{}

func (knownNames) Outline(path []string) luaapi.Outline {
	if len(path) == 0 {
		return luaapi.Outline{Keys: []string{"hik"}}
	}
	for owner, variable := range objects {
		if variable == path[0] && len(path) == 1 {
			return luaapi.Outline{Owner: owner, Device: "gate"}
		}
	}
	if len(path) == 1 && slices.Contains(scripts.Names(), "hik."+path[0]) {
		return luaapi.Outline{Owner: "hik." + path[0]}
	}
	return luaapi.Outline{Owner: strings.Join(path, ".")}
}
func (knownNames) Devices() []string            { return []string{"gate"} }
func (knownNames) Channels(string) []string     { return []string{"yard"} }
func (knownNames) Presets(string, any) []string { return nil }
func (knownNames) Modules() []string            { return nil }
func (knownNames) Vars() map[string]any         { return nil }
func (knownNames) Jobs() []string               { return nil }

func offered(text string) []string {
	var all []string
	for _, w := range complete(knownNames{}, text).Words {
		all = append(all, strings.TrimSuffix(w.Text, " = "))
	}
	return all
}

func TestCompletionKnowsAll(t *testing.T) {
	for _, s := range surfaces() {
		if at := strings.LastIndexAny(s.path, ".:"); at >= 0 && s.AliasOf == "" && !slices.Contains(offered(s.path[:at+1]), s.Name) {
			t.Errorf("%s is not completed: %v", s.path, offered(s.path[:at+1]))
		}
		if len(s.Options) > 0 {
			before, _, _ := strings.Cut(s.call("{@"), "@")
			words := offered(before)
			for _, o := range s.Options {
				if !slices.Contains(words, o.Name) {
					t.Errorf("%s: the option %s is not completed", before, o.Name)
				}
			}
		}
		for _, field := range s.fields() {
			item := ""
			if strings.HasPrefix(s.Result, "list of ") {
				item = "[1]"
			}
			if call := strings.ReplaceAll(s.call("{}"), "hik.state.x", "1") + item + "."; !slices.Contains(offered(call), field) {
				t.Errorf("%s: the field %s is not completed: %v", call, field, offered(call))
			}
		}
	}
	for _, word := range luaapi.EventWords() {
		if !slices.Contains(offered(`gate:on("`), word) || !slices.Contains(offered(`hik.on("gate:`), "gate:"+word) {
			t.Errorf("the event %s is not completed", word)
		}
	}
}

// The page has the fields of results, where they are given, and each event.
// TestAPIPage looks for functions and options.
func TestPagesKnowAll(t *testing.T) {
	page := map[string]string{}
	for _, s := range sections(t, "../../docs/api.md") {
		for _, name := range s.names {
			page[name] = s.text
		}
	}
	for _, s := range surfaces() {
		text, ok := page[heading(s.Entry)]
		if slices.Contains(scripts.Names(), s.Owner) {
			text, ok = page[s.Owner], true // a module, with its functions
		}
		if !ok {
			continue // a method that stands there as a function of hik
		}
		for _, field := range s.fields() {
			if !regexp.MustCompile(`\b` + field + `\b`).MatchString(text) {
				t.Errorf("docs/api.md, %s: the field %s of the result is not told", heading(s.Entry), field)
			}
		}
	}
	events := read(t, "../../docs/api.md") + read(t, "../../docs/events.md")
	for _, word := range luaapi.EventWords() {
		if !strings.Contains(events, "`"+word+"`") {
			t.Errorf("no page tells of the event %s", word)
		}
	}
	for _, class := range []string{"hik.Event", "hik.Response", "hik.File", "hik.Picture", "hik.Error", "hik.Firing"} {
		for _, field := range scripts.Fields(class) {
			if !regexp.MustCompile("[`.{ |]" + field + "\\b").MatchString(events) {
				t.Errorf("no page tells of the field %s of %s", field, class)
			}
		}
	}
}
