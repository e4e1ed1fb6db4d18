package isapi

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// DecodeText makes UTF-8 of a document in whatever charset a device wrote it,
// and takes a byte order mark off its beginning. The mark decides first, then
// the charset that the document itself declares (label, "" for none). Bytes
// that are no UTF-8 although nothing else was declared are GBK, the charset of
// many firmwares that declare none or the wrong one, if they come in pairs as
// Chinese characters do; else they are Windows-1252, the superset of Latin-1.
func DecodeText(doc []byte, label string) []byte {
	if wide := wideCharset(doc); wide != nil {
		return decoded(wide, doc)
	}
	if text, marked := bytes.CutPrefix(doc, []byte("\xef\xbb\xbf")); marked {
		doc, label = text, ""
	}
	if utf8.Valid(doc) {
		return doc
	}
	// The labels of UTF-16 say nothing here: its bytes were looked for above.
	if declared, err := htmlindex.Get(label); err == nil && !isUnicode(declared) {
		return decoded(declared, doc)
	}
	if inPairs(doc) {
		return decoded(simplifiedchinese.GB18030, doc)
	}
	return decoded(charmap.Windows1252, doc)
}

func isUnicode(e encoding.Encoding) bool {
	name, err := htmlindex.Name(e)
	return err != nil || strings.HasPrefix(name, "utf-")
}

// wideCharset tells UTF-16 by its mark, or by the zero bytes around a
// document's first character. nil: it is not UTF-16.
func wideCharset(doc []byte) encoding.Encoding {
	if len(doc) < 2 {
		return nil
	}
	switch first := [2]byte(doc); {
	case first == [2]byte{0xFF, 0xFE}, first[1] == 0 && (first[0] == '<' || first[0] == '{'):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case first == [2]byte{0xFE, 0xFF}, first[0] == 0 && (first[1] == '<' || first[1] == '{'):
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	}
	return nil
}

// inPairs reports whether the bytes beyond ASCII stand in pairs, each of both
// above 0xA0: so Chinese text in GB 2312 is written, and no Western text of
// more than a letter or two.
func inPairs(doc []byte) bool {
	for i := 0; i < len(doc); i++ {
		if doc[i] < utf8.RuneSelf {
			continue
		}
		if doc[i] <= 0xA0 || i+1 == len(doc) || doc[i+1] <= 0xA0 {
			return false
		}
		i++
	}
	return true
}

// decoded puts U+FFFD in the place of what the charset does not have.
func decoded(e encoding.Encoding, doc []byte) []byte {
	text, err := e.NewDecoder().Bytes(doc)
	if err != nil {
		return bytes.ToValidUTF8(doc, []byte("\uFFFD"))
	}
	return text
}
