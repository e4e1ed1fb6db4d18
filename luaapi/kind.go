package luaapi

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/nearest"
	"github.com/hiklua/hiklua/runtime/sandbox"
)

// kind is a sort of object: its metatable, and the methods made so far.
type kind struct {
	name    string
	names   *names
	mt      *lua.LTable
	methods map[string]*lua.LFunction
}

// kind is the kind of that name: device, channel, snapshot, job or task.
func (m *module) kind(name string) *kind {
	k := m.kinds[name]
	if k == nil {
		k = m.newKind(name, m.names[name])
		m.kinds[name] = k
	}
	return k
}

// newKind makes the metatable for objects of one kind. Their Go value is in
// the userdata and no script can reach the metatable.
func (m *module) newKind(name string, n *names) *kind {
	k := &kind{name: name, names: n, mt: m.L.CreateTable(0, 0), methods: make(map[string]*lua.LFunction)}
	k.mt.RawSetString("__metatable", lua.LString("hik "+name))
	k.mt.RawSetString("__index", m.bind(name, func(c *call) int {
		ud := c.L.CheckUserData(1)
		return c.push(m.member(c.L, k, ud.Value, c.arg(1)))
	}))
	k.mt.RawSetString("__newindex", m.bind(name, func(c *call) int {
		raiseMisuse(c.L, "a %s can't be changed: %q is not to be assigned", name, keyText(c.arg(1)))
		return 0
	}))
	k.mt.RawSetString("__tostring", m.bind(name, func(c *call) int {
		return c.push(lua.LString(objectText(c.arg(0))))
	}))
	k.mt.RawSetString("__concat", m.L.NewFunction(concat))
	k.mt.RawSetString("__eq", m.bind(name, func(c *call) int {
		a, okA := c.arg(0).(*lua.LUserData)
		b, okB := c.arg(1).(*lua.LUserData)
		return c.push(lua.LBool(okA && okB && sameObject(a.Value, b.Value)))
	}))
	return k
}

// member is obj.key: a field's value or a method.
func (m *module) member(L *lua.LState, k *kind, self any, key lua.LValue) lua.LValue {
	word := keyText(key)
	e := k.names.byName[word]
	switch {
	case e == nil:
		raiseMisuse(L, "%s", unknownName(m.names, k.name, word))
	case e.get != nil:
		return e.get(m, L, self)
	}
	f := k.methods[word]
	if f == nil {
		f = m.bind(word, m.method(k, e.fn))
		k.methods[word] = f
	}
	return f
}

// UnknownName says that an owner of names, a library or a kind of object, has none of this name, and which may be meant.
func UnknownName(owner, name string) string { return unknownName(namesOf(), owner, name) }

func unknownName(all map[string]*names, owner, name string) string {
	n := all[owner]
	hint := nearest.Hint(name, n.known)
	if !n.object {
		switch text := insteadOf(owner, name); {
		case text != "":
			hint = ": " + text
		case hint == "" && len(n.known) <= mostNames:
			hint = "; there are " + strings.Join(n.known, ", ")
		}
		return fmt.Sprintf("there is no %s.%s%s", owner, name, hint)
	}
	if owner == "channel" && all["device"].byName[name] != nil {
		hint += fmt.Sprintf("; its device has: ch.device:%s(...)", name)
	}
	return fmt.Sprintf("a %s has no %q%s", owner, name, hint)
}

// method wraps fn so that self is taken off the arguments. Without self, which
// is what obj.method() gives, it says what to write.
func (m *module) method(k *kind, fn func(*call) int) func(*call) int {
	return func(c *call) int {
		c.self = m.selfOf(k, c.arg(0))
		if c.self == nil {
			variable := map[string]string{"device": "dev", "channel": "ch", "snapshot": "snap"}[k.name]
			if variable == "" {
				variable = k.name
			}
			c.misuse("call it with a colon: %s:%s(...)", variable, c.name)
		}
		c.args = c.args[1:]
		return fn(c)
	}
}

// selfOf is the Go value of v if it is an object of kind k, else nil.
func (m *module) selfOf(k *kind, v lua.LValue) any {
	switch v := v.(type) {
	case *lua.LUserData:
		if v.Metatable == k.mt {
			return v.Value
		}
	case *lua.LTable:
		if k.name == "channel" {
			if ref := m.listedChannel(v); ref != nil {
				return ref
			}
		}
	}
	return nil
}

// object makes a Lua object of kind name around value.
func (m *module) object(name string, value any) *lua.LUserData {
	ud := m.L.NewUserData()
	ud.Value = value
	ud.Metatable = m.kind(name).mt
	return ud
}

func sameObject(a, b any) bool {
	if x, ok := a.(*channelRef); ok {
		y, ok := b.(*channelRef)
		return ok && x.same(y)
	}
	return a == b
}

func objectText(v lua.LValue) string {
	ud, ok := v.(*lua.LUserData)
	if !ok {
		return v.String()
	}
	switch o := ud.Value.(type) {
	case Device:
		return o.Name()
	case fmt.Stringer:
		return o.String()
	}
	return v.String()
}

// concat lets objects and errors stand beside "..", as strings do.
func concat(L *lua.LState) int {
	L.Push(lua.LString(sandbox.ToString(L, L.Get(1)) + sandbox.ToString(L, L.Get(2))))
	return 1
}

func keyText(v lua.LValue) string {
	return sandbox.Text(v)
}
