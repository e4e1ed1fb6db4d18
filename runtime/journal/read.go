package journal

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"time"
)

// Filter says which entries are wanted; the zero Filter, all of them. Notes of
// dropped entries pass whatever device or script is asked for.
type Filter struct {
	Device string    // of this device only
	Script string    // of this script only
	Since  time.Time // sent then or later
	Until  time.Time // sent before
	Moves  bool      // only what moves heads, and stops
	Quiet  bool      // without polls that were answered
	Kinds  []Kind    // these only; nil: commands
	Limit  int       // the last so many; 0: all
}

// Read gives the entries of the journal in dir in the order in which they were
// written, the oldest first. A host may write meanwhile; what it writes after
// Read began may be missing. What is no line is passed over. A folder that is
// not there has no entries. An error ends the sequence.
func Read(dir string, f Filter) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		numbers, err := list(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return
		case err != nil:
			yield(Entry{}, err)
			return
		}
		want := newSieve(f)
		if f.Limit > 0 {
			for _, e := range want.last(dir, numbers, &err) {
				if !yield(e, nil) {
					return
				}
			}
			if err != nil {
				yield(Entry{}, err)
			}
			return
		}
		for _, n := range numbers {
			more := true
			err := want.segment(dir, n, func(e Entry) bool {
				more = yield(e, nil)
				return more
			})
			if err != nil && more {
				yield(Entry{}, err)
				return
			}
			if !more {
				return
			}
		}
	}
}

// sieve is a Filter made ready for lines.
type sieve struct {
	Filter
	since, until []byte   // as lines have it; nil: open
	marks        [][]byte // fields as lines have them; no text has an unescaped quote
}

var (
	timeMark    = []byte(`{"time":"`)
	droppedMark = []byte(`,"dropped":`)
)

func newSieve(f Filter) *sieve {
	s := &sieve{Filter: f}
	if !f.Since.IsZero() {
		s.since = f.Since.UTC().AppendFormat(nil, timeLayout)
	}
	if !f.Until.IsZero() {
		s.until = f.Until.UTC().AppendFormat(nil, timeLayout)
	}
	for name, text := range map[string]string{"device": f.Device, "script": f.Script} {
		if text != "" {
			var quoted bytes.Buffer
			encode(&quoted, cut(text))
			s.marks = append(s.marks, []byte(`,"`+name+`":`+strings.TrimSpace(quoted.String())))
		}
	}
	return s
}

// last gives the last Limit entries; it begins with the newest segment.
func (s *sieve) last(dir string, numbers []int, err *error) []Entry {
	var parts [][]Entry
	left := s.Limit
	for _, n := range slices.Backward(numbers) {
		var part []Entry
		*err = s.segment(dir, n, func(e Entry) bool {
			part = append(part, e)
			return true
		})
		part = part[max(len(part)-left, 0):]
		parts = append(parts, part)
		left -= len(part)
		if left == 0 || *err != nil {
			break
		}
	}
	slices.Reverse(parts)
	return slices.Concat(parts...)
}

// segment gives what is wanted of one file.
func (s *sieve) segment(dir string, n int, take func(Entry) bool) error {
	file, err := segment(dir, n)
	if file == nil || err != nil {
		return err
	}
	defer file.Close()
	return s.lines(file, take)
}

// lines gives what is wanted of r. The last line may have no end yet.
func (s *sieve) lines(r io.Reader, take func(Entry) bool) error {
	in := bufio.NewReaderSize(r, 64<<10)
	for {
		line, err := in.ReadSlice('\n')
		long := errors.Is(err, bufio.ErrBufferFull)
		if e, ok := s.entry(line); ok && !long && !take(e) {
			return nil
		}
		for errors.Is(err, bufio.ErrBufferFull) { // no line of ours is that long
			_, err = in.ReadSlice('\n')
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// entry parses a line if it is wanted. Most that are not are known by their
// bytes alone.
func (s *sieve) entry(line []byte) (e Entry, ok bool) {
	line = bytes.TrimSpace(line)
	rest, ours := bytes.CutPrefix(line, timeMark)
	if !ours || len(rest) <= len(timeLayout) {
		return Entry{}, false
	}
	at, rest := rest[:len(timeLayout)], rest[len(timeLayout)+1:]
	if s.since != nil && bytes.Compare(at, s.since) < 0 || s.until != nil && bytes.Compare(at, s.until) >= 0 {
		return Entry{}, false
	}
	if !bytes.HasPrefix(rest, droppedMark) {
		for _, mark := range s.marks {
			if !bytes.Contains(rest, mark) {
				return Entry{}, false
			}
		}
	}
	if e.UnmarshalJSON(line) != nil {
		return Entry{}, false
	}
	unwanted := s.Moves && !e.Head || s.Quiet && e.Err == nil && e.Poll() || !s.kind(e.Kind)
	return e, e.Dropped > 0 || !unwanted
}

func (s *sieve) kind(k Kind) bool {
	if s.Kinds == nil {
		return k == Command
	}
	return slices.Contains(s.Kinds, k)
}
