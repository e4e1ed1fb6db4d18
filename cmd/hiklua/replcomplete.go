package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/cmd/hiklua/lineedit"
	"github.com/hiklua/hiklua/luaapi"
)

// completion is what Tab offers.
type completion = lineedit.Completion

type completed = lineedit.Word

// namer tells the names of a session.
type namer interface {
	// Names lists the keys of a table.
	Names(path []string) []string
	// Owner is what the value of an expression is in the API: "device"; ""
	// for what is no object of it.
	Owner(path []string) string
	// Devices and Channels are the names in site.yaml.
	Devices() []string
	Channels(device string) []string
	// Modules are what require finds.
	Modules() []string
}

var (
	// name.name.word or name.name:word, at the end.
	dottedName = regexp.MustCompile(`([A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)*)([.:])(\w*)$`)
	// A call, then .word or :word.
	calledName = regexp.MustCompile(`[.:](\w+)\([^()]*\)([.:])(\w*)$`)
	plainName  = regexp.MustCompile(`(?:^|[^\w.:"'])([A-Za-z_]\w*)$`)
	// A string that begins as the name of a device, of one of its channels, or
	// of a module.
	deviceText  = regexp.MustCompile(`hik\.\w+\(\s*["']([^"']*)$`)
	channelText = regexp.MustCompile(`hik\.\w+\(\s*["']([^"']+)["']\s*(?:\):channel\(|,)\s*["']([^"']*)$`)
	moduleText  = regexp.MustCompile(`require\s*\(?\s*["']([\w.]*)$`)
)

// luaWords are those of the language that are worth completing.
var luaWords = []string{"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while"}

// complete finds what may follow text.
func complete(n namer, text string) completion {
	if m := channelText.FindStringSubmatch(text); m != nil {
		return offer(m[2], words(n.Channels(m[1])))
	}
	if m := deviceText.FindStringSubmatch(text); m != nil {
		return offer(m[1], words(n.Devices()))
	}
	if m := moduleText.FindStringSubmatch(text); m != nil {
		return offer(m[1], words(n.Modules()))
	}
	if inString(text) {
		return completion{}
	}
	if m := dottedName.FindStringSubmatch(text); m != nil {
		path := strings.Split(m[1], ".")
		if list := api(strings.Join(path, "."), m[2]); list != nil {
			return offer(m[3], list)
		}
		if owner := n.Owner(path); owner != "" {
			return offer(m[3], api(owner, m[2]))
		}
		return offer(m[3], words(n.Names(path)))
	}
	if m := calledName.FindStringSubmatch(text); m != nil {
		return offer(m[3], api(resultOf(m[1]), m[2]))
	}
	if m := plainName.FindStringSubmatch(text); m != nil {
		return offer(m[1], words(append(n.Names(nil), luaWords...)))
	}
	return completion{}
}

// api lists the names of hik, a library or a kind of object. After a colon only
// what is called with one is offered.
func api(owner, separator string) []completed {
	library := owner == "hik" || strings.HasPrefix(owner, "hik.")
	var list []completed
	for _, e := range luaapi.API() {
		if e.Owner != owner || e.AliasOf != "" {
			continue
		}
		called := e.Kind == "method"
		if library && separator == ":" || !library && called != (separator == ":") {
			continue
		}
		doc := e.Doc
		if e.Args != "" {
			doc = "(" + e.Args + ") " + doc
		}
		doc, _, _ = strings.Cut(doc, "\n")
		list = append(list, completed{Text: e.Name, Doc: doc})
	}
	return list
}

// resultOf is the kind of object that a function of the API gives.
func resultOf(function string) string {
	for _, e := range luaapi.API() {
		if e.Name == function && slices.Contains([]string{"device", "channel", "snapshot", "job", "task"}, e.Result) {
			return e.Result
		}
	}
	return ""
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
		if strings.HasPrefix(w.Text, prefix) {
			c.Words = append(c.Words, w)
		}
	}
	slices.SortFunc(c.Words, func(a, b completed) int { return strings.Compare(a.Text, b.Text) })
	c.Words = slices.CompactFunc(c.Words, func(a, b completed) bool { return a.Text == b.Text })
	return c
}

// inString reports whether text ends inside a string.
func inString(text string) bool {
	var quote rune
	escaped := false
	for _, r := range text {
		switch {
		case escaped:
			escaped = false
		case quote != 0 && r == '\\':
			escaped = true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote = r
		}
	}
	return quote != 0
}
