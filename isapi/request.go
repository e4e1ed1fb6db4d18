package isapi

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// RequestOptions are the parts of a raw request.
type RequestOptions struct {
	Body        []byte
	Query       url.Values
	ContentType string // default application/xml where there is a body
}

// Response is a raw answer.
type Response struct {
	Status      int
	ContentType string
	Body        []byte
}

// Request sends what has no method of its own. path begins with /ISAPI/ (or
// whatever the device serves) and may carry a query. A refusal of the device,
// be it in a 200, is an error as everywhere else. The answer may have 4 MB.
func (c *Client) Request(ctx context.Context, method, path string, opt RequestOptions) (*Response, error) {
	method = strings.ToUpper(method)
	cl := &call{op: opRequest, method: method, body: opt.Body, ctype: opt.ContentType, query: url.Values{}}
	switch method {
	case http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete, http.MethodHead, http.MethodOptions, http.MethodPatch:
	default:
		cl.method = ""
		return nil, c.misuse("request", 0, "method %q is none of GET, PUT, POST, DELETE", c.scrub(method))
	}
	if strings.ContainsFunc(opt.ContentType, isControl) {
		return nil, c.misuse("request", 0, "the content type holds a control character")
	}
	if strings.Contains(path, "://") {
		return nil, c.misuse("request", 0, "give the path alone, without scheme and host")
	}
	p, rawQuery, _ := strings.Cut(path, "?")
	more, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, c.misuse("request", 0, "the query is not well-formed")
	}
	if cl.path, err = url.PathUnescape(p); err != nil {
		return nil, c.misuse("request", 0, "the path is not well-formed")
	}
	for _, q := range []url.Values{more, opt.Query} {
		for k, v := range q {
			cl.query[k] = append(cl.query[k], v...)
		}
	}
	a, err := c.do(ctx, cl)
	if err != nil {
		return nil, err
	}
	return &Response{Status: a.status, ContentType: a.header.Get("Content-Type"), Body: a.body}, nil
}

// opRequest names raw requests in errors; their answers may be anything.
const opRequest = "request"
