package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/nearest"
)

// dotCommands are what a line may be that is no Lua.
var dotCommands = []string{".help", ".trace", ".quit", ".exit"}

// isCommand reports whether a line is for the REPL itself: no Lua begins with a
// dot or a question mark.
func isCommand(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, ".") || line == "?"
}

// command carries out such a line; text is what it says, failed that there is
// no such command.
func (r *repl) command(line string) (text string, quit, failed bool) {
	name, about, _ := strings.Cut(strings.TrimSpace(line), " ")
	about = strings.TrimSpace(about)
	switch name {
	case ".quit", ".exit":
		return "", true, false
	case ".trace":
		return r.trace(), false, false
	case ".help", "?":
		if about == "" {
			return replHelp, false, false
		}
		text, known := helpOn(about)
		return text, false, !known
	}
	text = fmt.Sprintf("no command %s; there are %s", name, strings.Join(dotCommands[:3], ", "))
	if near := nearest.Word(name, dotCommands); near != "" {
		text = fmt.Sprintf("no command %s (did you mean %s?)", name, near)
	}
	return text, false, true
}

// helpOn tells of a name of the API: preset, hik.preset, channel:preset.
func helpOn(name string) (text string, known bool) {
	owner, word := "", strings.TrimSuffix(name, "()")
	if i := strings.LastIndexAny(word, ".:"); i >= 0 {
		owner, word = word[:i], word[i+1:]
	}
	var b strings.Builder
	var names []string
	for _, e := range luaapi.API() {
		names = append(names, e.Name)
		if e.Name != word || owner != "" && owner != e.Owner {
			continue
		}
		separator := "."
		if e.Kind == "method" {
			separator = ":"
		}
		fmt.Fprint(&b, e.Owner, separator, e.Name)
		if e.Kind == "method" || e.Kind == "function" {
			fmt.Fprintf(&b, "(%s)", e.Args)
		}
		if e.Result != "" {
			fmt.Fprintf(&b, " gives %s", e.Result)
		}
		fmt.Fprintf(&b, "\n  %s\n", e.Doc)
		for _, o := range e.Options {
			fmt.Fprintf(&b, "  %s (%s): %s\n", o.Name, o.Type, o.Doc)
		}
	}
	if b.Len() > 0 {
		return strings.TrimRight(b.String(), "\n"), true
	}
	slices.Sort(names)
	text = fmt.Sprintf("hik has no %q", name)
	if near := nearest.Word(word, names); near != "" {
		text += fmt.Sprintf(" (did you mean %q?)", near)
	}
	return text, false
}

// emptyWord is what to say where a word of other programs gave nil: it is the
// name of no variable here.
func emptyWord(code, given string) string {
	switch strings.TrimSpace(code) {
	case "help":
		if given == "nil" {
			return ".help tells more"
		}
	case "exit", "quit":
		if given == "nil" {
			return ".quit or Ctrl-D leaves"
		}
	}
	return ""
}
