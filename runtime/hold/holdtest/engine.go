package holdtest

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// Trouble is what befalls what goes between members. Shares are between 0 and 1.
type Trouble struct {
	Delay  time.Duration // of each way; 0: 1 ms
	Jitter time.Duration // at most so much is added to it
	Slow   time.Duration // so much, or half of it, is added to that of an answer
	SlowTo string        // the member whose answers are slow; "": of all
	Lose   float64       // share of requests, and of answers, that are lost
	Late   float64       // share of them that come late
	LateBy time.Duration // by as much at most
	Deaf   float64       // share of what is told to all that one of them does not hear
}

// Engine is what the members share. Without Trouble it answers after some milliseconds.
type Engine struct {
	clk clock.Clock

	// Set before it is used.

	// Least and Most are how long an election takes.
	Least, Most time.Duration
	// Refused makes the error of Ask from the reason of the member that answers; nil:
	// the reason alone.
	Refused func(member, reason string) error

	mu      sync.Mutex
	rand    *rand.Rand
	trouble Trouble
	voters  []*voter
	leader  *voter // nil: an election is on
	reign   int    // counts the leaders
	number  uint64 // of the last value of any cell
	entry   uint64 // of the last entry of any log
	cells   map[string]*cell
	logs    map[string]*entries
	ears    []*ear
	answers map[answering]*answerer
}

// voter is a member with a vote.
type voter struct {
	name string
	cuts int // that keep it from the others
}

type cell struct {
	data   []byte
	number uint64
	busy   bool // one is in flight
}

// NewEngine returns an engine with a vote for each member. clk is the clock of the
// network, and may be real.
func NewEngine(clk clock.Clock, members ...string) *Engine {
	e := &Engine{
		clk:     clk,
		Least:   4 * time.Second,
		Most:    9 * time.Second,
		rand:    rand.New(rand.NewPCG(1, 1)),
		cells:   map[string]*cell{},
		logs:    map[string]*entries{},
		answers: map[answering]*answerer{},
	}
	for _, name := range members {
		e.voters = append(e.voters, &voter{name: name})
	}
	e.leader = e.voters[len(e.voters)-1]
	return e
}

// Seed has all that is left to chance go by seed.
func (e *Engine) Seed(seed uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.rand = rand.New(rand.NewPCG(seed, 2))
}

// SetTrouble has everything that is sent from now on fare so.
func (e *Engine) SetTrouble(t Trouble) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.trouble = t
}

// Cut keeps everything from and to a member, as its death does for the others, until
// Mend was called as often. If it led the engine an election is on.
func (e *Engine) Cut(member string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	v := e.voter(member)
	v.cuts++
	if e.leader == v || !e.quorum() {
		e.elect()
	}
}

// Mend ends a Cut.
func (e *Engine) Mend(member string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	had := e.quorum()
	e.voter(member).cuts--
	if !had && e.quorum() {
		e.elect()
	}
}

// Stall has the engine elect a leader: nothing is answered meanwhile.
func (e *Engine) Stall() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.elect()
}

// Lead makes a member the leader, at once.
func (e *Engine) Lead(member string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reign++
	e.leader = e.voter(member)
}

// Leader is the member that leads the engine; "": an election is on.
func (e *Engine) Leader() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.leader == nil {
		return ""
	}
	return e.leader.name
}

// Quorum reports whether a majority of the members is together.
func (e *Engine) Quorum() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.quorum()
}

// elect has no leader for as long as an election takes. Called with mu held.
func (e *Engine) elect() {
	e.reign++
	e.leader = nil
	reign := e.reign
	takes := e.Least + time.Duration(e.rand.Int64N(int64(e.Most-e.Least)+1))
	e.clk.AfterFunc(takes, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.reign != reign || !e.quorum() {
			return
		}
		together := slices.DeleteFunc(slices.Clone(e.voters), func(v *voter) bool { return v.cuts > 0 })
		e.leader = together[e.rand.IntN(len(together))]
	})
}

// quorum is called with mu held.
func (e *Engine) quorum() bool {
	together := 0
	for _, v := range e.voters {
		if v.cuts == 0 {
			together++
		}
	}
	return together > len(e.voters)/2
}

// voter is called with mu held.
func (e *Engine) voter(name string) *voter {
	i := slices.IndexFunc(e.voters, func(v *voter) bool { return v.name == name })
	if i < 0 {
		panic("holdtest: no member is called " + name)
	}
	return e.voters[i]
}

// send has f called with mu held when what a member sends has arrived, unless it does
// not. What is on its way arrives also where the member is cut off meanwhile. Called with
// mu held.
func (e *Engine) send(from *voter, lose float64, f func()) {
	if from.cuts == 0 {
		e.carry(lose, 0, f)
	}
}

// deliver has f called with mu held when what is sent to a member has arrived, unless
// it does not. Called with mu held.
func (e *Engine) deliver(to *voter, lose float64, f func()) {
	slow := e.trouble.Slow
	if e.trouble.SlowTo != "" && e.trouble.SlowTo != to.name {
		slow = 0
	}
	e.carry(lose, slow, func() {
		if to.cuts == 0 {
			f()
		}
	})
}

// carry is called with mu held.
func (e *Engine) carry(lose float64, slow time.Duration, f func()) {
	if e.chance(lose) {
		return
	}
	takes := e.trouble.Delay
	if takes == 0 {
		takes = time.Millisecond
	}
	takes += e.upTo(e.trouble.Jitter) + slow/2 + e.upTo(slow/2)
	if e.chance(e.trouble.Late) {
		takes += e.upTo(e.trouble.LateBy)
	}
	e.clk.AfterFunc(takes, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		f()
	})
}

// upTo is called with mu held.
func (e *Engine) upTo(most time.Duration) time.Duration {
	if most <= 0 {
		return 0
	}
	return time.Duration(e.rand.Int64N(int64(most)))
}

// chance is called with mu held.
func (e *Engine) chance(share float64) bool { return share > 0 && e.rand.Float64() < share }
