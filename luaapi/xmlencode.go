package luaapi

import (
	"encoding/xml"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/sandbox"
)

// A table has no order, and devices refuse elements in the wrong one. So what
// is encoded is written as a list of elements, each {name, content} or
// {name, content, {attribute = value}}; content is text, a number, a boolean,
// nil for an empty element, or again such a list.
//
//	hik.xml.encode("PTZData", {{"pan", 40}, {"tilt", 0}})
//	<PTZData><pan>40</pan><tilt>0</tilt></PTZData>

const (
	maxXMLWritten = 8 << 20
	maxXMLNested  = 60 // decode reads 64
	maxXMLAttrs   = 1000
	maxXMLPiece   = 64 << 10 // of a text, between two looks at the task
)

var errXMLSize = fmt.Errorf("the text would be longer than %d MB", maxXMLWritten>>20)

func xmlEncode(c *call) int {
	c.atMost(3)
	w := xmlWriter{interruptible: interruptible{L: c.L}}
	err := w.element(c.text(0, "the name of the root"), c.arg(1), c.arg(2), 1)
	if err != nil {
		c.misuse("%v", err)
	}
	return c.push(lua.LString(w.b.String()))
}

type xmlWriter struct {
	interruptible
	b strings.Builder
}

func (w *xmlWriter) element(name string, content, attrs lua.LValue, depth int) error {
	w.tick()
	switch {
	case len(name) > maxXMLWritten || w.b.Len() > maxXMLWritten:
		return errXMLSize
	case !isXMLName(name):
		return fmt.Errorf("%q is no name of an element", shorten(name, 60))
	case depth > maxXMLNested:
		return fmt.Errorf("%s is nested deeper than %d", name, maxXMLNested)
	}
	w.b.WriteString("<" + name)
	if err := w.attributes(name, attrs); err != nil {
		return err
	}
	if content == lua.LNil {
		w.b.WriteString("/>")
		return nil
	}
	w.b.WriteString(">")
	if t, ok := content.(*lua.LTable); ok {
		if err := w.children(name, t, depth); err != nil {
			return err
		}
	} else if err := w.text(name, content); err != nil {
		return err
	}
	w.b.WriteString("</" + name + ">")
	return nil
}

func (w *xmlWriter) children(name string, t *lua.LTable, depth int) error {
	n := t.Len()
	if n == 0 && !isEmpty(t) {
		return fmt.Errorf(`%s has named keys, which have no order; write a list: {{"id", 1}, {"name", "door"}}`, name)
	}
	for i := 1; i <= n; i++ {
		item, ok := t.RawGetInt(i).(*lua.LTable)
		if !ok {
			return fmt.Errorf(`%s: item %d must be {name, content}, not %s`, name, i, describe(t.RawGetInt(i)))
		}
		child, ok := item.RawGetInt(1).(lua.LString)
		if !ok {
			return fmt.Errorf("%s: item %d must begin with the element's name, not with %s", name, i, describe(item.RawGetInt(1)))
		}
		if err := w.element(string(child), item.RawGetInt(2), item.RawGetInt(3), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (w *xmlWriter) attributes(name string, v lua.LValue) error {
	if v == lua.LNil {
		return nil
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		return fmt.Errorf("the attributes of %s must be a table {name = value}, not %s", name, describe(v))
	}
	values := make(map[string]lua.LValue)
	err := w.each(t, func(key, value lua.LValue) error {
		if values[keyText(key)] = value; len(values) > maxXMLAttrs {
			return fmt.Errorf("%s has more than %d attributes", name, maxXMLAttrs)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, key := range sortedKeys(values) {
		if !isXMLName(key) {
			return fmt.Errorf("%q is no name of an attribute of %s", shorten(key, 60), name)
		}
		w.b.WriteString(" " + key + `="`)
		if err := w.text(name+"'s "+key, values[key]); err != nil {
			return err
		}
		w.b.WriteString(`"`)
	}
	return nil
}

func (w *xmlWriter) text(name string, v lua.LValue) error {
	if !isPlain(v) {
		return fmt.Errorf("%s can't be %s", name, describe(v))
	}
	s := sandbox.Text(v)
	if w.b.Len()+len(s) > maxXMLWritten {
		return errXMLSize
	}
	for s != "" {
		n := min(len(s), maxXMLPiece)
		for n < len(s) && n > maxXMLPiece-utf8.UTFMax && !utf8.RuneStart(s[n]) {
			n--
		}
		w.check()
		if err := xml.EscapeText(&w.b, []byte(s[:n])); err != nil {
			return err
		}
		s = s[n:]
	}
	return nil
}

// isXMLName takes the names that devices use, a prefix with a colon included.
func isXMLName(s string) bool {
	for i, r := range s {
		if unicode.IsLetter(r) || r == '_' || i > 0 && (unicode.IsDigit(r) || strings.ContainsRune("-.:", r)) {
			continue
		}
		return false
	}
	return s != ""
}
