package retention

import (
	"fmt"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/index"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

const (
	// maxBatch is how many pictures are removed as one.
	maxBatch = 200
	// maxVisited is how many are looked at in one moment of the index.
	maxVisited = 2000
)

// plan finds what has to go, a batch at a time. The index changes between two
// batches if they are carried out, and stays as it is for a dry run.
type plan struct {
	Policy
	now time.Time
	// excess tells how many bytes there are too many, and by which rule; 0: none.
	excess func() (int64, string)
	// waiting is when the first picture was taken that still has to be copied to
	// the second place; zero: none has. Only too much takes it away.
	waiting time.Time

	cursors map[string]index.Key // how far the rules have come in this run
	moved   map[string]index.Key // those of them that are remembered, and have moved in this batch
	planned map[index.Key]bool   // pictures that go, and may be in the index still
	kept    map[series]int64     // the slot of the last picture that thinning has kept
	bytes   int64                // of what was planned

	view    *index.View
	list    []index.Removal // of this batch
	visited int
}

// series is what thinning keeps one picture in each slot of.
type series struct {
	device  string
	channel int
	label   string
	step    int
}

func newPlan(p Policy, now, waiting time.Time, excess func() (int64, string)) *plan {
	return &plan{
		Policy: p, now: now, waiting: waiting, excess: excess,
		cursors: make(map[string]index.Key), planned: make(map[index.Key]bool), kept: make(map[series]int64),
	}
}

// next plans a batch. With more there may be another one.
func (p *plan) next(v *index.View) (more bool, err error) {
	p.view, p.list, p.visited, p.moved = v, nil, 0, make(map[string]index.Key)
	for _, rule := range p.rules() {
		if err := rule(); err != nil {
			return false, err
		}
		if p.full() {
			return true, nil
		}
	}
	return false, nil
}

// limit is when the last picture was taken that has had its time at an age.
func (p *plan) limit(age time.Duration) time.Time {
	limit := p.now.Add(-age)
	if !p.waiting.IsZero() && !limit.Before(p.waiting) {
		limit = p.waiting.Add(-1)
	}
	return limit
}

func (p *plan) full() bool { return len(p.list) >= maxBatch || p.visited >= maxVisited }

// rules are in the order in which they apply: what one removes the next does not
// see.
func (p *plan) rules() []func() error {
	var rules []func() error
	for _, l := range p.Labels {
		rules = append(rules, func() error { return p.label(l) })
	}
	if p.Keep > 0 {
		rules = append(rules, func() error { return p.age(p.Keep) })
	}
	for i, thin := range p.Thinning {
		if i > 0 && thin.Every != site.ThinAll {
			rules = append(rules, func() error { return p.thin(i) })
		}
	}
	if n := len(p.Thinning); n > 0 {
		if p.Thinning[0].Every != site.ThinAll {
			rules = append([]func() error{func() error { return p.thin(0) }}, rules...)
		}
		rules = append(rules, func() error { return p.age(p.Thinning[n-1].For) })
	}
	return append(rules, p.oldest, p.labelledOldest)
}

// remove puts a picture on the list.
func (p *plan) remove(k index.Key, e *archive.Entry, reason string) {
	p.list = append(p.list, index.Removal{Key: k, Entry: *e, Reason: reason})
	p.planned[k] = true
	p.bytes += e.Size
}

// after goes on behind the cursor of a rule, over all pictures or those of one
// label, and moves it past each for which f returns true.
func (p *plan) after(name string, label *string, f func(index.Key, *archive.Entry) bool) error {
	at, known := p.cursors[name]
	if !known && label == nil {
		at = p.view.Cursor(name)
	}
	from := at
	visit := func(k index.Key, e *archive.Entry) (bool, error) {
		if p.full() {
			return false, nil
		}
		p.visited++
		if !p.planned[k] && !f(k, e) {
			return false, nil
		}
		at = k
		return true, nil
	}
	var err error
	if label != nil {
		err = p.view.OfLabel(*label, at, visit)
	} else {
		err = p.view.After(at, visit)
	}
	p.cursors[name] = at
	if label == nil && at != from {
		p.moved[name] = at
	}
	return err
}

// label is the age of pictures with a label.
func (p *plan) label(l site.LabelKeep) error {
	limit := p.limit(l.Keep)
	reason := fmt.Sprintf("label %s: older than %s", l.Label, clock.FormatDuration(l.Keep))
	return p.after("label "+l.Label, &l.Label, func(k index.Key, e *archive.Entry) bool {
		if e.Taken.After(limit) {
			return false
		}
		p.remove(k, e, reason)
		return true
	})
}

// age is that of all other pictures.
func (p *plan) age(keep time.Duration) error {
	limit := p.limit(keep)
	reason := "older than " + clock.FormatDuration(keep)
	return p.after("age"+p.others(), nil, func(k index.Key, e *archive.Entry) bool {
		if e.Taken.After(limit) {
			return false
		}
		if !p.labelled(e.Label) {
			p.remove(k, e, reason)
		}
		return true
	})
}

var thinned = map[site.ThinEvery]string{
	site.ThinHourly: "hour", site.ThinDaily: "day", site.ThinWeekly: "week", site.ThinMonthly: "month",
}

// thin keeps the first picture of each slot, once it is older than the step
// before says.
func (p *plan) thin(step int) error {
	every := p.Thinning[step].Every
	limit, reason := p.limit(0), "one each "+thinned[every]
	name := fmt.Sprintf("thinning %s %s%s", every, p.Zone, p.others())
	if step > 0 {
		before := p.Thinning[step-1].For
		limit = p.limit(before)
		reason += " after " + clock.FormatDuration(before)
	}
	return p.after(name, nil, func(k index.Key, e *archive.Entry) bool {
		if e.Taken.After(limit) {
			return false
		}
		if !p.labelled(e.Label) && p.hasOne(k, e, step) {
			p.remove(k, e, reason)
		}
		return true
	})
}

// hasOne says whether an earlier picture stands for the slot of e.
func (p *plan) hasOne(k index.Key, e *archive.Entry, step int) bool {
	every := p.Thinning[step].Every
	s := series{e.Device, e.Channel, e.Label, step}
	slot := p.slot(every, e.Taken)
	last, known := p.kept[s]
	p.kept[s] = slot
	if known {
		return last == slot
	}
	found := false
	p.view.Before(k, e, func(k index.Key) bool {
		if p.slot(every, k.Time()) != slot {
			return false
		}
		found = !p.planned[k]
		return !found
	})
	return found
}

// oldest removes pictures without a label of their own age, the oldest first,
// as long as there is too much.
func (p *plan) oldest() error {
	return p.after("size"+p.others(), nil, func(k index.Key, e *archive.Entry) bool {
		excess, reason := p.excess()
		if excess <= 0 {
			return false
		}
		if !p.labelled(e.Label) {
			p.remove(k, e, reason)
		}
		return true
	})
}

// labelledOldest removes the oldest of those that have one, when there are no
// others left.
func (p *plan) labelledOldest() error {
	for !p.full() {
		excess, reason := p.excess()
		if excess <= 0 {
			return nil
		}
		var oldest index.Key
		var entry archive.Entry
		for _, l := range p.Labels {
			err := p.view.OfLabel(l.Label, p.cursors["label "+l.Label], func(k index.Key, e *archive.Entry) (bool, error) {
				p.visited++
				if p.planned[k] {
					return true, nil
				}
				if entry.Path == "" || k.Time().Before(oldest.Time()) {
					oldest, entry = k, *e
				}
				return false, nil
			})
			if err != nil {
				return err
			}
		}
		if entry.Path == "" {
			return nil
		}
		p.remove(oldest, &entry, reason)
		p.cursors["label "+entry.Label] = oldest
	}
	return nil
}
