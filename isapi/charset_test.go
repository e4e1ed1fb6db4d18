package isapi

import (
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

// inCharset writes text in the charset of that label.
func inCharset(t *testing.T, label, text string) string {
	t.Helper()
	e, err := htmlindex.Get(label)
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCharsetsOfDocuments(t *testing.T) {
	wide := func(order unicode.Endianness, mark unicode.BOMPolicy, s string) string {
		out, err := unicode.UTF16(order, mark).NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	doc := func(label, name string) string {
		return `<?xml version="1.0" encoding="` + label + `"?><r><name>` + name + `</name></r>`
	}
	latin, err := charmap.ISO8859_1.NewEncoder().String("Tür Süd")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ doc, want string }{
		"utf-8":                          {doc("UTF-8", "Tür 车库"), "Tür 车库"},
		"utf-8 with a mark":              {"\xef\xbb\xbf" + doc("gb2312", "车库"), "车库"},
		"gb2312":                         {doc("gb2312", inCharset(t, "gbk", "车库")), "车库"},
		"gbk":                            {doc("GBK", inCharset(t, "gbk", "停車場")), "停車場"},
		"gb18030":                        {doc("GB18030", inCharset(t, "gb18030", "车库€")), "车库€"},
		"big5":                           {doc("Big5", inCharset(t, "big5", "車庫")), "車庫"},
		"euc-kr":                         {doc("euc-kr", inCharset(t, "euc-kr", "차고")), "차고"},
		"shift_jis":                      {doc("Shift_JIS", inCharset(t, "shift_jis", "車庫")), "車庫"},
		"windows-1251":                   {doc("windows-1251", inCharset(t, "windows-1251", "Въезд")), "Въезд"},
		"iso-8859-1":                     {doc("ISO-8859-1", latin), "Tür Süd"},
		"iso-8859-2":                     {doc("iso-8859-2", inCharset(t, "iso-8859-2", "Dveře")), "Dveře"},
		"utf-16 little":                  {wide(unicode.LittleEndian, unicode.UseBOM, doc("utf-16", "Tür 车库")), "Tür 车库"},
		"utf-16 big":                     {wide(unicode.BigEndian, unicode.UseBOM, doc("UTF-16", "Tür 车库")), "Tür 车库"},
		"utf-16 without a mark":          {wide(unicode.LittleEndian, unicode.IgnoreBOM, doc("utf-16", "Tür")), "Tür"},
		"says utf-8, is gbk":             {doc("UTF-8", inCharset(t, "gbk", "车库 1")), "车库 1"},
		"says utf-8, is latin":           {doc("utf-8", latin), "Tür Süd"},
		"says utf-16, is utf-8":          {doc("UTF-16", "Tür"), "Tür"},
		"says utf-16, is latin":          {doc("UTF-16", latin), "Tür Süd"},
		"says nothing, is gbk":           {"<r><name>" + inCharset(t, "gbk", "车库") + "</name></r>", "车库"},
		"says something unknown, is gbk": {doc("x-hik", inCharset(t, "gbk", "车库")), "车库"},
	} {
		root, err := ParseXML([]byte(c.doc))
		if err != nil || root.Get("name") != c.want {
			t.Errorf("%s: %q, %v; want %q", name, root.Get("name"), err, c.want)
		}
	}
}
