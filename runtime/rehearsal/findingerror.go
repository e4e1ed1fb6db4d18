package rehearsal

import (
	"log/slog"
	"regexp"
	"strconv"
	"strings"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/timeline"
)

// problem is an error as findings tell it.
type problem struct {
	kind    string
	message string
	line    int    // of the script whose error it is; 0: not known, or of another file
	hint    string // what the log said to it
	device  string // whose error it is; "": not one of a device
}

// failedCommand is one for something that is not there, until it is known whether
// its error ends the task.
type failedCommand struct {
	said  string
	found *timeline.Finding
}

// placed is an error of the journal with its place before it.
var placed = regexp.MustCompile(`(?s)^([^:\n]+\.(?:lua|yaml)):(\d+)(?::\d+)?: (.*)$`)

// problemOf takes the error of an entry apart.
func problemOf(e journal.Entry) problem {
	p := problem{kind: "error", message: e.Err.Error()}
	if a, ok := e.Err.(*journal.Answer); ok {
		p.kind = a.Kind
	} else {
		told := runtime.Report(e.Err)
		p.kind, p.message, p.device, p.hint = told.Kind, told.Message, told.Device, told.Hint
	}
	if m := placed.FindStringSubmatch(p.message); m != nil && m[1] == scriptFile(e.Script) {
		p.line, _ = strconv.Atoi(m[2])
		p.message = m[3]
	}
	return p
}

// taskNumber is what tells one task of a script or job from the next: with it, each
// error would be a finding of its own.
var taskNumber = regexp.MustCompile(`\btask-\d+|#\d+`)

// missing is what a message says of a preset, channel or device that is not there.
var missing = regexp.MustCompile(`has no (preset|channel)|no (device|channel) (named )?"`)

// seeError tells of errors: those that no script has caught, scripts that do not
// load, and commands for something that is not there, caught or not.
func (f *finder) seeError(e journal.Entry) {
	if e.Err == nil {
		return
	}
	p := problemOf(e)
	if told, ok := f.told[e.Task]; ok {
		p.hint, p.device = told.Hint, told.Device
	}
	switch e.Kind {
	case journal.Command:
		if e.Task != "" {
			f.commandFailed(e, p)
		}
	case journal.RunEnded, journal.Failed, journal.Script:
		delete(f.told, e.Task)
		if p.kind != "cancelled" {
			f.noteError(e, p)
		}
		delete(f.failed, e.Task)
	}
}

// commandFailed tells of a command for something that is not there. A head whose
// preset is not set refuses to go to it, in one of several ways. That a camera has
// no position is what the host finds out when it keeps a picture.
func (f *finder) commandFailed(e journal.Entry, p problem) {
	switch p.kind {
	case "not_found", "unsupported":
		if e.What == "ptz_status" {
			return
		}
	case "forbidden", "device":
		if e.What != "preset" {
			return
		}
	default:
		return
	}
	said := p.message
	if e.What == "preset" {
		p.message = f.place(e.Device, e.Channel) + " has no preset " + e.Detail
	}
	f.failed[e.Task] = failedCommand{said, f.noteMissing(e, p)}
}

// noteError tells of an error that ended a run or a task, or kept a script from
// loading.
func (f *finder) noteError(e journal.Entry, p problem) {
	if c, ok := f.failed[e.Task]; ok && c.said == p.message {
		c.found.Line = p.line
		return
	}
	if p.kind == "not_found" || missing.MatchString(p.message) {
		f.noteMissing(e, p)
		return
	}
	one := timeline.Finding{Kind: scriptError, Time: e.Time, Script: e.Script, Job: e.Job, Line: p.line, Text: p.message, Remedy: remedyOf(p)}
	key := strconv.Itoa(p.line) + taskNumber.ReplaceAllString(p.message, "")
	if p.kind == "runaway" {
		one.Kind, key = busyLoop, strconv.Itoa(p.line)
		one.Text = "a loop that never waits: " + p.message
	}
	if e.Kind == journal.Script {
		one.Text = "it does not load: " + p.message
		one.Remedy = "mend it; hiklua check finds this, and what else is wrong, without a run"
	}
	f.note(key, one)
}

// remedyOf is what to do about an error. What the log hints at is for real devices
// where one is away: in a rehearsal it was told to be.
func remedyOf(p problem) string {
	switch {
	case p.kind == "offline", p.kind == "timeout", p.kind == "busy" && p.device != "":
		return `catch that with pcall, or try again with require "hik.retry"`
	case p.kind == "runaway":
		return "give the loop something that takes time: hik.sleep(1), or a command to a device"
	}
	if p.hint != "" {
		return p.hint
	}
	return "mend the line, or catch the error with pcall; hiklua check finds what can be known without a run"
}

// noteMissing tells of a preset, channel or device that is not there.
func (f *finder) noteMissing(e journal.Entry, p problem) *timeline.Finding {
	return f.note(p.message, timeline.Finding{
		Kind: notFound, Time: e.Time, Script: e.Script, Job: e.Job, Line: p.line, Text: p.message, Remedy: remedyMissing(p.message),
	})
}

func remedyMissing(message string) string {
	if strings.Contains(message, "preset") {
		return `write one that "hiklua devices --save" has found on the device, or set it there: channel:set_preset(3, "fence")`
	}
	return "write a name or number that site.yaml and the device have"
}

// line takes a line of the log: a script may tell that a preset is not there, and
// the host may warn.
func (f *finder) line(r timeline.Record) {
	if r.Own {
		f.said(r.Time, r.Script)
	}
	switch {
	case r.Level < slog.LevelWarn:
	case r.Own:
		if missing.MatchString(r.Message) {
			text, fields := cutFields(r.Message)
			p := problem{message: text}
			if m := lineField.FindStringSubmatch(fields); m != nil && m[1] == scriptFile(r.Script) {
				p.line, _ = strconv.Atoi(m[2])
			}
			f.noteMissing(journal.Entry{Time: r.Time, Script: r.Script, Job: r.Job}, p)
		}
	case r.Task != "" && r.Level >= slog.LevelError: // an entry tells it, without the hint
		f.told[r.Task] = r
	case !toldOtherwise(r):
		f.note(r.Message, timeline.Finding{
			Kind: hostWarning, Time: r.Time, Device: r.Device, Channel: r.Channel, Script: r.Script, Job: r.Job, Text: r.Message, Remedy: r.Hint,
		})
	}
}

// lineField is the field with which hik.tour and its like name the line of the
// script that called them.
var lineField = regexp.MustCompile(`\bline=([^ :]+):(\d+)`)

// cutFields takes the fields off that hik.failures adds to a line of a script.
func cutFields(line string) (text, fields string) {
	if at := anyField.FindStringIndex(line); at != nil {
		return line[:at[0]], line[at[0]:]
	}
	return line, ""
}

var anyField = regexp.MustCompile(` (hint|kind|line)=`)

// toldOtherwise reports whether a line of the host is about something that
// another finding tells, or about an outage that was asked for.
func toldOtherwise(r timeline.Record) bool {
	for _, begin := range []string{
		"device ", "the head was stopped: ", "the same error ", "job will never run", "no events: ", "stop not answered", "script not loaded", "run left out: ", "script held back ",
	} {
		if strings.HasPrefix(r.Message, begin) {
			return true
		}
	}
	return false
}
