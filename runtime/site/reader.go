package site

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/runtime/nearest"
)

// reader walks nodes and collects problems. It lives for one Load.
type reader struct {
	file     string                      // "" for ParseDevice: problems then name the path of the key
	dir      string                      // the site's folder, for password files
	env      func(string) (string, bool) // nil: strings are taken as they stand
	confined bool                        // password files must lie inside dir
	madeUp   bool                        // of the device being read: a variable that is not set, a password file that is not there do no harm
	unlocked bool                        // passwords and environment are not looked up (devices are simulated)

	path     []string // of keys, down to the value being read
	problems Problems
	warnings Problems
	unserved Problems
	later    []func(*Site) // checks for which all of the file has to be read

	saved   *Saved // what the file is compared with; nil: nothing
	unsaved Problems
}

// afterwards has something checked when all of the file is read.
func (r *reader) afterwards(check func(*Site)) { r.later = append(r.later, check) }

// warn notes what may not be meant as it stands.
func (r *reader) warn(n *yaml.Node, message string) {
	if r.file != "" {
		r.warnings = append(r.warnings, Problem{File: r.file, Line: n.Line, Col: n.Column, Message: message})
	}
}

// fail reports a problem at n. The message begins with the key it is about.
func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if len(r.path) > 0 {
		prefix := r.path[len(r.path)-1]
		if r.file == "" {
			prefix = strings.Join(r.path, ".")
		}
		message = prefix + ": " + message
	}
	r.plain(n, message)
}

// plain reports a message that names what it is about itself.
func (r *reader) plain(n *yaml.Node, message string) {
	p := Problem{File: r.file, Message: message}
	if r.file != "" {
		p.Line, p.Col = n.Line, n.Column
	}
	r.problems = append(r.problems, p)
}

// Key describes one key of site.yaml.
type Key struct {
	Path    string // "devices.NAME.port"; NAME and [] stand for any name and any item
	Type    string // for people: "text", "duration 1s to 1h", "word: main | sub" and so on; schemaOf has all of them
	Default string // as it would be typed; empty: none
	Meaning string

	pattern string
	rules   rules
}

// field is a key of a map that is read into a T.
type field[T any] struct {
	name, kind, def, meaning string

	pattern string // what a text must look like, as far as a regular expression can say it; empty: anything
	rules

	read func(r *reader, n *yaml.Node, into *T)
	also []string // what people call it elsewhere
	sub  func(path string) []Key
}

// rules are what a key asks of the other keys of its map.
type rules struct {
	needed bool     // the key has to be there,
	unless []string // if none of these is
	hint   string   // what stands behind "is missing"

	alone  []string // keys that must not be there beside it
	reason string   // why not
	with   string   // a key that must be there beside it; empty: none
}

// readMap reads the keys of a map into a T and returns where each was given. A
// misspelt key counts as given: one mistake is one line.
func readMap[T any](r *reader, n *yaml.Node, fields []field[T], into *T) map[string]*yaml.Node {
	given := map[string]*yaml.Node{}
	for _, p := range r.pairs(n) {
		name := p.key.Value
		i := slices.IndexFunc(fields, func(f field[T]) bool { return f.name == name })
		if i < 0 {
			if meant := r.unknownKey(p.key, fieldNames(fields), alsoKnown(fields, name)); given[meant] == nil {
				given[meant] = p.value
			}
			continue
		}
		given[name] = p.value
		r.under(name, func() { fields[i].read(r, p.value, into) })
	}
	return given
}

// checkRules reports keys that are missing at n, and those of given that do not
// go together. A clash is told once.
func checkRules[T any](r *reader, n *yaml.Node, fields []field[T], given map[string]*yaml.Node) {
	clash := false
	for _, f := range fields {
		isGiven := func(name string) bool { return given[name] != nil }
		if f.needed && !isGiven(f.name) && !slices.ContainsFunc(f.unless, isGiven) {
			r.fail(n, "%s is missing%s", f.name, f.hint)
		}
		if !isGiven(f.name) {
			continue
		}
		if i := slices.IndexFunc(f.alone, isGiven); i >= 0 && !clash {
			r.fail(given[f.alone[i]], "%s and %s are both given: %s", f.name, f.alone[i], f.reason)
			clash = true
		}
		if f.with != "" && !isGiven(f.with) {
			r.fail(given[f.name], "%s is given, and %s is not: %s", f.name, f.with, f.reason)
		}
	}
}

func (r *reader) under(name string, read func()) {
	r.path = append(r.path, name)
	read()
	r.path = r.path[:len(r.path)-1]
}

func fieldNames[T any](fields []field[T]) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

func alsoKnown[T any](fields []field[T], name string) string {
	for _, f := range fields {
		if slices.Contains(f.also, strings.ToLower(name)) {
			return f.name
		}
	}
	return ""
}

func (r *reader) unknownKey(key *yaml.Node, known []string, meant string) string {
	if meant == "" {
		meant = nearest.Word(key.Value, known)
	}
	hint := fmt.Sprintf(" (known: %s)", strings.Join(known, ", "))
	if meant != "" {
		hint = fmt.Sprintf(" (did you mean %q?)", meant)
	}
	where := ""
	if r.file == "" && len(r.path) > 0 {
		where = strings.Join(r.path, ".") + ": "
	}
	r.plain(key, where+"unknown key "+quoted(key.Value)+hint)
	return meant
}

type pair struct{ key, value *yaml.Node }

// pairs gives the entries of a map in the file's order, reports a key that is
// there twice, and reports a node that is no map. Nothing at all is an empty map.
func (r *reader) pairs(n *yaml.Node) []pair {
	if isNull(n) {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		r.fail(n, "a map is due here (name: value lines), not %s", kindOf(n))
		return nil
	}
	var out []pair
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || isNull(key) {
			r.fail(key, "a key must be a plain word, not %s", kindOf(key))
			continue
		}
		if first, twice := lines[key.Value]; twice {
			r.plain(key, fmt.Sprintf("%s is given twice (first in line %d)", quoted(key.Value), first))
			continue
		}
		lines[key.Value] = key.Line
		out = append(out, pair{key, n.Content[i+1]})
	}
	return out
}

// items gives the entries of a list.
func (r *reader) items(n *yaml.Node) []*yaml.Node {
	if isNull(n) {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		r.fail(n, "a list is due here ([a, b] or lines that begin with \"- \"), not %s", kindOf(n))
		return nil
	}
	return n.Content
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	}
	return "a text"
}

// scalar gives the text of a scalar with ${NAME} replaced. An empty one is a problem.
func (r *reader) scalar(n *yaml.Node) (string, bool) {
	if n.Kind != yaml.ScalarNode {
		r.fail(n, "a single value is due here, not %s", kindOf(n))
		return "", false
	}
	if isNull(n) {
		r.fail(n, "is empty")
		return "", false
	}
	text, ok := r.expand(n)
	if ok && text == "" {
		note := ""
		if n.Value != "" {
			note = ": " + shown(n) + " gives nothing"
		}
		r.fail(n, "is empty%s", note)
		return "", false
	}
	return text, ok
}

// shown is how a message quotes a value: as site.yaml has it, never what the
// environment gave, and without the password of an address.
func shown(n *yaml.Node) string {
	switch n.ShortTag() {
	case "!!int", "!!float", "!!bool":
		if len(n.Value) < 40 {
			return n.Value
		}
	}
	return quoted(n.Value)
}

// quoted makes a foreign text fit for one line of a message.
func quoted(text string) string {
	text = maskUserinfo(text)
	if runes := []rune(text); len(runes) > 60 {
		text = string(runes[:57]) + "..."
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range text {
		if unicode.IsPrint(c) {
			b.WriteRune(c)
		} else {
			fmt.Fprintf(&b, "\\u%04x", c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// maskUserinfo hides what stands before the @ of an address.
func maskUserinfo(text string) string {
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return text
	}
	start := 0
	if i := strings.Index(text[:at], "//"); i >= 0 {
		start = i + 2
	}
	return text[:start] + "***" + text[at:]
}
