// Package deadman is the boot clock of the machine, and a timer of its kernel that
// kills this process. On Linux the timer goes off while the process is stopped, its
// cgroup frozen or the machine starved, too: from then on not one instruction of it
// runs. Elsewhere there is no such timer.
package deadman

import "errors"

// ErrNone: this system has no timer that kills a process which is stopped.
var ErrNone = errors.New("there is no kernel timer on this system")
