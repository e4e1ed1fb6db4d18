package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"

	"github.com/hiklua/hiklua/runtime/control"
	"github.com/hiklua/hiklua/runtime/nearest"
)

// VersionHeader is the header of every answer that names the host's version.
const VersionHeader = "Hiklua-Version"

// Config is what an API answers with.
type Config struct {
	Host    Host
	Version string       // of hiklua
	Log     slog.Handler // of the host
	// Ring has the last lines of the log, as JSON.
	Ring *control.Ring
	// LogLines makes what writes log lines from level on to w, as JSON.
	LogLines func(w io.Writer, level slog.Level) slog.Handler
	// Emit has something happen, as the command emit does: an event that scripts
	// listen to, with a value as JSON or none, or something that a simulated
	// device notices, in words.
	Emit func(name, valueOrWords string) (Emitted, error)
	// PageLink makes a link to the page. Nil: there is none.
	PageLink func() (PageLink, error)
	// Metrics answers scrapes of Prometheus; nil: nothing is counted yet, as the
	// host has no page.
	Metrics func() http.Handler
	// Cluster is that of the host; nil: it runs its site alone.
	Cluster Cluster
	// Reloading, if it is set, is called before a reload by hand, and what it
	// returns after it.
	Reloading func() (done func())
}

// API answers the requests to one host.
type API struct {
	conf     Config
	log      *slog.Logger
	sessions sessions
	// streams holds the answers that go on, of each place by itself: those who
	// have logged in at the page must not keep the commands from the host.
	streams [places]chan struct{}
}

// New makes the API of a host, which must be open.
func New(conf Config) *API {
	a := &API{conf: conf, log: slog.New(conf.Log), sessions: sessions{all: make(map[string]*session)}}
	for i := range a.streams {
		a.streams[i] = make(chan struct{}, maxStreams)
	}
	return a
}

// Place is where requests come from.
type Place int

// The places.
const (
	Socket Place = iota // of the machine's user that the host runs as
	Page                // over TCP, from those who have logged in

	places = 2
)

// placeKey is the key of a request's context for the Place it comes from.
type placeKey struct{}

// Handler answers the requests that come from a place. It checks no login.
func (a *API) Handler(from Place) http.Handler {
	mux := http.NewServeMux()
	byPath := make(map[string][]*route)
	for i := range table {
		r := &table[i]
		byPath[r.Path] = append(byPath[r.Path], r)
	}
	for path, routes := range byPath {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, from, routes) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { writeError(w, a.unknownPath(r)) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(VersionHeader, a.conf.Version)
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		mux.ServeHTTP(w, r)
	})
}

// serve answers a request to a path that has routes.
func (a *API) serve(w http.ResponseWriter, r *http.Request, from Place, routes []*route) {
	for _, one := range routes {
		switch {
		case one.Method != r.Method && (one.Method != http.MethodGet || r.Method != http.MethodHead):
		case from == Page && !one.Page:
			writeError(w, failed(http.StatusForbidden, "denied", r.URL.Path+" is for the control socket only", ""))
			return
		default:
			if err := one.serve(a, w, r.WithContext(context.WithValue(r.Context(), placeKey{}, from))); err != nil {
				writeError(w, err)
			}
			return
		}
	}
	methods := ""
	for _, one := range routes {
		w.Header().Add("Allow", one.Method)
		methods += ", " + one.Method
	}
	writeError(w, failed(http.StatusMethodNotAllowed, "method", r.URL.Path+" takes "+methods[2:]+", not "+r.Method, ""))
}

func (a *API) unknownPath(r *http.Request) error {
	var paths []string
	for _, one := range table {
		paths = append(paths, one.Path)
	}
	hint := ""
	if near := nearest.Word(r.URL.Path, paths); near != "" {
		hint = "did you mean " + near + "?"
	}
	return failed(http.StatusNotFound, unknownPath, "hiklua "+a.conf.Version+" does not know "+r.Method+" "+r.URL.Path, hint)
}

// writeJSON answers with one value.
func writeJSON(w http.ResponseWriter, status int, value any) {
	text, err := line(value)
	if err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// line is a value as a line of JSON. It is for programs, not for the inside of a
// page: < stays as it is.
func line(value any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(value)
	return b.Bytes(), err
}
