package page

import (
	"context"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// handler is all that the page answers. Guards come first, then the path, then
// the login.
func (f *front) handler() http.Handler {
	mux := http.NewServeMux()
	handle := func(methods, pattern string, h http.Handler) {
		mux.Handle(pattern, f.allow(methods, h))
	}
	inside := func(h http.HandlerFunc) http.Handler { return f.inside(h) }
	handle("GET", "/healthz", http.HandlerFunc(f.health))
	handle("GET POST", "/login", http.HandlerFunc(f.login))
	handle("GET", "/enter", http.HandlerFunc(f.enter))
	handle("POST", "/logout", inside(f.logout))
	handle("GET", "/{$}", inside(f.index))
	handle("GET", "/{file}", http.HandlerFunc(f.file))
	handle("GET", "/api/stream", inside(f.stream))
	handle("GET", "/api/devices/{device}/channels/{channel}/picture", inside(f.picture))
	if h := f.page.conf.API; h != nil {
		mux.Handle("/api/", f.inside(f.actions(h)))
	}
	if h := f.page.conf.Metrics; h != nil {
		handle("GET", "/metrics", f.inside(h))
	}
	if f.page.conf.Timeline != nil {
		handle("GET", "/timeline", inside(f.timeline))
	}
	if f.page.conf.Hook != nil {
		handle("POST", "/hooks/{name}", http.HandlerFunc(f.hook))
		mux.HandleFunc("/hooks/", f.nothing) // a token that comes there is no guess at the password
	}
	mux.Handle("/", inside(f.nothing))
	return f.guard(mux)
}

// allow lets the methods of a path pass: GET, and HEAD with it, or POST.
func (f *front) allow(methods string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		for m := range strings.FieldsSeq(methods) {
			if m == method {
				next.ServeHTTP(w, r)
				return
			}
		}
		w.Header().Set("Allow", strings.ReplaceAll(methods, " ", ", "))
		f.refuse(w, r, http.StatusMethodNotAllowed, "method", r.URL.Path+" takes "+strings.ReplaceAll(methods, " ", ", ")+", not "+r.Method, "")
	})
}

// healthTimeout is how long the host may take to tell how it is.
const healthTimeout = 5 * time.Second

// health says whether the host answers, and nothing of what it does.
func (f *front) health(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if !f.page.answers() {
		w.WriteHeader(http.StatusServiceUnavailable)
		w.Write([]byte("the host does not answer\n"))
		return
	}
	w.Write([]byte("ok\n"))
}

// answers reports whether the host tells within healthTimeout how it is. Of a
// host that hangs one goroutine waits for it, however often it is asked.
func (p *Page) answers() bool {
	late := make(chan struct{})
	timer := p.conf.Clock.AfterFunc(healthTimeout, func() { close(late) })
	defer timer.Stop()
	select {
	case p.health <- struct{}{}:
	case <-late:
		return false
	}
	done := make(chan struct{})
	p.conf.Clock.Go(func() {
		p.conf.Status()
		<-p.health
		close(done)
	})
	select {
	case <-done:
		return true
	case <-late:
		return false
	}
}

// nothing says that there is nothing by that path.
func (f *front) nothing(w http.ResponseWriter, r *http.Request) {
	f.refuse(w, r, http.StatusNotFound, "not_found", "there is no "+r.URL.Path, "")
}

func (f *front) index(w http.ResponseWriter, r *http.Request) { f.send(w, r, "index.html") }

// file sends one of the files of the page. Those that the login needs are for
// all.
func (f *front) file(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	switch path.Ext(name) {
	case ".css", ".svg":
		f.send(w, r, name)
	case ".js":
		f.inside(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.send(w, r, name) })).ServeHTTP(w, r)
	default:
		f.inside(http.HandlerFunc(f.nothing)).ServeHTTP(w, r)
	}
}

func (f *front) send(w http.ResponseWriter, r *http.Request, name string) {
	b, err := fs.ReadFile(assets, "assets/"+name)
	if err != nil {
		f.nothing(w, r)
		return
	}
	f.sendBytes(w, name, b)
}

func (f *front) sendBytes(w http.ResponseWriter, name string, b []byte) {
	w.Header().Set("Content-Type", typeOf(name))
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.Write(b)
}

// typeOf does not ask the machine, whose tables may have anything.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.FormatMediaType("text/html", map[string]string{"charset": "utf-8"})
}

type sessionKey struct{}

func withSession(ctx context.Context, s session) context.Context {
	return context.WithValue(ctx, sessionKey{}, s)
}

// sessionOf gives the session of a request that is inside; a bearer has none.
func sessionOf(r *http.Request) (session, bool) {
	s, ok := r.Context().Value(sessionKey{}).(session)
	return s, ok
}
