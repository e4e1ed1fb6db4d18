package check

import (
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"github.com/hiklua/hiklua/luaapi"
)

// value is what is known of an expression. The zero value is unknown.
type value struct {
	// known is the value itself: a constant, an object of the rehearsal, or a
	// function of the checker's that stands for any.
	known lua.LValue
	// owner is whose names it has in the API: "hik", "hik.log", "device"...
	owner string
	// entry is the function of the API that it is, of is where it was taken from.
	entry *luaapi.Entry
	of    *value
	// table is a table that stands there as it is.
	table *ast.TableExpr
	items []item
	// madeHere says that it is a table that was made by a constructor and is in a variable now.
	madeHere bool
	// global is a name of Lua's own environment: "require", "string.format".
	global string
	// module is one of hiklua's own that hik.library describes, function one of its
	// functions; "" is the module itself.
	module, function string
	// body is a function of the file.
	body *frame
	// content is a table that a variable holds.
	content *content
	// texts are strings of which it is one; inside are those that a table has in it.
	texts  []string
	inside []text
	// keys are the names in a table that pairs gives.
	keys []string
	// pure is a function that gave it and did nothing else, as the script writes its name.
	pure string
	// fixed says that a table's content comes from site.yaml: hik.vars.
	fixed bool
	// listOf is whose names the items of a list have, each those of the items
	// that ipairs gives.
	listOf, each string
	// given says that it is a table that a function of hik gives.
	given bool
	// several says that it may be any number of values.
	several bool
}

// single reports whether it is known that a call gives just one value.
func (v value) single() bool { return v.known != nil || v.owner != "" || v.given }

// item is one field of a table.
type item struct {
	key   *ast.StringExpr // nil for an item of a list
	value value
	expr  ast.Expr
}

func constant(v lua.LValue) value { return value{known: v} }

func (v value) string() (string, bool) {
	s, ok := v.known.(lua.LString)
	return string(s), ok
}

// arithmetic works out sums such as 15 * 60.
func arithmetic(operator string, a, b value) value {
	x, ok := a.known.(lua.LNumber)
	y, both := b.known.(lua.LNumber)
	if !ok || !both {
		return value{}
	}
	switch operator {
	case "+":
		return constant(x + y)
	case "-":
		return constant(x - y)
	case "*":
		return constant(x * y)
	case "/":
		if y != 0 {
			return constant(x / y)
		}
	}
	return value{}
}
