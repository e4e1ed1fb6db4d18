package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/control"
)

// TestStreamsAreLimited: so many that come at once are served, one more is
// refused, while other things can be asked, and whatever the page has.
func TestStreamsAreLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, oneHead, nil)
	c, _ := w.listen()
	open := func() (*Session, error) {
		return c.OpenSession(t.Context(), "", func(Piece) error { return nil })
	}
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	for range maxStreams { // as many over TCP
		r := httptest.NewRequestWithContext(ctx, "GET", "/api/log?follow=true", nil)
		go w.api.Handler(Page).ServeHTTP(httptest.NewRecorder(), r)
	}
	until(t, "the page is full", func() bool { return len(w.api.streams[Page]) == maxStreams })

	live, refused := make(chan *Session, 2*maxStreams), make(chan error, 2*maxStreams)
	var asked sync.WaitGroup
	for range cap(live) {
		asked.Go(func() {
			if s, err := open(); err != nil {
				refused <- err
			} else {
				live <- s
			}
		})
	}
	asked.Wait()
	if len(live) != maxStreams {
		t.Errorf("%d are served", len(live))
	}
	for range len(refused) {
		var no *Error
		if err := <-refused; !errors.As(err, &no) || no.Status != http.StatusServiceUnavailable || !strings.Contains(no.Message, "as many clients") {
			t.Errorf("%v", err)
		}
	}
	if _, err := c.Status(t.Context()); err != nil {
		t.Error(err)
	}
	(<-live).Close()
	until(t, "a place that was given back is given away", func() bool {
		_, err := open()
		return err == nil
	})
}

// TestSessionEndsInALine: the client goes while it begins a line.
func TestSessionEndsInALine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, oneHead, nil)
	w.listen()
	for range 30 {
		c := w.dial()
		s, err := c.OpenSession(t.Context(), "", func(Piece) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan bool)
		go func() {
			defer close(ended)
			_, _ = s.Eval(context.Background(), Line{Code: Text("hik.sleep(60)")}, func(Piece) error { return nil })
		}()
		c.Close()
		<-ended
	}
	until(t, "no session is left", func() bool {
		w.api.sessions.mu.Lock()
		defer w.api.sessions.mu.Unlock()
		return len(w.api.sessions.all) == 0 && len(w.api.streams[Socket]) == 0
	})
}

// TestHostStops: each call ends with the host, and says so.
func TestHostStops(t *testing.T) {
	t.Parallel()
	w := newWorld(t, oneHead, nil)
	c, stop := w.listen()
	got, ended := newWritten(), make(chan error, 2)
	go func() {
		p := text(`print("stays") hik.every(60, print)`)
		p.Stay = true
		_, err := c.Exec(context.Background(), p, got.take)
		ended <- err
	}()
	<-got.some
	began := time.Now()
	stop()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("Close took %v", took)
	}
	if err := <-ended; err == nil || err.Error() != "the host stops, and with it what runs there" {
		t.Errorf("%v", err)
	}
	if _, err := c.Status(t.Context()); err != ErrGone {
		t.Errorf("%v", err)
	}
	if _, err := Dial(t.Context(), w.dir, "1.2.3"); err != control.ErrNoHost {
		t.Errorf("%v", err)
	}
}

// TestLog: the last lines, then those to come, and what was too fast.
func TestLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t, oneHead, nil)
	c, _ := w.listen()
	line := func(n int) {
		fmt.Fprintf(w.ring, `{"time":"2026-03-28T12:00:00Z","level":"INFO","msg":"%d","script":"a"}`+"\n", n)
	}
	for n := range 3 {
		line(n)
	}
	lines := make(chan string, 10)
	ended := make(chan error)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		ended <- c.Log(ctx, LogRequest{Lines: 2, Follow: true, LogFilter: LogFilter{Script: "a"}}, func(l []byte) error {
			lines <- string(l)
			return nil
		}, func(LogNote) error { return nil })
	}()
	for n := 1; n < 6; n++ {
		if n >= 3 {
			line(n)
		}
		select {
		case got := <-lines:
			if !strings.Contains(got, fmt.Sprintf(`"msg":"%d"`, n)) {
				t.Errorf("%s, want %d", got, n)
			}
		case <-time.After(time.Minute):
			t.Fatalf("line %d does not come", n)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for query, says := range map[string]string{
		"level=loud": "debug, info, warn or error", "lines=-1": "a whole number", "lines=many": "a whole number", "follow=1": "true or false",
		"since=yesterday": "a time such as", "script=a&script=b": "more than once", "tail=1": `"tail"`,
	} {
		answer := w.ask(Socket, "GET /api/log?"+query)
		if answer.Code != http.StatusBadRequest || !strings.Contains(strings.ReplaceAll(answer.Body.String(), `\"`, `"`), says) {
			t.Errorf("%s: %d %s", query, answer.Code, answer.Body)
		}
	}
	if got := w.ask(Socket, "GET /api/log?lines=1&level=ERROR"); got.Code != 200 || got.Body.Len() != 0 || got.Header().Get("Content-Type") != linesType {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}
