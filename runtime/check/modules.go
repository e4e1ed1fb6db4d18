package check

import (
	"regexp"
	"strings"

	"github.com/hiklua/hiklua/runtime/nearest"
	"github.com/hiklua/hiklua/runtime/sandbox"
	"github.com/hiklua/hiklua/scripts"
)

// moduleName is what the host's require takes.
var moduleName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

// require is a call of require with its name.
func (w *walker) require(c invocation) value {
	at := c.at
	text, ok := c.args[0].string()
	if !ok {
		return value{}
	}
	if text == "hik" {
		return value{owner: "hik", known: w.checker.rehearsal.hik}
	}
	if w.checker.environment.has(text) && w.checker.environment.libraries[text] != nil || text == "_G" || text == "package" {
		return value{global: text}
	}
	if w.checker.modules[text] {
		w.mentions.requires = append(w.mentions.requires, text)
		return value{}
	}
	if _, ok := scripts.Module(text); ok {
		return value{module: text}
	}
	if place, ok := w.places[c.exprs[0]]; ok {
		at = place
	}
	if !moduleName.MatchString(text) {
		w.report(at, "module name %q: it is made of letters, digits, _ and -, with dots for folders", text)
		return value{}
	}
	hint := nearest.Hint(text, w.checker.moduleNames())
	if hint == "" {
		if w.library && len(w.frames) > 1 {
			return value{} // one that it can do without, perhaps
		}
		path := strings.ReplaceAll(text, ".", "/")
		hint = ": there is no lib/" + path + ".lua and no lib/" + path + "/init.lua, and hiklua brings none of that name"
	}
	if instead := sandbox.InsteadOfModule(text); instead != "" {
		hint = ": " + instead
	}
	w.doubt(at, "no module %q%s", text, hint)
	return value{}
}

// Modules lists what the scripts of the site in a folder can require: hiklua's
// own modules and those of lib/, sorted.
func Modules(dir string) []string {
	c := &checker{dir: dir, report: &Report{}, modules: make(map[string]bool)}
	for _, file := range c.files("lib", true) {
		c.modules[moduleOf(file)] = true
	}
	return c.moduleNames()
}

// variable is a value of hik.vars. One that is missing is nil, which may be
// meant, so only a near name is pointed out.
func (w *walker) variable(object value, key, path string, at position) value {
	v := value{known: w.checker.rehearsal.member(object.known, key)}
	if v.known == nil {
		if hint := nearest.Hint(key, w.checker.rehearsal.keys(object.known)); hint != "" && path != "" {
			w.warn(at, "site.yaml has no %q%s", strings.TrimPrefix(path, "hik."), hint)
		}
		return value{}
	}
	return w.checker.rehearsal.fixed(v)
}
