package mqtt

import (
	"math/rand/v2"
	"time"
)

const (
	firstWait   = time.Second
	longestWait = time.Minute
	// refusedWait is between two tries where the broker refuses the login: it may
	// lock the account.
	refusedWait = 5 * time.Minute
	// steady is how long a connection has to last for the next failure to be the
	// first one again.
	steady = 30 * time.Second
)

// backoff says how long to wait between two connections.
type backoff struct{ last time.Duration }

// next is the wait after a connection that ended with err and had lasted so long. A
// part of it is left to chance, so that the clients of a broker that comes back don't
// come all at once.
func (b *backoff) next(err error, lasted time.Duration) time.Duration {
	switch {
	case isRefusal(err):
		b.last = refusedWait
	case lasted >= steady || b.last == 0 || b.last == refusedWait:
		b.last = firstWait
	default:
		b.last = min(2*b.last, longestWait)
	}
	return b.last/2 + rand.N(b.last/2)
}
