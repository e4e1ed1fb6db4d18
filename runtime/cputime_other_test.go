//go:build !unix

package runtime

import "time"

// cpuTime is not known here.
func cpuTime() time.Duration { return 0 }
