package schedule

import "time"

// Jitter is how much later than due a run starts: from 0 to most, by a number
// from 0 to 1 that the caller draws. It is added to the run alone; the next run
// is asked for with the time that was due, so that jitter does not add up.
func Jitter(most time.Duration, random func() float64) time.Duration {
	if most <= 0 {
		return 0
	}
	return time.Duration(random() * float64(most))
}
