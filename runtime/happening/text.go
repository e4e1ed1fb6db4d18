package happening

import (
	"fmt"
	"unicode/utf8"

	"github.com/hiklua/hiklua/runtime/site"
)

// word is one word of a line with its place.
type word struct {
	text string
	at   int // byte in the line
}

// words are those of a line up to a comment.
func wordsOf(line string) []word {
	var all []word
	begin := -1
	for i := 0; i <= len(line); i++ {
		if space := i == len(line) || line[i] == ' ' || line[i] == '\t' || line[i] == '\r'; !space {
			if begin < 0 {
				if line[i] == '#' {
					break
				}
				begin = i
			}
			continue
		}
		if begin >= 0 {
			all = append(all, word{line[begin:i], begin})
			begin = -1
		}
	}
	return all
}

// parser reads the words of one line. The first mistake ends a line.
type parser struct {
	site *site.Site
	file string
	line int
	text string
	left []word
	over int // where the last word ends

	problem *site.Problem
}

// next takes the next word; ok is false at the end.
func (p *parser) next() (w word, ok bool) {
	if len(p.left) == 0 {
		return word{at: p.over}, false
	}
	w, p.left = p.left[0], p.left[1:]
	p.over = w.at + len(w.text)
	return w, true
}

// peek is the next word, "" at the end.
func (p *parser) peek() string {
	if len(p.left) == 0 {
		return ""
	}
	return p.left[0].text
}

// refuse notes what is wrong at a word, unless something is already.
func (p *parser) refuse(at word, format string, args ...any) {
	if p.problem == nil {
		p.problem = &site.Problem{File: p.file, Line: p.line, Col: utf8.RuneCountInString(p.text[:at.at]) + 1, Message: fmt.Sprintf(format, args...)}
	}
}

// end refuses what is left over.
func (p *parser) end() {
	if w, more := p.next(); more {
		p.refuse(w, "%q is one word too many", w.text)
	}
}
