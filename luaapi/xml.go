package luaapi

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
)

// XML as tables. An element that holds only text is that text, a string. One
// that holds others is a table: each child under its name, in a list where the
// name comes more than once or the element's own name ends in "List". The
// document is the table of its root, with the root's name under _name.
// Attributes are under _attr of their element's table; those of a text are
// under NAME_attr beside it. Namespaces are dropped.
//
//	<PTZPresetList version="2.0">
//	  <PTZPreset><id>1</id><presetName>door</presetName></PTZPreset>
//	</PTZPresetList>
//
//	{_name = "PTZPresetList", _attr = {version = "2.0"}, PTZPreset = {{id = "1", presetName = "door"}}}

var xmlEntries = []entry{
	{
		name: "encode", args: "root, content, [attributes]", result: "string",
		doc: `XML of the root's name and its content: text, or a list of elements in their order, each {name, content, attributes}: encode("PTZData", {{"pan", 40}, {"tilt", 0}}); attributes are a table {name = value}`,
		fn:  xmlEncode,
	},
	{
		name: "decode", args: "text", result: "table",
		doc: "XML as a table: text is a string, an element is a table of its children, repeated ones are a list, attributes are under _attr",
		fn: func(c *call) int {
			c.atMost(1)
			tree, err := isapi.ReadXML(c.context(), []byte(c.bounded(0, "the text", maxXMLWritten)))
			if err != nil {
				task := interruptible{L: c.L}
				task.check()
				c.misuse("%v", err)
			}
			return c.push(xmlDocument(c.L, tree))
		},
	},
	{
		name: "list", args: "value", result: "list",
		doc: "value as a list: nil is an empty one, what is no list becomes its only item; for elements that may come once or more often",
		fn: func(c *call) int {
			c.atMost(1)
			v := c.arg(0)
			t, isTable := v.(*lua.LTable)
			switch {
			case v == lua.LNil:
				c.L.Push(c.L.CreateTable(0, 0))
			case isTable && (t.Len() > 0 || isEmpty(t)):
				c.L.Push(t)
			default:
				list := c.L.CreateTable(0, 0)
				list.Append(v)
				c.L.Push(list)
			}
			return 1
		},
	},
}

func isEmpty(t *lua.LTable) bool {
	key, _ := t.Next(lua.LNil)
	return key == lua.LNil
}

func xmlDocument(L *lua.LState, root *isapi.Node) *lua.LTable {
	t, ok := xmlElement(L, root).(*lua.LTable)
	if !ok {
		t = L.CreateTable(0, 0)
		setText(t, "_text", root.Text)
		if attrs := xmlAttrs(L, root); attrs != nil {
			t.RawSetString("_attr", attrs)
		}
	}
	t.RawSetString("_name", lua.LString(root.Name))
	return t
}

func xmlElement(L *lua.LState, n *isapi.Node) lua.LValue {
	isList := strings.HasSuffix(n.Name, "List")
	if len(n.Children) == 0 && !isList {
		return lua.LString(n.Text)
	}
	t := L.CreateTable(0, 0)
	if attrs := xmlAttrs(L, n); attrs != nil {
		t.RawSetString("_attr", attrs)
	}
	setText(t, "_text", n.Text)
	count := make(map[string]int)
	for _, child := range n.Children {
		count[child.Name]++
	}
	for _, child := range n.Children {
		v := xmlElement(L, child)
		repeated := count[child.Name] > 1 || isList
		xmlAdd(L, t, child.Name, v, repeated)
		if _, isText := v.(lua.LString); isText && !repeated {
			if attrs := xmlAttrs(L, child); attrs != nil {
				t.RawSetString(child.Name+"_attr", attrs)
			}
		}
	}
	return t
}

func xmlAdd(L *lua.LState, t *lua.LTable, name string, v lua.LValue, repeated bool) {
	if !repeated {
		t.RawSetString(name, v)
		return
	}
	list, ok := t.RawGetString(name).(*lua.LTable)
	if !ok {
		list = L.CreateTable(0, 0)
		t.RawSetString(name, list)
	}
	list.Append(v)
}

func xmlAttrs(L *lua.LState, n *isapi.Node) *lua.LTable {
	var t *lua.LTable
	for _, a := range n.Attrs {
		if a.Name == "xmlns" || a.Name == "schemaLocation" {
			continue
		}
		if t == nil {
			t = L.CreateTable(0, 0)
		}
		t.RawSetString(a.Name, lua.LString(a.Value))
	}
	return t
}
