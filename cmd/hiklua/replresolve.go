package main

import (
	"slices"
	"strings"
	"sync"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/check"
	"github.com/hiklua/hiklua/scripts"
)

// thing is what an expression is known to give. The zero thing is unknown.
type thing struct {
	entry   *luaapi.Entry // a function of the API
	owner   string        // whose names it has in the API
	device  string        // of a device, a channel, or the function of one
	channel any           // a name or a number; nil: not known, or the only one
	keys    []string      // the names in a table
	items   *thing        // of a list
	vars    map[string]any
	path    []string // the variable that it is
}

// apiOf is what the API has for an owner, by name.
var apiOf = sync.OnceValue(func() map[string]map[string]*luaapi.Entry {
	all := make(map[string]map[string]*luaapi.Entry)
	for _, e := range slices.Concat(luaapi.API(), check.Library()) {
		if all[e.Owner] == nil {
			all[e.Owner] = make(map[string]*luaapi.Entry)
		}
		if old := all[e.Owner][e.Name]; old == nil || old.Kind == "field" { // what can be called tells more
			all[e.Owner][e.Name] = &e
		}
	}
	return all
})

// isLibrary tells hik and its libraries from objects.
func isLibrary(owner string) bool { return owner == "hik" || strings.HasPrefix(owner, "hik.") }

// resolve finds out what an expression gives, as far as that can be known
// without running it.
func resolve(n namer, c *chain) thing {
	if c == nil {
		return thing{}
	}
	var t thing
	if c.group != nil {
		t = resolve(n, c.group)
	} else if s, ok := n.(*scope); ok {
		t = s.variable(c.name)
	} else {
		t = variable(n, []string{c.name})
	}
	for _, s := range c.steps {
		switch s.sign {
		case "(":
			t = result(t, s.args, c)
		case "[":
			if t.items == nil {
				return thing{}
			}
			t = *t.items
		default:
			t = member(n, t, s.name)
		}
	}
	return t
}

func variable(n namer, path []string) thing {
	t := ofOutline(n.Outline(path))
	t.path = path
	return t
}

func ofOutline(o luaapi.Outline) thing {
	t := thing{entry: apiOf()[o.Owner][""], owner: o.Owner, device: o.Device, keys: o.Keys}
	if o.Channel != nil && o.Channel != 0 && o.Channel != 0.0 {
		t.channel = o.Channel
	}
	if o.Items != nil {
		item := ofOutline(*o.Items)
		t.items = &item
	}
	return t
}

// member is t.name or t:name.
func member(n namer, t thing, name string) thing {
	if e := apiOf()[t.owner][name]; e != nil {
		switch {
		case e.Kind == "library":
			return thing{owner: t.owner + "." + name}
		case t.owner == "hik" && name == "vars":
			return thing{vars: n.Vars()}
		case e.Kind == "field":
			return ofResult(e.Result, t)
		}
		return thing{entry: e, owner: "", device: t.device, channel: t.channel}
	}
	switch value := t.vars[name].(type) {
	case map[string]any:
		return thing{vars: value}
	case nil:
	default:
		return thing{}
	}
	if t.path != nil && t.owner == "" {
		return variable(n, append(slices.Clone(t.path), name))
	}
	return thing{}
}

// result is what a call of t gives.
func result(t thing, args [][]token, c *chain) thing {
	if t.entry == nil {
		if text, ok := literal(args, 0); ok && c.name == "require" && apiOf()[text] != nil {
			return ofOutline(luaapi.Outline{Owner: text})
		}
		return thing{}
	}
	e := t.entry
	if e.Owner == "hik" {
		t.device, t.channel = "", nil
		if text, ok := literal(args, 0); ok {
			t.device = text
		}
	}
	r := ofResult(e.Result, t)
	switch e.Result {
	case "channel":
		r.channel = nil
		if text, ok := literal(args, 0); ok {
			r.channel = text
		}
	}
	if e.Name == "channels" && r.items != nil { // each can be used as a channel
		r.items.owner, r.items.device = "channel", t.device
	}
	return r
}

// literal is an argument that is a string or a number as it stands.
func literal(args [][]token, i int) (string, bool) {
	if i >= len(args) || len(args[i]) != 1 || args[i][0].kind != stringToken && args[i][0].kind != numberToken {
		return "", false
	}
	return args[i][0].text, true
}

// ofResult is what the API says that something gives: "device", "{id, name}",
// "list of channels".
func ofResult(text string, from thing) thing {
	if of, ok := strings.CutPrefix(text, "list of "); ok {
		item := ofResult(strings.TrimSuffix(of, "s"), from)
		return thing{items: &item}
	}
	if fields, ok := strings.CutPrefix(text, "{"); ok {
		return thing{keys: strings.FieldsFunc(strings.TrimSuffix(fields, "}"), func(r rune) bool { return r == ',' || r == ' ' })}
	}
	text = strings.TrimSuffix(text, " or nil")
	switch text {
	case "event":
		return thing{keys: scripts.Fields("hik.Event")}
	case "response":
		return thing{keys: scripts.Fields("hik.Response")}
	}
	if apiOf()[text] != nil && !isLibrary(text) {
		return thing{owner: text, device: from.device, channel: from.channel}
	}
	return thing{}
}

// argument is one of a function, as the documentation writes it.
type argument struct {
	name     string
	optional bool
}

// argumentNames reads "[ch], preset, {wait=}"; the table is called "{".
func argumentNames(e *luaapi.Entry) []argument {
	var list []argument
	depth := 0
	for part := range strings.FieldsFuncSeq(e.Args, func(r rune) bool {
		switch r {
		case '{':
			depth++
		case '}':
			depth--
		}
		return r == ',' && depth == 0 || r == ' ' && depth == 0
	}) {
		a := argument{name: strings.Trim(part, "[]"), optional: strings.HasPrefix(part, "[")}
		if strings.HasPrefix(a.name, "{") {
			a.name = "{"
		}
		if a.name != "" {
			list = append(list, a)
		}
	}
	return list
}

// mayBe are the names that the argument at a place may have, if those before it
// that can be left out are.
func mayBe(e *luaapi.Entry, place int) []string {
	var names []string
	left := 0
	for i, a := range argumentNames(e) {
		if i >= place && i-place <= left {
			names = append(names, a.name)
		}
		if a.optional {
			left++
		}
	}
	return names
}

// scope is a namer that knows what the piece that is being typed has given names
// to: name = expression, and the event of a handler.
type scope struct {
	namer
	typed []token
}

// variable is what a name means at the end of what is typed.
func (s *scope) variable(name string) thing {
	for i := len(s.typed) - 2; i >= 0; i-- {
		t := s.typed[i]
		switch {
		case t.kind != nameToken || t.text != name || i > 0 && (s.typed[i-1].is(".") || s.typed[i-1].is(":")):
		case s.typed[i+1].is("="):
			before := &scope{s.namer, s.typed[:i]}
			if found := resolve(before, chainAfter(s.typed[i+2:])); !found.unknown() {
				return found
			}
			return thing{}
		case i > 1 && s.typed[i-1].is("(") && s.typed[i-2].text == "function":
			before := &scope{s.namer, s.typed[:i-2]}
			if c := callAround(s.typed[:i-2]); c != nil {
				if f := resolve(before, c.function); f.entry != nil && slices.Contains(mayBe(f.entry, 0), "event") {
					return thing{keys: scripts.Fields("hik.Event")}
				}
			}
			return thing{}
		}
	}
	return variable(s.namer, []string{name})
}

func (t thing) unknown() bool {
	return t.entry == nil && t.owner == "" && t.keys == nil && t.items == nil && t.vars == nil
}
