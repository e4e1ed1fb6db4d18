package upload

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/owner"
)

// segmentSize is the length in bytes at which a segment is followed by the next.
const segmentSize = 1 << 20

// line is a picture as the list has it.
type line struct {
	Time   time.Time `json:"time"`
	Path   string    `json:"path"`
	SHA256 string    `json:"sha256"`
}

// position is a place in the list: the beginning of a line.
type position struct {
	Segment int   `json:"segment"` // from 1; 0: the beginning of all
	Offset  int64 `json:"offset"`
}

func (p position) compare(o position) int {
	return cmp.Or(cmp.Compare(p.Segment, o.Segment), cmp.Compare(p.Offset, o.Offset))
}

// spool is the list on disk, in segments of whole lines. It is not for several
// goroutines, but one may append while another reads.
type spool struct {
	dir  string
	last int      // number of the newest segment; 0: there is none
	file *os.File // the newest one, for writing; nil: not open
	size int64    // of it
}

func (s *spool) name(number int) string {
	return filepath.Join(s.dir, fmt.Sprintf("%08d.jsonl", number))
}

// numbers lists the segments, the oldest first.
func (s *spool) numbers() ([]int, error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var numbers []int
	for _, e := range entries {
		digits, ours := strings.CutSuffix(e.Name(), ".jsonl")
		if n, err := strconv.Atoi(digits); ours && err == nil && len(digits) == 8 && n > 0 {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, err
}

// open finds where the last host ended. Half a line, left by a crash, is cut
// off by a line end.
func (s *spool) open() error {
	if err := owner.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	numbers, err := s.numbers()
	if err != nil || len(numbers) == 0 {
		return err
	}
	s.last = numbers[len(numbers)-1]
	return nil
}

// append adds lines. If it fails none or some of them are there.
func (s *spool) append(pictures []Picture) error {
	if s.file == nil || s.size >= segmentSize {
		if err := s.next(); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	for _, p := range pictures {
		data, err := json.Marshal(line{p.Taken.UTC(), p.Path, hex.EncodeToString(p.SHA256[:])})
		if err != nil {
			return err
		}
		b.Write(data)
		b.WriteByte('\n')
	}
	n, err := s.file.Write(b.Bytes())
	s.size += int64(n)
	if err != nil {
		// Half a line is passed over when it has an end; a new segment gives one.
		s.close()
	}
	return err
}

// next begins a segment. One that was there already is never gone on with: its
// last line may have no end.
func (s *spool) next() error {
	s.close()
	if err := owner.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	f, err := owner.OpenFile(s.name(s.last+1), os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	s.last, s.file, s.size = s.last+1, f, 0
	return nil
}

func (s *spool) close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

// read gives up to n pictures from a position on, and the position after each.
// What is no line of ours is passed over and counted.
func (s *spool) read(from position, n int) (found []queued, bad int, err error) {
	numbers, err := s.numbers()
	if err != nil {
		return nil, 0, err
	}
	for _, number := range numbers {
		if number < from.Segment || len(found) == n {
			continue
		}
		at := position{Segment: number}
		if number == from.Segment {
			at.Offset = from.Offset
		}
		more, skipped, err := s.readSegment(at, n-len(found))
		if err != nil {
			return found, bad, err
		}
		found, bad = append(found, more...), bad+skipped
	}
	return found, bad, nil
}

// queued is a picture of the list.
type queued struct {
	Picture
	at, after position
}

func (s *spool) readSegment(at position, n int) (found []queued, bad int, err error) {
	f, err := os.Open(s.name(at.Segment))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	if _, err := f.Seek(at.Offset, io.SeekStart); err != nil {
		return nil, 0, err
	}
	in := bufio.NewReaderSize(f, 32<<10)
	for len(found) < n {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			// The end of the line is being written, or was never.
			return found, bad, nil
		}
		if err != nil {
			return found, bad, err
		}
		after := position{at.Segment, at.Offset + int64(len(text))}
		if p, ok := parse(text); ok {
			found = append(found, queued{p, at, after})
		} else {
			bad++
		}
		at = after
	}
	return found, bad, nil
}

func parse(text []byte) (Picture, bool) {
	var l line
	if json.Unmarshal(text, &l) != nil || l.Path == "" || !fs.ValidPath(l.Path) || l.Time.IsZero() {
		return Picture{}, false
	}
	p := Picture{Path: l.Path, Taken: l.Time}
	sum, err := hex.DecodeString(l.SHA256)
	if err != nil || len(sum) != len(p.SHA256) {
		return Picture{}, false
	}
	copy(p.SHA256[:], sum)
	return p, true
}

// drop removes the segments that lie wholly before a position, but never the
// newest.
func (s *spool) drop(before position) error {
	numbers, err := s.numbers()
	for _, number := range numbers {
		if err == nil && number < before.Segment && number < s.last {
			err = os.Remove(s.name(number))
		}
	}
	return err
}

// clear removes every segment.
func (s *spool) clear() error {
	s.close()
	numbers, err := s.numbers()
	for _, number := range numbers {
		if err == nil {
			err = os.Remove(s.name(number))
		}
	}
	return err
}
