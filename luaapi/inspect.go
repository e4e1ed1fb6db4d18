package luaapi

import (
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/sandbox"
)

const (
	inspectDepth = 4
	inspectItems = 100      // of one table
	inspectText  = 4096     // bytes of one string
	inspectSize  = 64 << 10 // bytes of all of it, about
	inspectWidth = 76       // of a line; longer tables go over several lines
)

var inspectEntry = entry{
	name: "inspect", args: "value", result: "string",
	doc: "a value as the REPL shows it: strings quoted, tables with what they hold, long and deep ones cut; for people, hik.json.encode is for programs",
	fn: func(c *call) int {
		c.atMost(1)
		return c.push(lua.LString(Inspect(c.L, c.arg(0))))
	},
}

// Inspect writes a value for people: strings quoted, tables with what they hold, over several lines where one would be too
// long. What is long, deep or a table inside itself is cut short. It raises if the task of L ends meanwhile, or if a
// __tostring raises.
func Inspect(L *lua.LState, v lua.LValue) string { return inspect(L, v, inspectWidth) }

// inspectLine is Inspect in one line.
func inspectLine(L *lua.LState, v lua.LValue) string { return inspect(L, v, inspectSize*2) }

func inspect(L *lua.LState, v lua.LValue, width int) string {
	w := inspector{walker: walker{interruptible: interruptible{L: L}, deepest: inspectDepth}, width: width}
	return w.text(v)
}

type inspector struct {
	walker
	width   int
	written int // bytes of everything so far
}

func (w *inspector) text(v lua.LValue) string {
	text := ""
	switch v := v.(type) {
	case lua.LString:
		if text = fmt.Sprintf("%q", string(v[:min(len(v), inspectText)])); len(v) > inspectText {
			text += fmt.Sprintf("... (%d bytes)", len(v))
		}
	case *lua.LTable:
		if w.L.GetMetaField(v, "__tostring") == lua.LNil {
			return w.table(v)
		}
		text = sandbox.ToString(w.L, v)
	default:
		text = sandbox.ToString(w.L, v)
	}
	w.written += len(text)
	return text
}

func (w *inspector) table(t *lua.LTable) string {
	if w.enter(t) != nil {
		return "{...}"
	}
	defer w.leave()
	t = content(t)
	length := t.Len()
	keys := w.names(t, length)
	var items []string
	for i := 1; i <= min(length, inspectItems) && w.written < inspectSize; i++ {
		items = append(items, w.below(lua.LNumber(i), t.RawGetInt(i)))
	}
	for _, key := range keys[:min(len(keys), inspectItems)] {
		if w.written >= inspectSize {
			break
		}
		items = append(items, w.keyText(key)+" = "+w.below(key, t.RawGet(key)))
	}
	if left := length + len(keys) - len(items); left > 0 {
		items = append(items, fmt.Sprintf("... %d more", left))
	}
	joined := strings.Join(items, ", ")
	if indent := 2 * (len(w.around) - 1); len(joined)+indent > w.width || strings.Contains(joined, "\n") {
		pad := "\n" + strings.Repeat(" ", indent)
		joined = pad + "  " + strings.Join(items, ","+pad+"  ") + pad
	}
	return "{" + joined + "}"
}

func (w *inspector) below(key, v lua.LValue) string {
	w.down(key)
	defer w.up()
	return w.text(v)
}

// names are the keys that are no items: text in its order, then others.
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
	keys := make([]lua.LValue, 0, len(names)+len(others))
	for _, name := range names {
		keys = append(keys, lua.LString(name))
	}
	return append(keys, others...)
}

// keyText is a key as a table constructor has it: name, ["a b"], [true].
func (w *inspector) keyText(key lua.LValue) string {
	text := "[" + sandbox.Text(key) + "]"
	if name, ok := key.(lua.LString); ok {
		if text = string(name); !sandbox.IsName(text) {
			text = fmt.Sprintf("[%q]", shorten(text, inspectText))
		}
	}
	w.written += len(text)
	return text
}
