package deadman

import (
	"golang.org/x/sys/windows"

	"github.com/hiklua/hiklua/runtime/hold"
)

// Boot is the time of the boot clock, in steps of 10 to 16 ms. It goes on in suspend.
func Boot() hold.BootTime { return hold.BootTime(windows.DurationSinceBoot()) }
