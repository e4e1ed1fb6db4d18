package isapi

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
)

// readBody reads to the end, at most limit bytes, at least what
// Content-Length promised.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	body := io.Reader(resp.Body)
	zipped := strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip")
	if zipped { // although no request asks for that; the limit counts unpacked bytes
		unzipped, err := gzip.NewReader(resp.Body)
		if err != nil {
			return nil, err
		}
		body = unzipped
	}
	size := int64(512)
	if n := resp.ContentLength; n > 0 && n <= limit && n <= 1<<20 {
		size = n + 1 // one byte in which to find the end
	}
	read := make([]byte, 0, size)
	for {
		n, err := body.Read(read[len(read):cap(read)])
		read = read[:len(read)+n]
		switch {
		case err != nil && err != io.EOF:
			return read, err
		case int64(len(read)) > limit:
			return nil, errTooLong
		case err == nil:
			if len(read) == cap(read) {
				read = slices.Grow(read, len(read))
			}
		case resp.ContentLength > int64(len(read)) && !zipped && (resp.Request == nil || resp.Request.Method != http.MethodHead):
			return read, io.ErrUnexpectedEOF
		default:
			return read, nil
		}
	}
}

var (
	errTooLong = errors.New("the answer does not end")
	errWebPage = errors.New("a web page instead of XML")
)
