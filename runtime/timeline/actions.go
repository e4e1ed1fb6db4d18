package timeline

import (
	"cmp"
	"container/heap"
	"iter"
	"math"
	"slices"
	"time"
)

// Actions is a list of actions. A site does the same again and again, a week of it
// a million times: all but those that came last lie packed, at some bytes each. The
// zero value is an empty list, and nil is one that stays empty. It is not safe for
// use from several goroutines.
type Actions struct {
	blocks []block
	recent []Action // after those of the blocks
	keep   int      // how many of the last ones are not packed: they may change yet
	packer *packer

	zone *time.Location // in which times are told; nil: UTC
	end  time.Time      // of the span: what is open lasts until then; zero: it lasts as it says
}

// blockSize is how many actions are packed together.
const blockSize = 256

// block is blockSize actions, packed.
type block struct {
	data  []byte
	first int64 // when the earliest of them began, in nanoseconds of Unix time
}

// NewActions returns a list of actions, which may come in any order. Times are told
// in a zone.
func NewActions(zone *time.Location, actions ...Action) *Actions {
	l := &Actions{zone: zone}
	for _, a := range actions {
		l.Add(a)
	}
	return l
}

// beside returns an empty list for actions of l, by time.
func (l *Actions) beside() *Actions { return &Actions{zone: l.zone, packer: l.packer} }

// Len is how many actions there are.
func (l *Actions) Len() int {
	if l == nil {
		return 0
	}
	return len(l.blocks)*blockSize + len(l.recent)
}

// Add adds an action.
func (l *Actions) Add(a Action) {
	if l.packer == nil {
		l.packer = newPacker()
	}
	l.recent = append(l.recent, a)
	if len(l.recent) < l.keep+blockSize {
		return
	}
	l.blocks = append(l.blocks, l.packer.pack(l.recent[:blockSize]))
	l.recent = slices.Delete(l.recent, 0, blockSize)
}

// change lets an action be changed, whose number counts from 0 in the order in
// which they were added. One that has long been there costs more.
func (l *Actions) change(i int, how func(*Action)) {
	if n := i / blockSize; n < len(l.blocks) {
		actions := l.packer.unpack(nil, l.blocks[n])
		how(&actions[i%blockSize])
		l.blocks[n] = l.packer.pack(actions)
		return
	}
	how(&l.recent[i-len(l.blocks)*blockSize])
}

// All goes through the actions by time, then as they came. It may be called again
// and again, but none may be added or changed meanwhile.
func (l *Actions) All() iter.Seq[Action] {
	return func(yield func(Action) bool) {
		if l == nil {
			return
		}
		// Actions come nearly by time: a run comes when it is over. So blocks overlap,
		// and few of them are unpacked at a time.
		parts := make([]*part, len(l.blocks)+1)
		for i, b := range l.blocks {
			parts[i] = &part{number: i, first: b.first}
		}
		parts[len(l.blocks)] = &part{number: len(l.blocks), first: firstOf(l.recent)}
		slices.SortStableFunc(parts, func(a, b *part) int { return cmp.Compare(a.first, b.first) })
		var open merge
		for len(parts) > 0 || len(open) > 0 {
			if len(parts) > 0 && (len(open) == 0 || parts[0].first <= open[0].first) {
				heap.Push(&open, l.open(parts[0]))
				parts = parts[1:]
				continue
			}
			next := open[0]
			if len(next.rest) == 0 {
				next.rest = nil // it holds on to all of the block
				heap.Pop(&open)
				continue
			}
			if !yield(l.told(next.rest[0])) {
				return
			}
			next.rest = next.rest[1:]
			if len(next.rest) > 0 {
				next.first = next.rest[0].Time.UnixNano()
			}
			heap.Fix(&open, 0)
		}
	}
}

// part is the actions of a block, or the recent ones, on their way into one list.
type part struct {
	number int
	first  int64    // when the first of the rest began
	rest   []Action // by time
}

// open unpacks a part.
func (l *Actions) open(p *part) *part {
	if p.number < len(l.blocks) {
		p.rest = l.packer.unpack(nil, l.blocks[p.number])
	} else {
		p.rest = slices.Clone(l.recent)
	}
	slices.SortStableFunc(p.rest, func(a, b Action) int { return a.Time.Compare(b.Time) })
	return p
}

// merge is a heap of parts: the one with the next action is the first.
type merge []*part

func (m merge) Len() int { return len(m) }
func (m merge) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(m[i].first, m[j].first), m[i].number-m[j].number) < 0
}
func (m merge) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m *merge) Push(p any)   { *m = append(*m, p.(*part)) }
func (m *merge) Pop() any {
	last := len(*m) - 1
	p := (*m)[last]
	*m = (*m)[:last]
	return p
}

// told is an action as it is told at the end of the span.
func (l *Actions) told(a Action) Action {
	a.Time = a.Time.In(cmp.Or(l.zone, time.UTC))
	if a.Open && !l.end.IsZero() {
		a.Duration = max(l.end.Sub(a.Time), 0)
	}
	return a
}

// firstOf is when the earliest action began.
func firstOf(actions []Action) int64 {
	first := int64(math.MaxInt64)
	for _, a := range actions {
		first = min(first, a.Time.UnixNano())
	}
	return first
}
