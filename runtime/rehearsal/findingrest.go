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
	visits  map[string]map[headKey][]place // of the runs that go on
	resting map[headKey]rest
	left    map[restKey][]rest // away from home, and nothing brought the head back
	homed   map[headKey]bool   // that some script sends home
}

// place is where a head was sent.
type place struct {
	key  string // the same for the same place; "": where a motion ended
	name string // as people are told it: `preset 3 "door"`
	home bool   // it is one where the head is meant to rest
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

func (r *rests) init() {
	r.visits = make(map[string]map[headKey][]place)
	r.resting = make(map[headKey]rest)
	r.left = make(map[restKey][]rest)
	r.homed = make(map[headKey]bool)
}

// seeRest follows where heads go and where they are left.
func (f *finder) seeRest(e journal.Entry) {
	switch {
	case e.Kind == journal.RunEnded:
		for head, visits := range f.rests.visits[e.Task] {
			f.comesToRest(head, visits, e)
		}
		delete(f.rests.visits, e.Task)
	case e.Kind != journal.Command || e.Err != nil || e.Use == nil || isLens(e.What) || e.What == "ptz_stop":
	default:
		f.goesTo(headKey{e.Device, e.Channel}, e)
	}
}

func (f *finder) goesTo(head headKey, e journal.Entry) {
	to := f.placeOf(e)
	f.rests.homed[head] = f.rests.homed[head] || to.home
	if was, ok := f.rests.resting[head]; ok {
		delete(f.rests.resting, head)
		// Another job that sends the head somewhere is what brings it back.
		if script, job := ownerOf(e.Use.Run); script == was.ended.Script && job == was.ended.Job {
			f.leftAt(head, was, e.Time)
		}
	}
	if f.rests.visits[e.Use.Run] == nil {
		f.rests.visits[e.Use.Run] = make(map[headKey][]place)
	}
	visits := f.rests.visits[e.Use.Run][head]
	if len(visits) == 0 || visits[len(visits)-1].key != to.key || to.key == "" {
		visits = append(visits, to)
	}
	if len(visits) > maxVisits { // of a tour: its first place is kept, and that it goes round
		visits = slices.Delete(visits, 1, 2)
	}
	f.rests.visits[e.Use.Run][head] = visits
}

// maxVisits is how many places of a run are remembered: more than a tour has.
const maxVisits = 300

// placeOf is where a command sends a head.
func (f *finder) placeOf(e journal.Entry) place {
	switch e.What {
	case "preset":
		p := place{key: "preset " + e.Detail, name: "preset " + e.Detail}
		if e.Name != "" {
			p.name += fmt.Sprintf(" %q", e.Name)
		}
		home := fmt.Sprint(f.site.Vars["home"])
		p.home = e.Detail == home || e.Name != "" && slices.Contains([]string{"home", "overview", strings.ToLower(home)}, strings.ToLower(e.Name))
		return p
	case "ptz_home":
		return place{key: "home", name: "its home position", home: true}
	case "ptz_absolute":
		return place{key: "position " + e.Detail, name: "the position " + e.Detail}
	case "patrol_start":
		return place{key: "patrol " + e.Detail, name: "its own patrol " + e.Detail, home: true} // it goes on by itself
	}
	return place{name: "the place where a motion ended"}
}

// comesToRest is called when a run has ended that had sent a head to places.
func (f *finder) comesToRest(head headKey, visits []place, ended journal.Entry) {
	first, last := visits[0], visits[len(visits)-1]
	seen := make(map[string]bool)
	rounds := false
	for _, v := range visits {
		rounds = rounds || v.key != "" && seen[v.key]
		seen[v.key] = true
	}
	if len(seen) < 2 || last.home || last.key == first.key || f.headInUse(head, ended.Task) {
		return
	}
	f.rests.resting[head] = rest{ended, ended.Time, last, first, rounds}
}

// headInUse reports whether another run that goes on has sent the head somewhere.
func (f *finder) headInUse(head headKey, but string) bool {
	for run, heads := range f.rests.visits {
		if run != but && heads[head] != nil {
			return true
		}
	}
	return false
}

// leftAt notes that a head has stayed where a run left it.
func (f *finder) leftAt(head headKey, was rest, until time.Time) {
	if until.Sub(was.since) >= shortRest {
		key := restKey{head, was.ended.Script, was.ended.Job}
		f.rests.left[key] = append(f.rests.left[key], was)
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
		again := len(all) > 1 && !slices.ContainsFunc(all, func(r rest) bool { return r.rounds || r.last.key != all[0].last.key })
		if again && !f.rests.homed[key.head] {
			continue
		}
		first := all[0]
		one := f.note("", timeline.Finding{
			Kind: leftAway, Time: first.since, Device: key.head.device, Channel: key.head.channel, Script: key.script, Job: key.job,
			Text:   fmt.Sprintf("%s stays at %s when %s has ended: nothing brings it back", f.place(key.head.device, key.head.channel), first.last.name, nameOf(first.ended.Task)),
			Remedy: `end the run with channel:ptz_home() or channel:preset("overview"), or give hik.tour and hik.sweep home = "overview"`,
		})
		one.Count = len(all)
	}
}
