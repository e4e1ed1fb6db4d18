package isapi

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
)

// readBody reads to the end, at most limit bytes, at least what
// Content-Length promised.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	var buf bytes.Buffer
	if n := resp.ContentLength; n > 0 && n <= limit && n <= 1<<20 {
		buf.Grow(int(n) + bytes.MinRead)
	}
	body := io.Reader(resp.Body)
	zipped := strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip")
	if zipped { // although no request asks for that; the limit counts unpacked bytes
		unzipped, err := gzip.NewReader(resp.Body)
		if err != nil {
			return nil, err
		}
		body = unzipped
	}
	n, err := io.Copy(&buf, io.LimitReader(body, limit+1))
	if err != nil {
		return buf.Bytes(), err
	}
	if n > limit {
		return nil, errTooLong
	}
	if resp.ContentLength > n && !zipped && (resp.Request == nil || resp.Request.Method != http.MethodHead) {
		return buf.Bytes(), io.ErrUnexpectedEOF
	}
	return buf.Bytes(), nil
}

var (
	errTooLong = errors.New("the answer does not end")
	errWebPage = errors.New("a web page instead of XML")
)
