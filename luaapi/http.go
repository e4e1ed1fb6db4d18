package luaapi

import (
	"context"
	"encoding/base64"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/sandbox"
)

const (
	maxHTTPBody    = 16 << 20 // of a request, and of an answer after it was unpacked
	maxHTTPHeaders = 64 << 10
	maxURL         = 16 << 10
	maxHTTPAtOnce  = 8 // of one script
	maxRedirects   = 5
	httpTimeout    = 30 * time.Second
	maxHTTPTimeout = 10 * time.Minute
)

var httpMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

var httpOptions = []Option{
	{Name: "headers", Type: "any", Doc: "a table {name = value}"},
	{Name: "body", Type: "any", Doc: "what is sent: a string or a snapshot, at most 16 MB"},
	{Name: "json", Type: "any", Doc: "a value that is sent as JSON, instead of body"},
	{Name: "form", Type: "any", Doc: "fields of a form, {name = value}, instead of body; a list of values sends the name several times"},
	{Name: "files", Type: "any", Doc: "files of a form, {name = snapshot} or {name = {name=, bytes=, content_type=}}, beside form; sent as multipart/form-data"},
	{Name: "timeout", Type: "duration", Doc: "for the whole of it, redirects included; default 30s, at most 10m"},
}

var httpEntries = []entry{
	httpEntry("get", "url", "asks a web server, http or https", func(c *call) int { return c.http("GET", 0) }),
	httpEntry("post", "url", "sends something to a web server", func(c *call) int { return c.http("POST", 0) }),
	httpEntry("put", "url", "puts something onto a web server", func(c *call) int { return c.http("PUT", 0) }),
	httpEntry("delete", "url", "deletes something on a web server", func(c *call) int { return c.http("DELETE", 0) }),
	httpEntry("request", "method, url", "sends a request with a method of your choice", func(c *call) int {
		method := strings.ToUpper(c.text(0, "the method"))
		if !slices.Contains(httpMethods, method) {
			c.misuse("the method must be %s, not %s", either(httpMethods), describe(c.arg(0)))
		}
		return c.http(method, 1)
	}),
}

func httpEntry(name, args, doc string, fn func(*call) int) entry {
	return entry{
		name: name, args: args + ", {headers=, body=, json=, form=, files=, timeout=}", options: httpOptions, result: "response", fn: fn,
		doc: doc + "; any status is an answer, look at it; no answer is an error of kind offline or timeout; at most 5 redirects, to other hosts without your headers; 8 at once, others wait",
	}
}

// http sends what the arguments from i on describe and gives the answer as a
// table. Neither the URL beyond its host nor any header is ever part of an
// error: both carry tokens and passwords.
func (c *call) http(method string, i int) int {
	c.atMost(i + 2)
	x := &httpExchange{method: method, url: c.url(i), header: make(http.Header), clk: c.m.script.Clock(), timeout: httpTimeout}
	o := c.options(i+1, httpOptions)
	x.header.Set("User-Agent", "hiklua/"+c.m.script.Version())
	if user := x.url.User; user != nil {
		password, _ := user.Password()
		x.header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
		x.url.User = nil
	}
	c.httpBody(x, o)
	c.httpHeaders(x, o.values["headers"])
	if o.given("timeout") {
		x.timeout = o.duration("timeout")
		if x.timeout <= 0 || x.timeout > maxHTTPTimeout {
			c.misuse("timeout must be more than 0 and at most %s", clock.FormatDuration(maxHTTPTimeout))
		}
	}
	c.wait(func(ctx context.Context) error {
		if err := c.m.web.Acquire(ctx); err != nil {
			return err
		}
		defer c.m.web.Release()
		return x.run(ctx, c.m.script.HTTP())
	})
	return c.push(c.m.httpAnswer(c.L, x))
}

// url refuses what is no address of a web server, without quoting it.
func (c *call) url(i int) *url.URL {
	v, ok := c.arg(i).(lua.LString)
	if !ok {
		c.wrong("the URL", "a string", c.arg(i))
	}
	if len(v) > maxURL {
		c.misuse("the URL is longer than %d KB", maxURL>>10)
	}
	u, err := url.Parse(string(v))
	switch {
	case err != nil:
		c.misuse("the URL is malformed; what is special in a user, password or query is written with %%, such as %%40 for @")
	case u.Scheme != "http" && u.Scheme != "https":
		c.misuse("the URL must begin with http:// or https://")
	case u.Hostname() == "":
		c.misuse("the URL has no host")
	case !validPort(u.Port()):
		c.misuse("the URL has the port %s, and ports are 1 to 65535", u.Port())
	}
	u.Fragment, u.RawFragment = "", ""
	return u
}

// validPort takes "", the port of the scheme, too.
func validPort(port string) bool {
	n, err := strconv.Atoi(port)
	return port == "" || err == nil && n >= 1 && n <= 65535
}

func (c *call) httpHeaders(x *httpExchange, v lua.LValue) {
	if v == nil {
		return
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		c.misuse("headers must be a table {name = value}")
	}
	size := 0
	l := interruptible{L: c.L}
	l.each(content(t), func(key, value lua.LValue) error {
		name, ok := key.(lua.LString)
		if !ok || !isHeaderName(string(name)) {
			c.misuse("headers must be a table {name = value}; %s is no name of a header", describe(key))
		}
		if !isPlain(value) {
			c.misuse("headers: %s can't be a %s", string(name), value.Type())
		}
		text := sandbox.Text(value)
		if strings.ContainsFunc(text, isControl) {
			c.misuse("headers: %s has a line end or another control character in it", string(name))
		}
		if size += len(name) + len(text); size > maxHTTPHeaders {
			c.misuse("headers are longer than %d KB", maxHTTPHeaders>>10)
		}
		x.header.Set(string(name), text)
		return nil
	})
}

func isHeaderName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}

// httpAnswer is the answer as scripts have it.
func (m *module) httpAnswer(L *lua.LState, x *httpExchange) *lua.LTable {
	t := L.CreateTable(0, 4)
	t.RawSetString("status", lua.LNumber(x.status))
	t.RawSetString("headers", m.httpHeaderTable(L, x.answer))
	t.RawSetString("body", lua.LString(x.received))
	if isJSONType(x.answer.Get("Content-Type")) && len(x.received) <= maxJSONSize {
		r := jsonReader{interruptible: interruptible{L: L}, s: string(x.received)}
		if v, err := r.document(); err == nil { // body remains for what is no JSON after all
			t.RawSetString("json", v)
		}
	}
	return t
}

// httpHeaderTable has names in small letters and finds them in any spelling.
func (m *module) httpHeaderTable(L *lua.LState, header http.Header) *lua.LTable {
	t := L.CreateTable(0, len(header))
	for _, name := range sortedKeys(header) {
		t.RawSetString(strings.ToLower(name), lua.LString(strings.Join(header[name], ", ")))
	}
	if m.headers == nil {
		m.headers = m.L.CreateTable(0, 2)
		m.headers.RawSetString("__index", m.bind("headers", func(c *call) int {
			if t, ok := c.arg(0).(*lua.LTable); ok {
				return c.push(t.RawGetString(strings.ToLower(keyText(c.arg(1)))))
			}
			return 0
		}))
		m.headers.RawSetString("__metatable", lua.LString("hik headers"))
	}
	t.Metatable = m.headers
	return t
}

func isJSONType(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == "application/json" || kind == "text/json" || strings.HasSuffix(kind, "+json"))
}
