package isapi

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// readBody reads to the end, at most limit bytes, at least what
// Content-Length promised.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	var buf bytes.Buffer
	if n := resp.ContentLength; n > 0 && n <= limit && n <= 1<<20 {
		buf.Grow(int(n) + bytes.MinRead)
	}
	n, err := io.Copy(&buf, io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return buf.Bytes(), err
	}
	if n > limit {
		return nil, errTooLong
	}
	if resp.ContentLength > n && (resp.Request == nil || resp.Request.Method != http.MethodHead) {
		return buf.Bytes(), io.ErrUnexpectedEOF
	}
	return buf.Bytes(), nil
}

var (
	errTooLong = errors.New("the answer does not end")
	errWebPage = errors.New("a web page instead of XML")
)
