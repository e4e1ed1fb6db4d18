package page

import (
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// linkLife is how long a link works.
const linkLife = time.Minute

// maxLinks are remembered at once; one more replaces the oldest.
const maxLinks = 16

// links are those that were made and have not been used. Their keys are
// remembered by their hash, so that finding one takes the same time for all.
type links struct {
	clk clock.Clock

	mu  sync.Mutex
	all []link
}

type link struct {
	hash  [sha256.Size]byte
	until time.Time
}

func newLinks(clk clock.Clock) *links { return &links{clk: clk} }

// make makes the key of a new link.
func (l *links) make() (key string, until time.Time) {
	key, until = rand.Text(), l.clk.Now().Add(linkLife)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) == maxLinks {
		l.all = l.all[1:]
	}
	l.all = append(l.all, link{sha256.Sum256([]byte(key)), until})
	return key, until
}

// use reports whether the key is that of a link which still works. It works no
// more then.
func (l *links) use(key string) bool {
	hash := sha256.Sum256([]byte(key))
	now := l.clk.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, one := range l.all {
		if one.hash == hash {
			l.all = append(l.all[:i:i], l.all[i+1:]...)
			return now.Before(one.until)
		}
	}
	return false
}
