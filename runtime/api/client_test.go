package api

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/control"
)

// answering is a host at the other end that answers each connection so, and then
// hangs up.
func answering(t *testing.T, version, answer string) *Client {
	t.Helper()
	dir := t.TempDir()
	lock, err := control.Take(dir, control.Holder{PID: 1, Version: version})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", filepath.Join(dir, "control.sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close(); lock.Release() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			if r, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
				io.Copy(io.Discard, r.Body)
				io.WriteString(c, strings.ReplaceAll(answer, "\n", "\r\n"))
			}
			c.Close()
		}
	}()
	c, err := Dial(t.Context(), dir, "2.0")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestOtherHosts: what is at the other end need not be of this version, nor
// hiklua, nor live on.
func TestOtherHosts(t *testing.T) {
	head := func(status string) string {
		return "HTTP/1.1 " + status + "\nHiklua-Version: 1.0\nContent-Type: application/json\nConnection: close\n\n"
	}
	for name, tt := range map[string]struct{ version, answer, want string }{
		"path":        {"1.0", head("404 Not Found") + `{"error":{"kind":"unknown_path","message":"m"}}`, "the host, hiklua 1.0, does not know POST /api/jobs/run: it is another version"},
		"field":       {"1.0", head("400 Bad Request") + `{"error":{"kind":"misuse","message":"unknown field"}}`, "the host, hiklua 1.0, does not know POST /api/jobs/run: it is another version"},
		"method":      {"1.0", head("405 Method Not Allowed") + `{"error":{"kind":"method","message":"m"}}`, "the host, hiklua 1.0, does not know POST /api/jobs/run: it is another version"},
		"before HTTP": {"0.9", "", "the host, hiklua 0.9, does not know POST /api/jobs/run: it is another version"},
		"refusal":     {"1.0", head("409 Conflict") + `{"error":{"kind":"busy","message":"it runs already","hint":"wait"}}`, "it runs already (wait)"},
		"ended":       {"2.0", "", "the host has gone"},
		"cut":         {"2.0", "HTTP/1.1 200 OK\nHiklua-Version: 2.0\nContent-Length: 100\n\n{", "the host has gone"},
		"a page":      {"2.0", "HTTP/1.1 200 OK\nConnection: close\n\n<html>", "what answers at the host's socket is no hiklua"},
		"an error":    {"2.0", "HTTP/1.1 502 Bad Gateway\nConnection: close\n\nno", "what answers at the host's socket is no hiklua"},
		"nothing":     {"2.0", "HTTP/1.1 204 No Content\nConnection: close\n\n", "what answers at the host's socket is no hiklua"},
	} {
		_, err := answering(t, tt.version, tt.answer).RunJob(t.Context(), "night", false)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
		var other *OtherVersionError
		if errors.As(err, &other) && other.What != "POST /api/jobs/run" {
			t.Errorf("%s: %+v", name, other)
		}
	}
}

// TestHostThatHangs: a host that is suspended takes connections, and answers none.
func TestHostThatHangs(t *testing.T) {
	dir := t.TempDir()
	listener, err := net.Listen("unix", filepath.Join(dir, "control.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	c, err := Dial(t.Context(), dir, "2.0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.status, c.end = 10*time.Millisecond, 10*time.Millisecond
	if _, err := c.Status(t.Context()); !errors.Is(err, ErrSilent) {
		t.Error("status:", err)
	}
	ctx, interrupt := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer interrupt()
	if err := c.HoldScript(ctx, "night"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error("hold, broken off:", err)
	}
}
