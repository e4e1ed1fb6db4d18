package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/control"
)

// ErrGone says that the host has ended in the middle of a call.
var ErrGone = errors.New("the host has gone")

// ErrSilent says that the host is there, and does not answer.
var ErrSilent = errors.New("the host does not answer: it is suspended, or hangs")

// Bounds of what a client waits for a host that hangs.
const (
	statusTimeout = 10 * time.Second // how everything is: the host tells it without waiting
	endTimeout    = time.Minute      // from breaking off a call to its end: heads stop meanwhile
)

var errNoHost = errors.New("what answers at the host's socket is no hiklua")

// OtherVersionError says that the host at the other end is not of the version of
// the client, and does not know what it was asked.
type OtherVersionError struct {
	Host string // its version; "": not known
	What string // method and path
}

func (e *OtherVersionError) Error() string {
	host := "the host"
	if e.Host != "" {
		host += ", hiklua " + e.Host + ","
	}
	return host + " does not know " + e.What + ": it is another version"
}

// Client asks a running host over its socket. Each call is a connection of its
// own, so that calls may go on beside each other.
type Client struct {
	dir     string // the site's data folder
	version string // of the client

	status, end time.Duration // statusTimeout, endTimeout

	mu     sync.Mutex
	conns  map[net.Conn]bool
	closed bool
}

// Dial finds the host of the site with the data folder dir. The error is
// control.ErrNoHost if there is none. version is that of the program.
func Dial(ctx context.Context, dir, version string) (*Client, error) {
	conn, err := control.Dial(ctx, dir)
	if err != nil {
		return nil, err
	}
	conn.Close()
	return &Client{dir: dir, version: version, status: statusTimeout, end: endTimeout, conns: make(map[net.Conn]bool)}, nil
}

// Close breaks off the calls that go on. What the host keeps for this client
// ends.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for conn := range c.conns {
		conn.Close()
	}
}

// connect opens the connection of one call; done is to be called at its end.
func (c *Client) connect(ctx context.Context) (conn *net.UnixConn, done func(), err error) {
	conn, err = control.Dial(ctx, c.dir)
	if errors.Is(err, control.ErrNoHost) {
		err = ErrGone
	}
	if err != nil {
		return nil, nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		conn.Close()
		return nil, nil, ErrGone
	}
	c.conns[conn] = true
	return conn, func() {
		c.mu.Lock()
		delete(c.conns, conn)
		c.mu.Unlock()
		conn.Close()
	}, nil
}

// call sends a request, with body as JSON unless it is nil, and gives each line
// of the answer to each. When ctx ends, the host is told to break off, and the
// call goes on until it has. The error is an *Error if it is the host's.
func (c *Client) call(ctx context.Context, method, path string, query url.Values, body any, each func(line []byte) error) error {
	return c.callWithin(ctx, 0, method, path, query, body, each)
}

// callWithin is a call that takes so long at most; 0: however long.
func (c *Client) callWithin(ctx context.Context, limit time.Duration, method, path string, query url.Values, body any, each func(line []byte) error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r, err := newRequest(method, path, query, body)
	if err != nil {
		return err
	}
	conn, done, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer done()
	if limit > 0 {
		conn.SetDeadline(clock.Real().Now().Add(limit))
	}
	// The host takes the end of what comes for the end of the call, and can
	// still be read.
	defer clock.OnDone(ctx, func() {
		conn.CloseWrite()
		conn.SetDeadline(clock.Real().Now().Add(c.end))
	})()
	_ = r.Write(conn) // if it fails, the host may have said why
	in := bufio.NewReader(conn)
	answer, err := http.ReadResponse(in, r)
	if err != nil {
		return c.unanswered(ctx, r, err)
	}
	defer answer.Body.Close()
	if answer.Header.Get(VersionHeader) == "" {
		return errNoHost
	}
	in = bufio.NewReader(answer.Body)
	var failed error // of each
	for {
		line, err := in.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 && failed == nil && (err == nil || err == io.EOF) {
			if e := errorIn(line); e != nil {
				return c.refusal(e, answer, r)
			}
			if answer.StatusCode != http.StatusOK {
				return errNoHost
			}
			if failed = each(line); failed != nil {
				conn.CloseWrite()
			}
		}
		switch {
		case err == nil:
		case failed != nil:
			return failed
		case err == io.EOF:
			return nil
		default:
			return gone(err)
		}
	}
}

func newRequest(method, path string, query url.Values, body any) (*http.Request, error) {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	u := url.URL{Scheme: "http", Host: "hiklua", Path: path, RawQuery: query.Encode()}
	r, err := http.NewRequest(method, u.String(), bytes.NewReader(text))
	if err == nil && body != nil {
		r.Header.Set("Content-Type", jsonType)
	}
	if err == nil {
		r.Close = true
	}
	return r, err
}

// errorIn is the error that a line tells of, if it does nothing else: lines of a
// log begin with their time.
func errorIn(line []byte) *Error {
	var f failure
	if bytes.HasPrefix(line, []byte(`{"error":{`)) && json.Unmarshal(line, &f) == nil {
		return f.Error
	}
	return nil
}

// refusal is the error with which a host answers: it may be that the host is of
// another version.
func (c *Client) refusal(e *Error, answer *http.Response, r *http.Request) error {
	if answer.StatusCode != http.StatusOK {
		e.Status = answer.StatusCode
	}
	version := answer.Header.Get(VersionHeader)
	other := e.Kind == unknownPath
	switch e.Status {
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusUnsupportedMediaType:
		other = other || version != c.version
	}
	if other {
		return &OtherVersionError{version, r.Method + " " + r.URL.Path}
	}
	return e
}

// unanswered is the error of a call that got no answer. A host from before
// there was this API hangs up.
func (c *Client) unanswered(ctx context.Context, r *http.Request, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	holder := control.HolderOf(c.dir)
	if err = gone(err); err == ErrGone && holder.Version != "" && holder.Version != c.version {
		return &OtherVersionError{holder.Version, r.Method + " " + r.URL.Path}
	}
	return err
}

// gone tells whether an error of a connection says that the host has ended.
func gone(err error) error {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, end) {
			return ErrGone
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ErrSilent
	}
	return err
}

// one reads an answer of one value into into.
func one(into any) func([]byte) error {
	return func(line []byte) error { return json.Unmarshal(line, into) }
}

// each reads an answer of lines.
func each[T any](do func(T) error) func([]byte) error {
	return func(line []byte) error {
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			return err
		}
		return do(v)
	}
}
