package hold

import "time"

const (
	defaultLease = 8 * time.Second
	// leastLease is the shortest for devices; tests in real time have shorter ones.
	leastLease = 4 * time.Second
	// leastMargin is how long what was sent may be on the wire.
	leastMargin = 500 * time.Millisecond
)

// times are the distances of the protocol.
type times struct {
	lease  time.Duration // from the sending of a try that is confirmed to the end of the lease
	every  time.Duration // between tries, and between looks of those that watch; also how long one may take
	retry  time.Duration // before the next try of one that came to nothing
	wane   time.Duration // before the end: heads stop
	guard  time.Duration // before the end: the gate shuts
	grace  time.Duration // after the end: another host may claim
	lonely time.Duration // grace where no kernel timer guards the end
}

// timesOf scales the margins of a long lease, of which clocks with different rates
// make different lengths. A shorter one has those of 8 s: packets are no faster.
func timesOf(lease time.Duration) times {
	if lease == 0 {
		lease = defaultLease
	}
	margin := lease / 16
	if lease >= leastLease {
		margin = max(margin, leastMargin)
	}
	every := min(time.Second, lease/8)
	return times{
		lease:  lease,
		every:  every,
		retry:  every / 10,
		wane:   3 * margin,
		guard:  margin,
		grace:  margin,
		lonely: 4 * margin,
	}
}
