package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/luaapi"
)

// mentions are what a file says of the devices of its site and of other scripts, as
// far as it is plain to see.
type mentions struct {
	devices  []mention // named where a device is due
	loose    []mention // strings that may come to where a device is due
	all      []mention // hik.devices(), or the archive of all
	unknown  []mention // where a device is due, and which can't be seen
	opened   []mention // hik.device{...}
	emits    []mention // names of hik.emit
	listens  []mention // names of hik.on that scripts emit
	shared   []mention // hik.shared_state
	requires []string  // modules of lib/
}

// mention is a name, if there is one, and where it stands.
type mention struct {
	name, file string
	at         position
}

// String gives "scripts/tour.lua:14:5".
func (m mention) String() string {
	place := fmt.Sprintf("%s:%d", m.file, m.at.line)
	if m.at.col > 0 {
		place += fmt.Sprintf(":%d", m.at.col)
	}
	return place
}

// byPlace is the order of a file's mentions: functions are looked at before the
// calls that they are given to.
func byPlace(a, b mention) int {
	return cmp.Or(cmp.Compare(a.at.line, b.at.line), cmp.Compare(a.at.col, b.at.col))
}

// text is a string in a table, and the key of it there; "": it is an item of a list.
type text struct{ key, text string }

// maxTexts is how many strings an expression may be before it counts as not known.
const maxTexts = 1000

// note adds a name once for each place.
func (w *walker) note(list *[]mention, name string, at position) {
	n := noted{list, mention{name, w.file, at}}
	if w.noted[n] {
		return
	}
	if w.noted == nil {
		w.noted = make(map[noted]bool)
	}
	w.noted[n] = true
	*list = append(*list, n.mention)
}

// noted is a mention in one of the lists of a file.
type noted struct {
	list *[]mention
	mention
}

// mentioned notes what a call of the API has to do with devices.
func (w *walker) mentioned(c invocation) {
	entry, args := c.f.entry, c.args
	if !isLibrary(c.f.of.owner) {
		return
	}
	m := &w.mentions
	switch name := entry.Owner + "." + entry.Name; {
	case name == "hik.devices":
		w.note(&m.all, "", c.at)
	case name == "hik.device" && len(args) > 0 && args[0].table != nil:
		w.note(&m.opened, "", c.at)
	case name == "hik.on" && len(args) > 0:
		w.listensTo(c)
	case name == "hik.emit" && len(args) > 0:
		if event, ok := args[0].string(); ok {
			w.note(&m.emits, event, c.at)
		}
	case name == "hik.archive.list":
		if len(args) == 0 || args[0].table != nil && !slices.ContainsFunc(args[0].items, isDeviceOption) {
			w.note(&m.all, "", c.at)
			return
		}
		if i := slices.IndexFunc(args[0].items, isDeviceOption); i >= 0 {
			w.mention(args[0].items[i].value, w.endOf(args[0].items[i].expr))
		}
	case name == "hik.archive.prune":
		w.note(&m.all, "", c.at)
	case len(args) > 0 && (name == "hik.device" || strings.HasPrefix(entry.Args, "dev")):
		at := c.at
		if len(c.exprs) > 0 {
			at = w.endOf(c.exprs[0])
		}
		w.mention(args[0], at)
	}
}

func isDeviceOption(it item) bool { return it.key != nil && it.key.Value == "device" }

// mention notes the value of what stands where a device is due.
func (w *walker) mention(v value, at position) {
	name, known := v.string()
	switch {
	case known:
		w.note(&w.mentions.devices, strings.TrimSpace(name), at)
	case len(v.texts) > 0:
		for _, one := range v.texts {
			w.note(&w.mentions.devices, one, at)
		}
	case v.owner == "" && v.known == nil && v.table == nil && v.content == nil: // an object was told of where it came from
		w.note(&w.mentions.unknown, "", at)
	}
}

// listensTo notes the device of hik.on("gate/yard:motion"), or the name that scripts
// emit.
func (w *walker) listensTo(c invocation) {
	event, known := c.args[0].string()
	at := c.at
	if len(c.exprs) > 0 {
		at = w.endOf(c.exprs[0])
	}
	events := c.args[0].texts
	switch {
	case known:
		events = []string{event}
	case len(events) == 0:
		w.note(&w.mentions.unknown, "", at)
	}
	for _, event := range events {
		switch i := strings.LastIndexByte(event, ':'); {
		case strings.HasPrefix(event, luaapi.MessageEvent), strings.HasPrefix(event, luaapi.HookEvent):
		case i < 0:
			w.note(&w.mentions.listens, event, at)
		default:
			device, _, _ := strings.Cut(event[:i], "/")
			w.note(&w.mentions.devices, strings.TrimSpace(device), at)
		}
	}
}

// joined are the strings that a .. b may be, if they are known.
func joined(a, b value) (texts []string) {
	some := func(v value) []string {
		if s, ok := v.string(); ok {
			return []string{s}
		}
		return v.texts
	}
	all, ends := some(a), some(b)
	if len(all)*len(ends) > maxTexts {
		return nil
	}
	for _, x := range all {
		for _, y := range ends {
			texts = append(texts, x+y)
		}
	}
	return texts
}

// loose notes the strings that a call of a function of the site gives it.
func (w *walker) loose(c invocation) {
	for i, a := range c.args {
		if name, ok := a.string(); ok && i < len(c.exprs) {
			w.note(&w.mentions.loose, name, w.endOf(c.exprs[i]))
		}
	}
}

// textsOf are the strings in a table as it is written, those of tables in it, too.
func textsOf(items []item) (list []text) {
	for _, it := range items {
		key := ""
		if it.key != nil {
			key = it.key.Value
		}
		if s, ok := it.value.string(); ok || key != "" {
			list = append(list, text{key, s})
		}
		list = append(list, it.value.inside...)
	}
	return list
}

// noDevices are keys of tables under which no name of a device stands.
var noDevices = []string{"name", "label", "event", "text", "title", "message", "file", "channel", "preset", "mode", "when", "days", "between", "timezone"}

// looseInTable notes the strings of a table, and its keys.
func (w *walker) looseInTable(items []item) {
	for _, it := range items {
		if it.key != nil {
			w.note(&w.mentions.loose, it.key.Value, w.places[it.key])
		}
		if s, ok := it.value.string(); ok && (it.key == nil || !slices.Contains(noDevices, it.key.Value)) {
			w.note(&w.mentions.loose, s, w.endOf(it.expr))
		}
	}
}

// among is an item of a table, of which is known what strings are in it.
func among(inside []text, key string) value {
	return value{texts: textsUnder(inside, key), inside: inside}
}

// textsUnder are the strings in a list with a key; "": those without one.
func textsUnder(list []text, key string) (texts []string) {
	for _, t := range list {
		if t.key == key && t.text != "" && !slices.Contains(texts, t.text) {
			texts = append(texts, t.text)
		}
	}
	return texts
}
