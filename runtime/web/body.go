package web

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
)

// Body is the body of a request in pieces, which nothing may change any more.
type Body [][]byte

// Len is its length in bytes.
func (b Body) Len() int64 {
	var n int64
	for _, piece := range b {
		n += int64(len(piece))
	}
	return n
}

// Open reads it from its beginning. The pieces are not copied.
func (b Body) Open() io.ReadCloser {
	readers := make([]io.Reader, len(b))
	for i, piece := range b {
		readers[i] = bytes.NewReader(piece)
	}
	return io.NopCloser(io.MultiReader(readers...))
}

// Attach makes it the body of a request, which can be sent again after a
// redirect.
func (b Body) Attach(r *http.Request) {
	r.ContentLength = b.Len()
	if r.ContentLength == 0 {
		r.Body, r.GetBody = http.NoBody, func() (io.ReadCloser, error) { return http.NoBody, nil }
		return
	}
	r.Body, r.GetBody = b.Open(), func() (io.ReadCloser, error) { return b.Open(), nil }
}

// Field is a field of a form.
type Field struct{ Name, Value string }

// File is a file of a form.
type File struct {
	Field       string
	Name        string // of the file
	ContentType string // empty: application/octet-stream
	Data        []byte
}

// Multipart is a form as multipart/form-data (RFC 7578), and its Content-Type.
// What is special in a name is escaped as browsers do it.
func Multipart(fields []Field, files []File) (Body, string) {
	var head bytes.Buffer
	var body Body
	w := multipart.NewWriter(&head)
	cut := func() { // what head holds is a piece of its own
		body = append(body, bytes.Clone(head.Bytes()))
		head.Reset()
	}
	// Writing to a bytes.Buffer does not fail.
	for _, f := range fields {
		w.WriteField(f.Name, f.Value)
	}
	for _, f := range files {
		h := make(textproto.MIMEHeader)
		h.Set("Content-Disposition", multipart.FileContentDisposition(f.Field, f.Name))
		h.Set("Content-Type", "application/octet-stream")
		if f.ContentType != "" {
			h.Set("Content-Type", f.ContentType)
		}
		w.CreatePart(h)
		cut()
		body = append(body, f.Data)
	}
	w.Close()
	cut()
	return body, w.FormDataContentType()
}

// PictureName is a name for the file of a picture: "gate-1-20260304-120000.jpg".
func PictureName(device string, channel int, stamp, contentType string) string {
	ending := "jpg"
	if kind, ok := strings.CutPrefix(contentType, "image/"); ok && kind != "jpeg" && isWord(kind) {
		ending = kind
	}
	return fmt.Sprintf("%s-%d-%s.%s", strings.ReplaceAll(device, " ", "_"), channel, stamp, ending)
}

func isWord(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
}
