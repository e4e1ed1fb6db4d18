package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/check"
	"github.com/hiklua/hiklua/runtime/nearest"
)

// helpOn tells of a name: preset, hik.preset, channel:preset, or a variable.
func helpOn(n namer, name string) (text string, known bool) {
	name = strings.TrimSuffix(name, "()")
	owner, word := "", name
	if i := strings.LastIndexAny(name, ".:"); i >= 0 {
		owner, word = name[:i], name[i+1:]
	}
	t := resolve(n, chainBefore(tokensOf(name)))
	if t.entry != nil {
		return entryHelp(t.entry), true
	}
	var found []*luaapi.Entry
	var names []string
	for _, e := range slices.Concat(luaapi.API(), check.Library()) {
		if e.Kind == "table" {
			continue
		}
		names = append(names, e.Name)
		if name == e.Owner+"."+e.Name {
			return entryHelp(&e), true
		}
		if e.Name == word && (owner == "" || owner == e.Owner) {
			found = append(found, &e)
		}
	}
	switch {
	case len(found) > 0:
		return entriesHelp(found), true
	case t.owner != "" || t.keys != nil || t.vars != nil:
		return thingHelp(name, t), true
	}
	text = fmt.Sprintf("hik has no %q", name)
	if near := nearest.Word(word, names); near != "" {
		text += fmt.Sprintf(" (did you mean %q?)", near)
	}
	return text, false
}

// entriesHelp tells of several: those that are the same but for whose they are,
// as hik.preset and channel:preset, are told once.
func entriesHelp(entries []*luaapi.Entry) string {
	text := ""
	for i, e := range entries {
		text += entryHead(e) + "\n"
		if i+1 == len(entries) || entryBody(entries[i+1]) != entryBody(e) {
			text += entryBody(e) + "\n"
		}
	}
	return strings.TrimSuffix(text, "\n")
}

func entryHelp(e *luaapi.Entry) string { return entryHead(e) + "\n" + entryBody(e) }

func entryHead(e *luaapi.Entry) string {
	if e.Result != "" {
		return signature(e) + " gives " + e.Result
	}
	return signature(e)
}

func entryBody(e *luaapi.Entry) string {
	text := "  " + strings.ReplaceAll(e.Doc, "\n", "\n  ")
	for _, o := range e.Options {
		text += fmt.Sprintf("\n  %s (%s): %s", o.Name, o.Type, o.Doc)
	}
	return text
}

// thingHelp tells what a variable has.
func thingHelp(name string, t thing) string {
	what := "a table"
	if t.owner != "" {
		what = t.owner
	}
	text := name + ": " + what
	for _, sign := range []string{".", ":"} {
		var names []string
		for _, w := range members(t, sign) {
			names = append(names, w.Text)
		}
		if len(names) > 0 {
			text += "\n  " + name + sign + " " + strings.Join(names, ", ")
		}
	}
	return text
}

// wordForNil is what to say for a line that gave nil: for a word of other
// programs, which is the name of no variable here, what does the same.
func wordForNil(code string) string {
	switch strings.TrimSpace(code) {
	case "help":
		return ".help tells more"
	case "exit", "quit":
		return ".quit or Ctrl-D leaves"
	}
	return "nil"
}
