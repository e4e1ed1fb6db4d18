package sandbox

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// offset turns a position as Lua counts, from 1 or from the end, into an index from 0.
func offset(pos, length int) int {
	if pos < 0 {
		pos += length + 1
	}
	return min(max(pos-1, 0), length)
}

func strFind(L *lua.LState) int  { return find(L, true) }
func strMatch(L *lua.LState) int { return find(L, false) }

func find(L *lua.LState, wantPlace bool) int {
	subject, pattern := checkText(L, 1), checkText(L, 2)
	start := offset(optInteger(L, 3, 1), len(subject))
	if wantPlace && (L.ToBool(4) || !strings.ContainsAny(pattern, "^$*+?.([%-")) {
		i := strings.Index(subject[start:], pattern)
		spendOn(L, len(subject)-start)
		if i < 0 {
			return one(L, lua.LNil)
		}
		L.Push(lua.LNumber(start + i + 1))
		L.Push(lua.LNumber(start + i + len(pattern)))
		return 2
	}
	m := &matcher{L: L, subject: subject, pattern: pattern}
	first, anchored := 0, strings.HasPrefix(pattern, "^")
	if anchored {
		first = 1
	}
	for s := start; s <= len(subject); s++ {
		m.begin()
		if e := m.match(s, first); e >= 0 {
			m.pay()
			if !wantPlace {
				return m.push(s, e, false)
			}
			L.Push(lua.LNumber(s + 1))
			L.Push(lua.LNumber(e))
			return 2 + m.push(s, e, true)
		}
		if anchored {
			break
		}
	}
	m.pay()
	return one(L, lua.LNil)
}

func strGmatch(L *lua.LState) int {
	subject, pattern := checkText(L, 1), checkText(L, 2)
	at := 0
	L.Push(L.NewFunction(func(L *lua.LState) int {
		m := &matcher{L: L, subject: subject, pattern: pattern}
		for ; at <= len(subject); at++ {
			m.begin()
			if e := m.match(at, 0); e >= 0 {
				m.pay()
				s := at
				at = e
				if e == s {
					at++
				}
				return m.push(s, e, false)
			}
		}
		m.pay()
		return one(L, lua.LNil)
	}))
	return 1
}

func strGsub(L *lua.LState) int {
	subject, pattern := checkText(L, 1), checkText(L, 2)
	with := L.Get(3)
	switch with.(type) {
	case lua.LString, lua.LNumber, *lua.LTable, *lua.LFunction:
	default:
		argError(L, 3, "string/function/table expected")
	}
	limit := optInteger(L, 4, len(subject)+1)
	anchored := strings.HasPrefix(pattern, "^")
	first := 0
	if anchored {
		first = 1
	}
	m := &matcher{L: L, subject: subject, pattern: pattern}
	b := builder{L: L}
	at, n := 0, 0
	for n < limit {
		m.begin()
		e := m.match(at, first)
		if e >= 0 {
			n++
			m.replace(&b, with, at, e)
		}
		if e > at {
			at = e
		} else if at < len(subject) {
			b.add(subject[at : at+1])
			at++
		} else {
			break
		}
		if anchored {
			break
		}
	}
	b.add(subject[at:])
	m.pay()
	spendOn(L, b.Len())
	L.Push(lua.LString(b.String()))
	L.Push(lua.LNumber(n))
	return 2
}

// builder is a string under construction that must not outgrow the limit.
type builder struct {
	strings.Builder
	L *lua.LState
}

func (b *builder) add(str string) {
	if b.Len()+len(str) > maxString {
		tooLarge(b.L)
	}
	b.WriteString(str)
}

// replace writes what stands for the match s..e.
func (m *matcher) replace(b *builder, with lua.LValue, s, e int) {
	var value lua.LValue
	switch with := with.(type) {
	case *lua.LTable:
		value = m.L.GetTable(with, m.value(0, s, e))
	case *lua.LFunction:
		m.L.Push(with)
		m.L.Call(m.push(s, e, false), 1)
		value = m.L.Get(-1)
		m.L.Pop(1)
	default:
		m.template(b, Text(with), s, e)
		return
	}
	switch {
	case !lua.LVAsBool(value):
		b.add(m.subject[s:e])
	case lua.LVCanConvToString(value):
		b.add(Text(value))
	default:
		m.fail("invalid replacement value (a " + value.Type().String() + ")")
	}
}

// template writes a replacement string, in which %1 is a capture, %0 the match and %% a percent sign.
func (m *matcher) template(b *builder, text string, s, e int) {
	for {
		i := strings.IndexByte(text, '%')
		if i < 0 || i+1 == len(text) {
			// Lua 5.1 takes C's terminating zero for the character after a percent sign at the end. Left out here.
			b.add(strings.TrimSuffix(text, "%"))
			return
		}
		m.work(1)
		b.add(text[:i])
		switch c := text[i+1]; {
		case c == '0':
			b.add(m.subject[s:e])
		case isDigit(c):
			b.add(Text(m.value(int(c)-'1', s, e)))
		default:
			b.add(text[i+1 : i+2])
		}
		text = text[i+2:]
	}
}
