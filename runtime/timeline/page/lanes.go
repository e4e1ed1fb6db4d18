package page

import (
	"cmp"
	"slices"

	"github.com/hiklua/hiklua/runtime/timeline"
)

// row is what makes a lane, and the order of the lanes.
type row struct {
	rank int // devices, then scripts, then the host
	name string
}

// rowOf is the lane of an action.
func (e *encoder) rowOf(a *timeline.Action) row {
	name := a.Lane(e.by)
	switch {
	case name == a.Place:
		return row{0, name}
	case a.Script != "":
		return row{1, name}
	}
	return row{2, name}
}

// laneOfFinding is the lane that shows what a finding tells of; -1: there is none.
func (e *encoder) laneOfFinding(f timeline.Finding) int {
	for _, r := range []row{
		e.rowOf(&timeline.Action{Place: f.Place, Script: f.Script, Job: f.Job}),
		e.rowOf(&timeline.Action{Place: f.Place}),
		e.rowOf(&timeline.Action{Script: f.Script, Job: f.Job}),
		e.rowOf(&timeline.Action{Script: f.Script}),
	} {
		if i, ok := e.lanes.index[r]; ok && r.rank < 2 {
			return i
		}
	}
	return -1
}

// findingPlace is where a finding is, in words.
func findingPlace(f timeline.Finding) string {
	switch {
	case f.Place != "":
		return f.Place
	case f.Device != "":
		return f.Device
	case f.Job != "":
		return f.Script + "/" + f.Job
	}
	return f.Script
}

// trackKey is what a track has in common: the lane and the kind by their numbers.
type trackKey struct {
	lane, kind int
	failed     bool
}

// arrange puts lanes, their tracks and the marks in order.
func (e *encoder) arrange() (columns, []lane) {
	lanes := make([]lane, len(e.lanes.all))
	for to, from := range sorted(len(lanes), func(a, b int) int { return e.lanes.all[a].compare(e.lanes.all[b]) }) {
		r := e.lanes.all[from]
		e.lanes.index[r] = to
		lanes[to].Name = r.name
	}
	laneOf := func(track int) int { return e.lanes.index[e.lanes.all[e.tracks.all[track].lane]] }
	var c columns
	for _, i := range sorted(len(e.strips), func(a, b int) int {
		return cmp.Or(laneOf(a)-laneOf(b), e.tracks.all[a].compare(e.tracks.all[b]))
	}) {
		s := e.strips[i]
		s.sort()
		c = append(c, s)
		l := &lanes[laneOf(i)]
		key := e.tracks.all[i]
		l.Tracks = append(l.Tracks, track{Kind: key.kind, Failed: key.failed, Count: s.count, First: s.first()})
	}
	return c, lanes
}

// sorted gives the numbers below n in an order.
func sorted(n int, compare func(a, b int) int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, compare)
	return order
}

func (k trackKey) compare(o trackKey) int {
	switch {
	case k.failed == o.failed:
		return k.kind - o.kind
	case k.failed:
		return 1
	}
	return -1
}

func (r row) compare(o row) int { return cmp.Or(r.rank-o.rank, cmp.Compare(r.name, o.name)) }
