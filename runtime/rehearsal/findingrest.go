package rehearsal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/timeline"
)

// shortRest is how long a head may stay where a run has left it until that is a
// finding.
const shortRest = 15 * time.Minute

// rests are the places where runs leave the heads.
type rests struct {
	visits  map[string][]*tour // of the runs that go on
	resting map[headKey]rest
	left    map[restKey]*restsLeft // away from home, and nothing brought the head back
	homed   map[headKey]bool       // that some script sends home
	home    string                 // the preset that is home in vars of site.yaml
}

// tour is where a run has sent a head, in this order.
type tour struct {
	head   headKey
	places []place
}

// place is where a head was sent: by a preset, ptz_absolute, ptz_home,
// patrol_start; by another command it is where a motion ended, which is no place
// that can be told from another.
type place struct{ what, detail, name string }

func (p place) known() bool { return p.what != "" }

// same reports whether two are known to be one.
func (p place) same(other place) bool {
	return p.known() && p.what == other.what && p.detail == other.detail
}

// String is the place as people are told it: `preset 3 "door"`.
func (p place) String() string {
	switch {
	case p.what == "preset" && p.name != "":
		return fmt.Sprintf("preset %s %q", p.detail, p.name)
	case p.what == "preset":
		return "preset " + p.detail
	case p.what == "ptz_absolute":
		return "the position " + p.detail
	case p.what == "ptz_home":
		return "its home position"
	case p.what == "patrol_start":
		return "its own patrol " + p.detail
	}
	return "the place where a motion ended"
}

// rest is a head after the run that has moved it.
type rest struct {
	ended       journal.Entry
	since       time.Time
	last, first place
	rounds      bool // the run went to some place more than once
}

// restKey is a head and a job that leaves it somewhere.
type restKey struct {
	head        headKey
	script, job string
}

// restsLeft are the times that a job has left a head somewhere.
type restsLeft struct {
	first rest
	count int
	other bool // not always at the same place, or in rounds
}

func (r *rests) init() {
	r.visits = make(map[string][]*tour)
	r.resting = make(map[headKey]rest)
	r.left = make(map[restKey]*restsLeft)
	r.homed = make(map[headKey]bool)
}

// seeRest follows where heads go and where they are left.
func (f *finder) seeRest(e journal.Entry) {
	switch {
	case e.Kind == journal.RunEnded:
		for _, t := range f.rests.visits[e.Task] {
			f.comesToRest(t, e)
		}
		delete(f.rests.visits, e.Task)
	case e.Kind != journal.Command || e.Err != nil || e.Use == nil || isLens(e.What) || e.What == "ptz_stop":
	default:
		f.goesTo(headKey{e.Device, e.Channel}, e)
	}
}

func (f *finder) goesTo(head headKey, e journal.Entry) {
	to := f.placeOf(e)
	f.rests.homed[head] = f.rests.homed[head] || f.isHome(to)
	if was, ok := f.rests.resting[head]; ok {
		delete(f.rests.resting, head)
		// Another job that sends the head somewhere is what brings it back.
		if script, job := ownerOf(e.Use.Run); script == was.ended.Script && job == was.ended.Job {
			f.leftAt(head, was, e.Time)
		}
	}
	_, job := ownerOf(e.Use.Run)
	if _, goesOn := f.runs.going[e.Use.Run]; !goesOn && job != "" {
		return // a task that its run has spawned, and that goes on without it
	}
	all := f.rests.visits[e.Use.Run]
	at := slices.IndexFunc(all, func(t *tour) bool { return t.head == head })
	if at < 0 {
		f.rests.visits[e.Use.Run] = append(all, &tour{head, []place{to}})
		return
	}
	t := all[at]
	if !to.same(t.places[len(t.places)-1]) {
		t.places = append(t.places, to)
	}
	if len(t.places) > maxPlaces { // of a tour: its first is kept, and that it goes round
		t.places = slices.Delete(t.places, 1, 2)
	}
}

// maxPlaces is how many places of a run are remembered: more than a tour has.
const maxPlaces = 300

// placeOf is where a command sends a head.
func (f *finder) placeOf(e journal.Entry) place {
	if e.What == "preset" && e.Name == "" && f.o.Preset != nil {
		e.Name = f.o.Preset(e.Device, e.Channel, e.Detail)
	}
	switch e.What {
	case "preset", "ptz_absolute", "ptz_home", "patrol_start":
		return place{e.What, e.Detail, e.Name}
	}
	return place{}
}

// isHome reports whether a place is one where a head is meant to rest: its home
// position, a patrol that goes on by itself, a preset whose name says so or that is
// home in vars.
func (f *finder) isHome(p place) bool {
	switch p.what {
	case "ptz_home", "patrol_start":
		return true
	case "preset":
		return p.detail == f.rests.home || p.name != "" &&
			(strings.EqualFold(p.name, "home") || strings.EqualFold(p.name, "overview") || strings.EqualFold(p.name, f.rests.home))
	}
	return false
}

// comesToRest is called when a run has ended that had sent a head to places.
func (f *finder) comesToRest(t *tour, ended journal.Entry) {
	first, last := t.places[0], t.places[len(t.places)-1]
	seen := make(map[place]bool)
	rounds := false
	for _, p := range t.places {
		rounds = rounds || p.known() && seen[p]
		seen[p] = true
	}
	if len(seen) < 2 || f.isHome(last) || last.same(first) || f.headInUse(t.head, ended.Task) {
		return
	}
	f.rests.resting[t.head] = rest{ended, ended.Time, last, first, rounds}
}

// headInUse reports whether another run that goes on has sent the head somewhere.
func (f *finder) headInUse(head headKey, but string) bool {
	for run, all := range f.rests.visits {
		if run != but && slices.ContainsFunc(all, func(t *tour) bool { return t.head == head }) {
			return true
		}
	}
	return false
}

// leftAt notes that a head has stayed where a run left it.
func (f *finder) leftAt(head headKey, was rest, until time.Time) {
	if until.Sub(was.since) >= shortRest {
		key := restKey{head, was.ended.Script, was.ended.Job}
		if f.rests.left[key] == nil {
			f.rests.left[key] = &restsLeft{first: was}
		}
		all := f.rests.left[key]
		all.count++
		all.other = all.other || was.rounds || !was.last.same(all.first.last)
	}
}

// endRests tells of the heads that were left away from home. A run that goes
// through its places once, and each time ends at the same one, is meant to, as
// long as there is no other home.
func (f *finder) endRests() {
	for head, was := range f.rests.resting {
		f.leftAt(head, was, f.to)
	}
	for key, all := range f.rests.left {
		if all.count > 1 && !all.other && !f.rests.homed[key.head] {
			continue
		}
		first := all.first
		one := f.note("", timeline.Finding{
			Kind: leftAway, Time: first.since, Device: key.head.device, Channel: key.head.channel, Script: key.script, Job: key.job,
			Text:   fmt.Sprintf("%s stays at %s when %s has ended: nothing brings it back", f.place(key.head.device, key.head.channel), first.last, nameOf(first.ended.Task)),
			Remedy: `end the run with channel:ptz_home() or channel:preset("overview"), or give hik.tour and hik.sweep home = "overview"`,
		})
		one.Count = all.count
	}
}
