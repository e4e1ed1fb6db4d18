package rehearsal

import (
	"fmt"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/timeline"
)

const (
	// keptLong is how long a command waits for a head that another run has for
	// itself until that is a finding.
	keptLong = time.Minute
	// heldAtAll is how long a motion lasts at least if its script waits for
	// anything before its task ends.
	heldAtAll = time.Second
)

// headKey is a head of a site.
type headKey struct {
	device  string
	channel int
}

// heads are whose the heads are, and what stops them.
type heads struct {
	motions map[headKey]journal.Entry // that go on
	// broken are the runs that had a head when another took it, with the command
	// that did.
	broken map[string]map[headKey]journal.Entry
	// left are the motions that the end of their task stopped, until it is known
	// how it ended; by run.
	left map[string][]leftMotion
}

// leftMotion is a motion that its script has not stopped.
type leftMotion struct {
	what    string
	stopped journal.Entry
	lasted  time.Duration
}

func (h *heads) init() {
	h.motions = make(map[headKey]journal.Entry)
	h.broken = make(map[string]map[headKey]journal.Entry)
	h.left = make(map[string][]leftMotion)
}

// seeHead follows the commands to heads.
func (f *finder) seeHead(e journal.Entry) {
	switch {
	case e.Kind == journal.RunEnded:
		f.leftMoving(e)
		delete(f.heads.broken, e.Task)
	case e.Kind != journal.Command || e.Err != nil || isLens(e.What):
	case e.What == "ptz_stop":
		f.stopped(e)
	case e.What == "snapshot":
		f.usesAgain(headKey{e.Device, e.Channel}, e.Task)
	case e.Use != nil:
		f.headUsed(e)
	}
}

// isLens reports whether a command is one to focus or iris: these are heads of
// their own, that nothing else wants.
func isLens(what string) bool {
	return strings.HasPrefix(what, "focus") || strings.HasPrefix(what, "iris")
}

// isMotion reports whether what was commanded goes on until it is stopped.
func isMotion(what string) bool {
	return what == "ptz_pan_tilt" || what == "ptz_zoom" || what == "ptz_move"
}

func (f *finder) headUsed(e journal.Entry) {
	head, use := headKey{e.Device, e.Channel}, e.Use
	motion, moved := f.heads.motions[head]
	delete(f.heads.motions, head)
	if isMotion(e.What) {
		f.heads.motions[head] = e
	}
	if use.Held >= keptLong {
		f.keptFrom(e)
	}
	f.usesAgain(head, use.Run)
	if use.Before == "" || use.Held > 0 || use.Alone {
		return
	}
	if moved && motion.Use.Run == use.Before {
		f.tookFrom(e, use.Before)
		return
	}
	if f.heads.broken[use.Before] == nil {
		f.heads.broken[use.Before] = make(map[headKey]journal.Entry)
	}
	f.heads.broken[use.Before][head] = e
}

// usesAgain is called when a run goes on to use a head. If another has turned it
// meanwhile, both wanted it.
func (f *finder) usesAgain(head headKey, run string) {
	if by, ok := f.heads.broken[run][head]; ok {
		delete(f.heads.broken[run], head)
		f.tookFrom(by, run)
	}
}

// tookFrom notes that a command took the head from a run that was not done with
// it. Two that take it from each other are one finding.
func (f *finder) tookFrom(e journal.Entry, from string) {
	script, job := ownerOf(e.Use.Run)
	one := timeline.Finding{
		Kind: headTaken, Time: e.Time, Device: e.Device, Channel: e.Channel, Script: script, Job: job,
		Text: fmt.Sprintf("%s turned %s while %s was at work with it: what that one shows is not what it should be",
			nameOf(e.Use.Run), f.place(e.Device, e.Channel), nameOf(from)),
		Remedy: fmt.Sprintf(`in %s, put what belongs together in channel:exclusive({timeout = "30s"}, function() ... end): %s then waits until it is done`,
			nameOf(e.Use.Run), nameOf(from)),
	}
	fromScript, fromJob := ownerOf(from)
	one.Place = f.place(e.Device, e.Channel)
	back := strings.Join([]string{string(headTaken), fromScript, fromJob, one.Place, nameOf(e.Use.Run)}, "\x00")
	if known := f.found[back]; known != nil {
		known.Count++
		return
	}
	f.note(nameOf(from), one)
}

func (f *finder) keptFrom(e journal.Entry) {
	script, job := ownerOf(e.Use.Run)
	one := f.note(nameOf(e.Use.Before), timeline.Finding{
		Kind: headKept, Time: e.Time.Add(-e.Use.Held), Device: e.Device, Channel: e.Channel, Script: script, Job: job,
		Remedy: fmt.Sprintf(`let %s have the head for shorter (exclusive around one visit, not around all), or give %s exclusive({timeout = "30s"}, ...) and leave it out when that fails`,
			nameOf(e.Use.Before), nameOf(e.Use.Run)),
	})
	if f.longest(one, e.Use.Held) {
		one.Text = fmt.Sprintf("%s waited %s for %s, which %s had for itself", nameOf(e.Use.Run), clock.FormatDuration(rounded(e.Use.Held)), f.place(e.Device, e.Channel), nameOf(e.Use.Before))
	}
}

// stopped looks at what stopped a head.
func (f *finder) stopped(e journal.Entry) {
	head := headKey{e.Device, e.Channel}
	motion, ok := f.heads.motions[head]
	delete(f.heads.motions, head)
	if !ok || e.Use == nil {
		return
	}
	switch e.Use.Ended {
	case journal.StopLimit:
		script, job := ownerOf(e.Use.Run)
		f.note("", timeline.Finding{
			Kind: motionLimit, Time: e.Time, Device: e.Device, Channel: e.Channel, Script: script, Job: job,
			Text:   fmt.Sprintf("%s was stopped by limits.motion (%s), not by its script", f.place(e.Device, e.Channel), clock.FormatDuration(f.site.Limits.Motion)),
			Remedy: "give the motion a duration, such as " + withDuration(motion) + ", or call ptz_stop in time; limits.motion in site.yaml is the longest that any motion may last",
		})
	case journal.StopTask:
		// That of a part of a run, such as hik.timeout, is how a script may stop it.
		if e.Task == e.Use.Run {
			f.heads.left[e.Task] = append(f.heads.left[e.Task], leftMotion{withDuration(motion), e, e.Time.Sub(motion.Time)})
		}
	}
}

// leftMoving notes the motions that a run has left to its end. One that failed,
// or was cut off, has another finding.
func (f *finder) leftMoving(e journal.Entry) {
	left := f.heads.left[e.Task]
	delete(f.heads.left, e.Task)
	if e.Err != nil {
		return
	}
	for _, m := range left {
		at := f.place(m.stopped.Device, m.stopped.Channel)
		one := timeline.Finding{
			Kind: motionTaskEnd, Time: m.stopped.Time, Device: m.stopped.Device, Channel: m.stopped.Channel, Script: e.Script, Job: e.Job,
			Text:   fmt.Sprintf("%s was stopped by the end of its task, not by its script: a motion without a duration, after %s", at, clock.FormatDuration(rounded(m.lasted))),
			Remedy: "give it a duration, such as " + m.what + ", or call ptz_stop",
		}
		if m.lasted < heldAtAll {
			one.Text = at + " was stopped as soon as it moved: its task had ended, and with it a motion without a duration"
		}
		f.note("", one)
	}
}

// withDuration is a motion as it is written with a duration.
func withDuration(motion journal.Entry) string {
	speeds := strings.Fields(motion.Detail)
	switch {
	case motion.What == "ptz_zoom" && len(speeds) == 3:
		return fmt.Sprintf(`ptz_zoom(%s, {duration = "5s"})`, speeds[2])
	case motion.What == "ptz_pan_tilt" && len(speeds) == 3:
		return fmt.Sprintf(`ptz_pan_tilt(%s, %s, {duration = "5s"})`, speeds[0], speeds[1])
	}
	return `ptz_move{pan = ..., duration = "5s"}`
}

// longest reports whether d is the longest of a finding so far.
func (f *finder) longest(one *timeline.Finding, d time.Duration) bool {
	if d <= f.longestOf[one] {
		return false
	}
	f.longestOf[one] = d
	return true
}

// rounded is a duration as people tell it.
func rounded(d time.Duration) time.Duration {
	switch {
	case d >= 10*time.Second:
		return d.Round(time.Second)
	case d >= time.Second:
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Millisecond)
}
