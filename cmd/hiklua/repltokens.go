package main

import (
	"slices"
	"strings"
)

// token is a piece of Lua that is being typed.
type token struct {
	kind tokenKind
	text string // of a string what is between its quotes
	open bool   // a string or comment that does not end
}

type tokenKind int

const (
	nameToken tokenKind = iota
	stringToken
	numberToken
	commentToken
	signToken
)

func (t token) is(sign string) bool { return t.kind == signToken && t.text == sign }

// tokensOf splits Lua as far as it has been typed. What is no Lua makes signs.
func tokensOf(text string) []token {
	var list []token
	for text != "" {
		t, n := tokenOf(text)
		if n == 0 {
			text = text[1:] // a blank
			continue
		}
		list = append(list, t)
		text = text[n:]
	}
	return list
}

func tokenOf(text string) (token, int) {
	c := text[0]
	switch {
	case isBlank(c):
		return token{}, 0
	case isLetter(c):
		n := 1
		for n < len(text) && (isLetter(text[n]) || isDigit(text[n])) {
			n++
		}
		return token{kind: nameToken, text: text[:n]}, n
	case isDigit(c):
		n := 1
		for n < len(text) && (isLetter(text[n]) || isDigit(text[n]) || text[n] == '.' && !strings.HasPrefix(text[n:], "..")) {
			n++
		}
		return token{kind: numberToken, text: text[:n]}, n
	case strings.HasPrefix(text, "--"):
		if t, n := longText(text[2:]); n > 0 {
			return token{kind: commentToken, open: t.open}, 2 + n
		}
		if end := strings.IndexByte(text, '\n'); end >= 0 {
			return token{kind: commentToken}, end
		}
		return token{kind: commentToken, open: true}, len(text)
	case c == '"' || c == '\'':
		for i := 1; i < len(text); i++ {
			switch text[i] {
			case '\\':
				i++
			case c:
				return token{kind: stringToken, text: text[1:i]}, i + 1
			}
		}
		return token{kind: stringToken, text: text[1:], open: true}, len(text)
	}
	if t, n := longText(text); n > 0 {
		return t, n
	}
	for _, sign := range []string{"...", "..", "==", "~=", "<=", ">="} {
		if strings.HasPrefix(text, sign) {
			return token{kind: signToken, text: sign}, len(sign)
		}
	}
	return token{kind: signToken, text: text[:1]}, 1
}

// longText is a string in long brackets.
func longText(text string) (token, int) {
	level := strings.TrimLeft(strings.TrimPrefix(text, "["), "=")
	if !strings.HasPrefix(text, "[") || !strings.HasPrefix(level, "[") {
		return token{}, 0
	}
	begin := len(text) - len(level) + 1
	inside, _, closed := strings.Cut(text[begin:], "]"+text[1:begin-1]+"]")
	if !closed {
		return token{kind: stringToken, text: inside, open: true}, len(text)
	}
	return token{kind: stringToken, text: inside}, begin + len(inside) + begin
}

func isBlank(c byte) bool  { return c == ' ' || c >= '\t' && c <= '\r' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }

// step is what stands behind an expression: .name, :name, [...] or a call.
type step struct {
	sign string // ".", ":", "[", "("
	name string
	args [][]token // of a call
}

// chain is an expression such as hik.device("gate"):channel(1).
type chain struct {
	name  string
	group *chain // in the place of the name: in brackets of its own
	steps []step
}

// chainBefore is the expression that the tokens end with; nil if they don't end
// with one.
func chainBefore(list []token) *chain {
	var steps []step // the last one first
	for len(list) > 0 {
		last := list[len(list)-1]
		switch {
		case last.kind == nameToken && !slices.Contains(luaWords, last.text):
			list = list[:len(list)-1]
			if n := len(list); n > 0 && (list[n-1].is(".") || list[n-1].is(":")) {
				steps = append(steps, step{sign: list[n-1].text, name: last.text})
				list = list[:n-1]
				continue
			}
			slices.Reverse(steps)
			return &chain{name: last.text, steps: steps}
		case last.kind == stringToken && !last.open && len(list) > 1 && endsExpression(list[len(list)-2]):
			steps = append(steps, step{sign: "(", args: [][]token{{last}}})
			list = list[:len(list)-1]
		case last.is(")") || last.is("]") || last.is("}"):
			begin := opening(list)
			if begin < 0 {
				return nil
			}
			inside := list[begin+1 : len(list)-1]
			called := begin > 0 && endsExpression(list[begin-1])
			switch {
			case last.is("]"):
				steps = append(steps, step{sign: "["})
			case called && last.is("}"):
				steps = append(steps, step{sign: "(", args: [][]token{list[begin:]}})
			case called:
				steps = append(steps, step{sign: "(", args: argumentsOf(inside)})
			case last.is(")"):
				slices.Reverse(steps)
				if group := chainBefore(inside); group != nil {
					return &chain{group: group, steps: steps}
				}
				return nil
			default:
				return nil
			}
			list = list[:begin]
		default:
			return nil
		}
	}
	return nil
}

// endsExpression reports whether a bracket or a string behind t is a call.
func endsExpression(t token) bool {
	switch t.kind {
	case nameToken:
		return !slices.Contains(luaWords, t.text)
	case stringToken:
		return false
	}
	return t.is(")") || t.is("]")
}

// opening is where the bracket begins that the tokens end with; -1: nowhere.
func opening(list []token) int {
	depth := 0
	for i, t := range slices.Backward(list) {
		switch {
		case t.is(")") || t.is("]") || t.is("}"):
			depth++
		case t.is("(") || t.is("[") || t.is("{"):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// argumentsOf splits what is between brackets at its commas.
func argumentsOf(list []token) [][]token {
	var args [][]token
	depth, from := 0, 0
	for i, t := range list {
		switch {
		case t.is("(") || t.is("[") || t.is("{"):
			depth++
		case t.is(")") || t.is("]") || t.is("}"):
			depth--
		case t.is(",") && depth == 0:
			args = append(args, list[from:i])
			from = i + 1
		}
	}
	if len(list) > 0 {
		args = append(args, list[from:])
	}
	return args
}

// openCall is the call whose arguments are being typed.
type openCall struct {
	function *chain
	args     [][]token // those before, and the one that is being typed
	table    []token   // what has been typed of a table in that argument; nil: none
	inner    []token   // the same of a table in that table
}

// callAround is the innermost call that the tokens leave open; nil: none. A
// function that is being written inside the arguments hides it.
func callAround(list []token) *openCall {
	depth := 0
	table, inner := -1, -1 // where the open table of the argument begins, and one in it
	for i, t := range slices.Backward(list) {
		switch {
		case t.is(")") || t.is("]") || t.is("}"):
			depth++
		case t.is("(") || t.is("[") || t.is("{"):
			if depth > 0 {
				depth--
				continue
			}
			function := chainBefore(list[:i])
			called := i > 0 && endsExpression(list[i-1])
			switch {
			case t.is("(") && called && function != nil:
				c := &openCall{function: function, args: argumentsOf(list[i+1:])}
				if len(c.args) == 0 || list[len(list)-1].is(",") && table < 0 {
					c.args = append(c.args, nil)
				}
				if table >= 0 {
					c.args = argumentsOf(list[i+1 : table])
					if table == i+1 || !list[table-1].is(",") {
						c.args = append(c.args, nil)
					} else if len(c.args) > 0 && len(c.args[len(c.args)-1]) > 0 {
						c.args = append(c.args, nil)
					}
					c.table = list[table:]
				}
				if inner >= 0 {
					c.inner = list[inner:]
				}
				return c
			case t.is("{") && called && function != nil:
				c := &openCall{function: function, args: [][]token{nil}, table: list[i:]}
				if table >= 0 {
					c.inner = list[table:]
				}
				return c
			case t.is("{"):
				if inner >= 0 {
					return nil
				}
				table, inner = i, table
			default:
				return nil
			}
		case t.kind == nameToken && t.text == "function" && depth == 0 && !slices.ContainsFunc(list[i:], func(t token) bool { return t.text == "end" && t.kind == nameToken }):
			return nil
		case t.kind == stringToken && t.open && i > 0 && i == len(list)-1 && endsExpression(list[i-1]):
			if function := chainBefore(list[:i]); function != nil {
				return &openCall{function: function, args: [][]token{{t}}}
			}
		}
	}
	return nil
}

// chainAfter is the expression that the tokens begin with; nil if they don't.
func chainAfter(list []token) *chain {
	end, depth := 0, 0
	for i, t := range list {
		switch {
		case t.is("(") || t.is("[") || t.is("{"):
			if depth == 0 && (i == 0 || !endsExpression(list[i-1])) {
				return chainBefore(list[:end])
			}
			depth++
			continue
		case t.is(")") || t.is("]") || t.is("}"):
			if depth--; depth < 0 {
				return chainBefore(list[:end])
			}
		case depth > 0 || t.is(".") || t.is(":"):
			continue
		case t.kind == nameToken && (i == 0 || list[i-1].is(".") || list[i-1].is(":")):
		case t.kind == stringToken && i > 0 && endsExpression(list[i-1]):
		default:
			return chainBefore(list[:end])
		}
		if depth == 0 {
			end = i + 1
		}
	}
	return chainBefore(list[:end])
}
