package isapi

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
)

// A text in many pieces costs what it is long, not its square.
func TestXMLTextInPieces(t *testing.T) {
	doc := []byte("<r>" + strings.Repeat("x<!---->", 20_000) + "</r>")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	root, err := ParseXML(doc)
	runtime.ReadMemStats(&after)
	if err != nil || len(root.Text) != 20_000 {
		t.Fatal(err, len(root.Text))
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 100<<20 {
		t.Errorf("took %d MB", took>>20)
	}
}

// A document ends with its context.
func TestReadXMLEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ReadXML(ctx, []byte("<r>"+strings.Repeat("x", 5000)+"</r>")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Firmware writes what no strict reader takes; nothing of it costs the document.
func TestXMLAsFirmwareWritesIt(t *testing.T) {
	for name, c := range map[string]struct{ doc, want string }{
		"plain":                {`<r><model>DS-1</model></r>`, "DS-1"},
		"prolog after a line":  {"\r\n<?xml version: \"1.0\" encoding=\"UTF-8\"?>\n<r><model>DS-1</model></r>", "DS-1"},
		"bare ampersand":       {`<r><model>a&b&copy=1&amp;c&#x20;d&#8364;</model></r>`, "a&b&copy=1&c d\u20ac"},
		"bare less-than":       {`<r><note>0 < 1 <= 2</note><model>x<3</model></r>`, "x<3"},
		"number of nothing":    {`<r><model>a&#x0;b&#xD800;c&#99999999;</model></r>`, "a b\ufffdc\ufffd"},
		"attribute, no quotes": {`<r version=2.0 xmlns=http://www.isapi.org/ver20><model opt=a/b>DS-1</model></r>`, "DS-1"},
		"attribute, no value":  {`<r a><model b />  <model>DS-1</model></r>`, ""},
		"end tag's case":       {`<R><model>DS-1</Model><x>y</X></r>`, "DS-1"},
		"no end tag":           {`<r><a><b>1<model>DS-1</a><c>2</c></r>`, "DS-1"},
		"end tag of nothing":   {`<r></b><model>DS-1</model></r>`, "DS-1"},
		"namespaces":           {`<n:r xmlns:n="x"><n:model>DS-1</n:model></n:r>`, "DS-1"},
		"character data":       {`<r><model>a<![CDATA[<b>&amp;]]>c</model></r>`, "a<b>&amp;c"},
		"text around children": {`<r><model>a <b>1</b> c<d/></model></r>`, "a c"},
		"comment, doctype":     {`<!DOCTYPE r [<!ENTITY a "b">]><!-- <r> --><r><model>D<!-- - -->S</model></r>`, "DS"},
		"control characters":   {"<r><model>a\x01b</model></r>\x00", "a b"},
		"glued behind":         {"<r><model>DS-1</model></r>HTTP/1.1 200 OK<", "DS-1"},
	} {
		root, err := ParseXML([]byte(c.doc))
		if err != nil || root.Find("model").text() != c.want {
			t.Errorf("%s: %q, %v; want %q", name, root.Find("model").text(), err, c.want)
		}
	}
	for _, cut := range []string{"", "text", "<", "<r", "<r>", "<r><a>", "<r><a>b</a", "<r a='", "<!-- <r></r>", "<?xml <r></r>"} {
		if root, err := ParseXML([]byte(cut)); err == nil {
			t.Errorf("%q: %+v", cut, root)
		}
	}
}

func TestRootName(t *testing.T) {
	for doc, want := range map[string]string{
		"\xef\xbb\xbf <?xml version='1.0'?><!-- a --><n:userCheck version=1>": "userCheck",
		"<html/>": "html", "{}": "", "": "", "<r": "",
	} {
		if got := rootName([]byte(doc)); got != want {
			t.Errorf("%q: %q, want %q", doc, got, want)
		}
	}
}

// Attributes without end cost little.
func TestManyAttributes(t *testing.T) {
	n, err := ParseXML([]byte("<r " + strings.Repeat(`a="x" `, 5000) + "><b>1</b></r>"))
	if err != nil || len(n.Attrs) != maxXMLAttrs || len(n.Children) != 1 {
		t.Errorf("%d attributes, %v", len(n.Attrs), err)
	}
}
