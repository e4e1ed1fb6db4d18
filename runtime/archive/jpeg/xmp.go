package jpeg

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
)

// Namespace is that of the properties that an archive puts into XMP.
const Namespace = "https://github.com/hiklua/hiklua/ns/1.0/"

const (
	xmpHeader   = "http://ns.adobe.com/xap/1.0/\x00"
	xmpBegin    = "<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n<rdf:RDF xmlns:rdf=\"" + rdf + "\">\n"
	xmpEnd      = "</rdf:RDF>"
	xmpRest     = "\n</x:xmpmeta>\n<?xpacket end=\"r\"?>"
	rdf         = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	xmpCreated  = "http://ns.adobe.com/xap/1.0/"
	xmpDateForm = "2006-01-02T15:04:05.000-07:00"
)

// Property is one property in XMP.
type Property struct{ Name, Value string }

// xmp is the content of an XMP segment with what s says, and with what a
// camera has put into its own, old, where both fit.
func (s *Stamp) xmp(old []byte, cameraTime string) []byte {
	var own bytes.Buffer
	own.WriteString(" <rdf:Description xmlns:rdf=\"" + rdf + "\" rdf:about=\"\"\n  xmlns:xmp=\"" + xmpCreated + "\" xmlns:hiklua=\"" + Namespace + "\"")
	attribute := func(name, value string) {
		if value == "" {
			return
		}
		own.WriteString("\n  " + name + "=\"")
		xml.EscapeText(&own, []byte(clean(value)))
		own.WriteByte('"')
	}
	if !s.Taken.IsZero() {
		attribute("xmp:CreateDate", s.Taken.Format(xmpDateForm))
	}
	for _, p := range s.Properties {
		attribute("hiklua:"+p.Name, p.Value)
	}
	attribute("hiklua:CameraTime", cameraTime)
	own.WriteString("/>\n")
	if at := bytes.LastIndex(old, []byte(xmpEnd)); at >= 0 && len(old)+own.Len() <= maxSegment && !bytes.Contains(old, []byte(Namespace)) {
		return bytes.Join([][]byte{old[:at], own.Bytes(), old[at:]}, nil)
	}
	return []byte(xmpHeader + xmpBegin + own.String() + xmpEnd + xmpRest)
}

func isXMP(content []byte) bool { return bytes.HasPrefix(content, []byte(xmpHeader)) }

// properties are those of an archive in the content of an XMP segment, whether
// as attributes, as they are written, or as elements, as other programs do.
func properties(content []byte) map[string]string {
	all := make(map[string]string)
	dec := xml.NewDecoder(bytes.NewReader(content[len(xmpHeader):]))
	dec.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, io.EOF }
	name := ""
	for {
		token, err := dec.Token()
		if err != nil {
			return all
		}
		switch t := token.(type) {
		case xml.StartElement:
			name = ""
			if t.Name.Space == Namespace {
				name = t.Name.Local
			}
			for _, a := range t.Attr {
				if a.Name.Space == Namespace {
					all[a.Name.Local] = a.Value
				}
			}
		case xml.CharData:
			if name != "" {
				all[name] += string(t)
			}
		case xml.EndElement:
			if name != "" {
				all[name] = strings.TrimSpace(all[name])
			}
			name = ""
		}
	}
}
