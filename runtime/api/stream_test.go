package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/control"
)

const turns = `hik.device("gate"):ptz_pan_tilt(40, 0) print("turning") hik.sleep(60)`

func text(source string) Program { return Program{Name: "-e", Source: Text(source)} }

// written gathers what a program writes, and says when it does.
type written struct {
	stdout strings.Builder
	logs   []string
	some   chan bool
}

func newWritten() *written { return &written{some: make(chan bool, 100)} }

func (w *written) take(p Piece) error {
	w.stdout.Write(p.Stdout)
	if p.Log != nil {
		w.logs = append(w.logs, string(p.Log))
	}
	if p.Stdout != nil {
		w.some <- true
	}
	return nil
}

func TestExec(t *testing.T) {
	t.Parallel()
	w := newWorld(t, oneHead, nil)
	c, _ := w.listen()
	for _, tt := range []struct {
		source, out string
		check       func(*Result) bool
	}{
		{`print("42")`, "42\n", func(r *Result) bool { return *r == Result{} }},
		{`io.write("\0\255", arg[1])`, "\x00\xff\xfe!", func(r *Result) bool { return *r == Result{} }},
		{`os.exit(7)`, "", func(r *Result) bool { return *r.Exit == 7 }},
		{"x = 1\nerror('bad')", "", func(r *Result) bool {
			return r.Error.Place == "-e:2" && r.Error.Message == "bad" && r.Error.Traceback != ""
		}},
		{"x =", "", func(r *Result) bool { return r.Error.Kind == "syntax" && r.Error.Report().Line == 1 }},
		{`hik.every(60, print)`, "", func(r *Result) bool { return r.Unfired == 1 }},
		{`hik.spawn(function() error("in a task") end)`, "", func(r *Result) bool { return r.Failed == 1 }},
	} {
		got := newWritten()
		p := text(tt.source)
		p.Args = []Text{Text("\xfe!")}
		r, err := c.Exec(t.Context(), p, got.take)
		if err != nil || r == nil || !tt.check(r) || got.stdout.String() != tt.out {
			t.Errorf("%s: %q %+v %v", tt.source, got.stdout.String(), r, err)
		}
	}
	got := newWritten()
	if _, err := c.Exec(t.Context(), text(`hik.log.warn("careful") hik.log.info("and") hik.log.debug("unasked")`), got.take); err != nil || len(got.logs) != 2 {
		t.Errorf("%v %q", err, got.logs)
	}
	if !strings.Contains(w.log.String(), "careful") {
		t.Errorf("the host's log lacks it: %s", w.log)
	}
}

// TestExecIsBrokenOff: the program ends, its head stops, and what it wrote last
// still comes.
func TestExecIsBrokenOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "limits: {motion: 10m}\n"+oneHead, nil)
	c, _ := w.listen()
	ctx, cancel := context.WithCancel(t.Context())
	got := newWritten()
	go func() { <-got.some; cancel() }()
	r, err := c.Exec(ctx, text(turns), got.take)
	if err != nil || r == nil || r.Error == nil || r.Error.Kind != "cancelled" {
		t.Errorf("%+v %v", r, err)
	}
	until(t, "the head stops", func() bool { return !w.gate.Driven(1) })
}

// TestClientGoes: what belongs to a client ends with it, however it goes, and
// whatever else goes on.
func TestClientGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "limits: {motion: 10m}\n"+oneHead, nil)
	other, _ := w.listen()
	for name, begin := range map[string]func(c *Client, got *written) error{
		"exec": func(c *Client, got *written) error {
			_, err := c.Exec(context.Background(), text(turns), got.take)
			return err
		},
		"repl": func(c *Client, got *written) error {
			s, err := c.OpenSession(context.Background(), "", got.take)
			if err != nil {
				return err
			}
			_, err = s.Eval(context.Background(), Line{Code: Text(`hik.device("gate"):ptz_pan_tilt(40, 0) print("turning") hik.sleep(60)`)}, got.take)
			return err
		},
	} {
		c, got, ended := w.dial(), newWritten(), make(chan error)
		go func() { ended <- begin(c, got) }()
		<-got.some
		until(t, "the head turns", func() bool { return w.gate.Driven(1) })
		c.Close() // its connections go as when its process is killed
		if err := <-ended; !errors.Is(err, ErrGone) {
			t.Errorf("%s: %v", name, err)
		}
		until(t, name+": the head stops", func() bool { return !w.gate.Driven(1) })
	}
	until(t, "no session is left", func() bool {
		w.api.sessions.mu.Lock()
		defer w.api.sessions.mu.Unlock()
		return len(w.api.sessions.all) == 0 && len(w.api.streams[Socket]) == 0
	})
	if _, err := other.Status(t.Context()); err != nil {
		t.Error(err)
	}
}

// floods asks for a program that writes without end, and reads nothing.
func (w *world) floods() *net.UnixConn {
	w.t.Helper()
	conn, err := control.Dial(w.t.Context(), w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { conn.Close() })
	body := `{"source": "hik.shared_state.n = 0 while true do print((\"x\"):rep(100000)) hik.shared_state.n = hik.shared_state.n + 1 end"}`
	fmt.Fprintf(conn, "POST /api/exec HTTP/1.1\r\nHost: hiklua\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	return conn
}

// stalls waits until that program waits for its reader, while others run.
func (w *world) stalls(c *Client) {
	w.t.Helper()
	last, same := "", 0
	until(w.t, "the program waits for its reader", func() bool {
		time.Sleep(10 * time.Millisecond)
		got := newWritten()
		if _, err := c.Exec(w.t.Context(), text(`print(hik.shared_state.n)`), got.take); err != nil {
			w.t.Fatal(err)
		}
		if now := got.stdout.String(); now != last || now == "nil\n" {
			last, same = now, 0
			return false
		}
		same++
		return same > 10
	})
}

// TestClientThatDoesNotRead holds up its own program, no other, and is not waited
// for: not when it breaks off, and not at the end of the host.
func TestClientThatDoesNotRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, oneHead, nil)
	c, stop := w.listen()
	conn := w.floods()
	w.stalls(c)
	conn.CloseWrite()
	until(t, "the program that was broken off has ended", func() bool { return len(w.api.streams[Socket]) == 0 })

	w.floods()
	w.stalls(c)
	began := time.Now()
	stop()
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("the host's end took %v", took)
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{"": `""`, "<b>é\n": `"<b>é\n"`, "\xff": `{"base64":"/w=="}`, `{"base64":""}`: `"{\"base64\":\"\"}"`} {
		got, err := line(Text(in))
		var back Text
		if bad := json.Unmarshal(got, &back); err != nil || bad != nil || string(got) != want+"\n" || string(back) != in {
			t.Errorf("%q: %s %v %q", in, got, err, back)
		}
	}
	for _, in := range []string{"7", "[]", `{"base64":7}`, `{"other":""}`} {
		if err := json.Unmarshal([]byte(in), new(Text)); err == nil {
			t.Errorf("%s is taken", in)
		}
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "limits: {motion: 10m}\n"+oneHead, nil)
	c, stop := w.listen()
	between, got := newWritten(), newWritten()
	s, err := c.OpenSession(t.Context(), "", between.take)
	if err != nil {
		t.Fatal(err)
	}
	eval := func(code string) string {
		values, err := s.Eval(t.Context(), Line{Code: Text(code)}, got.take)
		if err != nil {
			return err.Error()
		}
		text := ""
		for _, v := range values {
			text += v.Text + ";"
		}
		return text
	}
	for code, want := range map[string]string{
		"6 * 7, 1":    "42;1;",
		"hik.evry(1)": "repl:1: there is no hik.evry",
		"x =":         "repl:1: ",
	} {
		if got := eval(code); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", code, got)
		}
	}
	eval(`print("in a line") hik.after(0.05, function() print("between") end)`)
	select {
	case <-between.some:
	case <-time.After(time.Minute):
		t.Fatal("what is written between two lines does not come")
	}
	if got.stdout.String() != "in a line\n" || between.stdout.String() != "between\n" {
		t.Errorf("%q %q", got.stdout.String(), between.stdout.String())
	}
	if o, err := s.Outline(t.Context(), []string{"gate"}); err != nil || o.Device != "gate" {
		t.Errorf("%+v %v", o, err)
	}
	eval(`gate:ptz_pan_tilt(40, 0)`)
	if stopped, err := s.StopHeads(t.Context()); err != nil || !stopped {
		t.Errorf("%v %v", stopped, err)
	}
	until(t, "the head stops", func() bool { return !w.gate.Driven(1) })

	// One line at a time.
	got = newWritten()
	first := make(chan string)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, err := s.Eval(ctx, Line{Code: Text(`print("waits") hik.sleep(60)`)}, got.take)
		first <- fmt.Sprint(err, errors.Is(err, runtime.ErrInterrupted))
	}()
	<-got.some
	var refused *Error
	if _, err := s.Eval(t.Context(), Line{Code: Text("1")}, got.take); !errors.As(err, &refused) || refused.Status != http.StatusConflict {
		t.Errorf("%v", err)
	}
	cancel()
	if text := <-first; !strings.HasSuffix(text, "true") {
		t.Errorf("a line that is broken off: %s", text)
	}

	if _, err := c.OpenSession(t.Context(), "", between.take); err != nil {
		t.Error(err)
	}
	answer := w.ask(Socket, `POST /api/repl/none/eval {"code": "1"}`)
	if answer.Code != http.StatusNotFound || !strings.Contains(answer.Body.String(), `no session \"none\"`) {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
	stop()
	until(t, "the session ends with the host", s.gone)
	if _, err := s.Eval(t.Context(), Line{Code: Text("1")}, got.take); err != ErrGone {
		t.Errorf("%v", err)
	}
}
