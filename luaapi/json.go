package luaapi

import (
	"encoding/json"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

const (
	maxJSONDepth = 100
	maxJSONSize  = 8 << 20
)

var errJSONSize = fmt.Errorf("the text would be longer than %d MB", maxJSONSize>>20)

var jsonOptions = []Option{{Name: "indent", Type: "boolean", Doc: "true: over several lines"}}

var jsonEntries = []entry{
	{
		name: "encode", args: "value, {indent=}", result: "string",
		options: jsonOptions,
		doc:     "a value as JSON: lists and tables with names, keys sorted; an empty table is {} unless hik.json.array or decode made it",
		fn:      jsonEncode,
	},
	{
		name: "decode", args: "text", result: "value",
		doc: "the value of a JSON text; null is hik.json.null, which is true in an if: compare it",
		fn:  jsonDecode,
	},
	{
		name: "array", args: "[list]", result: "list", doc: "marks a table as a list, so that it is [] when it is empty",
		fn: func(c *call) int {
			c.atMost(1)
			t, ok := c.arg(0).(*lua.LTable)
			if c.arg(0) == lua.LNil {
				t, ok = c.L.CreateTable(0, 0), true
			}
			if !ok {
				c.wrong("the list", "a table", c.arg(0))
			}
			if t.Metatable != lua.LNil && !isJSONArray(t) {
				c.misuse("the table has a metatable of its own")
			}
			t.Metatable = jsonArrayMeta(c.L)
			return c.push(t)
		},
	},
	{name: "null", result: "null", doc: "JSON's null, which a table can hold",
		get: func(m *module, L *lua.LState, _ any) lua.LValue { return jsonNull(L) }},
}

// The metatables of JSON's list and null are the same for all of a state.
const (
	jsonArrayType = "hik json array"
	jsonNullType  = "hik json null"
)

func jsonArrayMeta(L *lua.LState) *lua.LTable {
	mt := L.NewTypeMetatable(jsonArrayType)
	mt.RawSetString("__jsontype", lua.LString("array")) // dkjson's mark
	return mt
}

func isJSONArray(t *lua.LTable) bool {
	mt, ok := t.Metatable.(*lua.LTable)
	return ok && mt.RawGetString("__jsontype") == lua.LString("array")
}

type nullValue struct{}

// String is what print shows.
func (nullValue) String() string { return "null" }

func jsonNull(L *lua.LState) lua.LValue {
	registry := L.Get(lua.RegistryIndex).(*lua.LTable)
	if v, ok := registry.RawGetString(jsonNullType).(*lua.LUserData); ok {
		return v
	}
	ud := L.NewUserData()
	ud.Value = nullValue{}
	mt := L.CreateTable(0, 0)
	mt.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int { L.Push(lua.LString("null")); return 1 }))
	mt.RawSetString("__metatable", lua.LString("hik null"))
	ud.Metatable = mt
	registry.RawSetString(jsonNullType, ud)
	return ud
}

func jsonEncode(c *call) int {
	indent := ""
	if c.options(1, jsonOptions).bool("indent", false) {
		indent = "  "
	}
	c.atMost(2)
	if len(c.args) == 0 {
		c.misuse("the value is missing")
	}
	text, err := encodeJSON(c.L, c.arg(0), indent)
	if err != nil {
		c.misuse("%v", err)
	}
	return c.push(lua.LString(text))
}

// encodeJSON writes v; indent is what one level is set in by, "" for one line.
// It ends when the task of L does; L may be nil.
func encodeJSON(L *lua.LState, v lua.LValue, indent string) (string, error) {
	w := newJSONWriter(L, indent)
	if err := w.value(v); err != nil {
		return "", err
	}
	return w.b.String(), nil
}

func newJSONWriter(L *lua.LState, indent string) *jsonWriter {
	return &jsonWriter{walker: walker{interruptible: interruptible{L: L}, root: "value", deepest: maxJSONDepth}, indent: indent, most: maxJSONSize}
}

type jsonWriter struct {
	walker
	b      strings.Builder
	indent string
	most   int // bytes
}

func (w *jsonWriter) value(v lua.LValue) error {
	if w.b.Len() > w.most {
		return errJSONSize
	}
	switch v := v.(type) {
	case *lua.LNilType:
		w.b.WriteString("null")
	case lua.LBool:
		w.b.WriteString(v.String())
	case lua.LNumber:
		f := float64(v)
		switch {
		case math.IsNaN(f) || math.IsInf(f, 0):
			return fmt.Errorf("%s is %v, which JSON does not have", w.where(), f)
		case f == math.Trunc(f) && math.Abs(f) < 1<<63:
			w.b.WriteString(strconv.FormatInt(int64(f), 10))
		default:
			w.b.Write(fraction(f))
		}
	case lua.LString:
		return w.text(string(v))
	case *lua.LTable:
		return w.table(v)
	case *lua.LUserData:
		if _, ok := v.Value.(nullValue); ok {
			w.b.WriteString("null")
			return nil
		}
		if s := stateOf(v); s != nil {
			return w.value(s.copy())
		}
		return w.refuse(v)
	default:
		return w.refuse(v)
	}
	return nil
}

func (w *jsonWriter) refuse(v lua.LValue) error {
	return fmt.Errorf("%s is %s, which JSON does not have", w.where(), describe(v))
}

func (w *jsonWriter) table(t *lua.LTable) error {
	if err := w.enter(t); err != nil {
		return err
	}
	defer w.leave()
	array := isJSONArray(t)
	t = content(t)
	n, items := t.Len(), 0
	var names []string
	bad := w.each(t, func(key, _ lua.LValue) error {
		switch k := key.(type) {
		case lua.LString:
			names = append(names, string(k))
		case lua.LNumber:
			items++
			if i := int(k); lua.LNumber(i) != k || i < 1 || i > n {
				return fmt.Errorf("%s has the number %s as a key, which is no place of a list without holes; JSON's names are strings", w.where(), k)
			}
		default:
			return fmt.Errorf("%s has %s as a key; JSON's names are strings", w.where(), describe(key))
		}
		return nil
	})
	if holes := n - items; bad == nil && holes > items {
		bad = fmt.Errorf("%s is a list with %d holes; give it string keys, or hik.json.null where nothing is", w.where(), holes)
	}
	switch {
	case bad != nil:
		return bad
	case (n > 0 || array) && len(names) > 0:
		return fmt.Errorf("%s has both list items and names such as %q", w.where(), names[0])
	case n > 0 || array:
		return w.list(t, n)
	}
	sort.Slice(names, func(i, j int) bool {
		w.tick()
		return names[i] < names[j]
	})
	w.b.WriteByte('{')
	for i, name := range names {
		w.next(i)
		if err := w.text(name); err != nil {
			return err
		}
		w.b.WriteByte(':')
		if w.indent != "" {
			w.b.WriteByte(' ')
		}
		if err := w.below(lua.LString(name), t.RawGetString(name)); err != nil {
			return err
		}
	}
	w.close(len(names), '}')
	return nil
}

func (w *jsonWriter) below(key, v lua.LValue) error {
	w.down(key)
	defer w.up()
	return w.value(v)
}

func (w *jsonWriter) list(t *lua.LTable, n int) error {
	w.b.WriteByte('[')
	for i := range n {
		w.next(i)
		if err := w.below(lua.LNumber(i+1), t.RawGetInt(i+1)); err != nil {
			return err
		}
	}
	w.close(n, ']')
	return nil
}

func (w *jsonWriter) next(i int) {
	if i > 0 {
		w.b.WriteByte(',')
	}
	w.newLine(len(w.around))
}

func (w *jsonWriter) close(n int, bracket byte) {
	if n > 0 {
		w.newLine(len(w.around) - 1)
	}
	w.b.WriteByte(bracket)
}

func (w *jsonWriter) newLine(depth int) {
	if w.indent != "" {
		w.b.WriteByte('\n')
		w.b.WriteString(strings.Repeat(w.indent, depth))
	}
}

// text writes s as UTF-8; bytes that are none become U+FFFD.
func (w *jsonWriter) text(s string) error {
	if w.b.Len()+len(s) > w.most {
		return errJSONSize
	}
	b := &w.b
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029:
			w.tick()
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return nil
}

// fraction writes all digits that a number needs to be read back as the same, as encoding/json does: times stay legible.
func fraction(f float64) []byte {
	b, _ := json.Marshal(f) // f is finite
	return b
}
