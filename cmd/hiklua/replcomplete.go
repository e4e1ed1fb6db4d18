package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/cmd/hiklua/lineedit"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/site"
)

// completion is what Tab offers.
type completion = lineedit.Completion

type completed = lineedit.Word

// namer tells the names of a session. None of its methods waits for a device.
type namer interface {
	// Outline is what is known of a variable; of all of them for no path.
	Outline(path []string) luaapi.Outline
	// Devices are the names in site.yaml; Channels and Presets also those that
	// the devices have told.
	Devices() []string
	Channels(device string) []string
	Presets(device string, channel any) []string
	// Modules are what require finds.
	Modules() []string
	Vars() map[string]any
	// Jobs are the names of all jobs.
	Jobs() []string
}

// luaWords are those of the language.
var luaWords = []string{"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while"}

// complete finds what may follow text.
func complete(n namer, text string) completion {
	if isCommand(text) {
		return completeCommand(n, strings.TrimLeft(text, " "))
	}
	list := tokensOf(text)
	if len(list) == 0 {
		return completion{}
	}
	n = &scope{n, list}
	last := list[len(list)-1]
	switch {
	case last.kind == commentToken && last.open:
		return completion{}
	case last.kind == stringToken && last.open:
		return completeString(n, list, last.text)
	}
	word := ""
	before := list
	if last.kind == nameToken && strings.HasSuffix(text, last.text) {
		word, before = last.text, list[:len(list)-1]
	} else if isBlank(text[len(text)-1]) && last.kind != signToken {
		return completion{}
	}
	if len(before) > 0 {
		if sign := before[len(before)-1]; sign.is(".") || sign.is(":") {
			return offer(word, members(resolve(n, chainBefore(before[:len(before)-1])), sign.text))
		}
	}
	if options := optionKeys(n, before); options != nil {
		return offer(word, options)
	}
	if word == "" {
		return completion{}
	}
	return offer(word, words(append(n.Outline(nil).Keys, luaWords...)))
}

// members are what may stand behind a thing and a sign. After a colon only what
// is called with one is offered.
func members(t thing, sign string) []completed {
	var list []completed
	all := apiOf()[t.owner]
	for _, name := range slices.Sorted(maps.Keys(all)) {
		e := all[name]
		if e.AliasOf != "" || e.Name == "" || e.Kind == "table" {
			continue
		}
		called := e.Kind == "method"
		if isLibrary(t.owner) && sign == ":" || !isLibrary(t.owner) && called != (sign == ":") {
			continue
		}
		list = append(list, completed{Text: e.Name, Doc: entryLine(e)})
	}
	if sign == ":" {
		return list
	}
	list = append(list, words(t.keys)...)
	for _, name := range slices.Sorted(maps.Keys(t.vars)) {
		list = append(list, completed{Text: name})
	}
	return list
}

// entryLine is what an entry is, in a line.
func entryLine(e *luaapi.Entry) string {
	doc, _, _ := strings.Cut(e.Doc, "\n")
	if e.Args != "" {
		doc = "(" + e.Args + ") " + doc
	}
	return doc
}

// optionKeys are the options that may come next; nil if none do.
func optionKeys(n namer, list []token) []completed {
	c := callAround(list)
	if c == nil || c.table == nil {
		return nil
	}
	table, options := c.table, []luaapi.Option(nil)
	t := resolve(n, c.function)
	if t.entry == nil {
		return nil
	}
	names := mayBe(t.entry, len(c.args)-1)
	switch {
	case c.inner != nil:
		table, options = c.inner, itemOptions(t.entry, names)
	case t.entry.Result == "device":
		for _, k := range site.DeviceKeys() {
			if !strings.Contains(k.Path, ".") {
				options = append(options, luaapi.Option{Name: k.Path, Type: k.Type, Doc: k.Meaning})
			}
		}
	case slices.Contains(names, "{") || slices.Contains(names, "options"):
		options = t.entry.Options
	}
	if last := table[len(table)-1]; options == nil || !last.is("{") && !last.is(",") && !last.is(";") {
		return nil
	}
	given := make(map[string]bool)
	for i, token := range table[1:] {
		if token.is("=") {
			given[table[i].text] = true
		}
	}
	var keys []completed
	for _, o := range options {
		if !given[o.Name] {
			keys = append(keys, completed{Text: o.Name + " = ", Doc: optionText(o)})
		}
	}
	return keys
}

// itemOptions are what the tables in a list may have that is an argument.
func itemOptions(e *luaapi.Entry, names []string) []luaapi.Option {
	for _, name := range names {
		if items := apiOf()[e.Owner][e.Name+"."+name]; items != nil {
			return items.Options
		}
	}
	return nil
}

func optionText(o luaapi.Option) string {
	kind := o.Type
	if len(o.Words) > 0 {
		kind = strings.Join(o.Words, ", ")
	}
	return "(" + kind + ") " + o.Doc
}

// completeString completes a string that is being typed.
func completeString(n namer, list []token, typed string) completion {
	c := callAround(list)
	if c == nil {
		return completion{}
	}
	if c.function.name == "require" && len(c.function.steps) == 0 {
		return offer(typed, words(n.Modules()))
	}
	t := resolve(n, c.function)
	if t.entry == nil {
		return completion{}
	}
	if c.table != nil {
		return completeOption(n, c, t.entry, typed)
	}
	device, channel := t.device, t.channel
	if t.entry.Owner == "hik" {
		device, channel = "", nil
		if name, ok := literal(c.args, 0); ok && len(c.args) > 1 {
			device = name
		}
		if name, ok := literal(c.args, 1); ok && len(c.args) > 2 {
			channel = name
		}
	} else if name, ok := literal(c.args, 0); ok && len(c.args) > 1 && t.entry.Owner == "device" {
		channel = name
	}
	var all []completed
	for _, name := range mayBe(t.entry, len(c.args)-1) {
		switch {
		case name == "dev" || name == "name" && t.entry.Result == "device":
			all = append(all, words(n.Devices())...)
		case name == "ch" || name == "channel":
			all = append(all, words(n.Channels(device))...)
		case name == "preset":
			all = append(all, words(n.Presets(device, channel))...)
		case name == "event":
			all = append(all, words(events(n, t.entry.Owner, typed))...)
		case name == "what":
			all = append(all, words([]string{"light", "wiper"})...)
		}
	}
	return offer(typed, all)
}

// completeOption completes the value of an option: one of its words, or a preset
// of the channel that the call is for.
func completeOption(n namer, c *openCall, e *luaapi.Entry, typed string) completion {
	table, options := c.table, e.Options
	if c.inner != nil {
		table, options = c.inner, itemOptions(e, mayBe(e, len(c.args)-1))
	}
	k := len(table)
	if k < 3 || !table[k-2].is("=") {
		return completion{}
	}
	for _, o := range options {
		if o.Name != table[k-3].text {
			continue
		}
		if o.Type == "preset" && len(c.args) > 1 {
			if ch := resolve(n, chainAfter(c.args[0])); ch.owner == "channel" {
				return offer(typed, words(n.Presets(ch.device, ch.channel)))
			}
		}
		return offer(typed, words(o.Words))
	}
	return completion{}
}

// events are what may be listened for: motion on a device, gate:motion for all.
func events(n namer, owner, typed string) []string {
	kinds := luaapi.EventWords()
	if owner != "hik" {
		return kinds
	}
	var all []string
	for _, d := range n.Devices() {
		places := []string{d}
		for _, ch := range n.Channels(d) {
			places = append(places, d+"/"+ch)
		}
		for _, place := range places {
			if !strings.HasPrefix(typed, place+":") {
				all = append(all, place+":")
				continue
			}
			for _, kind := range kinds {
				all = append(all, place+":"+kind)
			}
		}
	}
	return all
}

func words(list []string) []completed {
	var all []completed
	for _, w := range list {
		all = append(all, completed{Text: w})
	}
	return all
}

// offer keeps what begins with prefix, sorted, each once.
func offer(prefix string, list []completed) completion {
	c := completion{Prefix: prefix}
	for _, w := range list {
		if strings.HasPrefix(w.Text, prefix) && w.Text != "" {
			c.Words = append(c.Words, w)
		}
	}
	slices.SortFunc(c.Words, func(a, b completed) int { return strings.Compare(a.Text, b.Text) })
	c.Words = slices.CompactFunc(c.Words, func(a, b completed) bool { return a.Text == b.Text })
	return c
}
