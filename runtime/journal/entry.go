package journal

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind says what an entry is about.
type Kind string

// The kinds of entries.
const (
	// Command: a device was sent a command.
	Command Kind = ""
	// RunBegun: a run of a job begins, an event handler's, too. It has Script,
	// Job and Task; Waited is how late it is.
	RunBegun Kind = "begun"
	// RunEnded: it has ended, after Duration. Err is nil, of the kind
	// "cancelled", or the error that no script caught.
	RunEnded Kind = "ended"
	// RunSkipped: a run was left out, because the one before still went on, or
	// could not begin: Err says why.
	RunSkipped Kind = "skipped"
	// Failed: a task that is no run of a job, such as one of hik.spawn, ended
	// with an error that no script caught.
	Failed Kind = "failed"
	// Event: something was noticed. What is its type, Detail start or stop, Name
	// what more is known: "human, region 2". Without a Device it is a name that a
	// script has emitted, or, without Script, an operator; a name that begins with
	// Message is that of a message of MQTT that came.
	Event Kind = "event"
	// Picture: a picture lies in the archive, Size bytes. Detail is its path as
	// people are told it, Name its label, What the event for which it was taken.
	// Time is when it was taken: it lies within the time of the command "snapshot"
	// of the same Task, Device and Channel.
	Picture Kind = "picture"
	// Notice: a script has something told. What is the target of notify, or Message
	// and the topic of a message of MQTT, Detail the beginning of the text.
	Notice Kind = "notice"
	// View: a channel is looked at on the page, or no more: What is start or stop.
	// Of a stop, Detail is the number of pictures that the device was asked for,
	// and Duration how long it was. The pictures have no entries of their own.
	View Kind = "view"
	// Script: a script, or without a Script site.yaml, was "loaded", "reloaded" or
	// "removed", or "refused" for Err: that is What.
	Script Kind = "script"
	// Host: the host began to run the site, or in a cluster the share that is Name, or
	// has ended: What is start or stop,
	// Detail the version.
	Host Kind = "host"
)

// Message is what the name of a message of MQTT begins with; its topic follows.
const Message = "mqtt:"

// Request is before the name of a hook in What of an Event: others have called it by
// HTTP, or an operator by hand. Name is "from" and the caller's address.
const Request = "http:"

// Kinds are all kinds of entries.
func Kinds() []Kind {
	return []Kind{Command, RunBegun, RunEnded, RunSkipped, Failed, Event, Picture, Notice, View, Script, Host}
}

// Entry is one command as it was carried out, or something else that happened
// on the site, or, with nothing but Time and Dropped, the note that some are
// missing.
type Entry struct {
	Kind     Kind
	Time     time.Time     // when it was sent, or began
	Device   string        // of site.yaml, or the address
	Channel  int           // 0: the device itself
	Script   string        // "": the host's own
	Job      string        // "": not the run of a job
	Task     string        // "tour/night#3"
	What     string        // "ptz_move"
	Detail   string        // "40 0 0"
	Name     string        // "door": of the preset whose number Detail is, as it was known then
	Head     bool          // it moves a head, or stops it
	Err      error         // of the command; when it was read, an *Answer
	Duration time.Duration // until the answer, in microseconds
	Waited   time.Duration // in the device's queue before
	Size     int64         // bytes of a picture
	Count    int           // it stands for so many like it that are not on record one by one; 0: for itself
	Dropped  int           // entries that were lost before this one

	Use *HeadUse // of a command or stop that was just sent to a head; it is not on disk
}

// HeadUse is how a command came to its head: what a rehearsal has to know to
// tell of two runs that want one head.
type HeadUse struct {
	Run    string        // that the task belongs to: "tour/night#3", also where it is a child of that
	Before string        // another run that had the head before, and goes on; "": none
	Held   time.Duration // how long the command waited because Before had the head for itself
	Alone  bool          // Run has the head for itself
	Ended  string        // of a stop that no script asked for, and no duration: StopLimit, StopTask or StopCluster
}

// What stops a head in the place of its script.
const (
	StopLimit = "limits.motion" // it had moved for so long
	StopTask  = "end of task"   // the task that had set it moving has ended
	// StopCluster: the host may have to give the device up to another.
	StopCluster = "cluster"
)

// Answer is the error of a command as the journal has it.
type Answer struct {
	Kind    string // "timeout", "locked", ...; "error" where there is no word for it
	Message string // one line
}

// Error is the message.
func (a *Answer) Error() string { return a.Message }

// answerOf makes an error fit for the journal: with its kind, in one line.
func answerOf(err error, kindOf func(error) string) *Answer {
	if a, ok := errors.AsType[*Answer](err); ok {
		return a
	}
	kind := ""
	if kindOf != nil {
		kind = kindOf(err)
	}
	if kinder, ok := errors.AsType[interface {
		error
		Kind() string
	}](err); ok && kind == "" {
		kind = kinder.Kind()
	}
	if kind == "" {
		kind = "error"
	}
	return NewAnswer(kind, err.Error())
}

// NewAnswer is an error as the journal has it, in one line and without the
// accounts of URLs.
func NewAnswer(kind, message string) *Answer {
	return &Answer{Kind: kind, Message: strings.Join(strings.Fields(account.ReplaceAllString(message, "://")), " ")}
}

// account is that of a URL. Errors of devices have none in the first place; this
// is for those of others.
var account = regexp.MustCompile(`://[^/?# \t\r\n"']*@`)

// MarshalJSON implements json.Marshaler: the entry as its line in the journal.
func (e Entry) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	encode(&b, e.line(nil))
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (e *Entry) UnmarshalJSON(data []byte) error {
	var l line
	if err := json.Unmarshal(data, &l); err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339, l.Time)
	if err != nil {
		return err
	}
	if l.Dropped < 0 || l.Answer == "" && l.Dropped == 0 {
		return errors.New("no entry of the journal")
	}
	*e = Entry{
		Kind: l.Kind, Time: at, Device: l.Device, Channel: l.Channel,
		Script: l.Script, Job: l.Job, Task: l.Task, What: l.What, Detail: l.Detail, Name: l.Name, Head: l.Head,
		Duration: durationOf(l.Duration), Waited: durationOf(l.Waited),
		Size: max(l.Size, 0), Count: max(l.Count, 0), Dropped: l.Dropped,
	}
	if l.Answer != "ok" && l.Answer != "" {
		e.Err = &Answer{Kind: l.Answer, Message: l.Error}
	}
	return nil
}

// Poll reports whether the entry is of a command that only asks how a device
// is: its state, its clock, where a head looks.
func (e Entry) Poll() bool {
	switch e.What {
	case "status", "time", "ptz_status":
		return true
	}
	return false
}

// Asks reports whether the entry is of a command that only asks a device
// something: no operator would notice.
func (e Entry) Asks() bool {
	switch e.What {
	case "info", "channels", "inputs", "outputs", "presets", "patrols", "ptz_capabilities":
		return true
	case "request":
		return strings.HasPrefix(e.Detail, "GET ")
	}
	return e.Poll()
}

// String is the entry as a person reads it, in the zone of its time:
//
//	2026-03-04 12:00:00.250  gate/1  preset 2 (door)  ok  31ms (waited 2ms)  tour/night#3
func (e Entry) String() string {
	if e.Dropped > 0 {
		return fmt.Sprintf("%s  %d entries are not on record: the disk was slow or full", e.Time.Format(timeText), e.Dropped)
	}
	parts := slices.DeleteFunc(e.Columns(), func(part string) bool { return part == "" })
	return strings.Join(parts, "  ")
}

// Columns is what String has, in seven parts: time, device, command or what else
// happened, answer ("ok" or the kind of the error), how long it took, whose it
// is, and the message of the error.
func (e Entry) Columns() []string {
	device := Plain(e.Device)
	if e.Channel != 0 {
		device += "/" + strconv.Itoa(e.Channel)
	}
	answer := Answer{}
	if e.Kind == Command || e.Kind == RunEnded {
		answer.Kind = "ok"
	}
	if e.Err != nil {
		answer = *answerOf(e.Err, nil)
	}
	who := e.Task
	if who == "" && e.Job != "" {
		who = e.Script + "/" + e.Job
	}
	return []string{e.Time.Format(timeText), device, Plain(e.words()), Plain(answer.Kind), e.took(), Plain(cmp.Or(who, e.Script)), Plain(answer.Message)}
}

// words say what happened.
func (e Entry) words() string {
	text := strings.TrimSpace(e.What + " " + e.Detail)
	switch e.Kind {
	case RunBegun:
		return "run begins"
	case RunEnded:
		return "run ends"
	case RunSkipped:
		return "run left out"
	case Failed:
		return "task fails"
	case Notice:
		return "tells " + e.What + ": " + e.Detail
	case Picture:
		text = "picture " + e.Detail
	case View:
		if e.What == "start" {
			return "is looked at on the page"
		}
		return "is looked at no more, pictures: " + e.Detail
	case Script:
		if e.Script == "" {
			return "site.yaml " + e.What
		}
		return "script " + e.What
	case Host:
		return "host " + text
	case Event:
		switch {
		case e.Device != "":
		case strings.HasPrefix(text, Request):
			text = "request to " + text
		case strings.HasPrefix(text, Message):
			text = "message " + text
		default:
			text = "emits " + text
		}
	}
	if e.Name != "" {
		text += " (" + e.Name + ")"
	}
	return text
}

// took says how long it took, or how many more there were.
func (e Entry) took() string {
	switch {
	case e.Count > 0:
		return fmt.Sprintf("%d more like it", e.Count)
	case e.Kind == RunBegun && e.Waited >= time.Second:
		return short(e.Waited).String() + " late"
	case e.Kind == RunEnded:
		return short(e.Duration).String()
	case e.Kind != Command:
		return ""
	}
	took := short(e.Duration).String()
	if w := short(e.Waited); w > 0 {
		took += fmt.Sprintf(" (waited %v)", w)
	}
	return took
}

const timeText = "2006-01-02 15:04:05.000"

// Plain keeps what devices and scripts write from reaching a terminal as more
// than text.
func Plain(text string) string {
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}

// short has three digits at most before the unit.
func short(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(10 * time.Millisecond)
}
