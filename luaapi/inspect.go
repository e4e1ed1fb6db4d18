package luaapi

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/sandbox"
)

const (
	inspectDepth = 4
	inspectItems = 100  // of one table
	inspectText  = 4096 // bytes of one string; in a table:
	inspectField = 400
	inspectBytes = 16       // of one that is no text
	inspectSize  = 64 << 10 // bytes of all of it, about
	inspectWidth = 76       // of a line; longer tables go over several lines
)

var inspectEntry = entry{
	name: "inspect", args: "value", result: "string",
	doc: "a value as the REPL shows it, as Lua that can be pasted back where it can: long and deep tables are cut, binary strings told by their size; for people, hik.json.encode is for programs",
	fn: func(c *call) int {
		c.atMost(1)
		return c.push(lua.LString(Inspect(c.L, c.arg(0))))
	},
}

// Inspect writes a value for people, as Lua that can be pasted back where there is such a thing: strings quoted, tables with
// what they hold, over several lines where one would be too long, devices and channels as what gives them. What is long,
// deep, binary or a table inside itself is cut short, and a comment says so. It raises if the task of L ends meanwhile, or
// if a __tostring raises.
func Inspect(L *lua.LState, v lua.LValue) string { return inspect(L, v, inspectWidth) }

// inspectLine is Inspect in one line.
func inspectLine(L *lua.LState, v lua.LValue) string { return inspect(L, v, inspectSize*2) }

func inspect(L *lua.LState, v lua.LValue, width int) string {
	w := newInspector(L)
	w.width = width
	return w.text(v)
}

type inspector struct {
	walker
	width   int // of a line; 0: each item has its own
	most    int // items of one table
	size    int // bytes of all of it, about
	written int // bytes of everything so far
}

func newInspector(L *lua.LState) *inspector {
	return &inspector{walker: walker{interruptible: interruptible{L: L}, deepest: inspectDepth}, width: inspectWidth, most: inspectItems, size: inspectSize}
}

func (w *inspector) text(v lua.LValue) string {
	text := ""
	switch v := v.(type) {
	case lua.LString:
		limit := inspectText
		if len(w.around) > 0 {
			limit = inspectField
		}
		text = quotedTo(string(v), limit)
	case lua.LNumber:
		if text = sandbox.Text(v); v != v {
			text = "0/0"
		} else if math.IsInf(float64(v), 0) {
			text = strings.TrimSuffix(fmt.Sprintf("%+.0f", float64(v)), "Inf") + "1/0"
		}
		text = strings.TrimPrefix(text, "+")
	case *lua.LNilType, lua.LBool:
		text = v.String()
	case *lua.LTable:
		if w.L.GetMetaField(v, "__tostring") == lua.LNil || isListed(v) {
			return w.table(v)
		}
		text = w.other(sandbox.ToString(w.L, v))
	default:
		if text = expression(w.L, v); text == "" {
			text = w.other(sandbox.ToString(w.L, v))
		}
	}
	w.written += len(text)
	return text
}

// other is a value that Lua has no way to write: inside a table it is nil, with a comment.
func (w *inspector) other(text string) string {
	if len(w.around) == 0 {
		return text
	}
	return "nil" + comment(text)
}

// comment is text as a comment of Lua.
func comment(text string) string { return " --[[ " + strings.ReplaceAll(text, "]]", "] ]") + " ]]" }

// expression is what gives a device of the site, or a channel of one; "" for all else.
func expression(L *lua.LState, v lua.LValue) string {
	ud, _ := v.(*lua.LUserData)
	if ud == nil {
		return ""
	}
	m := moduleOf(L)
	if m == nil {
		return ""
	}
	of := func(d Device) string {
		if known, err := m.script.Device(d.Name()); err != nil || known != d {
			return ""
		}
		return "hik.device(" + quoted(d.Name()) + ")"
	}
	switch o := ud.Value.(type) {
	case Device:
		return of(o)
	case *channelRef:
		device := of(o.dev)
		name := o.name
		if known, ok := o.site(); ok && known.Name != "" {
			name = known.Name
		}
		switch {
		case device == "":
			return ""
		case name != "":
			return device + ":channel(" + quoted(name) + ")"
		case o.id == 0:
			return device + ":channel()"
		}
		return fmt.Sprintf("%s:channel(%d)", device, o.id)
	}
	return ""
}

// quoted is a string as Lua writes it. A long one is cut, and one that is no text is told by its first bytes and its size.
func quoted(s string) string { return quotedTo(s, inspectText) }

// quotedTo is quoted with another limit.
func quotedTo(s string, limit int) string {
	shown := s
	switch {
	case isBinary(s) && len(s) > 2*inspectBytes:
		shown = s[:inspectBytes]
	case len(s) > limit:
		shown = strings.ToValidUTF8(s[:limit], "")
	}
	var b strings.Builder
	b.WriteByte('"')
	for rest := shown; rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case unicode.IsPrint(r) && !(r == utf8.RuneError && n == 1):
			b.WriteString(rest[:n])
		default:
			for _, c := range []byte(rest[:n]) {
				fmt.Fprintf(&b, `\%03d`, c)
			}
		}
		rest = rest[n:]
	}
	b.WriteByte('"')
	switch {
	case len(shown) == len(s):
	case isBinary(s):
		b.WriteString(comment(fmt.Sprintf("binary, %d bytes", len(s))))
	default:
		b.WriteString(comment(fmt.Sprintf("%d bytes", len(s))))
	}
	return b.String()
}

// isBinary reports whether a string is no text of any language.
func isBinary(s string) bool { return strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) }

func (w *inspector) table(t *lua.LTable) string {
	if w.enter(t) != nil {
		return "{--[[ ... ]]}"
	}
	defer w.leave()
	t = content(t)
	length := w.items(t)
	keys := w.names(t, length)
	var items []string
	for i := 1; i <= min(length, w.most) && w.written < w.size; i++ {
		items = append(items, w.below(lua.LNumber(i), t.RawGetInt(i)))
	}
	for _, key := range keys[:min(len(keys), w.most)] {
		if w.written >= w.size {
			break
		}
		items = append(items, w.keyText(key)+" = "+w.below(key, t.RawGet(key)))
	}
	if left := length + len(keys) - len(items); left > 0 {
		items = append(items, fmt.Sprintf("--[[ %d more ]]", left))
	}
	joined := strings.Join(items, ", ")
	if indent := 2 * (len(w.around) - 1); len(joined)+indent > w.width || strings.Contains(joined, "\n") {
		pad := "\n" + strings.Repeat(" ", indent)
		joined = pad + "  " + strings.Join(items, ","+pad+"  ") + pad
	}
	return "{" + joined + "}"
}

// items counts those that stand without a key: up to a hole that is longer than two.
func (w *inspector) items(t *lua.LTable) int {
	hole := 0
	for i := 1; i <= t.Len(); i++ {
		w.tick()
		if hole++; t.RawGetInt(i) != lua.LNil {
			hole = 0
		}
		if hole > 2 {
			return i - hole
		}
	}
	return t.Len()
}

func (w *inspector) below(key, v lua.LValue) string {
	w.down(key)
	defer w.up()
	return w.text(v)
}

// names are the keys that are no items: text in its order, then numbers in theirs, then others.
func (w *inspector) names(t *lua.LTable, length int) []lua.LValue {
	var names []string
	var others []lua.LValue
	w.each(t, func(key, _ lua.LValue) error {
		if name, ok := key.(lua.LString); ok {
			names = append(names, string(name))
		} else if !isItem(key, length) {
			others = append(others, key)
		}
		return nil
	})
	slices.SortFunc(names, func(a, b string) int { w.tick(); return strings.Compare(a, b) })
	slices.SortStableFunc(others, func(a, b lua.LValue) int {
		w.tick()
		return cmp.Compare(rank(a), rank(b))
	})
	keys := make([]lua.LValue, 0, len(names)+len(others))
	for _, name := range names {
		keys = append(keys, lua.LString(name))
	}
	return append(keys, others...)
}

// rank is where a key comes that is no text.
func rank(key lua.LValue) float64 {
	if n, ok := key.(lua.LNumber); ok {
		return float64(n)
	}
	return math.Inf(1)
}

// keyText is a key as a table constructor has it: name, ["a b"], [true].
func (w *inspector) keyText(key lua.LValue) string {
	text := "[" + sandbox.Text(key) + "]"
	if name, ok := key.(lua.LString); ok {
		if text = string(name); !sandbox.IsName(text) {
			text = "[" + quoted(text) + "]"
		}
	}
	w.written += len(text)
	return text
}
