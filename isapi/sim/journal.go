package sim

import (
	"slices"
	"time"
)

// Entry is one request that a device received.
type Entry struct {
	Seq     int64
	Start   time.Time
	End     time.Time // zero while it is in progress
	Method  string
	Path    string
	Query   string
	Body    string // at most 4 kB of it
	Status  int    // 0: no answer (the connection was cut)
	User    string // of the login that was accepted
	Channel int    // human number; 0: of the device itself
	What    string // in short words: "continuous 40 0 0", "goto 3", "picture", "rejected login"
	Overlap bool   // another request was in progress at the same time (event streams do not count)
	Remote  string // address of the client
}

// Counts are totals since the device was made; they go on when the journal
// has dropped its oldest entries.
type Counts struct {
	Requests       int64 // all of them, challenges too
	Challenges     int64 // without Authorization, answered with 401
	Moves          int64 // accepted: continuous, momentary, relative, absolute, position3D
	Stops          int64 // accepted: continuous with nothing but zeros
	Presets        int64 // accepted recalls, home too
	Pictures       int64 // delivered
	Events         int64 // alarms put on event streams, repeats included
	Reboots        int64
	RejectedLogins int64 // wrong name or password, also while locked
	Lockouts       int64 // times the account was locked
	Refused        int64 // answered with 4xx or 5xx other than 401
	MaxParallel    int64 // most requests in progress at once
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
