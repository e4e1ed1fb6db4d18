package cluster

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// transport is the way from a process to a camera, under the term that begins at the
// moment.
func (p *process) transport(d site.Device) (http.RoundTripper, error) {
	if p.box.hangs != nil {
		_ = clock.WaitFor(p.box.hangs, p.m.Clock().NewWaiter())
	}
	var term uint64
	for _, s := range p.member.all() {
		if t := s.latest(); t != nil {
			term = max(term, t.number)
		}
	}
	camera := p.box.a.camera(d)
	return &wire{p: p, term: term, device: d.Name, camera: camera.Transport()}, nil
}

// wire is a connection to a camera.
type wire struct {
	p      *process
	term   uint64
	device string
	camera http.RoundTripper
}

// pass returns when the process may run.
func (w *wire) pass() {
	now := w.p.m.Clock().NewWaiter()
	now.Wake()
	now.Wait()
}

// RoundTrip implements http.RoundTripper. What was written when the process is stopped
// or killed arrives all the same.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	a := w.p.box.a
	w.pass()
	if w.p.m.Dead() {
		return nil, io.ErrClosedPipe
	}
	if w.p.box.cut {
		clock.WaitFor(r.Context(), w.p.m.Clock().NewWaiter())
		return nil, context.Cause(r.Context())
	}
	done := w.p.m.Clock().NewWaiter()
	var resp *http.Response
	var err error
	a.clk.Go(func() {
		defer done.Wake()
		_ = clock.Sleep(context.Background(), a.clk, 2*time.Millisecond)
		if what := commandOf(r); what != "" {
			a.sent = append(a.sent, sent{a.clk.Now(), w.p.box.name, w.term, w.device, what})
		}
		resp, err = w.camera.RoundTrip(r)
	})
	done.Wait()
	if err == nil {
		resp.Body = &wireBody{resp.Body, w}
	}
	return resp, err
}

type wireBody struct {
	io.ReadCloser
	w *wire
}

func (b *wireBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.w.pass()
	if b.w.p.m.Dead() {
		return 0, io.ErrClosedPipe
	}
	return n, err
}

// commandOf is what a request has a camera do; "": it only asks.
func commandOf(r *http.Request) string {
	if r.Method == http.MethodGet {
		return ""
	}
	path := r.URL.Path
	if !strings.Contains(path, "/PTZCtrl/") {
		return ""
	}
	kind := path[strings.LastIndex(path, "/")+1:]
	if kind != "continuous" || r.GetBody == nil {
		return kind
	}
	body, err := r.GetBody()
	if err != nil {
		return kind
	}
	text, _ := io.ReadAll(body)
	if strings.Contains(string(text), "<pan>0</pan>") && strings.Contains(string(text), "<tilt>0</tilt>") && !bytes.Contains(text, []byte("<zoom>1")) {
		return "stop"
	}
	return "move"
}

// holder is the host that holds a share, as the hosts themselves say; "": none does,
// and an error if two say so.
func (a *arena) holder(share string) string {
	a.t.Helper()
	var found []string
	for _, b := range a.boxes {
		p := b.process
		if p == nil || p.ended || p.m.Dead() {
			continue
		}
		if s := p.member.share(share); s != nil && s.held() {
			found = append(found, b.name)
		}
	}
	if len(found) > 1 {
		a.t.Errorf("%s: %s is held by %s\n%s", a.clk.Now().Format("04:05.000"), share, strings.Join(found, " and "), a.log)
	}
	return strings.Join(found, "+")
}

// another is a host that is not the given one.
func (a *arena) another(not ...string) *box {
	for _, b := range a.boxes {
		if !slices.Contains(not, b.name) {
			return b
		}
	}
	a.t.Fatal("no other host")
	return nil
}

// do runs f on a goroutine of the clock, and lets time pass until it has returned.
func (a *arena) do(within time.Duration, f func()) {
	a.t.Helper()
	done := false
	a.clk.Go(func() {
		f()
		done = true
	})
	until := a.clk.Now().Add(within)
	for !done && a.clk.Now().Before(until) {
		a.run(50 * time.Millisecond)
	}
	if !done {
		a.t.Fatalf("it took more than %v\n%s", within, a.log)
	}
}

// until lets time pass until something is so.
func (a *arena) until(within time.Duration, what string, so func() bool) {
	a.t.Helper()
	for end := a.clk.Now().Add(within); !so(); a.run(10 * time.Millisecond) {
		if a.clk.Now().After(end) {
			a.t.Fatalf("after %v it is not so that %s\n%q\n%s", within, what, a.lines(""), a.log)
		}
	}
}

// lines are what scripts printed, as "HOST SCRIPT TEXT".
func (a *arena) lines(script string) (all []string) {
	for _, l := range a.printed {
		if l.script == script || script == "" {
			all = append(all, l.host+" "+l.text)
		}
	}
	return all
}

// judge says what must not be, by the journal: a command of an older term after one of
// a newer, and a term with two hosts.
func (a *arena) judge() {
	a.t.Helper()
	latest := make(map[string]sent)
	hostOf := make(map[uint64]string)
	for _, s := range a.sent {
		if last := latest[s.device]; s.term < last.term {
			a.t.Errorf("%s: %s of %s, term %d, after one of %s, term %d", s.at.Format("04:05.000"), s.what, s.host, s.term, last.host, last.term)
		}
		if by, known := hostOf[s.term]; known && by != s.host {
			a.t.Errorf("%s: term %d has %s and %s", s.at.Format("04:05.000"), s.term, by, s.host)
		}
		latest[s.device], hostOf[s.term] = s, s.host
	}
	for _, name := range slices.Sorted(maps.Keys(a.cameras)) {
		if a.over && a.cameras[name].Driven(1) {
			a.t.Errorf("%s still moves", name)
		}
	}
	if a.t.Failed() {
		a.t.Logf("log:\n%s", a.log)
	}
}
