package timeline

import "time"

// Timeline is a span of a site.
type Timeline struct {
	Site     string         // the name of its folder
	From, To time.Time      // half open: what happens at To is not part of it
	Zone     *time.Location // of the site; every time that is shown is in it
	Seed     uint64         // of a rehearsal
	Version  string         // of hiklua
	Real     bool           // from the journal of a host, not from a rehearsal
	Place    *Place         // for day and night; nil: the site has no location

	Actions  *Actions
	Findings []Finding // by time
	Traffic  []Traffic // by device
}

// Traffic is how much a device is asked in the span.
type Traffic struct {
	Device   string
	Commands int // polls included
	Peak     int // commands in the busiest minute, which begins at PeakAt
	PeakAt   time.Time
	Pictures int   // that it gave
	Bytes    int64 // of those, as far as that is known
}

// Place is where the sun is looked up, in degrees.
type Place struct{ Latitude, Longitude float64 }

// Kind is what an action is.
type Kind string

// The kinds of actions.
const (
	Run      Kind = "run"      // a run of a job, or of an event handler
	Skip     Kind = "skip"     // a run that was left out: the one before still went on
	Move     Kind = "move"     // a head turns or zooms until it is stopped
	Preset   Kind = "preset"   // a head goes to a preset
	Command  Kind = "command"  // another command to a device
	Snapshot Kind = "snapshot" // a picture
	Event    Kind = "event"    // something that a device noticed, from start to stop
	State    Kind = "state"    // a device went offline, came online, ...
	Notice   Kind = "notice"   // a notification
	Request  Kind = "request"  // one of hik.http, of which no record is kept
	Print    Kind = "print"    // what a script prints or logs; only where all is asked for
	Error    Kind = "error"    // an error that no script caught, or a warning of the host
)

// Action is one thing that an operator would notice.
type Action struct {
	Time     time.Time
	Duration time.Duration // how long it lasted; 0: a moment
	Open     bool          // it went on at the end of the span
	Kind     Kind
	Device   string // "": not of a device
	Channel  int    // 0: the device itself
	Place    string // "gate/yard": device and name of the channel, as people are told
	Script   string // "": the host's own, or not of a script
	Job      string // "": not of a run of a job
	Task     string // "night/night tour#3"
	Line     int    // of Script, for an error; 0: not known
	Text     string // what, without place and time: `goes to preset 3 "door"`
	Path     string // of a picture in the archive
	Head     bool   // it moves a head: where the head stood before, it does not stand any more
	Failed   string // the kind of the error; "": it succeeded
	Message  string // of the error
}

// FindingKind is what is wrong.
type FindingKind string

// Finding is something that an integrator should look at.
type Finding struct {
	Time    time.Time // the first time
	Count   int       // how often in the span, at least 1
	Kind    FindingKind
	Device  string
	Channel int
	Place   string // "gate/yard"
	Script  string
	Job     string
	Line    int
	Text    string // what is wrong
	Remedy  string // what to do about it
}
