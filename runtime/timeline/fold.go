package timeline

import (
	"iter"
	"slices"
	"time"
)

// item is a line of a timeline, or a round of items that came again and again.
type item struct {
	id     int     // the same for those that say the same
	action *Action // of a line, or of another that says the same
	path   string  // of a picture, which is another one in each line

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

const (
	// longestRound is how many lines a round may have.
	longestRound = 100
	// farAhead is how many lines have to be seen to know how some of them are folded.
	farAhead = leastUneven * longestRound
)

// folder folds the lines of a track: those of one job, say, on one head.
type folder struct {
	ids   map[any]int
	lines map[int]*Action // by id, the first of each
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

// leaf is the item of a line.
func leaf(a Action) *item {
	return &item{action: &a, path: a.Path, n: 1, first: a.Time, last: a.Time, least: a.Duration, most: a.Duration, fewest: 1, top: 1}
}

// leaf is the item of a line. Lines that say the same share what they say: most of
// them are folded, but at first all may be there.
func (f *folder) leaf(a Action) *item {
	it := leaf(a)
	it.id = f.id(leafKey{kind: a.Kind, text: a.Text, place: a.Place, by: a.by(), failed: a.Failed, message: a.Message, line: a.Line, open: a.Open})
	if f.lines[it.id] == nil {
		f.lines[it.id] = it.action
	}
	it.action = f.lines[it.id]
	return it
}

// fold folds what repeats: at first what comes in even steps, then, what of that
// comes again, at last what comes now and then.
func fold(actions iter.Seq[Action]) []*item {
	f := &folder{ids: make(map[any]int), lines: make(map[int]*Action)}
	items := f.pass(func(yield func(*item) bool) {
		for a := range actions {
			if !yield(f.leaf(a)) {
				return
			}
		}
	}, true)
	for _, even := range []bool{true, false, true} {
		for before := -1; before != len(items); {
			before = len(items)
			items = f.pass(slices.Values(items), even)
		}
	}
	return items
}

// pass goes through the items once. Of those that are folded it has few at a time:
// a timeline may have a million.
func (f *folder) pass(items iter.Seq[*item], even bool) (out []*item) {
	next, stop := iter.Pull(items)
	defer stop()
	var ahead []*item // the next ones
	look := func(n int) {
		for len(ahead) < n {
			it, ok := next()
			if !ok {
				return
			}
			ahead = append(ahead, it)
		}
	}
	for look(farAhead); len(ahead) > 0; look(farAhead) {
		s := best(ahead, even)
		size := len(s.first)
		if s.n == 1 {
			out, ahead = append(out, ahead[0]), ahead[1:]
			continue
		}
		g := begin(s.first)
		for rest := s.n - 1; ; rest-- {
			ahead = ahead[size:]
			look(size)
			if rest <= 0 && (len(ahead) < size || !s.takes(ahead[:size])) {
				break
			}
			g.add(ahead[:size])
		}
		f.end(g, s)
		out = append(out, g)
	}
	return out
}

// best is the round that items begin with: the shortest that comes three times,
// else the shortest that is worth it when it comes twice. Rounds of rounds are
// for the next pass. It looks no further ahead than it must.
func best(items []*item, even bool) *series {
	found := newSeries(items[:1], even)
	for p := 1; p <= min(longestRound, len(items)/2); p++ {
		if !same(items[0], items[p]) || torn(items[:p+1]) {
			continue
		}
		s := newSeries(items[:p], even)
		for s.n < leastUneven && (s.n+1)*p <= len(items) && s.takes(items[s.n*p:(s.n+1)*p]) {
		}
		switch {
		case s.n >= leastUneven || s.n >= leastEven && even:
			return s
		case s.n == 2 && even && p >= leastTwice && found.n == 1:
			found = s
		}
	}
	return found
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

// series is rounds that follow each other.
type series struct {
	even  bool    // in even steps
	first []*item // the first round
	n     int     // rounds
	kind  pace
	step  time.Duration // from the first to the second
	last  time.Time     // when the last one began
}

func newSeries(first []*item, even bool) *series {
	return &series{even: even, first: first, n: 1, kind: unequal, last: first[0].first}
}

// takes reports whether a round is the next one of the series, and takes it.
func (s *series) takes(round []*item) bool {
	if !alike(s.first, round, s.even) {
		return false
	}
	begin := round[0].first
	step := stepOf(s.last, begin)
	switch {
	case !s.even:
	case s.n == 1:
		s.kind, s.step = steady, step
		if nextDay(s.last, begin) {
			s.kind = daily
		}
	case s.kind == daily && !nextDay(s.last, begin):
		return false
	case s.kind == steady && !near(step, s.step, 2*time.Second):
		return false
	}
	s.n++
	s.last = begin
	return true
}

// alike reports whether two rounds say the same, at about the same distances.
func alike(a, b []*item, even bool) bool {
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

// begin makes one item of the first of several rounds.
func begin(round []*item) *item {
	g := &item{n: 1, first: round[0].first, last: round[0].first}
	for _, it := range round {
		one := *it
		one.block = slices.Clone(one.block)
		g.block = append(g.block, &one)
	}
	return g
}

// add adds the next round.
func (g *item) add(round []*item) {
	step := stepOf(g.last, round[0].first)
	if g.n == 1 {
		g.rhythm.least, g.rhythm.most = step, step
	}
	g.rhythm.least, g.rhythm.most = min(g.rhythm.least, step), max(g.rhythm.most, step)
	g.n++
	g.last = round[0].first
	for k, it := range g.block {
		it.widen(round[k])
	}
}

// end notes what is known when all rounds of a series are there.
func (f *folder) end(g *item, s *series) {
	g.fewest, g.top = g.n, g.n
	g.rhythm.kind = s.kind
	rest := 0
	for _, one := range g.block {
		rest = f.id(groupKey{-1, one.id, rest})
	}
	g.id = f.id(groupKey{s.kind, len(g.block), rest})
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
