package sandbox

import "fmt"

// binary are the operators of Lua with their binding powers to the left and to the right.
var binary = map[string][2]int{
	"or": {1, 1}, "and": {2, 2}, "<": {3, 3}, ">": {3, 3}, "<=": {3, 3}, ">=": {3, 3}, "~=": {3, 3}, "==": {3, 3}, "..": {5, 4},
	"+": {6, 6}, "-": {6, 6}, "*": {7, 7}, "/": {7, 7}, "%": {7, 7}, "^": {10, 9},
}

const unaryPower = 8

func (p *parser) expressions() {
	p.expression()
	for p.accept(",") {
		p.expression()
	}
}

func (p *parser) expression() { p.operation(0) }

// inside reads what stands in brackets.
func (p *parser) inside(read func()) {
	p.brackets++
	read()
	p.brackets--
}

func (p *parser) operation(limit int) {
	p.enter()
	defer p.leave()
	if p.tok.is("not") || p.tok.is("-") || p.tok.is("#") {
		p.advance()
		p.operation(unaryPower)
	} else {
		p.simple()
	}
	for {
		p.operatorSlip()
		power, ok := binary[p.tok.text]
		if !ok || p.tok.kind != symbolLexeme && p.tok.kind != keywordLexeme || power[0] <= limit {
			return
		}
		p.advance()
		p.operation(power[1])
	}
}

func (p *parser) simple() {
	switch {
	case p.tok.kind == stringLexeme, p.tok.kind == numberLexeme, p.tok.is("nil"), p.tok.is("true"), p.tok.is("false"), p.tok.is("..."):
		p.advance()
		if p.before.kind == stringLexeme && (p.tok.is(":") || p.tok.is(".")) && !p.adjoins(":") && p.tok.line == p.before.line {
			if p.depth > 0 && p.nextIsName() {
				p.failAt(p.before, "put the text into brackets: (%s)%s", p.before.text, p.tok.text)
			}
		}
	case p.tok.is("{"):
		p.table()
	case p.tok.is("function"):
		o := p.begin(p.tok)
		p.advance()
		if p.tok.kind == nameLexeme {
			p.failAt(p.tok, "a function in an expression has no name: write function(...), or local function %s(...) before", p.tok.text)
		}
		p.functionBody(o)
	default:
		p.suffixed()
	}
}

func (p *parser) nextIsName() bool {
	if p.tok.end >= len(p.source) {
		return false
	}
	c := p.source[p.tok.end]
	return isWordByte(c) && !('0' <= c && c <= '9')
}

// suffixed is a variable, a field, a call, or something in brackets; it tells whether it ends with a call.
func (p *parser) suffixed() (call bool) {
	switch {
	case p.tok.kind == nameLexeme:
		p.lambdaSlip()
		p.advance()
	case p.tok.is("("):
		o := p.begin(p.tok)
		after := p.before
		p.advance()
		if p.tok.is(")") && after.is("end") && after.end == o.start {
			p.failAt(p.tok, "a function that is called at once stands in brackets: (function() ... end)()")
		}
		if p.tok.is(")") {
			p.failAt(p.tok, "there is nothing between the brackets; a function is written function() ... end")
		}
		p.inside(p.expression)
		p.closing(o, ")")
	default:
		p.operandSlip()
		p.unexpected(p.missingOperand())
	}
	for {
		switch {
		case p.tok.is("."):
			p.advance()
			p.name("a field's name after '.'")
			call = false
		case p.tok.is("["):
			o := p.begin(p.tok)
			p.advance()
			p.inside(p.expression)
			p.closing(o, "]")
			call = false
		case p.tok.is(":"):
			if p.adjoins("=") {
				p.failAt(p.tok, "unexpected ':=': write = to assign")
			}
			p.colonSlip()
			at := p.tok
			p.advance()
			p.name("a method's name after ':'")
			if !p.tok.is("(") && !p.tok.is("{") && p.tok.kind != stringLexeme {
				p.failAt(at, "method '%s' is not called: write :%s(...), or .%s for a field", p.before.text, p.before.text, p.before.text)
			}
			p.arguments()
			call = true
		case p.tok.is("("), p.tok.is("{"), p.tok.kind == stringLexeme:
			p.arguments()
			call = true
		default:
			return call
		}
	}
}

func (p *parser) arguments() {
	switch {
	case p.tok.kind == stringLexeme:
		p.advance()
	case p.tok.is("{"):
		if p.condition != "" && p.brace == nil {
			at := p.tok
			p.brace = &at
		}
		p.table()
	default:
		if p.ambiguous == nil && p.beginsLine(p.before, p.tok) {
			p.ambiguous = &SyntaxError{File: p.file, Line: p.tok.line, Col: p.tok.col,
				Message: "'(' begins a line, but goes on with the one before, as a call: write ; before it, or put it on that line"}
		}
		o := p.begin(p.tok)
		p.advance()
		if p.accept(")") {
			return
		}
		p.inside(p.expressions)
		if p.tok.is("=") && p.before.kind == nameLexeme {
			p.failAt(p.tok, "arguments have no names: write {%s = ...} for a table of options, or == to compare", p.before.text)
		}
		p.closing(o, ")")
	}
}

// closing is for brackets in expressions.
func (p *parser) closing(o unclosed, bracket string) {
	if p.tok.is("=") {
		p.failAt(p.tok, "'=' assigns: use == to compare")
	}
	if p.tok.kind == endLexeme || p.tok.line > o.line {
		p.finish(o, bracket)
		return
	}
	if p.accept(bracket) {
		return
	}
	p.slip()
	if p.before.kind == stringLexeme && p.tok.start == p.before.end {
		p.failAt(p.tok, "the text %s ends before this: write \\%c for a quote inside it", p.before.text, p.before.text[0])
	}
	if starts(p.tok) && bracket == ")" {
		p.unexpected(fmt.Sprintf("',' or ')' expected %s", p.tok.near()))
	}
	p.unexpected(fmt.Sprintf("'%s' expected to close '%s' at line %d %s", bracket, o.word, o.line, p.tok.near()))
}

// starts says whether a token can begin an expression.
func starts(l lexeme) bool {
	return l.kind == nameLexeme || l.kind == stringLexeme || l.kind == numberLexeme || l.is("nil") || l.is("true") || l.is("false") ||
		l.is("{") || l.is("function")
}

func (p *parser) table() {
	o := p.begin(p.tok)
	p.advance()
	for !p.tok.is("}") && p.tok.kind != endLexeme {
		at := p.tok
		if p.accept("[") {
			p.expression()
			p.closing(unclosed{word: "[", line: at.line}, "]")
			p.expect("=", " after the key in [ ]")
			p.inside(p.expression)
		} else {
			p.inside(func() { p.field(at) })
		}
		if p.tok.is(",") || p.tok.is(";") {
			p.advance()
			continue
		}
		if p.tok.kind == endLexeme || p.tok.is("}") {
			break
		}
		p.slip()
		p.blockInBraces()
		if starts(p.tok) || p.tok.is("[") {
			if p.braced != nil && p.braced.start > o.start {
				p.failAt(p.tok, "'}' expected to close '{' at line %d %s", p.braced.line, p.tok.near())
			}
			p.failAt(p.tok, "',' expected before '%s' in the table that begins at line %d", p.tok.text, o.line)
		}
		break
	}
	p.finish(o, "}")
}

// field is one item of a table without brackets around its key.
func (p *parser) field(at lexeme) {
	p.key = at.start
	p.expression()
	p.key = -1
	alone := p.before.start == at.start
	switch {
	case p.tok.is("="):
		if at.kind == stringLexeme && alone {
			p.failAt(at, "a key in quotes stands in brackets: [%s] = ...", at.text)
		}
		if at.kind == numberLexeme && alone {
			p.failAt(at, "a number as a key stands in brackets: [%s] = ...", at.text)
		}
		if at.kind != nameLexeme || !alone {
			p.failAt(p.tok, "the key before '=' is a name, or stands in brackets: [key] = ...")
		}
		p.advance()
		p.expression()
	case p.tok.is(":") && alone:
		p.failAt(p.tok, "write = between the key and the value of a table, not ':'")
	}
}
