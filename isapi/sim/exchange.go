package sim

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// exchange is one request and what will be answered to it.
type exchange struct {
	d     *Device
	r     *http.Request
	now   time.Time
	query url.Values
	vars  []pathVar
	body  []byte
	user  account
	entry *Entry
	proxy bool // came by a path of a recorder's proxies

	status int
	header http.Header
	values [5]string // of header, those that set has used
	used   int
	out    []byte
	shot   *shot // a picture to be drawn, without the device's lock
	stream *stream
	broken breakage
}

// breakage is how the connection ends instead of with the whole answer.
type breakage int

const (
	intact breakage = iota
	refused
	resetMidway
	cutMidway
)

const maxBody = 1 << 20

// answer does everything between a request and its answer. It waits only by
// the clock, on the caller's goroutine. The error is that of a context that
// ended meanwhile.
func (d *Device) answer(ctx context.Context, r *http.Request) (*exchange, error) {
	x := &exchange{d: d, r: r, header: http.Header{}}
	if r.URL.RawQuery != "" {
		x.query = r.URL.Query()
	}
	if control(r.URL.Path) {
		x.now = d.clk.Now()
		x.readBody()
		d.serveControl(x)
		return x, nil
	}
	d.mu.Lock()
	now := d.clk.Now()
	if d.down(now) {
		d.mu.Unlock()
		x.broken = refused
		return x, nil
	}
	x.entry = &Entry{Start: now, Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Remote: r.RemoteAddr}
	d.counts.Requests++
	parallel := d.journal.begin(x.entry, isStream(r.URL.Path))
	d.counts.MaxParallel = max(d.counts.MaxParallel, parallel)
	if d.o.MaxParallel > 0 && parallel > int64(d.o.MaxParallel) {
		d.downTill = now.Add(d.o.OverloadDown)
		x.entry.What = "overload"
		d.wakeStreams()
	}
	latency := d.o.Latency
	if f, slow := d.fault("slow", now); slow {
		latency += f.span(2 * time.Second)
	}
	f, late := d.fault("late", now)
	if late {
		latency += f.span(2 * time.Second)
	}
	d.mu.Unlock()

	x.readBody()
	if r.Method != http.MethodGet {
		x.entry.Body = string(x.body[:min(len(x.body), bodyKept)])
	}
	if err := d.wait(ctx, latency); err != nil {
		if late && r.Method != http.MethodGet {
			x.r = r.Clone(context.Background()) // r is its sender's again
			d.clk.AfterFunc(now.Add(latency).Sub(d.clk.Now()), func() { d.doLate(x) })
		} else {
			d.close(x)
		}
		return nil, err
	}
	d.mu.Lock()
	x.carryOut()
	d.mu.Unlock()

	if x.shot != nil {
		if err := x.takePicture(ctx); err != nil {
			d.close(x)
			return nil, err
		}
	}
	if x.stream == nil {
		d.close(x)
	}
	return x, nil
}

// carryOut needs d.mu.
func (x *exchange) carryOut() {
	x.now = x.d.clk.Now()
	if x.d.down(x.now) {
		x.broken = resetMidway
	} else {
		x.handle()
	}
}

// doLate carries out a command whose client waits no longer.
func (d *Device) doLate(x *exchange) {
	d.mu.Lock()
	x.carryOut()
	x.broken = resetMidway
	d.mu.Unlock()
	d.close(x)
}

func (d *Device) wait(ctx context.Context, span time.Duration) error {
	if span <= 0 {
		return nil
	}
	return clock.Sleep(ctx, d.clk, span)
}

// close writes the end of a request into the journal.
func (d *Device) close(x *exchange) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if x.broken != refused && x.broken != resetMidway {
		x.entry.Status = x.status
	}
	if x.status >= 400 && x.status != http.StatusUnauthorized {
		d.counts.Refused++
	}
	d.journal.end(x.entry, d.clk.Now())
}

func (x *exchange) readBody() {
	if x.r.Body != nil && x.r.Body != http.NoBody {
		x.body, _ = io.ReadAll(io.LimitReader(x.r.Body, maxBody))
	}
}

// handle decides on faults, login and route, in that order. It needs d.mu.
func (x *exchange) handle() {
	d := x.d
	x.set("Date", d.deviceTime(x.now).UTC().Format(http.TimeFormat))
	x.set("Server", "App-webs/")
	if d.recorder() {
		x.set("Server", "DNVRS-Webs")
	}
	if d.o.HTTPSOnly && x.r.TLS == nil && x.r.URL.Scheme != "https" {
		x.entry.What = "redirect"
		x.page(http.StatusFound, "Moved", "")
		x.set("Location", "https://"+x.r.Host+x.r.RequestURI)
		return
	}
	if d.o.NoISAPI {
		x.entry.What = "unknown path"
		x.page(http.StatusNotFound, "Document Error: Not Found", "<h2>Access Error: 404 -- Not Found</h2>")
		return
	}
	if _, ok := d.fault("html", x.now); ok {
		x.entry.What = "web page"
		x.page(http.StatusOK, "login", "<p>Please log in.</p>")
		return
	}
	if _, ok := d.fault("busy", x.now); ok {
		x.refuse("deviceBusy")
		return
	}
	if !x.login() {
		return
	}
	x.route()
	if x.status == 0 && x.stream == nil && x.shot == nil {
		x.refuse("notSupport")
	}
	if _, ok := d.fault("reset", x.now); ok {
		x.broken = resetMidway
	} else if _, ok := d.fault("cut", x.now); ok {
		x.broken = cutMidway
	}
}

// login lets the request through or answers 401.
func (x *exchange) login() bool {
	d := x.d
	if d.o.OpenPictures && strings.HasSuffix(strings.ToLower(x.r.URL.Path), "/picture") {
		x.user = d.accounts[0]
		return true
	}
	a, v := d.verify(x.r, x.now)
	_, locked := d.locked(x.now)
	if v == accepted && !locked {
		d.rightLogin()
		x.user, x.entry.User = a, a.name
		return true
	}
	x.status = http.StatusUnauthorized
	x.header["WWW-Authenticate"] = d.challenges(x.r.RequestURI, x.now)
	switch v {
	case missing:
		d.counts.Challenges++
		x.entry.What = "challenge"
		x.xml(d.form.fragment(d.userCheck(x.now, locked)))
	case outdated:
		d.counts.Challenges++
		x.entry.What = "outdated nonce"
		if d.o.BareExpiry {
			delete(x.header, "WWW-Authenticate")
		}
		x.xml(d.form.document(x.responseStatus(4, "Invalid Operation", "invalidOperation")))
	default:
		x.entry.What = "rejected login"
		d.wrongLogin(x.now)
		x.xml(d.form.fragment(d.userCheck(x.now, true)))
	}
	return false
}

// set is header.Set without an allocation for each value. key is in canonical form.
func (x *exchange) set(key, value string) {
	if x.used == len(x.values) {
		x.header[key] = []string{value}
		return
	}
	x.values[x.used] = value
	x.header[key] = x.values[x.used : x.used+1 : x.used+1]
	x.used++
}

// xml sets the body; the status is the handler's, 200 by default.
func (x *exchange) xml(out []byte) {
	x.set("Content-Type", `application/xml; charset="UTF-8"`)
	x.out = out
}

// send answers 200 with a document.
func (x *exchange) send(e *elem) {
	x.status = http.StatusOK
	x.xml(x.d.form.document(e))
}

func (x *exchange) page(status int, title, text string) {
	x.status = status
	x.set("Content-Type", "text/html")
	x.out = []byte("<!DOCTYPE html>\r\n<html><head><title>" + title + "</title></head><body>" + text + "</body></html>\r\n")
}

// responseStatus is the answer to most requests: el, which looks at the types of
// what it is given, takes twice as long.
func (x *exchange) responseStatus(code int, text, sub string) *elem {
	kids := [...]elem{
		{name: "requestURL", text: x.r.URL.Path}, {name: "statusCode", text: strconv.Itoa(code)},
		{name: "statusString", text: text}, {name: "subStatusCode", text: sub},
	}
	return &elem{name: "ResponseStatus", attrs: []attr{{}}, kids: []*elem{&kids[0], &kids[1], &kids[2], &kids[3]}}
}

// ok answers that a command was taken.
func (x *exchange) ok() {
	x.status = http.StatusOK
	x.xml(x.d.form.document(x.responseStatus(1, "OK", "ok")))
}

type refusal struct {
	status, code int
	text         string
}

var refusals = map[string]refusal{
	"deviceBusy":       {503, 2, "Device Busy"},
	"reConnectIpc":     {503, 2, "Device Busy"},
	"deviceError":      {500, 3, "Device Error"},
	"notSupport":       {403, 4, "Invalid Operation"},
	"lowPrivilege":     {403, 4, "Invalid Operation"},
	"invalidOperation": {403, 4, "Invalid Operation"},
	"methodNotAllowed": {403, 4, "Invalid Operation"},
	badFormat:          {400, 5, "Invalid XML Format"},
	badContent:         {400, 6, "Invalid XML Content"},
	badParameters:      {400, 6, "Invalid XML Content"},
	"invalidChannel":   {400, 6, "Invalid XML Content"},
	"notActivated":     {403, 4, "Invalid Operation"},
}

// refuse answers with an error, by its subStatusCode.
func (x *exchange) refuse(sub string) {
	f := refusals[sub]
	if sub == "methodNotAllowed" && !x.d.recorder() {
		f.code = 6 // so recorded: the code of one error with the string of another
	}
	x.status = f.status
	x.xml(x.d.form.document(x.responseStatus(f.code, f.text, sub)))
	if x.entry.What == "" {
		x.entry.What = "refused: " + sub
	} else {
		x.entry.What += ", refused: " + sub
	}
}

// read parses and checks the document that was PUT.
func (x *exchange) read(s shape, roots ...string) (*elem, bool) {
	e, err := parseXML(x.body)
	switch {
	case err != nil:
		x.refuse(badFormat)
	case !slices.Contains(roots, e.name):
		x.refuse(badContent)
	default:
		bad := s.validate(e)
		if bad == "" {
			return e, true
		}
		x.refuse(bad)
	}
	return nil, false
}
