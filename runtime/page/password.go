package page

import (
	"crypto/sha256"
	"crypto/subtle"
	"sync"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// So many wrong passwords are answered in that time, all callers together;
// after that none is looked at, the right one neither: a guess that is told
// apart from others would be worth something.
const (
	maxGuesses    = 5
	guessesWithin = time.Minute
)

// guesses counts wrong passwords, of the form and of bearers.
type guesses struct {
	clk clock.Clock

	mu    sync.Mutex
	wrong []time.Time
}

func newGuesses(clk clock.Clock) *guesses { return &guesses{clk: clk} }

// verdict is what became of a password that was given.
type verdict int

const (
	wrongPassword verdict = iota
	rightPassword
	tooManyGuesses
)

// check compares in a time that does not depend on what was given. wait is how
// long no password will be looked at.
func (g *guesses) check(given string, password isapi.Secret) (v verdict, wait time.Duration) {
	now := g.clk.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(g.wrong) > 0 && now.Sub(g.wrong[0]) >= guessesWithin {
		g.wrong = g.wrong[1:]
	}
	if len(g.wrong) >= maxGuesses {
		return tooManyGuesses, guessesWithin - now.Sub(g.wrong[0])
	}
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(password.Reveal()))
	if password.IsZero() || subtle.ConstantTimeCompare(a[:], b[:]) != 1 {
		g.wrong = append(g.wrong, now)
		return wrongPassword, 0
	}
	return rightPassword, 0
}
