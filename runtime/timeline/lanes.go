package timeline

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/runtime/site"
)

// By says what actions are put together by.
type By string

// The ways.
const (
	ByDevice By = "device" // what each camera does, then what scripts do beside
	ByScript By = "script" // what each script does, then the rest
	ByTime   By = "time"   // all in one list
)

// lane is what is written under one name.
type lane struct {
	name    string
	rank    int
	actions *Actions
}

// host is the name of the lane of what neither a device nor a script is named
// for.
const host = "host"

// Lane is the name of what an action is put under: "gate/yard", or
// "night/night tour", which is a job of a script.
func (a Action) Lane(by By) string {
	switch {
	case by == ByTime:
		return ""
	case by == ByDevice && a.Place != "" && a.Kind != Error:
		return a.Place
	case a.by() != "":
		return a.by()
	case by == ByScript || a.Place == "":
		return host
	}
	return a.Place
}

// by is who has done it: "night/night tour".
func (a Action) by() string {
	if a.Job != "" {
		return a.Script + "/" + a.Job
	}
	return a.Script
}

// lanes are the actions of a timeline put together: devices come first, then
// scripts, then the host's own.
func (t Timeline) lanes(by By, prints bool) []lane {
	var all []lane
	index := make(map[string]int)
	for a := range t.Actions.All() {
		switch {
		case prints:
		case a.Kind == Print, a.Kind == Run && a.Script == site.FileName && a.Failed == "":
			continue // its picture says it
		}
		name := a.Lane(by)
		i, known := index[name]
		if !known {
			i = len(all)
			index[name] = i
			l := lane{name: name, actions: t.Actions.beside()}
			switch {
			case name == host:
				l.rank = 2
			case name != a.Place:
				l.rank = 1
			}
			all = append(all, l)
		}
		all[i].actions.Add(a)
	}
	slices.SortFunc(all, func(a, b lane) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), strings.Compare(a.name, b.name))
	})
	return all
}

// fold folds the actions of a lane: those of each job for themselves, its
// errors aside, and of what no job does each kind.
func (l lane) fold() []*item {
	type track struct {
		by, text string
		failing  bool
	}
	tracks := make(map[track]*Actions)
	var order []track
	for a := range l.actions.All() {
		key := track{by: a.by(), failing: a.Kind == Error}
		if key.by == "" && a.Kind != State {
			key.text = a.Text
		}
		if tracks[key] == nil {
			order = append(order, key)
			tracks[key] = l.actions.beside()
		}
		tracks[key].Add(a)
	}
	var all []*item
	for _, key := range order {
		all = append(all, fold(tracks[key].All())...)
	}
	slices.SortStableFunc(all, func(a, b *item) int { return a.first.Compare(b.first) })
	return all
}
