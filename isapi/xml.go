package isapi

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What a document may cost. Real ones stay below 50 kB, 2,000 elements and a
// depth of 12.
const (
	maxXMLDepth = 64
	maxXMLAttrs = 1000 // of one element
	maxXMLNodes = 100_000
)

// Node is one element of a device's answer. Names are local: devices disagree
// about namespaces and the same document comes with four of them or none.
// All methods may be called on nil, so that a chain over missing fields works.
type Node struct {
	Name     string
	Attrs    []Attr
	Text     string // character data of the element itself, trimmed
	Children []*Node
}

// Attr is an attribute of an element, by its local name.
type Attr struct{ Name, Value string }

var errNoXML = errors.New("no XML document")

// ParseXML reads a document as devices write it: with a byte order mark or
// blank lines before the prolog, in any charset, with bare "&" and "<",
// attributes without quotes, end tags in another case than their start tags or
// missing, stray control characters. A document that ends early is an error,
// and so is one deeper than 64 levels or of more than 100,000 elements.
func ParseXML(doc []byte) (*Node, error) { return ReadXML(context.Background(), doc) }

// ReadXML is ParseXML that ends with ctx: a document of some megabytes takes a
// while.
func ReadXML(ctx context.Context, doc []byte) (*Node, error) {
	text := string(cleanXML(doc)) // names and values are pieces of it
	if len(text) == 0 || text[0] != '<' {
		return nil, errNoXML
	}
	r := xmlReader{ctx: ctx, text: text}
	var root *Node
	nodes := make([]Node, min(strings.Count(text, "<")/2+1, 64)) // not in use yet; a document has two tags for each
	open := make([]element, 0, 8)
	for count := 0; ; {
		t, ok := r.next()
		switch {
		case r.err != nil:
			return nil, fmt.Errorf("XML: %w", r.err)
		case !ok && root == nil:
			return nil, errNoXML
		case !ok:
			return nil, fmt.Errorf("XML: the document ends inside <%s>: %w", open[len(open)-1].node.Name, io.ErrUnexpectedEOF)
		}
		switch t.kind {
		case tokenStart, tokenEmpty:
			if count++; count > maxXMLNodes || len(open) >= maxXMLDepth {
				return nil, fmt.Errorf("XML: more than %d elements or %d levels", maxXMLNodes, maxXMLDepth)
			}
			if len(nodes) == 0 {
				nodes = make([]Node, 64)
			}
			n := &nodes[0]
			nodes = nodes[1:]
			n.Name, n.Attrs = t.name, t.attrs
			if len(open) > 0 {
				parent := &open[len(open)-1]
				parent.apart = true
				if parent.node.Children == nil {
					parent.node.Children = make([]*Node, 0, 4)
				}
				parent.node.Children = append(parent.node.Children, n)
			} else {
				root = n
			}
			if t.kind == tokenStart {
				open = append(open, element{node: n})
			}
		case tokenEnd:
			open = closed(open, t.name)
		case tokenText:
			if len(open) > 0 {
				open[len(open)-1].add(t.text)
			}
		}
		if root != nil && len(open) == 0 {
			// What a device glues behind the document is not ours to judge.
			return root, nil
		}
	}
}

// element is one that has not ended.
type element struct {
	node  *Node
	text  string // its first piece
	more  []byte // text and what came after it; nil: nothing
	apart bool   // a child stands between the text so far and what comes
}

func (e *element) add(text string) {
	blank := false
	if e.apart {
		if text = strings.TrimLeft(text, xmlBlanks); text == "" {
			return
		}
		e.apart, blank = false, true
	}
	if e.more == nil && e.text == "" {
		e.text = text
		return
	}
	if e.more == nil {
		e.more = []byte(e.text)
	}
	if blank {
		if e.more = bytes.TrimRight(e.more, xmlBlanks); len(e.more) > 0 {
			e.more = append(e.more, ' ')
		}
	}
	e.more = append(e.more, text...)
}

// closed ends the innermost open element of that name, and with it those inside
// whose end tags are missing. An end tag of none is ignored.
func closed(open []element, name string) []element {
	for i := len(open) - 1; i >= 0; i-- {
		if !strings.EqualFold(open[i].node.Name, name) {
			continue
		}
		for j := len(open) - 1; j >= i; j-- {
			text := open[j].text
			if open[j].more != nil {
				text = string(open[j].more)
			}
			open[j].node.Text = strings.Trim(text, xmlBlanks)
		}
		return open[:i]
	}
	return open
}

var charsetLabel = regexp.MustCompile(`(?i)encoding\s*[:=]?\s*["']?([a-z0-9_.:-]+)`)

// declaredCharset is the label in the prolog of doc, "" where there is none or
// where it makes no difference.
func declaredCharset(doc []byte) string {
	if utf8.Valid(doc) {
		return ""
	}
	start := bytes.Index(doc[:min(len(doc), 256)], []byte("<?xml"))
	if start < 0 {
		return ""
	}
	prolog, _, _ := bytes.Cut(doc[start:min(len(doc), start+256)], []byte("?>"))
	if m := charsetLabel.FindSubmatch(prolog); m != nil {
		return string(m[1])
	}
	return ""
}

// cleanXML makes UTF-8 of a document, takes off its prolog and what stands
// before that, and puts a blank in the place of each control character.
func cleanXML(doc []byte) []byte {
	label := declaredCharset(doc)
	doc = bytes.TrimLeft(doc, xmlBlanks)
	doc = bytes.TrimLeft(DecodeText(doc, label), "\ufeff"+xmlBlanks)
	if bytes.HasPrefix(doc, []byte("<?xml")) {
		_, rest, ended := bytes.Cut(doc, []byte("?>"))
		if !ended {
			return nil
		}
		doc = bytes.TrimLeft(rest, "\ufeff"+xmlBlanks)
	}
	if mayHoldNoText(doc) {
		doc = bytes.Map(func(r rune) rune {
			if noText(r) {
				return ' '
			}
			return r
		}, doc)
	}
	return doc
}

func noText(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
}

// mayHoldNoText looks at bytes alone: 0xEF begins U+FFFE, and much besides.
func mayHoldNoText(doc []byte) bool {
	for _, c := range doc {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0xEF {
			return true
		}
	}
	return false
}

// Child is the first child of that name, nil if there is none. Case does not count.
func (n *Node) Child(name string) *Node {
	if n == nil {
		return nil
	}
	for _, c := range n.Children {
		if strings.EqualFold(c.Name, name) {
			return c
		}
	}
	return nil
}

// All are the children of that name, in the document's order.
func (n *Node) All(name string) []*Node {
	if n == nil {
		return nil
	}
	var list []*Node
	for _, c := range n.Children {
		if strings.EqualFold(c.Name, name) {
			list = append(list, c)
		}
	}
	return list
}

// Find is the first descendant of that name, in the document's order.
func (n *Node) Find(name string) *Node {
	if n == nil {
		return nil
	}
	for _, c := range n.Children {
		if strings.EqualFold(c.Name, name) {
			return c
		}
		if d := c.Find(name); d != nil {
			return d
		}
	}
	return nil
}

// Get is the text at the end of a path of children, "" where one is missing.
func (n *Node) Get(path ...string) string {
	for _, name := range path {
		n = n.Child(name)
	}
	if n == nil {
		return ""
	}
	return n.Text
}

// Attr is the value of an attribute, "" if it is missing.
func (n *Node) Attr(name string) string {
	if n != nil {
		for _, a := range n.Attrs {
			if strings.EqualFold(a.Name, name) {
				return a.Value
			}
		}
	}
	return ""
}

// Int is Get as a whole number; ok is false where there is none.
func (n *Node) Int(path ...string) (value int, ok bool) {
	v, err := strconv.Atoi(strings.TrimSpace(n.Get(path...)))
	return v, err == nil
}

// Float is Get as a number; ok is false where there is none.
func (n *Node) Float(path ...string) (value float64, ok bool) {
	v, err := strconv.ParseFloat(strings.TrimSpace(n.Get(path...)), 64)
	if err != nil || v != v || v > 1e15 || v < -1e15 {
		return 0, false
	}
	return v, true
}

// Bool is Get as a truth value; ok is false where there is none.
func (n *Node) Bool(path ...string) (value, ok bool) {
	switch strings.ToLower(n.Get(path...)) {
	case "true", "1", "yes", "on":
		return true, true
	case "false", "0", "no", "off":
		return false, true
	}
	return false, false
}

// isOn is Bool of a switch that counts as on where the document does not tell.
func (n *Node) isOn(name string) bool {
	on, told := n.Bool(name)
	return on || !told
}

// xmlText escapes s for use between tags.
func xmlText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder never fails
	return b.String()
}

// rootName finds the name of the root element without reading the document.
func rootName(doc []byte) string {
	for _, size := range []int{256, 4096} {
		r := xmlReader{ctx: context.Background(), text: string(cleanXML(doc[:min(len(doc), size)]))}
		for t, ok := r.next(); ok; t, ok = r.next() {
			if t.kind == tokenStart || t.kind == tokenEmpty {
				return t.name
			}
		}
	}
	return ""
}
