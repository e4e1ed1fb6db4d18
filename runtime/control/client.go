package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/hiklua/hiklua/runtime/clock"
)

// ErrNoHost says that no host runs the site.
var ErrNoHost = errors.New("no host runs there")

// ErrGone says that the host has ended in the middle of a call.
var ErrGone = errors.New("the host has gone")

// Client is a connection to a running host. Its calls go one after another.
type Client struct {
	net net.Conn
	out lineWriter
	in  *bufio.Reader

	mu   sync.Mutex // one call at a time
	last int64
}

// Dial reaches the host of the site with the data folder dir. The error is
// ErrNoHost if there is none.
func Dial(ctx context.Context, dir string) (*Client, error) {
	address, done, err := reach(filepath.Join(dir, socketName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoHost
	}
	if err != nil {
		return nil, err
	}
	defer done()
	c, err := new(net.Dialer).DialContext(ctx, "unix", address)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, ErrNoHost
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("the host there belongs to another user: %w", fs.ErrPermission)
	case err != nil:
		return nil, err
	}
	return &Client{net: c, out: lineWriter{net: c}, in: bufio.NewReader(c)}, nil
}

// Close hangs up; what the host keeps for this client ends.
func (c *Client) Close() error { return c.net.Close() }

// Call asks for op and gives each value that comes to each, until the host
// says that it has done. When ctx ends the host is told to break off, and the
// call goes on until it has. The error is a *Fault if it is the host's.
func (c *Client) Call(ctx context.Context, op string, args any, each func(value json.RawMessage) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	id := c.last
	r := request{ID: id, Op: op}
	if args != nil {
		text, err := json.Marshal(args)
		if err != nil {
			return err
		}
		r.Args = text
	}
	c.out.write(r) // if it fails, so does receive; but the host may have said why
	defer clock.OnDone(ctx, func() { go c.out.write(request{ID: id, Cancel: true}) })()
	var failed error
	for {
		answer, err := c.receive()
		switch {
		case err != nil:
			return err
		case answer.ID == refused && answer.Error != nil:
			return answer.Error
		case answer.ID != id:
			continue
		case answer.Value != nil && each != nil && failed == nil:
			if failed = each(answer.Value); failed != nil {
				c.out.write(request{ID: id, Cancel: true})
			}
		case answer.Done && failed != nil:
			return failed
		case answer.Done && answer.Error != nil:
			return answer.Error
		case answer.Done:
			return nil
		}
	}
}

// Get is Call for one value.
func (c *Client) Get(ctx context.Context, op string, args, into any) error {
	return c.Call(ctx, op, args, func(value json.RawMessage) error { return json.Unmarshal(value, into) })
}

func (c *Client) receive() (reply, error) {
	var r reply
	line, err := c.in.ReadBytes('\n')
	if err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.ECONNRESET) {
			err = ErrGone
		}
		return r, err
	}
	return r, json.Unmarshal(line, &r)
}

// Send asks for op without waiting for an answer, also while a call goes on.
func (c *Client) Send(op string) error { return c.out.write(request{Op: op}) }
