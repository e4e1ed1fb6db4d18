package timeline

import (
	"slices"
	"time"
)

// item is a line of a timeline, or a round of items that came again and again.
type item struct {
	id     int    // the same for those that say the same
	action Action // of a line

	block  []*item // of a round: the first one
	n      int     // rounds; 1: a line
	rhythm rhythm

	first, last time.Time     // when the first round began, and the last
	least, most time.Duration // how long it lasted, over all rounds
	fewest, top int           // how many rounds it had, over all rounds of the item that it is a part of
}

// rhythm is how rounds follow each other.
type rhythm struct {
	kind        pace
	least, most time.Duration // between the beginnings of two
}

type pace int

const (
	once    pace = iota
	steady       // every 15 min
	daily        // at about the same time of each day
	unequal      // now and then
)

// longestRound is how many lines a round may have.
const longestRound = 100

// folder folds the lines of a track: those of one job, say, on one head.
type folder struct {
	ids map[any]int
}

// leafKey is what two lines have in common that say the same.
type leafKey struct {
	kind            Kind
	text, place, by string
	failed, message string
	line            int
	open            bool
}

// groupKey is what two groups have in common that are alike.
type groupKey struct {
	pace  pace
	first int // the block, as a list of ids
	rest  int
}

func (f *folder) id(key any) int {
	id, ok := f.ids[key]
	if !ok {
		id = len(f.ids) + 1
		f.ids[key] = id
	}
	return id
}

func (f *folder) leaf(a Action) *item {
	key := leafKey{kind: a.Kind, text: a.Text, place: a.Place, by: a.by(), failed: a.Failed, message: a.Message, line: a.Line, open: a.Open}
	return &item{id: f.id(key), action: a, n: 1, first: a.Time, last: a.Time, least: a.Duration, most: a.Duration, fewest: 1, top: 1}
}

// fold folds what repeats: at first what comes in even steps, then, what of that
// comes again, at last what comes now and then.
func fold(actions []Action) []*item {
	f := &folder{ids: make(map[any]int)}
	items := make([]*item, len(actions))
	for i, a := range actions {
		items[i] = f.leaf(a)
	}
	for _, even := range []bool{true, false, true} {
		for before := -1; before != len(items); {
			before = len(items)
			items = f.pass(items, even)
		}
	}
	return items
}

// pass goes through the items once.
func (f *folder) pass(items []*item, even bool) []*item {
	var out []*item
	for i := 0; i < len(items); {
		size, rounds, paceOf := f.best(items[i:], even)
		if rounds == 1 {
			out = append(out, items[i])
			i++
			continue
		}
		out = append(out, f.group(items[i:i+size*rounds], size, paceOf))
		i += size * rounds
	}
	return out
}

// best is the round that items begin with: the shortest that comes three times,
// else the shortest that is worth it when it comes twice. Rounds of rounds are
// for the next pass.
func (f *folder) best(items []*item, even bool) (size, rounds int, kind pace) {
	size, rounds, kind = 1, 1, once
	for p := 1; p <= min(longestRound, len(items)/2); p++ {
		if !same(items[0], items[p]) {
			continue
		}
		if torn(items[:p+1]) {
			continue
		}
		n, k := f.rounds(items, p, even)
		switch {
		case n >= leastUneven || n >= leastEven && even:
			return p, n, k
		case n == 2 && even && p >= leastTwice && rounds == 1:
			size, rounds, kind = p, n, k
		}
	}
	return size, rounds, kind
}

const (
	// leastEven is how often a round has to come to be folded, leastUneven where
	// it comes now and then.
	leastEven   = 3
	leastUneven = 5
	// leastTwice is how many lines a round has at least that is folded although it
	// comes only twice.
	leastTwice = 4
)

// longPause parts one round from the next.
const longPause = 10 * time.Minute

// torn reports whether a round, which the last item follows, has its long pause
// within: it begins somewhere else.
func torn(items []*item) bool {
	last := len(items) - 1
	after := stepOf(items[last-1].last, items[last].first)
	for i := 1; i < last; i++ {
		if pause := stepOf(items[i-1].last, items[i].first); pause > longPause && pause > 2*after {
			return true
		}
	}
	return false
}

// rounds is how often the first p items come, one time after another.
func (f *folder) rounds(items []*item, p int, even bool) (n int, kind pace) {
	n, kind = 1, unequal
	first := items[0].first
	for (n+1)*p <= len(items) {
		round := items[n*p : (n+1)*p]
		begin := round[0].first
		if !f.alike(items[:p], round, even) {
			break
		}
		if even {
			step := stepOf(items[(n-1)*p].first, begin)
			switch {
			case n == 1:
				kind = steady
				if nextDay(first, begin) {
					kind = daily
				}
			case kind == daily && !nextDay(items[(n-1)*p].first, begin):
				return n, kind
			case kind == steady && !near(step, stepOf(first, items[p].first), 2*time.Second):
				return n, kind
			}
		}
		n++
	}
	return n, kind
}

// alike reports whether two rounds say the same, at about the same distances.
func (f *folder) alike(a, b []*item, even bool) bool {
	slack := 2 * time.Second
	if !even {
		slack = 5 * time.Second
	}
	for i := range a {
		if !same(a[i], b[i]) || !near(a[i].first.Sub(a[0].first), b[i].first.Sub(b[0].first), slack) {
			return false
		}
	}
	return true
}

// same reports whether two items say the same. A tour has a round more in a
// longer night.
func same(a, b *item) bool {
	if a.id != b.id {
		return false
	}
	if a.n == 1 {
		return true
	}
	return 10*abs(a.n-b.n) <= max(a.n, b.n) && near(a.rhythm.least, b.rhythm.least, 2*time.Second) && near(a.rhythm.most, b.rhythm.most, 2*time.Second)
}

// near reports whether two lengths are the same to a tenth, or within slack.
func near(a, b, slack time.Duration) bool {
	d := (a - b).Abs()
	return d <= slack || 10*d <= max(a, b)
}

func stepOf(a, b time.Time) time.Duration { return b.Sub(a) }

// dailySlack is how much later or earlier the sun may bring what comes each day.
const dailySlack = 5 * time.Minute

// nextDay reports whether b is a at about the same time of the next day, by the
// clock on the wall or by the sun.
func nextDay(a, b time.Time) bool {
	if (b.Sub(a) - 24*time.Hour).Abs() <= dailySlack {
		return true
	}
	year, month, day := a.Date()
	hour, minute, second := a.Clock()
	next := time.Date(year, month, day+1, hour, minute, second, a.Nanosecond(), a.Location())
	return b.Sub(next).Abs() <= dailySlack
}

// group makes one item of rounds of a size.
func (f *folder) group(items []*item, size int, kind pace) *item {
	g := &item{n: len(items) / size, first: items[0].first, last: items[len(items)-size].first}
	g.fewest, g.top = g.n, g.n
	g.rhythm.kind = kind
	for i := size; i < len(items); i += size {
		step := stepOf(items[i-size].first, items[i].first)
		if i == size {
			g.rhythm.least, g.rhythm.most = step, step
		}
		g.rhythm.least, g.rhythm.most = min(g.rhythm.least, step), max(g.rhythm.most, step)
	}
	rest := 0
	for k := range size {
		one := *items[k]
		one.block = slices.Clone(one.block)
		for i := k + size; i < len(items); i += size {
			one.widen(items[i])
		}
		g.block = append(g.block, &one)
		rest = f.id(groupKey{-1, one.id, rest})
	}
	g.id = f.id(groupKey{kind, len(g.block), rest})
	return g
}

// widen makes the ranges of an item hold those of one that says the same.
func (it *item) widen(more *item) {
	it.least, it.most = min(it.least, more.least), max(it.most, more.most)
	it.fewest, it.top = min(it.fewest, more.fewest), max(it.top, more.top)
	it.rhythm.least, it.rhythm.most = min(it.rhythm.least, more.rhythm.least), max(it.rhythm.most, more.rhythm.most)
	for i := range it.block {
		one := *it.block[i]
		one.widen(more.block[i])
		it.block[i] = &one
	}
}

func abs(n int) int { return max(n, -n) }
