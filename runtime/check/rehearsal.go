package check

import (
	"context"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/sandbox"
	"github.com/hiklua/hiklua/runtime/site"
)

// rehearsal is a Lua state with the real bindings and a site whose devices
// refuse every command. Calls are made in it to hear what the bindings say.
type rehearsal struct {
	L       *lua.LState
	host    *host
	hik     lua.LValue
	nothing *lua.LFunction // stands for every function that a script passes
	modules map[string]lua.LValue
	library []luaapi.Entry // Library, once it was asked for
}

// newRehearsal takes nil for a site that could not be read: then every name of
// a device is right.
func newRehearsal(dir string, s *site.Site, saved *site.Saved) *rehearsal {
	h := &host{dir: dir, site: s, saved: saved}
	L := sandbox.New(sandbox.Options{Now: h.Clock().Now, Location: h.Location()})
	L.SetContext(context.WithValue(context.Background(), luaapi.TaskKey{}, &task{host: h}))
	luaapi.Open(L, h)
	r := &rehearsal{L: L, host: h, hik: L.GetGlobal("hik"), modules: make(map[string]lua.LValue)}
	r.nothing = L.NewFunction(func(*lua.LState) int { return 0 })
	return r
}

func (r *rehearsal) close() { r.L.Close() }

// member is a field of an object; nil if it is not known.
func (r *rehearsal) member(object lua.LValue, name string) lua.LValue {
	if object == nil {
		return nil
	}
	var v lua.LValue
	err := r.protect(func() { v = r.L.GetField(object, name) })
	if err != nil || v == lua.LNil {
		return nil
	}
	return v
}

// keys are the names of a table.
func (r *rehearsal) keys(table lua.LValue) []string {
	var list []string
	r.protect(func() {
		r.L.Push(r.L.GetGlobal("pairs"))
		r.L.Push(table)
		r.L.Call(1, 3)
		next, t, key := r.L.Get(-3), r.L.Get(-2), r.L.Get(-1)
		for {
			if key = r.invoke(next, t, key); key == lua.LNil {
				return
			}
			list = append(list, key.String())
		}
	})
	slices.Sort(list)
	return list
}

// fixed is a value of site.yaml: a table goes on to be one that is known, a
// list is the script's own.
func (r *rehearsal) fixed(v value) value {
	t, ok := v.known.(*lua.LTable)
	if !ok {
		return v
	}
	if t.Metatable == lua.LNil {
		return value{inside: r.textsIn(t)}
	}
	return value{known: t, fixed: true, inside: r.textsIn(t)}
}

// textsIn are the strings in a table of site.yaml, those of tables in it, too.
func (r *rehearsal) textsIn(t *lua.LTable) (list []text) {
	for _, key := range r.keys(t) {
		name := key
		var v lua.LValue
		if n, err := strconv.Atoi(key); err == nil && t.Metatable == lua.LNil {
			name, v = "", t.RawGetInt(n)
		} else {
			v = r.member(t, key)
		}
		switch v := v.(type) {
		case lua.LString:
			list = append(list, text{name, string(v)})
		case *lua.LTable:
			list = append(append(list, text{name, ""}), r.textsIn(v)...)
		default:
			list = append(list, text{name, ""})
		}
	}
	return list
}

// said is what a call in the rehearsal came to.
type said struct {
	misuse string     // what the bindings have against it; "": nothing
	failed string     // any other error, if nothing was asked of the host before
	object lua.LValue // the device, channel, job or task that it gave
	pure   bool       // it gave a value and asked nothing of the host
}

// call makes a call of the API.
func (r *rehearsal) call(f value, args []lua.LValue, loading bool) said {
	return r.hear(loading, func() lua.LValue {
		if !isLibrary(f.of.owner) {
			args = append([]lua.LValue{f.of.known}, args...)
		}
		return r.invoke(r.L.GetField(f.of.known, f.entry.Name), args...)
	})
}

// effectless reports whether a function of the API only gives a value, as far as a call without arguments tells.
func (r *rehearsal) effectless(f value) bool {
	return f.of.known != nil && isLibrary(f.of.owner) && r.call(f, nil, false).pure
}

// hear makes a call and tells what came of it.
func (r *rehearsal) hear(loading bool, call func() lua.LValue) (s said) {
	r.host.loading, r.host.asked, r.host.effects = loading, 0, 0
	defer func() { r.host.loading = false }()
	err := r.protect(func() { s.object = call() })
	if err != nil {
		s.object = nil
		report := luaapi.Describe(err)
		text := report.Message
		if report.Hint != "" {
			text += " (" + report.Hint + ")"
		}
		switch {
		case report.Kind == "misuse":
			s.misuse = text
		case report.Kind == "error" && r.host.effects == 0:
			s.failed = text
		}
		return s
	}
	s.pure = s.object != lua.LNil && r.host.effects == 0
	if _, ok := s.object.(*lua.LUserData); !ok {
		s.object = nil
	}
	return s
}

// deviceOf is the device of an object, or of its name; nil if it is not known.
func (r *rehearsal) deviceOf(v lua.LValue) *device {
	switch v := v.(type) {
	case *lua.LUserData:
		d, _ := v.Value.(*device)
		return d
	case lua.LString:
		known, err := r.host.Device(string(v))
		if err == nil {
			return known.(*device)
		}
	}
	return nil
}

// invoke calls fn for its first result, inside protect.
func (r *rehearsal) invoke(fn lua.LValue, args ...lua.LValue) lua.LValue {
	r.L.Push(fn)
	for _, a := range args {
		r.L.Push(a)
	}
	r.L.Call(len(args), 1)
	return r.L.Get(-1)
}

// protect catches Lua errors, and leaves the stack as it was.
func (r *rehearsal) protect(f func()) error {
	top := r.L.GetTop()
	defer r.L.SetTop(top)
	return r.L.CallByParam(lua.P{Fn: r.L.NewFunction(func(*lua.LState) int {
		f()
		return 0
	}), Protect: true})
}

// arguments makes the arguments of a call; false if they are not known well
// enough to make it.
func (r *rehearsal) arguments(entry *luaapi.Entry, of *value, args []value) ([]lua.LValue, bool) {
	if of.known == nil || entry.Kind == "field" {
		return nil, false
	}
	options := optionsAt(entry, args)
	names := argsOf(entry)
	list := make([]lua.LValue, len(args))
	for i, a := range args {
		switch {
		case a.several:
			return nil, false
		case r.stand(a) != nil:
			list[i] = r.stand(a)
		case i == options:
			list[i] = r.options(entry, a)
		case entry.Owner == "hik" && entry.Name == "device" && a.table != nil:
			list[i] = r.deviceKeys(a)
		case a.table != nil:
			t, ok := r.plainTable(a)
			if !ok {
				return nil, false
			}
			list[i] = t
		case !takesChannel(entry) && i < len(names) && samples[names[i]] != nil:
			list[i] = samples[names[i]]
		default:
			return nil, false
		}
	}
	return list, true
}

// samples are right values for arguments that are not known, by their names in
// the API. A call with another unknown argument is not rehearsed.
var samples = map[string]lua.LValue{
	"spec": lua.LString("0 0 * * *"), "when": lua.LString("12:00"), "duration": lua.LNumber(60),
	"pan": lua.LNumber(1), "tilt": lua.LNumber(1), "zoom": lua.LNumber(1), "preset": lua.LNumber(1),
}

// table makes a table of the values that of gives for the items of v; false if
// it gives none for some of them.
func (r *rehearsal) table(v value, of func(item) lua.LValue) (t *lua.LTable, whole bool) {
	t, whole = r.L.NewTable(), true
	for _, it := range v.items {
		switch x := of(it); {
		case x == nil:
			whole = false
		case it.key != nil:
			t.RawSetString(it.key.Value, x)
		default:
			t.Append(x)
		}
	}
	return t, whole
}

// options makes a table of options. One whose value is not known gets a right
// one of its type; a name that is not known stays, to be refused.
func (r *rehearsal) options(entry *luaapi.Entry, v value) *lua.LTable {
	t, _ := r.table(v, func(it item) lua.LValue {
		switch {
		case it.key == nil:
			return lua.LTrue
		case r.stand(it.value) != nil:
			return r.stand(it.value)
		}
		return r.sampleOption(entry, it.key.Value, it.value)
	})
	return t
}

func (r *rehearsal) sampleOption(entry *luaapi.Entry, name string, v value) lua.LValue {
	for _, o := range entry.Options {
		if o.Name != name {
			continue
		}
		switch o.Type {
		case "any":
			return nil // no value stands for all
		case "duration", "time", "channel":
			return lua.LNumber(1)
		case "boolean":
			return lua.LTrue
		case "integer", "number":
			return lua.LNumber(max(o.Min, min(1, o.Max)))
		case "function":
			return r.nothing
		case "string":
			if len(o.Words) > 0 {
				return lua.LString(o.Words[0])
			}
			if sample, ok := textSamples[name]; ok {
				return lua.LString(sample)
			}
			return lua.LString("x")
		}
		return r.L.NewTable()
	}
	return lua.LTrue
}

// textSamples are for options that the host looks into.
var textSamples = map[string]string{"timezone": "UTC", "days": "mon-sun", "between": "00:00-12:00", "catch_up": "1h"}

// deviceKeys is the table of hik.device{...}. Passwords come from elsewhere, so
// what is not known counts as given.
func (r *rehearsal) deviceKeys(v value) *lua.LTable {
	t, _ := r.table(v, func(it item) lua.LValue {
		switch {
		case it.key == nil:
			return lua.LTrue
		case it.value.known != nil:
			return it.value.known
		case deviceSamples[it.key.Value] != "":
			return lua.LString(deviceSamples[it.key.Value])
		case !isDeviceKey(it.key.Value):
			return lua.LTrue
		}
		return nil
	})
	return t
}

var deviceSamples = map[string]string{"ip": "192.0.2.1", "username": "x", "password": "x"}

func isDeviceKey(name string) bool {
	for _, k := range site.DeviceKeys() {
		if path, _, _ := strings.Cut(k.Path, "."); path == name {
			return true
		}
	}
	return false
}

// plainTable is a table of constants; false if not all of it is known.
func (r *rehearsal) plainTable(v value) (*lua.LTable, bool) {
	t, whole := r.table(v, func(it item) lua.LValue {
		if it.value.table == nil {
			return r.stand(it.value)
		}
		if inner, whole := r.plainTable(it.value); whole {
			return inner
		}
		return nil
	})
	return t, whole && len(v.items) == len(v.table.Fields)
}
