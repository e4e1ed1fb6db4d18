package luaapi

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/hiklua/hiklua/runtime/sandbox"
)

// AssertionKind is the kind of the error of a test that did not find what it
// expected.
const AssertionKind = "assertion"

// failTest raises that an expectation does not hold. The argument at i is what
// the test says about it.
func (c *call) failTest(i int, why string) {
	c.failTestWith(i, why, "")
}

// failTestWith is failTest with what is to be read below the message: several
// lines.
func (c *call) failTestWith(i int, why, below string) {
	message := why
	if c.arg(i) != lua.LNil {
		message = c.text(i, "the message") + ": " + why
	}
	Raise(c.L, &Failure{Kind: AssertionKind, Message: message, Hint: below})
}

func testEqual(c *call) int {
	c.atMost(3)
	c.tester()
	actual, expected := c.arg(0), c.arg(1)
	same := comparison{interruptible: interruptible{L: c.L}, seen: make(map[[2]*lua.LTable]bool)}
	if same.equal(actual, expected) {
		return 0
	}
	_, isTable := actual.(*lua.LTable)
	_, expectsTable := expected.(*lua.LTable)
	have, want := Inspect(c.L, actual), Inspect(c.L, expected)
	if !isTable && !expectsTable && len(have)+len(want) < 200 {
		c.failTest(2, fmt.Sprintf("it is %s, not %s", have, want))
	}
	c.failTestWith(2, "it is not what was expected", difference(c.L, actual, expected))
	return 0
}

// comparison compares values by what is in them.
type comparison struct {
	interruptible
	seen  map[[2]*lua.LTable]bool // tables that are being compared: one may be inside itself
	depth int
}

func (o *comparison) equal(a, b lua.LValue) bool {
	a, b = inside(a), inside(b)
	x, isTable := a.(*lua.LTable)
	y, alsoTable := b.(*lua.LTable)
	if !isTable || !alsoTable {
		return o.L.Equal(a, b)
	}
	pair := [2]*lua.LTable{x, y}
	if x == y || o.seen[pair] {
		return true
	}
	o.seen[pair] = true
	if o.depth++; o.depth > deepestCompared {
		Raise(o.L, &Failure{Kind: "misuse", Message: fmt.Sprintf("tables that are nested more than %d deep are not compared", deepestCompared)})
	}
	defer func() { o.depth-- }()
	different := errors.New("different")
	covers := func(all, by *lua.LTable) bool {
		return o.each(all, func(key, v lua.LValue) error {
			if !o.equal(v, by.RawGet(key)) {
				return different
			}
			return nil
		}) == nil
	}
	return covers(x, y) && covers(y, x)
}

// inside is the plain table of one of hik.state or hik.vars; what else there is
// stays as it is.
func inside(v lua.LValue) lua.LValue {
	if s := stateOf(v); s != nil {
		return s.copy()
	}
	if t, ok := v.(*lua.LTable); ok {
		return content(t)
	}
	return v
}

// deepestCompared bounds the stack that a comparison needs.
const deepestCompared = 10_000

// difference shows two values line by line: - is what was expected, + what
// there is.
func difference(L *lua.LState, actual, expected lua.LValue) string {
	have, want := spread(L, inside(actual)), spread(L, inside(expected))
	if have == want {
		return "both look the same:\n" + have
	}
	text := string(diff.Diff("expected", []byte(want+"\n"), "actual", []byte(have+"\n")))
	_, text, _ = strings.Cut(text, "\n") // the line "diff expected actual"
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if left := len(lines) - mostDifferent; left > 0 {
		lines = append(lines[:mostDifferent], fmt.Sprintf("... %d more lines", left))
	}
	return strings.Join(lines, "\n")
}

// mostDifferent is how many lines of a difference are shown.
const mostDifferent = 60

// spread writes a value with a line for each item.
func spread(L *lua.LState, v lua.LValue) string {
	w := newInspector(L)
	w.width, w.deepest, w.most, w.size = 0, 10, 5000, 256<<10
	return w.text(v)
}

func testContains(c *call) int {
	c.atMost(3)
	c.tester()
	wanted := c.arg(1)
	switch in := inside(c.arg(0)).(type) {
	case lua.LString:
		if !strings.Contains(string(in), c.text(1, "the part")) {
			c.failTest(2, fmt.Sprintf("%s is no part of %s", inspectLine(c.L, wanted), inspectLine(c.L, in)))
		}
	case *lua.LTable:
		for i := 1; i <= in.Len(); i++ {
			same := comparison{interruptible: interruptible{L: c.L}, seen: make(map[[2]*lua.LTable]bool)}
			if same.equal(in.RawGetInt(i), wanted) {
				return 0
			}
		}
		c.failTestWith(2, inspectLine(c.L, wanted)+" is not in the list", Inspect(c.L, in))
	default:
		c.wrong("the list", "a list or a string", c.arg(0))
	}
	return 0
}

func testErrors(c *call) int {
	c.atMost(3)
	c.tester()
	fn := c.function(0, "the function")
	expected := ""
	if c.arg(1) != lua.LNil {
		expected = c.text(1, "what is expected")
	}
	_, err := TaskOf(c.L).Limit(c.L, 0, fn)
	sandbox.Check(c.L) // the test itself may have been ended
	if err == nil {
		c.failTest(2, "there was no error")
	}
	r := Describe(err)
	if expected != "" && r.Kind != expected && !strings.Contains(r.Message, expected) {
		c.failTest(2, fmt.Sprintf("the error is of kind %s, %q, not %q", cmp.Or(r.Kind, "error"), r.Message, expected))
	}
	if raised, ok := errors.AsType[*lua.ApiError](err); ok && raised.Object != nil {
		return c.push(raised.Object)
	}
	return c.push(newErrorObject(c.L, r))
}
