package sandbox

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Lua 5.1's patterns, with what a host needs beside the result: the flag is looked at every few thousand steps, and
// neither recursion nor captures can grow without bound.

const (
	maxCaptures   = 32
	maxMatchDepth = 200  // items of a pattern inside each other on Go's stack
	stepsPerCheck = 4096 // some ten microseconds
)

// What a capture's length says instead of a length.
const (
	open     = -1
	position = -2
)

type capture struct{ start, length int }

// matcher tries a pattern at places of a subject.
type matcher struct {
	L       *lua.LState
	subject string
	pattern string
	level   int // captures begun
	capture [maxCaptures]capture
	steps   int
	depth   int
}

// begin forgets the captures of the last try.
func (m *matcher) begin() { m.level, m.depth = 0, 0 }

func (m *matcher) fail(message string) { raisef(m.L, "%s", message) }

// work counts n steps.
func (m *matcher) work(n int) {
	m.steps += n
	if m.steps >= stepsPerCheck {
		m.check()
	}
}

// check is apart from work, so that work is inlined: it is most of what a pattern does.
func (m *matcher) check() {
	m.pay()
	Check(m.L)
}

// pay has the steps used up: each takes as long as two or three instructions. Few
// are not counted, as in spendOn; nor are those of the last try before an error.
func (m *matcher) pay() {
	if m.steps >= 64 {
		spend(m.L, 2*m.steps)
		m.steps = 0
	}
}

// match tries the pattern from p at s and gives the end of the match, or -1.
func (m *matcher) match(s, p int) int {
	if m.depth++; m.depth > maxMatchDepth {
		m.fail("pattern too complex")
	}
	s = m.try(s, p)
	m.depth--
	return s
}

func (m *matcher) try(s, p int) int {
	for {
		m.work(1)
		if p == len(m.pattern) {
			return s
		}
		switch m.pattern[p] {
		case '(':
			if p+1 < len(m.pattern) && m.pattern[p+1] == ')' {
				return m.open(s, p+2, position)
			}
			return m.open(s, p+1, open)
		case ')':
			return m.close(s, p+1)
		case '$':
			if p+1 == len(m.pattern) {
				if s == len(m.subject) {
					return s
				}
				return -1
			}
		case '%':
			next := byte(0)
			if p+1 < len(m.pattern) {
				next = m.pattern[p+1]
			}
			switch {
			case next == 'b':
				if s = m.balanced(s, p+2); s < 0 {
					return -1
				}
				p += 4
				continue
			case next == 'f':
				p += 2
				if p == len(m.pattern) || m.pattern[p] != '[' {
					m.fail("missing '[' after '%f' in pattern")
				}
				end := m.itemEnd(p)
				if m.inSet(m.at(s-1), p, end-1) || !m.inSet(m.at(s), p, end-1) {
					return -1
				}
				p = end
				continue
			case '0' <= next && next <= '9':
				if s = m.again(s, next); s < 0 {
					return -1
				}
				p += 2
				continue
			}
		}
		end := m.itemEnd(p)
		suffix := byte(0)
		if end < len(m.pattern) {
			suffix = m.pattern[end]
		}
		switch suffix {
		case '?':
			if m.one(s, p, end) {
				if r := m.match(s+1, end+1); r >= 0 {
					return r
				}
			}
			p = end + 1
		case '*':
			return m.most(s, p, end, 0)
		case '+':
			return m.most(s, p, end, 1)
		case '-':
			return m.fewest(s, p, end)
		default:
			if !m.one(s, p, end) {
				return -1
			}
			s++
			p = end
		}
	}
}

// at gives the byte at i; a zero stands before and after the subject.
func (m *matcher) at(i int) byte {
	if i < 0 || i >= len(m.subject) {
		return 0
	}
	return m.subject[i]
}

// most takes as many of the item p..end as there are, at least least, and gives them back one by one.
func (m *matcher) most(s, p, end, least int) int {
	n := 0
	for m.one(s+n, p, end) {
		n++
		m.work(1)
	}
	for ; n >= least; n-- {
		if r := m.match(s+n, end+1); r >= 0 {
			return r
		}
	}
	return -1
}

func (m *matcher) fewest(s, p, end int) int {
	for {
		if r := m.match(s, end+1); r >= 0 {
			return r
		}
		if !m.one(s, p, end) {
			return -1
		}
		s++
	}
}

func (m *matcher) open(s, p, kind int) int {
	if m.level >= maxCaptures {
		m.fail("too many captures")
	}
	m.capture[m.level] = capture{s, kind}
	m.level++
	r := m.match(s, p)
	if r < 0 {
		m.level--
	}
	return r
}

func (m *matcher) close(s, p int) int {
	n := m.level - 1
	for ; n >= 0 && m.capture[n].length != open; n-- {
	}
	if n < 0 {
		m.fail("invalid pattern capture")
	}
	m.capture[n].length = s - m.capture[n].start
	r := m.match(s, p)
	if r < 0 {
		m.capture[n].length = open
	}
	return r
}

// balanced is %bxy, with x and y at p.
func (m *matcher) balanced(s, p int) int {
	if p+1 >= len(m.pattern) {
		m.fail("unbalanced pattern")
	}
	if s >= len(m.subject) || m.subject[s] != m.pattern[p] {
		return -1
	}
	first, last := m.pattern[p], m.pattern[p+1]
	nested := 1
	for i := s + 1; i < len(m.subject); i++ {
		m.work(1)
		switch m.subject[i] {
		case last:
			if nested--; nested == 0 {
				return i + 1
			}
		case first:
			nested++
		}
	}
	return -1
}

// again is a back reference.
func (m *matcher) again(s int, digit byte) int {
	n := int(digit) - '1'
	if n < 0 || n >= m.level || m.capture[n].length == open {
		m.fail("invalid capture index")
	}
	c := m.capture[n]
	if c.length == position {
		return -1
	}
	m.work(c.length / 64)
	if strings.HasPrefix(m.subject[s:], m.subject[c.start:c.start+c.length]) {
		return s + c.length
	}
	return -1
}

// itemEnd gives the end of the single-character item that begins at p.
func (m *matcher) itemEnd(p int) int {
	c := m.pattern[p]
	p++
	switch c {
	case '%':
		if p == len(m.pattern) {
			m.fail("malformed pattern (ends with '%')")
		}
		return p + 1
	case '[':
		if p < len(m.pattern) && m.pattern[p] == '^' {
			p++
		}
		for first := true; ; first = false {
			if p == len(m.pattern) {
				m.fail("malformed pattern (missing ']')")
			}
			c := m.pattern[p]
			p++
			if c == '%' && p < len(m.pattern) {
				p++ // also over %]
			} else if c == ']' && !first {
				m.work(p / 64)
				return p
			}
		}
	}
	return p
}

// one says whether the byte at s is what the item p..end means.
func (m *matcher) one(s, p, end int) bool {
	if s >= len(m.subject) {
		return false
	}
	c := m.subject[s]
	switch m.pattern[p] {
	case '.':
		return true
	case '%':
		return inClass(c, m.pattern[p+1])
	case '[':
		return m.inSet(c, p, end-1)
	}
	return m.pattern[p] == c
}

// inSet says whether c is in the set that begins with [ at p and ends with ] at last.
func (m *matcher) inSet(c byte, p, last int) bool {
	m.work((last - p) / 64)
	found := true
	p++
	if m.pattern[p] == '^' {
		found = false
		p++
	}
	for ; p < last; p++ {
		switch {
		case m.pattern[p] == '%':
			p++
			if inClass(c, m.pattern[p]) {
				return found
			}
		case p+2 < last && m.pattern[p+1] == '-':
			if m.pattern[p] <= c && c <= m.pattern[p+2] {
				return found
			}
			p += 2
		case m.pattern[p] == c:
			return found
		}
	}
	return !found
}

func inClass(c, class byte) bool {
	lower := class | 0x20
	var in bool
	switch lower {
	case 'a':
		in = isAlpha(c)
	case 'c':
		in = c < ' ' || c == 0x7f
	case 'd':
		in = isDigit(c)
	case 'l':
		in = 'a' <= c && c <= 'z'
	case 'p':
		in = '!' <= c && c <= '~' && !isAlpha(c) && !isDigit(c)
	case 's':
		in = c == ' ' || '\t' <= c && c <= '\r'
	case 'u':
		in = 'A' <= c && c <= 'Z'
	case 'w':
		in = isAlpha(c) || isDigit(c)
	case 'x':
		in = isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
	case 'z':
		in = c == 0
	default:
		return class == c
	}
	return in == (class == lower)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isAlpha(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// value gives capture i of a match s..e. Without captures the whole match is capture 0.
func (m *matcher) value(i, s, e int) lua.LValue {
	if i >= m.level {
		if i == 0 {
			return lua.LString(m.subject[s:e])
		}
		m.fail("invalid capture index")
	}
	c := m.capture[i]
	switch c.length {
	case open:
		m.fail("unfinished capture")
	case position:
		return lua.LNumber(c.start + 1)
	}
	return lua.LString(m.subject[c.start : c.start+c.length])
}

// push pushes all captures; the whole match where there are none, unless only captures are wanted.
func (m *matcher) push(s, e int, only bool) int {
	n := m.level
	if n == 0 && !only {
		n = 1
	}
	for i := range n {
		m.L.Push(m.value(i, s, e))
	}
	return n
}
