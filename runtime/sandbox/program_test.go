package sandbox

import (
	"fmt"
	"math/rand/v2"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

type luaState = lua.LState

// program writes one random program, always the same for a seed. What Lua leaves open does not occur in it: the length of a list
// with holes, the order of pairs, the text of a table.
type program struct {
	*rand.Rand
	depth  int // of blocks
	loops  int // around, in the function
	vararg bool
}

func newProgram(seed uint64) *program {
	return &program{Rand: rand.New(rand.NewPCG(seed, 51)), vararg: true}
}

func (p *program) text(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "run(%d, function(...) local v1, v2, v3, v4 = %d, %d, %d, %q ", n, p.IntN(10), p.IntN(10), p.IntN(10), fmt.Sprint(p.IntN(20)))
	b.WriteString("local t, o, fs = {4, 5, 6, x = 7, y = {z = 8}}, vector(3), {} ")
	for range 2 + p.IntN(3) {
		b.WriteString(p.statement() + " ")
	}
	b.WriteString("for i = 1, #fs do q(pcall(fs[i], i)) end p(v1, v2, v3, v4, t[1], t[2], t[3], t.x, o.x, G1, G2) end)")
	return strings.ReplaceAll(b.String(), "\n", " ")
}

func (p *program) pick(list ...string) string { return list[p.IntN(len(list))] }

func (p *program) local() string { return p.pick("v1", "v2", "v3", "v4") }

func (p *program) number() string {
	return p.pick(fmt.Sprint(p.IntN(15)-5), fmt.Sprint(p.IntN(10)), "0.5", "2.25", "-1.75", "1e3", "0x1F")
}

// value is an expression, mostly a number.
func (p *program) value(d int) string {
	if d > 3 {
		return p.pick(p.local(), p.number())
	}
	v := func() string { return p.value(d + 1) }
	switch x := p.IntN(100); {
	case x < 28:
		return p.local()
	case x < 38:
		return p.number()
	case x < 54:
		return fmt.Sprintf("(%s %s %s)", p.variable(v()), p.pick("+", "-", "*", "/", "%"), v())
	case x < 62:
		return fmt.Sprintf("(%s and %s or %s)", p.condition(d+1), v(), v())
	case x < 65:
		return fmt.Sprintf("(%s %s %s)", v(), p.pick("and", "or"), v())
	case x < 68:
		return p.pick("t[1]", "t[2]", "t.x", "t.y.z", "t[f("+v()+")]", "t['x']", "o.x", "o.double", "base.inherited", "base.deep", "G1", "G2")
	case x < 71:
		return "(- " + p.variable(v()) + ")"
	case x < 74:
		return p.pick("f", "two", "many", "(two)", "o.plain", "(function(a, b) return b or a end)") + "(" + p.list(v, 1+p.IntN(3)) + ")"
	case x < 76:
		return fmt.Sprintf("(o:get(%s))", v())
	case x < 78:
		return fmt.Sprintf("(o(%s))", v())
	case x < 80:
		return fmt.Sprintf("#%s", p.pick(`"abc"`, "{1, 2}", "{f(1), two(1, 2)}", "tostring("+p.local()+")", "o"))
	case x < 82:
		return p.pick(`"7"`, `"0x10"`, `" 5 "`, `"010"`, `"1e1"`, `"x"`)
	case x < 84:
		return fmt.Sprintf("(%s .. %s)", p.pick(p.local(), `"a"`, p.number()), v())
	case x < 87:
		return p.method(v)
	case x < 89:
		return fmt.Sprintf("({%s})[%d]", p.list(v, 1+p.IntN(3)), 1+p.IntN(3))
	case x < 91:
		return fmt.Sprintf("(o %s %s).x", p.pick("+", "-", "*", "/", "%", "^"), p.pick("o", "2", "v1", "vector(4)"))
	case x < 92:
		return p.pick("nil", "true", "false")
	case x < 95 && p.vararg:
		return p.pick("(...)", "select('#', ...)", "(select(2, ...))", "(many(...))")
	case x < 97:
		return fmt.Sprintf("(function(...) local a, b = ... return %s end)(%s)", p.pick("a", "b", "select('#', ...)", "(...)"), p.list(v, 2))
	default:
		return fmt.Sprintf("math.floor(tonumber((%s)) or 0)", v())
	}
}

// variable replaces a literal: lua5.1 takes 0 and -0 for the same constant, whichever it computes first.
func (p *program) variable(e string) string {
	if strings.Trim(e, "-0123456789.exF") == "" {
		return p.local()
	}
	return e
}

func (p *program) method(v func() string) string {
	subject := p.pick(`("hello")`, `("a,b;c")`, `("%d 12")`, "tostring(v1)")
	switch p.IntN(6) {
	case 0:
		return fmt.Sprintf("%s:sub(f(%s), f(%s))", subject, v(), v())
	case 1:
		return fmt.Sprintf("%s:rep(f(%s))", subject, v())
	case 2:
		return fmt.Sprintf("(%s:gsub('%%w', %s))", subject, p.pick("'%0%0'", "function(c) return c .. v1 end", "{a = 'A', h = false}"))
	case 3:
		return fmt.Sprintf("(%s:find('%s'))", subject, p.pick("l", "%d+", "[,;]", "^h", "(l)(l)"))
	case 4:
		return fmt.Sprintf("%s:%s()", subject, p.pick("upper", "len", "reverse", "lower", "byte"))
	default:
		return fmt.Sprintf("('%%s|%%d|%%5.2f'):format(%s, f(%s), f(%s))", "tostring("+p.local()+")", v(), v())
	}
}

func (p *program) condition(d int) string {
	if d > 3 {
		return p.pick("true", "false", "nil", "v1", "not v2", "t.x", "v3 == 1")
	}
	c, v := func() string { return p.condition(d + 1) }, func() string { return p.value(d + 1) }
	switch x := p.IntN(100); {
	case x < 12:
		return p.pick("true", "false", "nil", "1", "'s'", "v1", "not v2", "G2", "v2 == 1", "o == vector(3)", "o < vector(9)", "not (o <= vector(1))")
	case x < 50:
		return fmt.Sprintf("f(%s) %s f(%s)", v(), p.pick("<", ">", "<=", ">="), v())
	case x < 58:
		return fmt.Sprintf("%s %s %s", v(), p.pick("==", "~="), v())
	case x < 61:
		return fmt.Sprintf("%s %s %s", v(), p.pick("<", ">="), v())
	case x < 74:
		return "not (" + c() + ")"
	default:
		return fmt.Sprintf("(%s %s %s)", c(), p.pick("and", "or"), c())
	}
}

func (p *program) list(v func() string, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = v()
	}
	return strings.Join(list, ", ")
}

func (p *program) values(n int) string { return p.list(func() string { return p.value(1) }, n) }

// multiple is a list whose last expression may give many values.
func (p *program) multiple() string {
	last := p.pick("two(1, 2)", "many(v1, nil, v2)", "many()", "o:get(v2, v3)", p.value(1), "(two(3, 4))", "unpack(t, 1, 3)")
	if p.vararg && p.IntN(3) == 0 {
		last = "..."
	}
	if p.IntN(3) == 0 {
		return last
	}
	return p.values(1+p.IntN(2)) + ", " + last
}

func (p *program) target() string {
	return p.pick("v1", "v2", "v3", "v4", "t[1]", "t[2]", "t.x", "t[f(v1)]", "t.y.z", "G1", "G2", "o.x", "base.own", "fs[0]")
}

func (p *program) assignment() string {
	n := []int{1, 1, 2, 2, 3, 4}[p.IntN(6)]
	right := p.values(max(1, n+p.IntN(3)-1))
	if p.IntN(3) == 0 {
		right = p.multiple()
	}
	return p.list(p.target, n) + " = " + right
}

func (p *program) block() string {
	p.depth++
	var list []string
	for range 1 + p.IntN(3) {
		list = append(list, p.statement())
	}
	p.depth--
	if p.loops > 0 && p.IntN(8) == 0 {
		list = append(list, fmt.Sprintf("if %s then %s break end", p.condition(1), p.capture()))
	}
	return strings.Join(list, " ")
}

func (p *program) loop(body func() string) string {
	p.loops++
	defer func() { p.loops-- }()
	return body()
}

// inFunction makes the body of a function, where there is no loop to leave.
func (p *program) inFunction(vararg bool, body func() string) string {
	loops, before := p.loops, p.vararg
	p.loops, p.vararg = 0, vararg
	defer func() { p.loops, p.vararg = loops, before }()
	return body()
}

// capture keeps a closure that changes a local of its own and one from outside.
func (p *program) capture() string {
	own, first := p.pick("v1", "v2", "own"), p.value(2)
	return p.inFunction(false, func() string {
		return fmt.Sprintf("do local %s = %s if #fs < 8 then fs[#fs + 1] = function(a) %s = (tonumber(%s) or 0) + 1 %s return %s, a end end end", own, first, own, own,
			p.pick("", p.assignment()), own)
	})
}

func (p *program) statement() string {
	deep := p.depth > 1
	switch x := p.IntN(100); {
	case x < 26 || deep && x < 60:
		return p.assignment()
	case x < 32:
		return fmt.Sprintf("local %s = %s", p.list(p.local, 1+p.IntN(3)), p.multiple())
	case x < 40:
		return p.branches()
	case x < 58:
		return p.someLoop()
	case x < 64:
		return p.capture()
	case x < 72:
		return p.someFunction()
	case x < 76:
		return p.coroutine()
	case x < 80:
		args := p.multiple()
		return p.inFunction(true, func() string {
			return fmt.Sprintf("q(pcall(function(...) %s return %s end, %s))", p.block(), p.multiple(), args)
		})
	case x < 83:
		return fmt.Sprintf("q(pcall(function(...) return %s %s %s end))", p.value(1), p.pick("<", "<=", ">", "==", ".."), p.pick("'10'", "nil", "{}", "true", p.value(1), "o"))
	case x < 85:
		return p.large()
	case x < 87:
		return p.chain()
	case x < 90:
		return fmt.Sprintf("p(%s, o %s vector(2), %s)", p.value(1), p.pick("==", "<", "<=", ">", ">=", "~="), p.pick("o .. 'x'", "1 .. o", "o .. o .. 'y'", "(-o).x", "#o", "o.double", "base[v4]"))
	default:
		return fmt.Sprintf("p(%s, %s)", p.condition(0), p.multiple())
	}
}

func (p *program) branches() string {
	var b strings.Builder
	fmt.Fprintf(&b, "if %s then %s ", p.condition(0), p.block())
	for range []int{0, 1, 1, 2, 9}[p.IntN(5)] {
		p.depth++
		fmt.Fprintf(&b, "elseif %s then %s ", p.condition(1), p.block())
		p.depth--
	}
	if p.IntN(2) == 0 {
		b.WriteString("else " + p.block())
	}
	return b.String() + " end"
}

func (p *program) someLoop() string {
	return p.loop(func() string {
		switch p.IntN(6) {
		case 0:
			return fmt.Sprintf("for i = %d, %d, %s do v1 = v1 + i %s end", p.IntN(4)-2, p.IntN(5), p.pick("1", "2", "0.75", "1.5"), p.block())
		case 1:
			return fmt.Sprintf("for i = %s, %s, -%s do p(i) %s %s end", p.pick("3", "2.5", `"2"`), p.pick("0", "-1", "0.5"), p.pick("1", "0.5"), p.capture(), p.block())
		case 2:
			return fmt.Sprintf("do local c = 0 while (%s) and c < 4 do c = c + 1 %s end end", p.condition(0), p.block())
		case 3:
			return fmt.Sprintf("do local c = 0 repeat c = c + 1 local at = c %s %s until at > 3 or %s end", p.capture(), p.block(), p.condition(1))
		case 4:
			return fmt.Sprintf("for k, v3 in ipairs({%s}) do p(k, v3) %s if %s then break end end", p.values(2), p.block(), p.condition(1))
		default:
			return fmt.Sprintf("for %s do %s end", p.pick("w in ('a b c'):gmatch('%a')", "v2 in (function() local n = 0 return function() n = n + 1 if n < 4 then return n, n end end end)()",
				"k, v2 in next, {5}", "a, b, c, d in two(nil, function(s, c) c = (c or 0) + 1 if c < 3 then return c, s end end)"), p.block())
		}
	})
}

func (p *program) someFunction() string {
	switch p.IntN(7) {
	case 0:
		return fmt.Sprintf("do local function g(a, ...) local n = select('#', ...) return a, n, ... end p(g(%s, g(%s), g(%s)), (g(%s))) end", p.value(1), p.value(1), p.multiple(), p.value(2))
	case 1:
		return p.inFunction(false, func() string {
			return fmt.Sprintf("do local function down(n, v2) if n <= 0 then return v2 end %s return down(n - 1, %s) end q(pcall(down, %d, %s)) end", p.assignment(), p.value(1), 1+p.IntN(4), p.value(1))
		})
	case 2:
		return p.inFunction(false, func() string {
			return fmt.Sprintf("do local h = function(v1, v2) %s return v1, v2 end p(h(%s)) end", p.block(), p.values(2))
		})
	case 3: // a chain of functions around
		return p.inFunction(false, func() string {
			return fmt.Sprintf("do local a = %s local h = function() local b = a return function() local c = b return function() %s a = (tonumber(a) or 0) + 1 return a, b, c end end end local k = h()() p(k()) p(k()) p(a) end", p.value(1), p.assignment())
		})
	case 4:
		args := []any{p.multiple(), p.multiple()}
		return p.inFunction(true, func() string {
			return fmt.Sprintf("do local function rest(a, ...) local sum = 0 for i = 1, select('#', ...) do sum = sum + f((select(i, ...))) end %s return sum, a, ... end p(rest(%s)) p((rest(%s))) end", append([]any{p.assignment()}, args...)...)
		})
	case 5:
		return p.inFunction(false, func() string {
			return fmt.Sprintf("do local m = {n = %s} function m:add(x, ...) self.n = f(self.n) + f(x) %s return self end function m.get(s) return s.n, s end p((m:add(%s):add(%s):get())) end", p.value(1), p.assignment(), p.value(1), p.value(2))
		})
	default:
		return p.inFunction(false, func() string {
			return fmt.Sprintf("q(pcall(function() local ok, e = pcall(function() %s error(%s, 0) end) %s return ok, type(e) end))", p.block(), p.value(1), p.assignment())
		})
	}
}

func (p *program) coroutine() string {
	first, second, third := p.multiple(), p.multiple(), p.value(1)
	body := p.loop(p.block)
	return p.inFunction(true, func() string {
		switch p.IntN(3) {
		case 0:
			return fmt.Sprintf("do local g = coroutine.wrap(function(...) for i = 1, 3 do local got = coroutine.yield(i, %s) v1 = got end return ... end) p(g(%s)) p(g(%s)) p(g(3)) end", p.multiple(), first, second)
		case 1:
			return fmt.Sprintf("do local co = coroutine.create(function(a, ...) %s %s = coroutine.yield(a, ...) %s return a end) q(coroutine.resume(co, %s)) q(coroutine.resume(co, %s)) q(coroutine.resume(co)) p(coroutine.status(co)) end",
				p.assignment(), p.list(p.target, 1+p.IntN(2)), p.assignment(), first, third)
		default:
			return fmt.Sprintf("for a, b in coroutine.wrap(function(...) for i = 1, 3 do coroutine.yield(%s and i or f(i), i) end end) do p(a, b) %s end", p.condition(1), body)
		}
	})
}

// chain assigns to variables and, in the same statement, to fields of what they held before.
func (p *program) chain() string {
	place := func() string {
		return p.pick("a", "b", "a.x", "b.x", "a.x.x", "a[1]", "b[a[1]]", "a.x[b[1]]", "v1")
	}
	value := func() string {
		return p.pick("a", "b", "a.x", "b.x", "a.x.x", "a[1]", "#a", "nil", "{x = b}", "two(a, b)", "a.x and b", "not a or b.x", "b[1] == 1 and a", p.value(2))
	}
	body := p.inFunction(false, func() string {
		first := fmt.Sprintf("%s = %s", p.list(place, 2+p.IntN(2)), p.list(value, 1+p.IntN(3)))
		return first + " " + fmt.Sprintf("%s = %s", p.list(place, 2), p.list(value, 2))
	})
	return "do local a = {1, 2, x = {1, 3, x = {4}}} local b, first = {2, 1, x = a}, a " +
		"local ok = pcall(function() " + body + " end) p(ok, a == first, b == first, a, b, first[1], first[2], first.x) end"
}

// large is a list, a call or a function of a size at which compilers do something else.
func (p *program) large() string {
	item := func() string { return p.pick(p.number(), p.local(), "f("+p.local()+")", "true", `"s"`) }
	switch p.IntN(4) {
	case 0:
		n := []int{49, 50, 51, 60, 100, 101}[p.IntN(6)]
		return fmt.Sprintf("do local l = {%s%s} p(l[1], l[2], l[48], l[49], l[50], l[51], l[52], l[53], l[99], l[100], l[101], l.k) end", p.list(item, n),
			p.pick("", ", k = "+p.value(1), ", "+p.multiple(), ", k = f(v1), "+p.multiple(), ", [3] = two(1, 2)", ", k = two(2, 3), 9, k = 4"))
	case 1:
		return fmt.Sprintf("do local function count(...) return select('#', ...), (select(60, ...)), (select(30, ...)) end p(count(%s, %s)) end", p.list(item, 60), p.multiple())
	case 2:
		names, values := make([]string, 170), make([]string, 170)
		for i := range names {
			names[i], values[i] = fmt.Sprint("a", i), fmt.Sprint(i)
		}
		return p.inFunction(false, func() string {
			return fmt.Sprintf("do local h = function(t, o, fs, v1, v2, v3, v4) local %s = %s %s a3, a169 = a169, a3 a5 = (a7 or v1) and a5 %s return a3, a169, a5, v1 end q(pcall(h, t, o, fs, v1, v2, v3, v4)) end",
				strings.Join(names, ","), strings.Join(values, ","), p.assignment(), p.assignment())
		})
	default:
		return fmt.Sprintf("p(%s)", strings.Join(strings.Split(strings.Repeat(item()+" ", 30), " ")[:30], " .. "))
	}
}
