package hold

import (
	"log/slog"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// Config is what a Holder is made of.
type Config struct {
	Share string // its name; the record is the cell "lease.SHARE"
	// Host is the name of this host in the cluster, ID what no other host has, even
	// under the same name: of the machine and the data folder.
	// An earlier Holder of this ID and share has ended: one of the same process by the
	// return of its Run, one of another by the lock of the data folder.
	Host, ID string
	Engine   Engine
	Driver   Driver
	Clock    clock.Clock
	// Boot is the boot clock of the machine. It is asked before each write.
	Boot func() BootTime
	// Deadman is for this share alone. Nil, or one that cannot be armed: the other
	// hosts wait longer before they take over.
	Deadman Deadman
	Lease   time.Duration // 0: 8 s
	First   bool          // a share that was never held is taken without waiting
	Log     *slog.Logger  // nil: none
}

// Record is what stands in the cell of a lease, as JSON.
type Record struct {
	Host    string `json:"host"` // name
	ID      string `json:"id"`
	Session string `json:"session"`        // of the Holder: no other has the same
	N       uint64 `json:"n"`              // counts the tries of a session
	Term    uint64 `json:"term,omitempty"` // 0: the number of the record itself
	// Lease is for how long the holder holds the share after it has sent this, in ns.
	// While the setting changes from host to host, not all have the same.
	Lease time.Duration `json:"lease,omitempty"`
	// Unguarded: the holder has no kernel timer.
	Unguarded bool `json:"unguarded,omitempty"`
	// Free: the holder has let go in order. To is the name of the host that it gives
	// the share to; "": any.
	Free bool   `json:"free,omitempty"`
	To   string `json:"to,omitempty"`
}

// State is what a Holder does.
type State string

const (
	Watching State = "watching" // another host holds the share, or none
	Held     State = "held"
	Waning   State = "waning"  // held, but not confirmed for long
	Leaving  State = "leaving" // held, and being handed over
)

// Status is what a Holder knows.
type Status struct {
	State State
	Term  uint64 // under which this host holds the share; 0: it does not
	// Renewed is how long ago the last confirmed try was sent, while the share is held.
	Renewed time.Duration

	// Record is the last that is known to stand in the cell, Number its number (0:
	// there is none), Age how long ago it was sent at the latest that this host knows of.
	Record Record
	Number uint64
	Age    time.Duration
	// Twin is the ID of another host that runs under this host's name; "": none is
	// known. While it is heard this host does not take the share.
	Twin string
	// Err is why the engine's last answer was none; nil: it answered.
	Err error
}
