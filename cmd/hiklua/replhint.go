package main

import (
	"slices"
	"strings"

	"github.com/hiklua/hiklua/luaapi"
)

// hint is the line below what is typed: how the function is called that is
// being typed, or whose arguments are, and what it does.
func hint(n namer, before string) string {
	if isCommand(before) || strings.TrimSpace(before) == "" {
		return ""
	}
	list := tokensOf(before)
	n = &scope{n, list}
	last := list[len(list)-1]
	if last.kind == nameToken && strings.HasSuffix(before, last.text) {
		if t := resolve(n, chainBefore(list)); t.entry != nil {
			return signature(t.entry) + "  " + firstLine(t.entry.Doc)
		}
	}
	c := callAround(list)
	if c == nil {
		return ""
	}
	t := resolve(n, c.function)
	if t.entry == nil {
		return ""
	}
	if slices.Contains(mayBe(t.entry, len(c.args)-1), "preset") && c.table == nil {
		completeString(n, append(list, token{kind: stringToken, open: true}), "") // so that the names are there at Tab
	}
	if c.table != nil {
		table, options := c.table, t.entry.Options
		if c.inner != nil {
			table, options = c.inner, itemOptions(t.entry, mayBe(t.entry, len(c.args)-1))
		}
		if o, ok := optionTyped(options, table); ok {
			return o.Name + " = " + optionText(o)
		}
	}
	return signature(t.entry) + "  " + firstLine(t.entry.Doc)
}

// optionTyped is the option whose value is being typed.
func optionTyped(options []luaapi.Option, table []token) (luaapi.Option, bool) {
	for i := len(table) - 1; i > 0 && !table[i].is(","); i-- {
		if !table[i].is("=") {
			continue
		}
		for _, o := range options {
			if o.Name == table[i-1].text {
				return o, true
			}
		}
	}
	return luaapi.Option{}, false
}

// signature is how an entry is called: channel:preset(preset, {wait=}).
func signature(e *luaapi.Entry) string {
	separator := "."
	if e.Kind == "method" {
		separator = ":"
	}
	text := e.Owner
	if e.Name != "" {
		text += separator + e.Name
	}
	if e.Kind == "method" || e.Kind == "function" {
		text += "(" + e.Args + ")"
	}
	return text
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
