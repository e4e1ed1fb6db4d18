package mqtt

import (
	"bufio"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

const (
	// maxPacket is the largest packet that the broker may send, in bytes. The broker
	// is told so, too.
	maxPacket = luaapi.MaxMessage + 64<<10
	// writeTimeout is how long the broker may take to take what is sent.
	writeTimeout = 10 * time.Second
)

// boundedConn is a connection over which no packet comes that is larger than
// maxPacket: the library makes room for one before it has come. It locks itself
// for the library, whose packets are several writes.
type boundedConn struct {
	net.Conn
	sync.Mutex
	clk clock.Clock
	in  *bufio.Reader

	// Of the packet that is being read: one goroutine reads.
	left   int // bytes that are still to come after its header
	length int // of it, as far as the header was read
	header int // bytes of its header that were read
}

func newBoundedConn(conn net.Conn, clk clock.Clock) *boundedConn {
	return &boundedConn{Conn: conn, clk: clk, in: bufio.NewReader(conn)}
}

// Read implements net.Conn.
func (c *boundedConn) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	for at := 0; at < n; {
		if c.left > 0 {
			passed := min(c.left, n-at)
			c.left -= passed
			at += passed
			continue
		}
		if err := c.readHeader(p[at]); err != nil {
			return 0, err
		}
		at++
	}
	return n, err
}

// readHeader takes a byte of a header: its first is the type, the others, four at
// most, are the length, seven bits each, the lowest first (MQTT 5.0, 1.5.5).
func (c *boundedConn) readHeader(b byte) error {
	if c.header > 0 {
		c.length |= int(b&0x7f) << (7 * (c.header - 1))
	}
	c.header++
	switch {
	case c.length > maxPacket:
		return &Failure{Message: fmt.Sprintf("the broker sends a packet of more than %s", site.FormatSize(maxPacket)), Hint: "a broker of MQTT 5 is told not to"}
	case c.header == 1 || b&0x80 != 0 && c.header < 5:
		return nil
	}
	c.left, c.length, c.header = c.length, 0, 0
	return nil
}

// Write implements net.Conn.
func (c *boundedConn) Write(p []byte) (int, error) {
	c.SetWriteDeadline(c.clk.Now().Add(writeTimeout)) // if it fails, so does the write
	return c.Conn.Write(p)
}
