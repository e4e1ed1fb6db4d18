package sandbox

import (
	"fmt"
	"strings"
)

// statement reads one, up to the token behind it.
func (p *parser) statement() {
	p.enter()
	defer p.leave()
	at := p.tok
	o := p.begin(at)
	began := p.began
	p.began = at.line
	switch {
	case at.kind == nameLexeme:
		p.foreignStatement()
		p.expressionStatement()
	case p.accept("if"):
		p.ifStatement(o)
	case p.accept("while"):
		p.conditionOf(o)
		p.expectOpening("do", "then", o)
		p.block("while")
		p.finish(o, "end")
	case p.accept("do"):
		p.block("do")
		p.finish(o, "end")
	case p.accept("for"):
		p.forStatement(o)
	case p.accept("repeat"):
		p.block("repeat")
		p.finish(o, "until")
		p.expression()
	case p.accept("function"):
		p.name("the function's name")
		for p.tok.is(".") || p.tok.is(":") {
			method := p.tok.is(":")
			p.advance()
			p.name("a name")
			if method {
				break
			}
		}
		p.functionBody(o)
	case p.accept("local"):
		p.localStatement(o)
	case p.accept("break"):
	case p.accept("goto"):
		p.name("the name of a label")
	case p.accept("::"):
		p.name("the name of a label")
		p.expect("::", " behind the name of the label")
	default:
		if at.is("(") {
			p.expressionStatement()
			return
		}
		p.statementSlip(began)
		p.unexpected("unexpected " + strings.TrimPrefix(at.near(), "near "))
	}
}

func (p *parser) ifStatement(o unclosed) {
	p.conditionOf(o)
	p.expectOpening("then", "do", o)
	p.block("if")
	for p.tok.is("elseif") {
		at := p.begin(p.tok)
		p.advance()
		p.conditionOf(at)
		p.expectOpening("then", "do", at)
		p.block("if")
	}
	if p.tok.is("else") {
		line := p.tok.line
		p.advance()
		if p.tok.is("if") && p.tok.line == line {
			p.elseIfs = append(p.elseIfs, p.tok)
		}
		p.block("else")
		if p.tok.is("elseif") || p.tok.is("else") {
			p.failAt(p.tok, "'%s' after the 'else' at line %d, which must be the last part of the 'if' at line %d", p.tok.text, line, o.line)
		}
	}
	p.finish(o, "end")
}

func (p *parser) conditionOf(o unclosed) {
	p.condition, p.brace = o.word, nil
	p.expression()
	p.condition = ""
}

// expectOpening is for then and do.
func (p *parser) expectOpening(word, other string, o unclosed) {
	switch {
	case p.accept(word):
		p.brace = nil
	case p.tok.is("="):
		p.failAt(p.tok, "'=' assigns: use == to compare")
	case p.tok.is(other), p.tok.is("{"), p.tok.is(":") && !p.adjoins(":"):
		p.failAt(p.tok, "'%s' expected after '%s', not '%s'", word, o.word, p.tok.text)
	default:
		p.slip()
		p.unexpected(fmt.Sprintf("'%s' expected to go with '%s' at line %d %s", word, o.word, o.line, p.tok.near()))
	}
}

func (p *parser) forStatement(o unclosed) {
	if p.tok.is("(") {
		p.failAt(p.tok, "'for' takes no brackets: for i = 1, 10 do ... end, or for key, value in pairs(t) do ... end")
	}
	p.name("the variable of 'for'")
	switch {
	case p.accept("="):
		p.expression()
		if !p.tok.is(",") {
			p.slip()
			p.unexpected("',' expected between the first and the last value of 'for' " + p.tok.near())
		}
		p.advance()
		p.expression()
		if p.accept(",") {
			p.expression()
		}
	case p.tok.is(","), p.tok.is("in"):
		for p.accept(",") {
			p.name("a variable of 'for'")
		}
		p.expect("in", " after the variables of 'for'")
		p.expressions()
	default:
		if p.tok.text == "of" {
			p.failAt(p.tok, "write in pairs(...) or in ipairs(...), not 'of'")
		}
		p.unexpected("'=' or 'in' expected after the variable of 'for' " + p.tok.near())
	}
	p.expectOpening("do", "then", o)
	p.block("for")
	p.finish(o, "end")
}

func (p *parser) localStatement(o unclosed) {
	if p.accept("function") {
		p.name("the function's name")
		if p.tok.is(".") || p.tok.is(":") {
			p.failAt(p.tok, "a local function has a plain name: leave 'local' out to put it into a table")
		}
		o.word = "function"
		p.functionBody(o)
		return
	}
	p.foreignLocal()
	p.name("a variable's name after 'local'")
	p.attribute()
	for p.accept(",") {
		p.name("a variable's name")
		p.attribute()
	}
	if p.accept("=") {
		p.expressions()
		return
	}
	p.localSlip()
}

func (p *parser) functionBody(o unclosed) {
	at := p.tok
	p.expect("(", " before the parameters of the function")
	for !p.tok.is(")") {
		if p.accept("...") {
			break
		}
		p.name("a parameter")
		if p.tok.is("=") {
			p.failAt(p.tok, "parameters have no default values: write %s = %s or ... in the function", p.before.text, p.before.text)
		}
		if !p.accept(",") {
			break
		}
	}
	p.finish(p.begin(at), ")")
	if p.tok.is("{") {
		p.failAt(p.tok, "unexpected '{': what a function does stands between its brackets and 'end'")
	}
	p.block("function")
	p.finish(o, "end")
}

// name is for names. A reserved word is none.
func (p *parser) name(what string) {
	if p.tok.kind == nameLexeme {
		p.advance()
		return
	}
	if p.tok.kind == keywordLexeme {
		p.failAt(p.tok, "%s expected, but '%s' is a word of Lua", what, p.tok.text)
	}
	p.slip()
	p.unexpected(what + " expected " + p.tok.near())
}

// assignable refuses targets that are none, before '=' or ','.
func (p *parser) assignable(call bool) {
	switch {
	case call:
		p.failAt(p.tok, "the result of a call can't be assigned to: use == to compare")
	case p.before.is(")"):
		p.failAt(p.tok, "what stands in brackets can't be assigned to: leave them out, or use == to compare")
	}
}

// expressionStatement is a call or an assignment.
func (p *parser) expressionStatement() {
	first := p.tok
	call := p.suffixed()
	if p.tok.is("=") || p.tok.is(",") {
		if call && p.tok.is(",") && p.before.kind == stringLexeme {
			p.failAt(p.tok, "more than one argument stands in brackets: write %s(...)", first.text)
		}
		p.assignable(call)
		for p.accept(",") {
			p.assignable(p.suffixed())
		}
		p.expect("=", " in the assignment")
		p.expressions()
		return
	}
	if call {
		return
	}
	p.assignmentSlip(first)
}
