package runtime

import (
	"fmt"
	"sort"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/sandbox"
)

const (
	inspectDepth = 4
	inspectItems = 100
	inspectText  = 4096
)

// inspect writes a value as the REPL shows it: strings quoted, tables with
// their content, long things cut.
func inspect(L *lua.LState, v lua.LValue) string {
	var b strings.Builder
	write(L, &b, v, 0, make(map[*lua.LTable]bool))
	return b.String()
}

func write(L *lua.LState, b *strings.Builder, v lua.LValue, depth int, seen map[*lua.LTable]bool) {
	switch v := v.(type) {
	case lua.LString:
		text := string(v)
		if len(text) > inspectText {
			fmt.Fprintf(b, "%q... (%d bytes)", text[:inspectText], len(text))
			return
		}
		fmt.Fprintf(b, "%q", text)
	case *lua.LTable:
		writeTable(L, b, v, depth, seen)
	default:
		b.WriteString(sandbox.ToString(L, v))
	}
}

func writeTable(L *lua.LState, b *strings.Builder, t *lua.LTable, depth int, seen map[*lua.LTable]bool) {
	if meta, ok := t.Metatable.(*lua.LTable); ok && meta.RawGetString("__tostring") != lua.LNil {
		b.WriteString(sandbox.ToString(L, t))
		return
	}
	if seen[t] || depth >= inspectDepth {
		b.WriteString("{...}")
		return
	}
	seen[t] = true
	defer delete(seen, t)
	var items []string
	length := t.Len()
	for i := 1; i <= min(length, inspectItems); i++ {
		var item strings.Builder
		write(L, &item, t.RawGetInt(i), depth+1, seen)
		items = append(items, item.String())
	}
	var named []string
	t.ForEach(func(k, v lua.LValue) {
		if n, ok := k.(lua.LNumber); ok && float64(n) == float64(int(n)) && int(n) >= 1 && int(n) <= length {
			return
		}
		var item strings.Builder
		if name, ok := k.(lua.LString); ok && isName(string(name)) {
			item.WriteString(string(name))
		} else {
			item.WriteString("[")
			write(L, &item, k, inspectDepth, seen)
			item.WriteString("]")
		}
		item.WriteString(" = ")
		write(L, &item, v, depth+1, seen)
		named = append(named, item.String())
	})
	sort.Strings(named)
	items = append(items, named[:min(len(named), inspectItems)]...)
	if left := length + len(named) - len(items); left > 0 {
		items = append(items, fmt.Sprintf("... %d more", left))
	}
	joined := strings.Join(items, ", ")
	if len(joined)+2*depth > 76 || strings.Contains(joined, "\n") {
		pad := "\n" + strings.Repeat("  ", depth+1)
		joined = pad + strings.Join(items, ","+pad) + "\n" + strings.Repeat("  ", depth)
	}
	b.WriteString("{" + joined + "}")
}

func isName(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}
