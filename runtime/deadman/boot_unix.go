//go:build unix && !linux

package deadman

import (
	"golang.org/x/sys/unix"

	"github.com/hiklua/hiklua/runtime/hold"
)

// Boot is the time of the boot clock. CLOCK_MONOTONIC of macOS goes on in suspend,
// other than Go's own; the BSDs' may not.
func Boot() hold.BootTime {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		panic(err) // POSIX has it
	}
	return hold.BootTime(t.Nano())
}
