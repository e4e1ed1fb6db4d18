package schedule

import "math/bits"

// atLeast is the lowest value of a set that is n or more; -1 if there is none.
func atLeast(set uint64, n int) int {
	if rest := set >> n; rest != 0 && n < 64 {
		return n + bits.TrailingZeros64(rest)
	}
	return -1
}

// highest is the greatest value of a set.
func highest(set uint64) int { return bits.Len64(set) - 1 }
