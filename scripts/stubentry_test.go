package scripts_test

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/luaapi"
)

// owner writes the class of hik, a library or a kind of object, and its names.
func (w *stubWriter) owner(owner string, entries []luaapi.Entry) {
	library := owner == "hik" || strings.HasPrefix(owner, "hik.")
	class, variable := owner, owner
	if !library {
		class, variable = "hik."+title(owner), title(owner)
	}
	w.line("\n---@class ", class)
	for _, e := range entries {
		if e.Kind == "field" {
			kind := w.pick(resultTypes, "the result "+e.Result, e.Result)
			if owner == "hik" && e.Name == "vars" {
				kind = "hik.Vars"
			}
			w.line("---@field ", e.Name, " ", kind, " ", e.Doc)
		}
	}
	if library {
		w.line(variable, " = {}")
	} else {
		w.line("local ", variable, " = {}")
	}
	for _, e := range entries {
		switch e.Kind {
		case "function":
			w.function(variable+".", e)
		case "method":
			w.function(variable+":", e)
		}
	}
}

// param is one parameter of a function.
type param struct {
	name, kind, doc string
	optional        bool
	droppable       bool // may be left out although others follow
}

func (w *stubWriter) function(prefix string, e luaapi.Entry) {
	params := w.params(e)
	w.line("")
	for _, text := range strings.Split(e.Doc, "\n") {
		w.line("---", strings.ToUpper(text[:1]), text[1:], ".")
	}
	if e.AliasOf != "" {
		w.line("---The same as ", e.AliasOf, ".")
	}
	if e.Command {
		w.line("---It waits for the device, and raises a hik.Error if that fails.")
	}
	var names []string
	for _, p := range params {
		mark := ""
		if p.optional {
			mark = "?"
		}
		w.line(strings.TrimRight("---@param "+p.name+mark+" "+p.kind+" "+p.doc, " "))
		names = append(names, p.name)
	}
	result := ""
	switch {
	case record(e.Result) == nil:
		result = w.pick(resultTypes, "the result "+e.Result, e.Result)
	case strings.HasPrefix(e.Result, "list of "):
		result = resultClass(e) + "[]"
	default:
		result = resultClass(e)
	}
	if result != "" {
		w.line("---@return ", result)
	}
	for _, dropped := range drops(params) {
		w.overload(prefix, params, dropped, result)
	}
	w.line("function ", prefix, e.Name, "(", strings.Join(names, ", "), ") end")
}

// params reads the arguments of an entry.
func (w *stubWriter) params(e luaapi.Entry) []param {
	var list []param
	args := splitArgs(e.Args)
	for i, a := range args {
		follows := i < len(args)-1
		name := strings.Trim(a, "[]")
		switch {
		case strings.HasPrefix(a, "{"), name == "options":
			list = append(list, param{name: "options", kind: cmp.Or(argTypes[e.Name+".options"], w.options[optionKey(e)]), optional: true, droppable: follows})
		default:
			kind := w.pick(argTypes, "the argument "+name, e.Owner+"."+e.Name+"."+name, e.Name+"."+name, name)
			doc := ""
			if kind == "integer" && (name == "pan" || name == "tilt" || name == "zoom") {
				doc = "-100..100, percent of full speed"
			}
			optional := strings.HasPrefix(a, "[") || name == "fields"
			required := slices.ContainsFunc(args[i+1:], func(a string) bool { return !strings.ContainsAny(a[:1], "[{") })
			list = append(list, param{name, kind, doc, optional && !required, optional && follows})
		}
	}
	return list
}

// splitArgs splits "dev, [ch], pan, {a=, b=}" and "spec, [options,] fn".
func splitArgs(text string) []string {
	text = strings.ReplaceAll(text, ",]", "],")
	text = strings.ReplaceAll(text, "[format, [time]]", "[format], [time]")
	var list []string
	for text != "" {
		end := strings.IndexByte(text, ',')
		if strings.HasPrefix(text, "{") {
			end = strings.IndexByte(text, '}') + 1
			if end == len(text) {
				end = -1
			}
		}
		if end < 0 {
			end = len(text)
		}
		list = append(list, strings.TrimSpace(text[:end]))
		text = strings.TrimSpace(strings.TrimPrefix(text[end:], ","))
	}
	return list
}

// drops lists the sets of parameters that may be left out together.
func drops(params []param) [][]string {
	var sets [][]string
	for _, p := range params {
		if !p.droppable {
			continue
		}
		for _, s := range slices.Clone(sets) {
			sets = append(sets, append(slices.Clone(s), p.name))
		}
		sets = append(sets, []string{p.name})
	}
	return sets
}

func (w *stubWriter) overload(prefix string, params []param, dropped []string, result string) {
	var list []string
	if object, ok := strings.CutSuffix(prefix, ":"); ok {
		list = append(list, "self: hik."+object)
	}
	for _, p := range params {
		if slices.Contains(dropped, p.name) {
			continue
		}
		mark := ""
		if p.optional {
			mark = "?"
		}
		kind := p.kind
		if strings.HasPrefix(kind, "fun(") {
			kind = "(" + kind + ")"
		}
		list = append(list, p.name+mark+": "+kind)
	}
	if result != "" {
		result = ": " + strings.TrimSuffix(result, " ...")
	}
	w.line("---@overload fun(", strings.Join(list, ", "), ")", result)
}
