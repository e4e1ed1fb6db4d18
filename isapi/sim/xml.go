package sim

import (
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
func (e *elem) write(b *strings.Builder, f form) {
	b.WriteByte('<')
	b.WriteString(e.name)
	for _, a := range e.attrs {
		if a == (attr{}) {
			fmt.Fprintf(b, ` version="%s" xmlns="%s"`, f.version, f.namespace)
			continue
		}
		fmt.Fprintf(b, ` %s="%s"`, a.key, escaper.Replace(a.value))
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

// form is how a model writes its documents.
type form struct {
	version   string
	namespace string
	newline   string
}

func (f form) document(e *elem) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>`)
	b.WriteString(f.newline)
	e.write(&b, f)
	return []byte(b.String())
}

// fragment is a document without prolog, as alarms and logins are written.
func (f form) fragment(e *elem) []byte {
	var b strings.Builder
	e.write(&b, f)
	return []byte(b.String())
}

var errNoElement = errors.New("no element")

const maxDepth = 32

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
		s = rest
	}
	dec := xml.NewDecoder(strings.NewReader(s))
	var stack []*elem
	var top *elem
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			if top == nil {
				return nil, errNoElement
			}
			return top, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			e := &elem{name: t.Name.Local}
			if len(stack) > 0 {
				parent := stack[len(stack)-1]
				parent.kids = append(parent.kids, e)
			} else if top == nil {
				top = e
			} else {
				return nil, errors.New("second root element")
			}
			if len(stack) >= maxDepth {
				return nil, errors.New("too deep")
			}
			stack = append(stack, e)
		case xml.EndElement:
			e := stack[len(stack)-1]
			e.text = strings.TrimSpace(e.text)
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].text += string(t)
			} else if strings.TrimSpace(string(t)) != "" {
				return nil, errors.New("text outside of the document")
			}
		}
	}
}
