package isapi

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What a document may cost. Real ones stay below 50 kB, 2,000 elements and a
// depth of 12.
const (
	maxXMLDepth = 64
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
// blank lines before the prolog, with bare ampersands, stray control
// characters, other charsets. A document that ends early is an error, and so
// is one deeper than 64 levels or of more than 100,000 elements.
func ParseXML(doc []byte) (*Node, error) { return ReadXML(context.Background(), doc) }

// ReadXML is ParseXML that ends with ctx: a document of some megabytes takes a
// while.
func ReadXML(ctx context.Context, doc []byte) (*Node, error) {
	text := cleanXML(doc)
	if len(text) == 0 || text[0] != '<' {
		return nil, errNoXML
	}
	dec := xml.NewDecoder(&untilDone{ctx: ctx, Reader: bytes.NewReader(text)})
	dec.Strict = false
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }

	var root *Node
	var open []element
	count := 0
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("XML: %w", err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if count++; count > maxXMLNodes || len(open) >= maxXMLDepth {
				return nil, fmt.Errorf("XML: more than %d elements or %d levels", maxXMLNodes, maxXMLDepth)
			}
			n := &Node{Name: t.Name.Local}
			for _, a := range t.Attr {
				n.Attrs = append(n.Attrs, Attr{a.Name.Local, a.Value})
			}
			switch {
			case len(open) > 0:
				parent := open[len(open)-1].node
				parent.Children = append(parent.Children, n)
			case root == nil:
				root = n
			}
			open = append(open, element{node: n})
		case xml.EndElement:
			if last := len(open) - 1; last >= 0 {
				if rest := open[last].rest; rest != nil {
					open[last].node.Text += rest.String()
				}
				open = open[:last]
			}
			if len(open) == 0 {
				// What a device glues behind the document is not ours to judge.
				return root, nil
			}
		case xml.CharData:
			if len(open) > 0 {
				if s := strings.TrimSpace(string(t)); s != "" {
					open[len(open)-1].add(s)
				}
			}
		}
	}
	if root == nil {
		return nil, errNoXML
	}
	return root, nil
}

// element is one that has not ended. Its text may come in a million pieces.
type element struct {
	node *Node
	rest *strings.Builder // of its text, after the first piece
}

func (e *element) add(text string) {
	switch {
	case e.rest != nil:
	case e.node.Text == "":
		e.node.Text = text
		return
	default:
		e.rest = new(strings.Builder)
	}
	e.rest.WriteString(" " + text)
}

// untilDone reads until ctx ends. The decoder takes it byte by byte.
type untilDone struct {
	*bytes.Reader
	ctx context.Context
}

func (u *untilDone) ReadByte() (byte, error) {
	if u.Len()%4096 == 0 {
		if err := u.ctx.Err(); err != nil {
			return 0, err
		}
	}
	return u.Reader.ReadByte()
}

// cleanXML takes off what stands before the root's prolog, the prolog itself
// (devices write versions and encodings that strict readers refuse), and
// makes valid UTF-8 of the rest.
func cleanXML(doc []byte) []byte {
	doc = bytes.TrimPrefix(doc, []byte("\xef\xbb\xbf"))
	doc = bytes.TrimLeft(doc, " \t\r\n\x00")
	latin := false
	if bytes.HasPrefix(doc, []byte("<?xml")) {
		end := bytes.Index(doc, []byte("?>"))
		if end < 0 {
			return nil
		}
		prolog := bytes.ToLower(doc[:end])
		latin = bytes.Contains(prolog, []byte("8859-1")) || bytes.Contains(prolog, []byte("windows-1252"))
		doc = bytes.TrimLeft(doc[end+2:], " \t\r\n\x00")
	}
	plain := utf8.Valid(doc)
	if plain {
		for _, b := range doc {
			if b < ' ' && b != '\t' && b != '\n' && b != '\r' {
				plain = false
				break
			}
		}
	}
	if plain {
		return doc
	}
	if latin {
		text := make([]byte, 0, 2*len(doc))
		for _, b := range doc {
			text = utf8.AppendRune(text, rune(b))
		}
		doc = text
	}
	doc = bytes.ToValidUTF8(doc, []byte("\uFFFD"))
	return bytes.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return r
		case r < ' ', r == 0xFFFE, r == 0xFFFF:
			return ' '
		}
		return r
	}, doc)
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

// xmlText escapes s for use between tags.
func xmlText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder never fails
	return b.String()
}

// rootName finds the name of the root element without reading the document.
func rootName(doc []byte) string {
	doc = bytes.TrimPrefix(doc, []byte("\xef\xbb\xbf"))
	for {
		doc = bytes.TrimLeft(doc, " \t\r\n\x00")
		if len(doc) < 2 || doc[0] != '<' {
			return ""
		}
		if doc[1] != '?' && doc[1] != '!' {
			break
		}
		end := []byte(">")
		if bytes.HasPrefix(doc, []byte("<!--")) {
			end = []byte("-->")
		}
		i := bytes.Index(doc, end)
		if i < 0 {
			return ""
		}
		doc = doc[i+len(end):]
	}
	name := doc[1:]
	if i := bytes.IndexAny(name, " \t\r\n/>"); i >= 0 {
		name = name[:i]
	}
	if i := bytes.LastIndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	return string(name)
}
