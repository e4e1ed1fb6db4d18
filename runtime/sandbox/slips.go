package sandbox

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/runtime/nearest"
)

// bits is for the operators on bits of later versions.
const bits = "Lua 5.1 has no operators on bits; bit n of a is math.floor(a / 2^n) % 2"

// foreignOperators are those of other languages and of later versions, longest first.
var foreignOperators = []struct{ symbol, write string }{
	{"===", "use == to compare"}, {"!==", "use ~= for not equal"}, {"!=", "use ~= for not equal"}, {"<>", "use ~= for not equal"},
	{"=<", "use <="}, {"=>", "use >= to compare, or function(...) ... end"}, {"->", "write function(...) ... end"},
	{"&&", "use and"}, {"||", "use or"}, {"??", "use or"}, {"?.", "write x and x.y"}, {"?", "write condition and a or b"}, {"**", "use ^"},
	{"//", "use math.floor(a / b); a comment begins with --"}, {"/*", "a comment stands in --[[ ]]"},
	{"<<", bits + "; a << n is a * 2^n"}, {">>", bits + "; a >> n is math.floor(a / 2^n)"}, {"&", bits}, {"|", bits}, {"~", bits + "; not equal is ~="},
	{"!", "use not"}, {"@", ""}, {"$", ""}, {"\\", ""}, {"`", `text stands in quotes: "..." or [[...]]`},
}

// slip tells an operator that stands here and is none of Lua.
func (p *parser) slip() {
	if p.tok.kind != symbolLexeme {
		return
	}
	if p.tok.is(".") && p.before.kind == stringLexeme {
		p.failAt(p.tok, "unexpected '.': write .. to put texts together")
	}
	for _, o := range foreignOperators {
		if len(o.symbol) < len(p.tok.text) || !bytes.HasPrefix(p.source[p.tok.start:], []byte(o.symbol)) {
			continue
		}
		if o.write == "" {
			p.failAt(p.tok, "unexpected '%s'", o.symbol)
		}
		p.failAt(p.tok, "unexpected '%s': %s", o.symbol, o.write)
	}
}

// blockInBraces is for `if x { ... }`.
func (p *parser) blockInBraces() {
	if p.brace != nil {
		p.failAt(*p.brace, "unexpected '{': a block stands between 'then' or 'do' and 'end'")
	}
}

// colonSlip is for `if x:` and `{key: value}`.
func (p *parser) colonSlip() {
	next := p.peek()
	after := bytes.TrimLeft(p.source[next.end:], " \t")
	calls := next.kind == nameLexeme && len(after) > 0 && strings.IndexByte("({\"'[", after[0]) >= 0
	switch {
	case p.condition != "" && (next.line != p.tok.line || next.kind == endLexeme):
		p.failAt(p.tok, "'%s' ends with 'then' or 'do', not ':'", p.condition)
	case p.before.start == p.key && !calls:
		p.failAt(p.tok, "write = between the key and the value of a table, not ':'")
	}
}

// statementSlip is for what no statement begins with. before is the line of the statement before.
func (p *parser) statementSlip(before int) {
	next := p.peek()
	switch {
	case p.tok.is("=") && before == p.tok.line:
		p.failAt(p.tok, "unexpected '=': one statement assigns once")
	case p.tok.is("="):
		p.failAt(p.tok, "unexpected '=': the statement that begins at line %d goes on to here", before)
	case p.tok.is("+") && p.adjoins("+"):
		p.failAt(p.tok, "unexpected '++': write x = x + 1")
	case p.tok.is("#"):
		p.failAt(p.tok, "unexpected '#': a comment begins with --")
	case p.tok.kind == stringLexeme && next.is(":"):
		p.failAt(p.tok, "put the text into brackets: (%s)", p.tok.text)
	}
	p.slip()
}

// operatorSlip is slip where an operator may follow: what begins like one of Lua counts only if it is not that one.
func (p *parser) operatorSlip() {
	if p.tok.kind != symbolLexeme || p.tok.is("=") && !p.adjoins(">") && !p.adjoins("<") || p.tok.is(":") {
		return
	}
	if p.tok.is("-") && !p.adjoins(">") || p.tok.is("/") && !p.adjoins("/") && !p.adjoins("*") || p.tok.is("*") && !p.adjoins("*") {
		return
	}
	p.slip()
}

// operandSlip is for what stands where a value should.
func (p *parser) operandSlip() {
	p.slip()
	switch {
	case p.tok.is("=") && p.before.is("="):
		p.failAt(p.tok, "unexpected '=': = assigns, == in one piece compares")
	case p.tok.is("=") && (p.before.is("<") || p.before.is(">") || p.before.is("~")):
		p.failAt(p.before, "write %s= without a blank", p.before.text)
	case p.tok.is("+") && p.before.is("+"):
		p.failAt(p.before, "unexpected '++': write x = x + 1")
	case p.tok.is("["):
		p.failAt(p.tok, "unexpected '[': a list is written {1, 2, 3}")
	case p.tok.is("if"):
		p.failAt(p.tok, "'if' gives no value: write condition and a or b")
	case p.tok.is("+"):
		p.failAt(p.tok, "unexpected '+': a number has no + before it")
	}
}

func (p *parser) missingOperand() string {
	if p.before.kind == symbolLexeme || p.before.kind == keywordLexeme {
		if _, operator := binary[p.before.text]; operator || p.before.is("=") || p.before.is("not") || p.before.is("#") {
			return fmt.Sprintf("a value is missing after '%s' %s", p.before.text, p.tok.near())
		}
	}
	if p.tok.kind == endLexeme {
		return "a value is missing near end of file"
	}
	return "unexpected '" + p.tok.text + "'"
}

// lambdaSlip is for (a, b) => ... and x => ...
func (p *parser) lambdaSlip() {
	rest := bytes.TrimLeft(p.source[p.tok.end:], " \t")
	if bytes.HasPrefix(rest, []byte("=>")) || bytes.HasPrefix(rest, []byte("->")) {
		at := p.tok
		at.col = p.peek().col
		p.failAt(at, "unexpected '%s': write >= to compare, or function(%s) return ... end", rest[:2], p.tok.text)
	}
}

// foreignStatement is for words that begin a statement in other languages, and for slips in those of Lua. They count where
// a name makes no sense: before another name or a value.
func (p *parser) foreignStatement() {
	at, next := p.tok, p.peek()
	sameLine := next.line == at.line && next.kind != endLexeme
	value := sameLine && next.start > at.end && (next.kind == nameLexeme || next.kind == numberLexeme || next.kind == keywordLexeme && !next.is("and") && !next.is("or"))
	switch word := at.text; {
	case word == "continue" && !next.is("=") && !next.is("(") && !next.is(".") && !next.is(",") && !next.is(":") && !next.is("["):
		p.failAt(at, "Lua has no 'continue': write goto continue, and ::continue:: before the 'end' of the loop")
	case !value && !(sameLine && next.is("(") && slices.Contains([]string{"elif", "elsif", "elseif", "switch"}, word)):
	case word == "switch" || word == "case":
		p.failAt(at, "Lua has no '%s': write if ... then ... elseif ... then ... end", word)
	case word == "elif" || word == "elsif" || word == "elseIf":
		p.failAt(at, "write 'elseif', not '%s'", word)
	case slices.Contains([]string{"def", "fn", "func", "fun", "sub", "proc"}, word):
		p.failAt(at, "write 'function', not '%s'", word)
	case slices.Contains([]string{"var", "let", "const", "int", "float", "double", "string", "bool", "auto", "my", "dim"}, word) && next.kind == nameLexeme:
		p.failAt(at, "write 'local', not '%s'", word)
	case word == "import" || word == "include" || word == "using" || word == "from":
		p.failAt(at, `write require "name", not '%s'`, word)
	case word == "foreach":
		p.failAt(at, "write for key, value in pairs(t) do ... end")
	case word == "try" || word == "catch" || word == "throw" || word == "raise":
		p.failAt(at, "Lua has no '%s': use pcall(...) and error(...)", word)
	case word == "class":
		p.failAt(at, "Lua has no 'class': use a table and setmetatable")
	default:
		if near := nearest.Word(word, slices.Sorted(maps.Keys(keywords))); near != "" && (len(word) > 3 || sameLetters(word, near)) {
			p.failAt(at, "unexpected '%s': did you mean '%s'?", word, near)
		}
		if next.kind != nameLexeme && (next.kind == numberLexeme || next.is("nil") || next.is("true") || next.is("false")) {
			p.failAt(next, "'(' expected after '%s': write %s(%s)", word, word, next.text)
		}
		p.failAt(next, "'=' or '(' expected after '%s' near '%s'", word, next.text)
	}
}

func sameLetters(a, b string) bool {
	x, y := []byte(a), []byte(b)
	slices.Sort(x)
	slices.Sort(y)
	return bytes.Equal(x, y)
}

// peek gives the token after the current one.
func (p *parser) peek() (l lexeme) {
	saved := p.lexer
	defer func() {
		p.lexer = saved
		if recover() != nil {
			l = lexeme{kind: endLexeme}
		}
	}()
	return p.lexer.next()
}

// foreignLocal is for `local func f()`.
func (p *parser) foreignLocal() {
	if p.tok.kind != nameLexeme {
		return
	}
	if next := p.peek(); next.kind == nameLexeme && next.line == p.tok.line {
		switch near := nearest.Word(p.tok.text, []string{"function"}); {
		case near != "", p.tok.text == "fn", p.tok.text == "def":
			p.failAt(p.tok, "write 'local function', not 'local %s'", p.tok.text)
		}
		p.failAt(next, "'=' or ',' expected after 'local %s' near '%s'", p.tok.text, next.text)
	}
}

// attribute is for `local x <const>` of Lua 5.4.
func (p *parser) attribute() {
	if name := p.peek().text; p.tok.is("<") && bytes.HasPrefix(bytes.TrimLeft(p.source[p.tok.end:], " "), []byte(name+">")) {
		at := p.tok
		p.failAt(at, "'<%s>' is of Lua 5.4: leave it out", name)
	}
}

// localSlip is for what follows the names of a local statement and is no '='.
func (p *parser) localSlip() {
	name := p.before.text
	switch {
	case p.tok.is("."), p.tok.is("["):
		p.failAt(p.tok, "a local variable has a plain name: leave 'local' out to set a field")
	case p.tok.is(":") && p.adjoins("="), p.tok.is("=="):
		p.failAt(p.tok, "write = to give '%s' a value", name)
	case p.tok.is(":"):
		p.failAt(p.tok, "a variable has no type: write local %s = ...", name)
	case p.tok.is("("):
		p.failAt(p.tok, "write local function %s(...), or leave 'local' out to call it", name)
	case p.compound() != "":
		p.failAt(p.tok, "unexpected '%s=': write local %s = ...", p.compound(), name)
	case p.tok.kind == stringLexeme, p.tok.kind == numberLexeme, p.tok.is("{"):
		p.failAt(p.tok, "'=' expected after 'local %s' near '%s'", name, p.tok.text)
	}
	p.slip()
}

// compound is the operator of `x += 1`.
func (p *parser) compound() string {
	for _, operator := range []string{"+", "-", "*", "/", "%", "^", "..", "or", "and"} {
		if p.tok.text == operator && p.adjoins("=") && !p.adjoins("==") {
			return operator
		}
	}
	for _, operator := range []string{"//", "&&", "||", "??", "<<", ">>", "&", "|", "**"} {
		if p.tok.kind == symbolLexeme && bytes.HasPrefix(p.source[p.tok.start:], []byte(operator+"=")) {
			return operator
		}
	}
	return ""
}

// target is the text of an assignment's left side, as far as it can be shown.
func (p *parser) target(first lexeme) string {
	text := string(p.source[first.start:p.before.end])
	if len(text) > 40 || strings.ContainsAny(text, "\r\n") {
		return "x"
	}
	return text
}

// assignmentSlip is for a statement that is neither a call nor an assignment.
func (p *parser) assignmentSlip(first lexeme) {
	target := p.target(first)
	same := p.tok.line == p.before.line
	switch operator := p.compound(); {
	case operator != "":
		write, ok := map[string]string{"//": "math.floor(%[1]s / ...)", "&&": "%[1]s and ...", "||": "%[1]s or ...", "??": "%[1]s or ...", "**": "%[1]s ^ ..."}[operator]
		if !ok {
			write = "%[1]s " + strings.ReplaceAll(operator, "%", "%%") + " ..."
		}
		if strings.ContainsAny(operator, "&|<>") && !ok {
			p.failAt(p.tok, "unexpected '%s=': %s", operator, bits)
		}
		p.failAt(p.tok, "unexpected '%s=': write %s = %s", operator, target, fmt.Sprintf(write, target))
	case p.tok.is("+") && p.adjoins("+"):
		p.failAt(p.tok, "unexpected '++': write %s = %s + 1", target, target)
	case bytes.HasPrefix(p.source[p.before.end:], []byte("--")) && first.kind == nameLexeme:
		p.failAt(lexeme{line: p.before.line, col: p.before.col + p.before.end - p.before.start}, "'--' begins a comment: write %s = %s - 1", target, target)
	case p.tok.is("=="):
		p.failAt(p.tok, "'==' compares: write = to assign")
	case p.tok.is(":") && p.adjoins("="):
		p.failAt(p.tok, "unexpected ':=': write = to assign")
	}
	if same {
		p.slip()
	}
	if p.tok.kind == numberLexeme && p.tok.text[0] == '.' {
		p.failAt(p.tok, "write %s[%s]", target, p.tok.text[1:])
	}
	if same && p.tok.kind != endLexeme {
		p.failAt(p.tok, "'=' or '(' expected after '%s' near '%s'", target, p.tok.text)
	}
	if near := nearest.Word(target, []string{"end", "else", "break", "return", "repeat", "until", "then"}); near != "" && (len(target) > 3 || sameLetters(target, near)) {
		p.failAt(first, "unexpected '%s': did you mean '%s'?", target, near)
	}
	message := fmt.Sprintf("'%s' alone does nothing: call it with (...) or assign with =", target)
	if p.tok.kind == endLexeme {
		p.failUnfinished(first.line, first.col, "%s", message)
	}
	p.failAt(first, "%s", message)
}
