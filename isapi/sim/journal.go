package sim

import (
	"slices"
	"time"
)

// Entry is one request that a device received.
type Entry struct {
	Seq     int64     `json:"seq"`
	Start   time.Time `json:"start"`
	End     time.Time `json:"end,omitzero"` // zero while it is in progress
	Method  string    `json:"method"`
	Path    string    `json:"path"`
	Query   string    `json:"query"`
	Body    string    `json:"body"`    // at most 4 kB of it
	Status  int       `json:"status"`  // 0: no answer (the connection was cut)
	User    string    `json:"user"`    // of the login that was accepted
	Channel int       `json:"channel"` // human number; 0: of the device itself
	What    string    `json:"what"`    // in short words: "continuous 40 0 0", "goto 3", "picture", "rejected login"
	Overlap bool      `json:"overlap"` // another request was in progress at the same time (event streams do not count)
	Remote  string    `json:"remote"`  // address of the client
}

// Counts are totals since the device was made; they go on when the journal
// has dropped its oldest entries.
type Counts struct {
	Requests       int64 `json:"requests"`   // all of them, challenges too
	Challenges     int64 `json:"challenges"` // without Authorization, answered with 401
	Moves          int64 `json:"moves"`      // accepted: continuous, momentary, relative, absolute, position3D
	Stops          int64 `json:"stops"`      // accepted: continuous with nothing but zeros
	Presets        int64 `json:"presets"`    // accepted recalls, home too
	Pictures       int64 `json:"pictures"`   // delivered
	Events         int64 `json:"events"`     // alarms put on event streams, repeats included
	Reboots        int64 `json:"reboots"`
	RejectedLogins int64 `json:"rejected_logins"` // wrong name or password, also while locked
	Lockouts       int64 `json:"lockouts"`        // times the account was locked
	Refused        int64 `json:"refused"`         // answered with 4xx or 5xx other than 401
	MaxParallel    int64 `json:"max_parallel"`    // most requests in progress at once
}

const bodyKept = 4096

// journal is a ring of entries. Its methods need Device.mu.
type journal struct {
	size    int
	entries []*Entry // in order of Start; the first is the oldest
	open    []*Entry // in progress
	seq     int64
}

func (j *journal) begin(e *Entry, stream bool) int64 {
	j.seq++
	e.Seq = j.seq
	if len(j.entries) >= 2*j.size {
		j.entries = append([]*Entry(nil), j.entries[len(j.entries)-j.size:]...)
	}
	j.entries = append(j.entries, e)
	if stream {
		return int64(len(j.open))
	}
	for _, other := range j.open {
		other.Overlap, e.Overlap = true, true
	}
	j.open = append(j.open, e)
	return int64(len(j.open))
}

func (j *journal) end(e *Entry, now time.Time) {
	e.End = now
	j.open = slices.DeleteFunc(j.open, func(other *Entry) bool { return other == e })
}

func (j *journal) list() []Entry {
	kept := j.entries[max(0, len(j.entries)-j.size):]
	list := make([]Entry, len(kept))
	for i, e := range kept {
		list[i] = *e
	}
	return list
}
