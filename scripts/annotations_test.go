package scripts_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/scripts"
)

// kindTypes are the types for editors of the kinds of hik.options.
var kindTypes = map[string]string{
	"channel": "hik.Channel", "duration": "hik.Duration", "moment": "string|number", "count": "integer", "preset": "integer|string",
	"boolean": "boolean", "false": "false", "function": "function", "picture": "hik.SnapshotOptions", "file": "string", "text": "string",
	"between": "string", "days": "string", "timezone": "string", "events": "hik.EventWord|hik.EventWord[]", "order": `"listed"|"random"`, "presets": "(integer|string)[]",
}

// resultFields are the types of the fields of results.
var resultFields = map[string]string{
	"rounds": "integer", "stops": "integer", "snapshots": "integer", "errors": "integer", "yielded": "integer",
	"preset": "integer|string", "snapshot": "hik.Snapshot?", "path": "string?", "error": "hik.Error?",
}

// described is one function of hik.library.
type described struct {
	module, name string
	table        *lua.LTable
}

// library reads hik.library.
func library(t *testing.T) []described {
	t.Helper()
	source, _ := scripts.Module("hik.library")
	L := lua.NewState()
	t.Cleanup(L.Close)
	if err := L.DoString(string(source)); err != nil {
		t.Fatal(err)
	}
	all := L.Get(-1).(*lua.LTable)
	var list []described
	for _, module := range scripts.Names() {
		if functions, ok := all.RawGetString(module).(*lua.LTable); ok {
			functions.ForEach(func(name, table lua.LValue) {
				list = append(list, described{module, name.String(), table.(*lua.LTable)})
			})
		}
	}
	return list
}

// rows are the tables in a list of a table.
func rows(t *lua.LTable, key string) []*lua.LTable {
	var list []*lua.LTable
	if in, ok := t.RawGetString(key).(*lua.LTable); ok {
		in.ForEach(func(_, v lua.LValue) { list = append(list, v.(*lua.LTable)) })
	}
	return list
}

func text(t *lua.LTable, key string) string {
	if v := t.RawGetString(key); v != lua.LNil {
		return v.String()
	}
	return ""
}

// annotations are the lines for editors above a function, whose parameters are
// called as in its source.
func (d described) annotations(t *testing.T, params []string) string {
	var b strings.Builder
	class := "hik." + title(strings.TrimPrefix(d.module, "hik."))
	kind := func(words string) string {
		var types []string
		for _, word := range strings.Split(words, "|") {
			if kindTypes[word] == "" {
				t.Errorf("the kind %s has no type: give it one", word)
			}
			types = append(types, kindTypes[word])
		}
		return strings.Join(types, "|")
	}
	for _, list := range []struct{ key, class string }{{"stops", class + "Stop"}, {"options", class + "Options"}} {
		for i, o := range rows(d.table, list.key) {
			if i == 0 {
				fmt.Fprintf(&b, "---@class (exact) %s\n", list.class)
			}
			mark := "?"
			if text(o, "needed") != "" {
				mark = ""
			}
			fmt.Fprintf(&b, "---@field %s%s %s %s\n", text(o, "name"), mark, kind(text(o, "kind")), text(o, "doc"))
		}
		if len(rows(d.table, list.key)) > 0 {
			b.WriteString(noOther + "\n")
		}
	}
	result := text(d.table, "result")
	if fields := record(result); fields != nil {
		list := strings.HasPrefix(result, "list of ")
		name := class + "Result"
		if list {
			name = class + "Item"
		}
		fmt.Fprintf(&b, "---@class (exact) %s\n", name)
		for _, f := range fields {
			kind := resultFields[f]
			if kind == "" {
				t.Errorf("the field %s of a result has no type: give it one", f)
			}
			fmt.Fprintf(&b, "---@field %s %s\n", f, kind)
		}
		if result = name; list {
			result += "[]"
		}
	} else if result != "" {
		result = resultTypes[result]
	}
	for i, arg := range rows(d.table, "args") {
		switch word := arg.RawGetInt(2).String(); word {
		case "options":
			fmt.Fprintf(&b, "---@param %s? %sOptions\n", params[i], class)
		case "stops":
			fmt.Fprintf(&b, "---@param %s %sStop[]\n", params[i], class)
		default:
			fmt.Fprintf(&b, "---@param %s %s\n", params[i], kind(word))
		}
	}
	if result == "" {
		t.Errorf("%s.%s has no result of a known type", d.module, d.name)
	}
	b.WriteString("---@return " + result + "\n")
	return b.String()
}

// Editors read the modules themselves: what hik.library says stands above each
// function.
func TestAnnotations(t *testing.T) {
	for _, d := range library(t) {
		file := strings.Replace(d.module, ".", "/", 1) + ".lua"
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		head := regexp.MustCompile(`(?m)((?:^---.*\n)*)^((?:return )?function ?` + regexp.QuoteMeta(strings.TrimPrefix(d.module, "hik.")+"."+d.name) + `\(([^)]*)\))`)
		if d.name == "" {
			head = regexp.MustCompile(`(?m)((?:^---.*\n)*)^(return function\(([^)]*)\))`)
		}
		found := head.FindSubmatchIndex(source)
		if found == nil {
			t.Errorf("%s has no function %q", file, d.name)
			continue
		}
		want := d.annotations(t, strings.Split(string(source[found[6]:found[7]]), ", "))
		have := string(source[found[2]:found[3]])
		if have == want {
			continue
		}
		if *update {
			os.WriteFile(file, []byte(string(source[:found[2]])+want+string(source[found[3]:])), 0o644)
			continue
		}
		t.Errorf("%s: above %s stands\n%swant (go test ./scripts -update)\n%s", file, d.name, have, want)
	}
}

// docs/api.md tells of each option of the library, in a row as this.
func TestLibraryIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range library(t) {
		_, section, found := strings.Cut(string(page), "\n### "+d.module+"\n")
		section, _, _ = strings.Cut(section, "\n### ")
		if !found || !strings.Contains(section, "```lua") {
			t.Errorf("docs/api.md has no section %s with an example", d.module)
		}
		for _, list := range []string{"stops", "options"} {
			for _, o := range rows(d.table, list) {
				otherwise := text(o, "default")
				if o.RawGetString("default").Type() == lua.LTString {
					otherwise = `"` + otherwise + `"`
				}
				if otherwise != "" {
					otherwise = "`" + otherwise + "`"
				}
				if row := fmt.Sprintf("| `%s` | %s | %s |\n", text(o, "name"), text(o, "doc"), otherwise); !strings.Contains(section, row) {
					t.Errorf("docs/api.md, %s, lacks\n%s", d.module, row)
				}
			}
		}
	}
}
