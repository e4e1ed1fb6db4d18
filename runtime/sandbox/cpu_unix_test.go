//go:build unix

package sandbox

import (
	"syscall"
	"time"
)

// cpuTime is what this process has computed: a bound that holds on a busy machine too.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
