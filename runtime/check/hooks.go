package check

import (
	"fmt"
	"strings"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/site"
)

// hooks are those that scripts listen to.
type hooks struct {
	first map[string]hooked // by name
	open  bool              // hik.on is called with a name that is not known before it runs
}

// hooked is the handler of a hook.
type hooked struct {
	file string
	at   position
	job  string // its name; "": none of its own
	sure bool   // it is there whenever the script is
}

// hook notes what a call of hik.on listens to, and tells where two scripts want one
// hook.
func (w *walker) hook(c invocation) {
	if c.f.entry.Owner != "hik" || c.f.entry.Name != "on" || len(c.args) == 0 || w.test {
		return
	}
	h := &w.checker.hooks
	text, known := c.args[0].string()
	name, isHook := strings.CutPrefix(text, luaapi.HookEvent)
	if !known {
		h.open = true
	}
	if !isHook || luaapi.CheckHookName(name) != nil {
		return
	}
	mine := hooked{file: w.source.file, at: c.at, sure: w.loads() && w.frame().maybe == 0 && !w.library}
	if len(c.args) > 2 {
		mine.job = nameAmong(c.args[1].items)
	}
	other, there := h.first[name]
	switch {
	case !there:
		if h.first == nil {
			h.first = make(map[string]hooked)
		}
		h.first[name] = mine
	case other.file == mine.file && (other.at == mine.at || mine.job != "" && mine.job == other.job):
	case other.sure && mine.sure:
		w.report(w.places[c.exprs[0]], "%q is taken: %s:%d listens to it already (one function answers a hook)", text, other.file, other.at.line)
	}
}

// nameAmong is the option name of a job; "": it is not known.
func nameAmong(options []item) string {
	for _, o := range options {
		if o.key != nil && o.key.Value == "name" {
			name, _ := o.value.string()
			return name
		}
	}
	return ""
}

// unheardHooks are remarks about hooks of site.yaml that no script listens to. Of
// a site without scripts there are none: they have yet to be written.
func (c *checker) unheardHooks(s *site.Site) {
	if s == nil || s.Web == nil || c.hooks.open || c.report.Scripts == 0 {
		return
	}
	for _, hook := range s.Web.Hooks {
		if _, heard := c.hooks.first[hook.Name]; !heard {
			c.add(site.Problem{
				File: site.FileName, Line: hook.Line, Col: hook.Col,
				Message: fmt.Sprintf("hook %s: no script has hik.on(%q, fn), and its callers get 404", hook.Name, luaapi.HookEvent+hook.Name),
			}, true)
		}
	}
}
