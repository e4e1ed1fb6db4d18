package check

import (
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/site"
)

// place is a channel of which something was saved.
type place struct {
	name string // "gate/yard"
	ch   *site.SavedChannel
}

// placeOf is the channel that a command is for, and the arguments that come after
// it; nil if it is not known, or nothing was saved of its device.
func (w *walker) placeOf(c invocation) (*place, []value) {
	r, args, of := w.checker.rehearsal, c.args, *c.f.of
	if isLibrary(of.owner) {
		if len(args) == 0 {
			return nil, nil
		}
		of, args = args[0], args[1:]
	}
	if of.owner == "channel" {
		return r.place(of.known), args
	}
	d := r.deviceOf(of.known)
	if d == nil || d.saved == nil {
		return nil, nil
	}
	if i, given := channelAt(c.f, c.args); given {
		return r.place(r.channelOf(d, c.args[i].known)), c.args[i+1:]
	}
	if len(args) > 0 && args[0].owner == "channel" {
		return r.place(args[0].known), args[1:]
	}
	if all := d.knownChannels(); len(all) == 1 {
		return r.place(r.channelOf(d, lua.LNumber(all[0].ID))), args
	}
	return nil, nil
}

// channelOf is the object of a channel; nil if there is none.
func (r *rehearsal) channelOf(d *device, ch lua.LValue) (object lua.LValue) {
	err := r.protect(func() {
		device := r.invoke(r.L.GetField(r.hik, "device"), lua.LString(d.name))
		object = r.invoke(r.L.GetField(device, "channel"), device, ch)
	})
	if err != nil {
		return nil
	}
	return object
}

// place is what was saved of the channel of an object; nil: nothing.
func (r *rehearsal) place(object lua.LValue) *place {
	id, _ := r.member(object, "id").(lua.LNumber)
	d := r.deviceOf(r.member(object, "device"))
	if d == nil || d.saved == nil {
		return nil
	}
	ch := d.saved.Channel(int(id))
	if ch == nil {
		return nil
	}
	return &place{r.L.ToStringMeta(object).String(), ch}
}

// asking are the commands for a head by which a script may find out whether there
// is one.
var asking = []string{"presets", "ptz_status", "ptz_capabilities", "patrols"}

// headless reports a command for the head of a channel that has none.
func (w *walker) headless(c invocation) bool {
	if !c.f.entry.NeedsHead {
		return false
	}
	p, _ := w.placeOf(c)
	if !p.headless() {
		return false
	}
	w.unsaved(c.at, "%s: %s", c.f.entry.Name, p.noHead())
	w.findings[len(w.findings)-1].Warning = slices.Contains(asking, c.f.entry.Name)
	return true
}

// headless is false for a channel that was offline, of which nothing is known.
func (p *place) headless() bool { return p != nil && p.ch.Head == nil && !p.ch.Offline }

func (p *place) noHead() string { return p.name + " has no head in " + site.SavedName }

// unsaved is a finding that comes from devices.yaml.
func (w *walker) unsaved(at position, format string, args ...any) {
	w.report(at, format, args...)
	w.checker.report.Saved = true
}

// presets compares the preset that a call names with those that were saved.
func (w *walker) presets(c invocation) {
	if plain := plainArgs(c.f.entry); len(plain) == 0 || plain[0] != "preset" {
		return
	}
	p, args := w.placeOf(c)
	if p == nil || len(args) == 0 {
		return
	}
	at := c.at
	if found, ok := w.places[c.exprs[len(c.exprs)-len(args)]]; ok {
		at = found
	}
	if problem := w.missingPreset(p, args[0].known); problem != "" {
		w.unsaved(at, "%s: %s", c.f.entry.Name, problem)
	}
}

// missingPreset says that a preset is not there, "" if it is, or may be.
func (w *walker) missingPreset(p *place, v lua.LValue) string {
	made := &w.checker.madePresets
	if v == nil || !isPlain(v) || made.unknown || made.known[strings.ToLower(strings.TrimSpace(v.String()))] {
		return ""
	}
	if lack := p.ch.Head.Missing(v.String()); lack != "" {
		return p.name + " has " + lack
	}
	return ""
}

// libraryPresets compares the presets in a call of hiklua's own modules with those
// of its channel.
func (w *walker) libraryPresets(c invocation, short string) {
	if len(c.args) == 0 || c.args[0].owner != "channel" {
		return
	}
	p := w.checker.rehearsal.place(c.args[0].known)
	if p == nil {
		return
	}
	named := func(name string) *luaapi.Entry { return w.checker.rehearsal.libraryEntry(c.f.module, name) }
	entry := named(c.f.function)
	if entry == nil {
		return
	}
	asked := false
	look := func(it item) {
		asked = true
		at, ok := w.places[it.expr]
		if !ok {
			at = c.at
		}
		if problem := w.missingPreset(p, it.value.known); problem != "" {
			w.unsaved(at, "%s: %s", short, problem)
		}
	}
	presetsIn := func(items []item, options []luaapi.Option) {
		for _, it := range items {
			if it.key != nil && slices.ContainsFunc(options, func(o luaapi.Option) bool { return o.Name == it.key.Value && o.Type == "preset" }) {
				look(it)
			}
		}
	}
	for i, a := range argsOf(entry) {
		if i >= len(c.args) {
			break
		}
		switch list := named(c.f.function + "." + a); {
		case a == "presets":
			for _, it := range c.args[i].items {
				look(it)
			}
		case list != nil: // of tables
			for _, it := range c.args[i].items {
				presetsIn(it.value.items, list.Options)
			}
		default:
			presetsIn(c.args[i].items, entry.Options)
		}
	}
	if p.headless() && (asked || entry.Result != "job") {
		w.unsaved(c.at, "%s: %s", short, p.noHead())
	}
}

// libraryEntry is one of Library; nil if there is none.
func (r *rehearsal) libraryEntry(module, name string) *luaapi.Entry {
	if r.library == nil {
		r.library = Library()
	}
	i := slices.IndexFunc(r.library, func(e luaapi.Entry) bool { return e.Owner == module && e.Name == name })
	if i < 0 {
		return nil
	}
	return &r.library[i]
}

// presetNames are the presets that scripts set themselves: these need not have
// been there when the devices were asked.
type presetNames struct {
	known   map[string]bool // names in lower case, and numbers
	unknown bool            // some are not plain to see
}

func (n *presetNames) add(other presetNames) {
	n.unknown = n.unknown || other.unknown
	for text := range other.known {
		n.note(text)
	}
}

func (n *presetNames) note(text string) {
	if n.known == nil {
		n.known = make(map[string]bool)
	}
	n.known[strings.ToLower(strings.TrimSpace(text))] = true
}

// call notes what set_preset sets: its last two arguments are number and name.
func (n *presetNames) call(e *ast.FuncCallExpr) {
	name := e.Method
	if attr, ok := e.Func.(*ast.AttrGetExpr); ok {
		if key, ok := attr.Key.(*ast.StringExpr); ok {
			name = key.Value
		}
	}
	if name != "set_preset" {
		return
	}
	for _, arg := range e.Args[max(0, len(e.Args)-2):] {
		switch arg := arg.(type) {
		case *ast.StringExpr:
			n.note(arg.Value)
		case *ast.NumberExpr:
			n.note(arg.Value)
		default:
			n.unknown = true
		}
	}
}

// inPath notes that a script sets presets by the device's own addresses.
func (n *presetNames) inPath(text string) {
	n.unknown = n.unknown || strings.Contains(strings.ToLower(text), "/presets/")
}
