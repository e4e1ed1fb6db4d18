package sandbox

import (
	"bytes"
	"fmt"
)

// explain finds what is wrong with a source that gopher-lua's parser refused, which tells little more than the line. It reads
// the grammar of Lua 5.1, knows which block or bracket is open, and what people write who come from other languages. nil:
// nothing is wrong as far as it can see.
func explain(source []byte, file string) *SyntaxError {
	p := &parser{lexer: lexer{file: file, source: source, line: 1}, key: -1}
	found := p.read()
	if p.ambiguous != nil {
		return p.ambiguous
	}
	return found
}

// ambiguity finds a call whose ( begins a line, in a source that gopher-lua reads.
func ambiguity(source []byte, file string) *SyntaxError {
	p := &parser{lexer: lexer{file: file, source: source, line: 1}, key: -1}
	p.read()
	return p.ambiguous
}

// read tells the first error.
func (p *parser) read() (found *SyntaxError) {
	defer reported(&found)
	p.advance()
	p.block("")
	switch {
	case p.tok.is("end"):
		p.unexpected("'end' closes nothing: no block is open here")
	case p.tok.is("until"):
		p.unexpected("'until' without 'repeat'")
	case p.tok.kind != endLexeme:
		p.unexpected("'" + p.tok.text + "' without 'if'")
	}
	return nil
}

// parser is one token ahead.
type parser struct {
	lexer
	tok, before lexeme
	depth       int
	began       int       // line of the last statement
	condition   string    // "if" or "while" while its condition is read
	brace       *lexeme   // a { where a block may have been meant
	key         int       // where an item of a table begins that may be its key, else -1
	brackets    int       // that are open
	misplaced   *unclosed // the first block whose `end` stands further left than its beginning
	braced      *unclosed // the first table whose `}` does
	elseIfs     []lexeme  // `if` behind `else` on one line
	ambiguous   *SyntaxError
}

// unclosed is a block or bracket that is not closed yet.
type unclosed struct {
	word   string // "for", "(" and so on
	start  int    // offset in the source
	line   int
	indent int // of the line
}

func (p *parser) advance() {
	p.before = p.tok
	p.tok = p.lexer.next()
}

// accept goes on behind a keyword or symbol, if it stands here.
func (p *parser) accept(text string) bool {
	if !p.tok.is(text) {
		return false
	}
	p.advance()
	return true
}

// adjoins says whether text follows the current token immediately.
func (p *parser) adjoins(text string) bool {
	return bytes.HasPrefix(p.source[p.tok.end:], []byte(text))
}

// fail reports an error at a token.
func (p *parser) failAt(at lexeme, format string, args ...any) {
	p.lexer.fail(at.line, at.col, format, args...)
}

// unexpected reports the current token. What is open at the end of the file may go on.
func (p *parser) unexpected(message string) {
	p.blockInBraces()
	if p.tok.kind != endLexeme {
		p.failAt(p.tok, "%s", message)
	}
	line := bytes.Count(bytes.TrimRight(p.source, "\r\n"), []byte("\n")) + 1
	p.failUnfinished(line, 0, "%s", message)
}

// expect is for what must stand here. A slip from another language is told first.
func (p *parser) expect(text, where string) {
	if p.accept(text) {
		return
	}
	p.slip()
	p.unexpected(fmt.Sprintf("'%s' expected%s %s", text, where, p.tok.near()))
}

// enter bounds the recursion. Nothing is found beyond; the parser refuses such a source.
func (p *parser) enter() {
	if p.depth++; p.depth > 4*maxNesting {
		panic(&SyntaxError{File: p.file, Line: p.tok.line, Message: tooDeep})
	}
}

func (p *parser) leave() { p.depth-- }

// begin notes a block or bracket that begins with a token.
func (p *parser) begin(at lexeme) unclosed {
	bol := bytes.LastIndexByte(p.source[:at.start], '\n') + 1
	text := p.source[bol:]
	return unclosed{word: at.text, start: at.start, line: at.line, indent: len(text) - len(bytes.TrimLeft(text, " \t"))}
}

// finish closes a block or bracket with a word.
func (p *parser) finish(o unclosed, word string) {
	if p.tok.is(word) {
		closing := p.begin(p.tok)
		first := len(bytes.TrimLeft(p.source[p.bolOf(p.tok):p.tok.start], " \t")) == 0
		if first && closing.line > o.line && closing.indent < o.indent {
			p.misplace(o, word)
		}
		p.advance()
		return
	}
	p.slip()
	if word == "end" && p.misplaced != nil {
		o = *p.misplaced
	}
	message := fmt.Sprintf("'%s' expected to close '%s' at line %d %s", word, o.word, o.line, p.tok.near())
	if o.word == "if" {
		for _, inner := range p.elseIfs {
			if inner.start > o.start {
				message += fmt.Sprintf("; 'else if' at line %d begins one more block: write 'elseif'", inner.line)
				break
			}
		}
	}
	p.unexpected(message)
}

// misplace notes what is closed by a word that was probably meant for what is around.
func (p *parser) misplace(o unclosed, word string) {
	switch {
	case word == "end" && p.misplaced == nil:
		p.misplaced = &o
	case word == "}" && p.braced == nil:
		p.braced = &o
	}
}

func (p *parser) bolOf(at lexeme) int { return bytes.LastIndexByte(p.source[:at.start], '\n') + 1 }

// block reads statements up to a word that closes one. in is the word it began with, empty for the file.
func (p *parser) block(in string) {
	p.enter()
	defer p.leave()
	for p.tok.kind != endLexeme {
		switch {
		case p.tok.is("end"), p.tok.is("else"), p.tok.is("elseif"), p.tok.is("until"):
			return
		case in != "" && p.brackets > 0 && (p.tok.is(")") || p.tok.is("}") || p.tok.is("]")):
			return
		case p.accept(";"):
			continue
		case p.tok.is("return"):
			p.returns(in)
			return
		}
		p.statement()
	}
}

func (p *parser) returns(in string) {
	at := p.begin(p.tok)
	p.advance()
	if !p.blockEnds() && !p.tok.is(";") {
		p.expressions()
	}
	for p.accept(";") {
	}
	if !p.blockEnds() {
		p.slip()
		if line := p.begin(p.tok); in != "" && line.line > at.line && line.indent < at.indent {
			return // the 'end' of the block around is missing
		}
		p.failAt(p.tok, "'return' must be the last statement of its block, but '%s' follows; to leave here write: do return end", p.tok.text)
	}
}

func (p *parser) blockEnds() bool {
	return p.tok.kind == endLexeme || p.tok.is("end") || p.tok.is("else") || p.tok.is("elseif") || p.tok.is("until")
}
