package page

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"slices"
)

// mark is an action on its way into the columns.
type mark struct {
	start, length       int64
	number              uint64 // of the task, plus one; 0: its name has none
	track, label, giver int
	path                string // of a picture in the archive
	open                bool
}

// strip is the marks of a track, as varints: a timeline may have a million.
type strip struct {
	rows     []byte
	paths    []byte // those of pictures, in JSON, each after a comma
	count    int
	last     int64 // when the last mark began
	unsorted bool  // some come before others that began earlier
}

// markRow is a mark in a strip: when it began, and what the other columns have of it.
type markRow struct {
	start                        int64
	length, label, giver, number uint64
}

// add adds a mark.
func (s *strip) add(m mark) {
	r := markRow{m.start, uint64(m.length) << 2, uint64(m.label), uint64(m.giver), m.number}
	if m.open {
		r.length |= 1
	}
	if m.path != "" {
		r.length |= 2
		text, _ := json.Marshal(m.path) // a text has no error
		s.paths = append(append(s.paths, ','), text...)
	}
	s.put(r)
}

func (s *strip) put(r markRow) {
	s.unsorted = s.unsorted || s.count > 0 && r.start < s.last
	s.rows = binary.AppendVarint(s.rows, r.start-s.last)
	for _, n := range []uint64{r.length, r.label, r.giver, r.number} {
		s.rows = binary.AppendUvarint(s.rows, n)
	}
	s.last = r.start
	s.count++
}

// all goes through the marks.
func (s *strip) all(yield func(markRow) bool) {
	rest := s.rows
	var r markRow
	for len(rest) > 0 {
		step, n := binary.Varint(rest)
		r.start += step
		rest = rest[n:]
		for _, to := range []*uint64{&r.length, &r.label, &r.giver, &r.number} {
			*to, n = binary.Uvarint(rest)
			rest = rest[n:]
		}
		if !yield(r) {
			return
		}
	}
}

// first is when the first mark began.
func (s *strip) first() int64 {
	for r := range s.all {
		return r.start
	}
	return 0
}

// sort puts the marks by time: where several heads stand comes as they leave.
func (s *strip) sort() {
	if !s.unsorted {
		return
	}
	rows := slices.SortedStableFunc(s.all, func(a, b markRow) int { return cmp.Compare(a.start, b.start) })
	*s = strip{paths: s.paths}
	for _, r := range rows {
		s.put(r)
	}
}
