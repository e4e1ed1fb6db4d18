package journal

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

const (
	// wholePerMinute is how many entries of one kind that are about the same
	// thing are on record one by one, in a minute: an alarm that flutters, a job
	// that runs ten times a second. The rest is one entry with a count.
	wholePerMinute = 30
	// maxSubjects bounds the things that are told apart.
	maxSubjects = 512
	// briefRun is how long a run may take to be on record as one entry, its end.
	briefRun = 10 * time.Second
	// sweepEvery is how often it is looked for what has gone on for so long.
	sweepEvery = 2 * time.Second
	// maxBegun bounds the runs that are waited for.
	maxBegun = 512
)

// limiter keeps what happens often from pushing the commands of the night out of
// a journal, whose size is fixed. Commands, pictures and what is said of the host
// pass. It is guarded by Journal.mu.
type limiter struct {
	clk   clock.Clock
	write func(Entry)

	subjects map[string]*subject
	begun    map[string]Entry // runs that began lately, by task
	timer    clock.Timer      // sweeps; nil: there is nothing to sweep
	look     func()           // called by the timer
}

// subject is what entries are about: a type of event of a device, a job.
type subject struct {
	since  time.Time
	whole  int   // entries since then
	folded int   // more of them
	sample Entry // the last of those
	open   int   // how many of the folded are begun, and have not ended yet
}

// take writes e, now or later, or counts it.
func (l *limiter) take(e Entry) {
	if e.Kind == RunBegun && e.Task != "" && len(l.begun) < maxBegun {
		l.begun[e.Task] = e
		l.arm()
		return
	}
	if _, brief := l.begun[e.Task]; brief && e.Kind == RunEnded {
		delete(l.begun, e.Task)
		l.count(e, false)
		return
	}
	l.count(e, true)
}

// count writes e unless there were too many like it. ends: it may be the end of
// what was counted when it began.
func (l *limiter) count(e Entry, ends bool) {
	ends = ends && (e.Kind == RunEnded || e.Kind == Event && e.Detail == "stop")
	key := subjectOf(&e)
	switch {
	case key == "":
		l.write(e)
		return
	case e.Err != nil && !ends:
		key = "failed " + key
	}
	s := l.subject(key)
	switch {
	case ends && s.open > 0:
		s.open--
	case ends:
		l.write(e)
	case s.whole < wholePerMinute:
		s.whole++
		l.write(e)
	default:
		if e.Kind == RunBegun || e.Kind == Event && e.Detail == "start" {
			s.open++
		}
		s.folded++
		s.sample = e
	}
}

func (l *limiter) subject(key string) *subject {
	s := l.subjects[key]
	if s == nil {
		if len(l.subjects) >= maxSubjects {
			key, _, _ = strings.Cut(key, "\x00") // all that are too many are one
			if s = l.subjects[key]; s != nil {
				return s
			}
		}
		s = &subject{since: l.clk.Now()}
		l.subjects[key] = s
		l.arm()
	}
	return s
}

// subjectOf is the kind and what an entry is about; "" for what is not limited.
func subjectOf(e *Entry) string {
	parts := []string{string(e.Kind)}
	switch e.Kind {
	case Event:
		parts = append(parts, e.Device, strconv.Itoa(e.Channel), e.Script, e.What)
	case RunBegun, RunEnded:
		parts = []string{"run", e.Script, e.Job}
	case RunSkipped, Failed:
		parts = append(parts, e.Script, e.Job)
	case Notice:
		parts = append(parts, e.Script, e.What)
	case Script:
		parts = append(parts, e.Script)
	default:
		return ""
	}
	return strings.Join(parts, "\x00")
}

// arm has what waits looked at.
func (l *limiter) arm() {
	if l.timer == nil {
		l.timer = l.clk.AfterFunc(sweepEvery, l.look)
	}
}

// sweep writes the runs that have gone on for long, and, of a minute that is
// over, how many were left out. all: the journal ends.
func (l *limiter) sweep(all bool) {
	l.timer = nil
	now := l.clk.Now()
	for _, e := range slices.SortedFunc(maps.Values(l.begun), func(a, b Entry) int {
		return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.Task, b.Task))
	}) {
		if all || now.Sub(e.Time) >= briefRun {
			delete(l.begun, e.Task)
			l.count(e, true)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(l.subjects)) {
		s := l.subjects[key]
		if !all && now.Sub(s.since) < time.Minute {
			continue
		}
		if s.folded > 0 {
			s.sample.Count = s.folded
			l.write(s.sample)
		}
		if s.folded == 0 || s.open == 0 { // the end of what is quiet is written
			delete(l.subjects, key)
			continue
		}
		*s = subject{since: now, open: s.open}
	}
	if !all && len(l.begun)+len(l.subjects) > 0 {
		l.arm()
	}
}
