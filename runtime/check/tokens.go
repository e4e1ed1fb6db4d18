package check

import (
	"bytes"
	"unicode/utf8"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// position is a place in a file: line and column from 1, the column in
// characters.
type position struct{ line, col int }

// tokens gives places to nodes. The parser keeps only lines, but a walk in the
// order of the text meets names, strings and numbers in the order of the
// tokens.
type tokens struct {
	list []ast.Token
	next int
	text [][]byte // lines
}

func scan(source []byte, name string) *tokens {
	t := &tokens{text: bytes.Split(source, []byte("\n"))}
	scanner := parse.NewScanner(bytes.NewReader(source), name)
	for {
		token, err := scanner.Scan(&parse.Lexer{})
		if err != nil || token.Type == parse.EOF {
			return t
		}
		t.list = append(t.list, token)
	}
}

// find gives the place of the next token with that text, and goes on behind it.
func (t *tokens) find(text string) position {
	for i := t.next; i < len(t.list); i++ {
		if t.list[i].Str == text {
			t.next = i + 1
			return t.at(t.list[i])
		}
	}
	return position{}
}

// on is find for a node whose line is known; nothing is passed over if the
// text is not there.
func (t *tokens) on(line int, text string) position {
	for i := t.next; i < len(t.list) && t.list[i].Pos.Line <= line; i++ {
		if t.list[i].Pos.Line == line && t.list[i].Str == text {
			t.next = i + 1
			return t.at(t.list[i])
		}
	}
	return position{line: line}
}

// at counts characters where the scanner counts bytes.
func (t *tokens) at(token ast.Token) position {
	p := position{line: token.Pos.Line, col: token.Pos.Column}
	if p.line >= 1 && p.line <= len(t.text) {
		before := t.text[p.line-1]
		before = before[:min(max(p.col-1, 0), len(before))]
		p.col = utf8.RuneCount(before) + 1
	}
	return p
}
