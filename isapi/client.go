package isapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Limits on what an answer's body may cost.
const (
	maxBody    = 4 << 20
	maxPicture = 64 << 20
	maxRefusal = 64 << 10 // the body of a 401
)

// Client talks to one device. Its methods may be called from several
// goroutines at once.
type Client struct {
	// Set once by New or Sibling.
	cfg   Config
	base  url.URL
	rt    http.RoundTripper
	own   *http.Transport // nil where Config.Transport was given
	known *knowledge      // shared with siblings
	pin   *pin            // shared with siblings

	account *Account // shared with siblings, and with others by Config.Account
	urgent  bool     // made by Urgent
}

// New checks cfg and makes a client. It sends nothing.
func New(cfg Config) (*Client, error) {
	if err := cfg.normalize(); err != nil {
		return nil, err
	}
	p := &pin{}
	if cfg.PinnedCert != nil {
		p.sum = bytes.Clone(cfg.PinnedCert)
	}
	if cfg.Account == nil {
		cfg.Account = newAccount(&cfg)
	}
	return newClient(cfg, newKnowledge(), p), nil
}

func newClient(cfg Config, k *knowledge, p *pin) *Client {
	c := &Client{cfg: cfg, account: cfg.Account, known: k, pin: p, rt: cfg.Transport}
	c.base = url.URL{Scheme: cfg.Scheme, Host: cfg.hostport()}
	if c.rt == nil {
		c.own = newTransport(&cfg, p)
		c.rt = c.own
	} else if cfg.Gate != nil {
		c.rt = gatedTransport{c.rt, cfg.Gate}
	}
	return c
}

// Sibling is a second client for the same device: the same account, the same
// learned ids and quirks, connections of its own. The event stream has one.
func (c *Client) Sibling() *Client { return newClient(c.cfg, c.known, c.pin) }

// Urgent is a sibling for stops: each of its requests is taken for one, and waits
// for no request of another client (see Account).
func (c *Client) Urgent() *Client {
	u := c.Sibling()
	u.urgent = true
	return u
}

// Close drops this client's idle connections. Requests on their way go on.
func (c *Client) Close() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// Name is Config.Name.
func (c *Client) Name() string { return c.cfg.Name }

// String names the device; it never shows the account.
func (c *Client) String() string { return "isapi.Client(" + c.cfg.Name + ")" }

// GoString keeps %#v to the same.
func (c *Client) GoString() string { return c.String() }

// Format keeps every other verb to the same.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// call is one request as the methods describe it.
type call struct {
	op      string // for errors
	channel int
	method  string
	path    string
	query   url.Values
	body    []byte
	ctype   string
	limit   int64
	replay  bool // sending it twice does no harm: a stale connection may be tried again
	moves   bool // a stop will follow
	stop    bool // waits for no login of another request
	stream  bool // an event stream, whose opening may hang
}

// answer is a body that was read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
	reboot bool // done, and the device wants a restart for it to count
}

func (c *Client) get(ctx context.Context, op string, channel int, path string) (*Node, error) {
	root, _, err := c.document(ctx, &call{op: op, channel: channel, method: http.MethodGet, path: path})
	return root, err
}

// document is do for an answer that is XML.
func (c *Client) document(ctx context.Context, cl *call) (*Node, *answer, error) {
	a, err := c.do(ctx, cl)
	if err != nil {
		return nil, nil, err
	}
	root, err := c.parse(cl, a)
	return root, a, err
}

func (c *Client) put(ctx context.Context, op string, channel int, path, body string) error {
	_, err := c.do(ctx, &call{op: op, channel: channel, method: http.MethodPut, path: path, body: []byte(body), replay: true})
	return err
}

// parse reads a's XML and says what came instead where there is none.
func (c *Client) parse(cl *call, a *answer) (*Node, error) {
	root, err := ParseXML(a.body)
	if err == nil && strings.EqualFold(root.Name, "html") {
		err = errWebPage
	}
	if err != nil {
		e := c.fail(cl, because(ErrBadAnswer, err))
		e.HTTPStatus = a.status
		e.Detail = c.scrub(describeBody(a.body, err))
		e.Hint = hintNoXML
		return nil, e
	}
	return root, nil
}

// do sends cl, reads the answer and tells errors apart. A GET whose answer
// was cut short is asked once more.
func (c *Client) do(ctx context.Context, cl *call) (*answer, error) {
	for attempt := 0; ; attempt++ {
		a, err := c.once(ctx, cl)
		if err != nil && attempt == 0 && cl.method == http.MethodGet && errors.Is(err, ErrCut) && ctx.Err() == nil {
			continue
		}
		return a, err
	}
}

func (c *Client) once(ctx context.Context, cl *call) (*answer, error) {
	resp, err := c.open(ctx, cl)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	limit := cl.limit
	if limit == 0 {
		limit = maxBody
	}
	body, err := readBody(resp, limit)
	if err != nil {
		return nil, c.failRead(ctx, cl, resp.StatusCode, err)
	}
	a := &answer{status: resp.StatusCode, header: resp.Header, body: body}
	st := parseStatus(body)
	if st != nil && st.failed() {
		return nil, c.refused(cl, resp.StatusCode, resp.Header, body, st)
	}
	if st == nil && cl.method != http.MethodGet && cl.op != opRequest && IsWebPage(body) {
		// A page in place of the verdict: whatever it says, nothing was done.
		e := c.fail(cl, because(ErrBadAnswer, errWebPage))
		e.HTTPStatus = a.status
		e.Detail = c.scrub(describeBody(body, nil))
		e.Hint = hintNoXML
		return nil, e
	}
	a.reboot = st != nil && st.code == 7
	return a, nil
}

// open sends cl and returns an answer of status 2xx with its body still to
// be read; anything else is an error.
func (c *Client) open(ctx context.Context, cl *call) (*http.Response, error) {
	if err := c.checkPath(cl); err != nil {
		return nil, err
	}
	resp, err := c.exchange(ctx, cl)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	defer resp.Body.Close()
	body, err := readBody(resp, maxBody)
	if err != nil && len(body) == 0 {
		body = nil // the status alone says enough
	}
	return nil, c.refused(cl, resp.StatusCode, resp.Header, body, parseStatus(body))
}

// send makes one round trip. Redirects come back as they are: they are never
// followed, least of all with credentials.
func (c *Client) send(ctx context.Context, cl *call, authorization string) (*http.Response, error) {
	req := c.newRequest(ctx, cl, authorization)
	var w *written
	if c.cfg.Gate != nil && c.own != nil {
		req, w = traceWritten(req)
	}
	resp, err := c.rt.RoundTrip(req)
	if err != nil {
		return nil, c.failNet(ctx, cl, w.correct(err))
	}
	return resp, nil
}

// getBody gives the body again, for a second try and for auth-int.
func (cl *call) getBody() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(cl.body)), nil
}

func (c *Client) newRequest(ctx context.Context, cl *call, authorization string) *http.Request {
	u := c.url(cl)
	req := &http.Request{
		Method: cl.method, URL: u, Host: u.Host, Header: make(http.Header, 4),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody,
	}
	values := make([]string, 0, 3) // of the header; Set would make a slice for each
	set := func(key, value string) {
		values = append(values, value)
		req.Header[key] = values[len(values)-1 : len(values) : len(values)]
	}
	set("User-Agent", "hiklua")
	if authorization != "" {
		set("Authorization", authorization)
	}
	if len(cl.body) > 0 {
		req.GetBody = cl.getBody
		req.Body, _ = req.GetBody()
		req.ContentLength = int64(len(cl.body))
		ctype := cl.ctype
		if ctype == "" {
			ctype = "application/xml"
		}
		set("Content-Type", ctype)
	}
	if cl.replay && c.own != nil {
		// An empty key is not sent; it tells net/http that a request which
		// met a connection closed in the meantime may go out on a new one.
		req.Header["Idempotency-Key"] = []string{}
	}
	return req.WithContext(ctx)
}

// hasDots reports whether a segment of a path is . or ...
func hasDots(path string) bool {
	for s := range strings.SplitSeq(path, "/") {
		if s == "." || s == ".." {
			return true
		}
	}
	return false
}

// checkPath refuses what could lead anywhere but into the device's tree.
func (c *Client) checkPath(cl *call) error {
	p := cl.path
	bad := ""
	switch {
	case !strings.HasPrefix(p, "/"):
		bad = "the path must begin with /"
	case strings.HasPrefix(p, "//"):
		bad = "the path must not begin with //"
	case hasDots(p):
		bad = "the path must not hold . or .."
	case strings.ContainsFunc(p, isControl) || strings.ContainsAny(p, "?#\\"):
		bad = "the path holds a character that it must not"
	}
	if bad == "" {
		return nil
	}
	e := c.fail(cl, ErrMisuse)
	e.Path, e.Detail = "", bad
	return e
}
