package sim

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// elem is one element of a document, in either direction. Namespaces are kept
// only as attributes on the way out; on the way in devices ignore them.
type elem struct {
	name  string
	attrs []attr
	text  string
	kids  []*elem
}

type attr struct{ key, value string }

// root marks an element that carries the version and namespace of the device.
type root struct{}

// el makes an element. Its content may be text, numbers, booleans, attributes
// and further elements; nil elements are left out.
func el(name string, content ...any) *elem {
	e := &elem{name: name}
	kids := 0
	for _, c := range content {
		if _, is := c.(*elem); is {
			kids++
		}
	}
	if kids > 0 {
		e.kids = make([]*elem, 0, kids)
	}
	for _, c := range content {
		switch c := c.(type) {
		case nil:
		case *elem:
			if c != nil {
				e.kids = append(e.kids, c)
			}
		case []*elem:
			e.kids = append(e.kids, c...)
		case []any:
			more := el("", c...)
			e.kids, e.attrs = append(e.kids, more.kids...), append(e.attrs, more.attrs...)
		case attr:
			e.attrs = append(e.attrs, c)
		case root:
			e.attrs = append(e.attrs, attr{})
		case float64:
			e.text = strconv.FormatFloat(c, 'f', -1, 64)
		case string:
			e.text = c
		case int:
			e.text = strconv.Itoa(c)
		default:
			e.text = fmt.Sprint(c)
		}
	}
	return e
}

func opt(value string) attr { return attr{"opt", value} }

// span gives an element the range of what may stand in it.
func span(low, high any) []any {
	return []any{attr{"min", fmt.Sprint(low)}, attr{"max", fmt.Sprint(high)}}
}

func (e *elem) child(name string) *elem {
	if e == nil {
		return nil
	}
	for _, k := range e.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}

func (e *elem) at(path ...string) *elem {
	for _, name := range path {
		e = e.child(name)
	}
	return e
}

func (e *elem) value() string {
	if e == nil {
		return ""
	}
	return e.text
}

func (e *elem) number() float64 {
	f, _ := strconv.ParseFloat(e.value(), 64)
	return f
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// write appends e the way devices do: one element a line, nothing indented.
func (e *elem) write(b *bytes.Buffer, f form) {
	b.WriteByte('<')
	b.WriteString(e.name)
	for _, a := range e.attrs {
		if a == (attr{}) {
			attr{"version", f.version}.write(b)
			attr{"xmlns", f.namespace}.write(b)
			continue
		}
		a.write(b)
	}
	b.WriteByte('>')
	if len(e.kids) > 0 {
		b.WriteString(f.newline)
		for _, k := range e.kids {
			k.write(b, f)
		}
	} else {
		b.WriteString(escaper.Replace(e.text))
	}
	b.WriteString("</")
	b.WriteString(e.name)
	b.WriteByte('>')
	b.WriteString(f.newline)
}

func (a attr) write(b *bytes.Buffer) {
	b.WriteByte(' ')
	b.WriteString(a.key)
	b.WriteString(`="`)
	b.WriteString(escaper.Replace(a.value))
	b.WriteByte('"')
}

// form is how a model writes its documents.
type form struct {
	version   string
	namespace string
	newline   string
}

func (f form) document(e *elem) []byte {
	var b bytes.Buffer
	b.Grow(512) // most are shorter
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>`)
	b.WriteString(f.newline)
	e.write(&b, f)
	return b.Bytes()
}

// fragment is a document without prolog, as alarms and logins are written.
func (f form) fragment(e *elem) []byte {
	var b bytes.Buffer
	e.write(&b, f)
	return b.Bytes()
}

const maxDepth = 32

// node is an element as encoding/xml reads it.
type node struct {
	XMLName xml.Name
	Text    string `xml:",chardata"`
	Kids    []node `xml:",any"`
}

func (n node) elem(depth int) (*elem, error) {
	if depth > maxDepth {
		return nil, errors.New("too deep")
	}
	e := &elem{name: n.XMLName.Local, text: strings.TrimSpace(n.Text)}
	for _, k := range n.Kids {
		kid, err := k.elem(depth + 1)
		if err != nil {
			return nil, err
		}
		e.kids = append(e.kids, kid)
	}
	return e, nil
}

// parseXML reads a document into elements. Whatever stands before the first
// element is not looked at: devices take a prolog with a colon in it, a
// prolog that names any encoding, and none.
func parseXML(body []byte) (*elem, error) {
	s := strings.TrimPrefix(strings.TrimSpace(string(body)), "\ufeff")
	if strings.HasPrefix(s, "<?") {
		_, rest, found := strings.Cut(s, "?>")
		if !found {
			return nil, io.ErrUnexpectedEOF
		}
		s = strings.TrimSpace(rest)
	}
	if !strings.HasPrefix(s, "<") {
		return nil, errors.New("text outside of the document")
	}
	dec := xml.NewDecoder(strings.NewReader(s))
	var n node
	if err := dec.Decode(&n); err != nil {
		return nil, err
	}
	for {
		switch tok, err := dec.Token(); {
		case err == io.EOF:
			return n.elem(1)
		case err != nil:
			return nil, err
		default:
			if _, comment := tok.(xml.Comment); !comment {
				return nil, errors.New("more behind the document")
			}
		}
	}
}
