package holdtest

import (
	"fmt"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// Command is one that has reached a Device.
type Command struct {
	At   time.Time
	From string
	Term uint64
}

// Device is what the hosts of a cluster drive, and the judge of it: a command under an
// older term after one under a newer is what must not be.
type Device struct {
	clk    *clock.Virtual
	newest uint64

	Commands []Command
	Stale    []string // commands that must not be
}

// NewDevice returns a device that has seen no command.
func NewDevice(clk *clock.Virtual) *Device { return &Device{clk: clk} }

func (d *Device) arrive(c Command) {
	c.At = d.clk.Now()
	d.Commands = append(d.Commands, c)
	if c.Term < d.newest {
		d.Stale = append(d.Stale, fmt.Sprintf("%s: a command of %s under term %d after one under term %d", c.At.Format("15:04:05.000"), c.From, c.Term, d.newest))
	}
	d.newest = max(d.newest, c.Term)
}

// Conn is a connection to a Device, as TCP has one: what is written is sent when that
// goes, and is on its way then.
type Conn struct {
	d      *Device
	from   string
	reset  bool
	cut    bool
	unsent []Command
}

// Dial returns a connection from a host.
func (d *Device) Dial(from string) *Conn { return &Conn{d: d, from: from} }

// Write sends a command that takes so long on its way.
func (c *Conn) Write(term uint64, takes time.Duration) {
	command := Command{From: c.from, Term: term}
	switch {
	case c.reset:
	case c.cut:
		c.unsent = append(c.unsent, command)
	default:
		c.d.clk.AfterFunc(takes, func() { c.d.arrive(command) })
	}
}

// Cut has what is written wait, until Mend.
func (c *Conn) Cut() { c.cut = true }

// Mend ends a Cut.
func (c *Conn) Mend() {
	c.cut = false
	for _, command := range c.unsent {
		c.d.arrive(command)
	}
	c.unsent = nil
}

// Reset closes the connection: what was not sent is dropped. So does the kernel for a
// process that is killed.
func (c *Conn) Reset() { c.reset, c.unsent = true, nil }

// Close closes the connection as one that lingers: what was not sent is sent when
// that goes.
func (c *Conn) Close() { c.reset = true }
