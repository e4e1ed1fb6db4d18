package sim

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// Transport reaches the device in memory, on the goroutine of the caller, who
// under a virtual clock must hold its baton. It honours the context of the
// request while it waits and while a stream is read.
func (d *Device) Transport() http.RoundTripper { return transport{d} }

type transport struct{ d *Device }

var _ http.RoundTripper = transport{}

func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	defer func() {
		if req.Body != nil {
			req.Body.Close()
		}
	}()
	ctx := req.Context()
	if err := clock.Cause(ctx); err != nil {
		return nil, err
	}
	r := req.WithContext(ctx)
	r.RequestURI = req.URL.RequestURI()
	r.RemoteAddr = "127.0.0.1:0"
	if r.Host == "" {
		r.Host = req.URL.Host
	}
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.1", 1, 1
	x, err := t.d.answer(ctx, r)
	if err != nil {
		return nil, err
	}
	if x.broken == refused {
		return nil, netError("dial", "connect", syscall.ECONNREFUSED, req)
	}
	if x.broken == resetMidway && len(x.out) == 0 {
		return nil, netError("read", "read", syscall.ECONNRESET, req)
	}
	canonize(x.header)
	resp := &http.Response{
		Status:     strconv.Itoa(x.status) + " " + http.StatusText(x.status),
		StatusCode: x.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        x.header,
		Request:       req,
		ContentLength: int64(len(x.out)),
	}
	switch {
	case x.stream != nil:
		resp.ContentLength = -1
		resp.Body = &streamBody{s: x.stream, ctx: ctx}
		return resp, nil
	case x.broken == resetMidway:
		resp.Body = broken(x.out, netError("read", "read", syscall.ECONNRESET, req))
	case x.broken == cutMidway:
		resp.Body = broken(x.out, io.ErrUnexpectedEOF)
	default:
		resp.Body = io.NopCloser(bytes.NewReader(x.out))
	}
	x.set("Content-Length", strconv.Itoa(len(x.out)))
	return resp, nil
}

// canonize writes keys as a client's own transport gives them, whatever their
// spelling was on the wire.
func canonize(h http.Header) {
	for key, values := range h {
		if canonical := http.CanonicalHeaderKey(key); canonical != key {
			delete(h, key)
			h[canonical] = values
		}
	}
}

func netError(op, call string, errno syscall.Errno, req *http.Request) error {
	addr := &net.TCPAddr{IP: net.ParseIP(req.URL.Hostname()), Port: 80}
	if port, err := strconv.Atoi(req.URL.Port()); err == nil {
		addr.Port = port
	}
	return &net.OpError{Op: op, Net: "tcp", Addr: addr, Err: os.NewSyscallError(call, errno)}
}

// broken is a body that ends with err after its first half.
func broken(out []byte, err error) io.ReadCloser {
	return io.NopCloser(io.MultiReader(bytes.NewReader(out[:len(out)/2]), failing{err}))
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// ServeHTTP serves the device on a real connection.
func (d *Device) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := clock.WithCancel(r.Context())
	defer cancel()
	x, err := d.answer(ctx, r)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if x.broken == refused || x.broken == resetMidway && len(x.out) == 0 {
		hangUp(w, true)
		return
	}
	if x.stream != nil {
		d.serveStream(ctx, w, x)
		return
	}
	maps.Copy(w.Header(), x.header)
	w.Header().Set("Content-Length", strconv.Itoa(len(x.out)))
	w.WriteHeader(x.status)
	if x.broken == intact {
		_, _ = w.Write(x.out) // the client may have gone; that is its affair
		return
	}
	_, _ = w.Write(x.out[:len(x.out)/2])
	_ = http.NewResponseController(w).Flush()
	hangUp(w, x.broken == resetMidway)
}

// hangUp ends a connection without an answer, with a reset if it can.
func hangUp(w http.ResponseWriter, reset bool) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if reset {
		linger(conn)
	}
	_ = conn.Close()
}

// linger makes the next Close of conn a reset.
func linger(conn net.Conn) {
	if wrapped, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = wrapped.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}

// waitUntil waits for w or until t.
func (d *Device) waitUntil(ctx context.Context, w clock.Waiter, t time.Time) error {
	timer := d.clk.AfterFunc(t.Sub(d.clk.Now()), w.Wake)
	err := clock.WaitFor(ctx, w)
	timer.Stop()
	return err
}
