package page

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/site"
)

// pipes is a listener of connections in memory: in a bubble of synctest the
// network would let no time pass.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { close(p.done); return nil }

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8333} }

func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}

// inMemory lets the page of a world listen in memory.
func (w *world) inMemory() *pipes {
	web := site.DefaultWeb()
	web.Listen, web.Password = "127.0.0.1:8333", isapi.NewSecret(secret)
	f, err := newFront(w.page, web)
	if err != nil {
		w.t.Fatal(err)
	}
	p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	f.serve(p)
	w.page.replace(f)
	return p
}

// cookie is that of a new session.
func (w *world) cookie() string {
	rec := httptest.NewRecorder()
	w.page.front.begin(rec)
	c := rec.Result().Cookies()[0]
	return c.Name + "=" + c.Value
}

// get asks without a network.
func (w *world) get(path string, headers ...string) *http.Response {
	r := httptest.NewRequest("GET", "http://127.0.0.1:8333"+path, nil)
	r.Header.Set("Authorization", "Bearer "+secret)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.page.front.server.Handler.ServeHTTP(rec, r)
	return rec.Result()
}

// message is one event of a stream.
type message struct {
	name string
	data json.RawMessage
}

// stream is a client of the stream.
type stream struct {
	t      *testing.T
	status int
	got    chan message // closed at the end
	conn   net.Conn
}

// open asks for the stream. A client with hold set reads nothing behind the
// header until read is called.
func (w *world) open(p *pipes, cookie string, hold bool) *stream {
	w.t.Helper()
	s := &stream{t: w.t, got: make(chan message, 1000), conn: p.dial()}
	r, err := http.NewRequestWithContext(context.Background(), "GET", "http://127.0.0.1:8333/api/stream", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Cookie", cookie)
	go r.Write(s.conn)
	answer, err := http.ReadResponse(bufio.NewReaderSize(s.conn, 16), r)
	if err != nil {
		w.t.Fatal(err)
	}
	s.status = answer.StatusCode
	read := func() {
		defer close(s.got)
		lines := bufio.NewScanner(answer.Body)
		lines.Buffer(nil, 10<<20)
		var m message
		for lines.Scan() {
			switch name, value, _ := strings.Cut(lines.Text(), ": "); name {
			case "event":
				m.name = value
			case "data":
				m.data = json.RawMessage(value)
			case "":
				s.got <- m
				m = message{}
			}
		}
	}
	if !hold {
		go read()
	}
	return s
}

// next is the next event, which has to have that name. Beats are passed over.
func (s *stream) next(name string, into any) {
	s.t.Helper()
	for m := range s.got {
		if m.name == "beat" && name != "beat" {
			continue
		}
		if m.name != name {
			s.t.Fatalf("%s %.200s, where %s is due", m.name, m.data, name)
		}
		if err := json.Unmarshal(m.data, into); err != nil {
			s.t.Fatalf("%s: %v", m.data, err)
		}
		return
	}
	s.t.Fatalf("the stream has ended, where %s is due", name)
}

// rest is what has come and was not looked at, by name.
func (s *stream) rest() (names []string) {
	for {
		select {
		case m, more := <-s.got:
			if !more {
				return append(names, "end")
			}
			names = append(names, m.name)
		default:
			return names
		}
	}
}
