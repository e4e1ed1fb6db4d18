package check

import (
	"slices"

	"github.com/yuin/gopher-lua/ast"
)

// content is a table that a constructor has made and that a local variable holds.
type content struct {
	of  *variable
	use *ast.IdentExpr // where the variable stands
	value
}

// deferred are the findings about a call that was given tables in variables. Those tables are what their constructors say if
// the whole file only ever reads them, which is known at its end.
type deferred struct {
	tables  []*content
	settled []Finding
	other   []Finding // if they may be changed, so that nothing is known of them
}

// settledCall looks at a call with what is in the tables that it is given.
func (w *walker) settledCall(c invocation, look func(invocation) value) value {
	var tables []*content
	full := unfold(c.args, &tables)
	if len(tables) == 0 {
		return look(c)
	}
	begin := len(w.findings)
	take := func() []Finding {
		found := slices.Clone(w.findings[begin:])
		w.findings = w.findings[:begin]
		return found
	}
	result := look(c)
	d := deferred{tables: tables, other: take()}
	c.args = full
	look(c)
	d.settled = take()
	w.deferred = append(w.deferred, d)
	for _, t := range tables {
		t.reads()
	}
	return result
}

// reads notes that a place leaves the table as it is.
func (c *content) reads() {
	if c.of.harmless == nil {
		c.of.harmless = make(map[*ast.IdentExpr]bool)
	}
	c.of.harmless[c.use] = true
}

// flat reports whether there is no table in the table, which could be changed through it.
func (c *content) flat() bool {
	return !slices.ContainsFunc(c.items, func(it item) bool { return it.value.table != nil || it.value.content != nil })
}

// unfold puts tables in the place of the variables that hold them.
func unfold(values []value, tables *[]*content) []value {
	list := slices.Clone(values)
	for i, v := range list {
		if v.content != nil {
			*tables = append(*tables, v.content)
			v = v.content.value
		}
		if v.table != nil {
			inner := make([]value, len(v.items))
			for j, it := range v.items {
				inner[j] = it.value
			}
			v.items = slices.Clone(v.items)
			for j, one := range unfold(inner, tables) {
				v.items[j].value = one
			}
		}
		list[i] = v
	}
	return list
}

// settle adds the findings that were put off.
func (w *walker) settle() {
	for _, d := range w.deferred {
		if slices.ContainsFunc(d.tables, func(c *content) bool { return len(c.of.harmless) < c.of.reads }) {
			w.findings = append(w.findings, d.other...)
		} else {
			w.findings = append(w.findings, d.settled...)
		}
	}
}
