package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hiklua/hiklua/runtime/owner"
)

const suffix = ".jsonl"

// segments are the files of a journal as its writer has them.
type segments struct {
	dir  string
	most int   // files that are kept
	size int64 // bytes of one

	file   *os.File // nil: made when there is something to write
	number int      // of the newest file
	used   int64    // bytes in it
	torn   bool     // its last line has no end
}

// list is the numbers of the segments in dir, rising.
func list(dir string) ([]int, error) {
	entries, err := os.ReadDir(dir)
	var numbers []int
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), suffix)
		n, err := strconv.Atoi(name)
		if ok && err == nil && n > 0 && segmentName(n) == e.Name() && e.Type().IsRegular() {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, err
}

func segmentName(n int) string { return fmt.Sprintf("%08d%s", n, suffix) }

// open finds where to go on.
func (s *segments) open() error {
	numbers, err := list(s.dir)
	if err != nil {
		return err
	}
	if len(numbers) > 0 {
		s.number = numbers[len(numbers)-1]
	}
	return nil
}

// begin opens the newest segment for appending, or one after it.
func (s *segments) begin() error {
	if s.number > 0 && s.used < s.size {
		err := s.reopen()
		if err == nil && s.used < s.size {
			return nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		s.close()
	}
	// The folder is made again if it was taken away.
	if err := owner.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	for {
		s.number++
		file, err := owner.OpenFile(filepath.Join(s.dir, segmentName(s.number)), os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
		switch {
		case errors.Is(err, fs.ErrExist):
			continue // of another program; what it is does not matter
		case err != nil:
			s.number--
			return err
		}
		s.file, s.used, s.torn = file, 0, false
		s.prune()
		return nil
	}
}

func (s *segments) reopen() error {
	path := filepath.Join(s.dir, segmentName(s.number))
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%s is no file", path)
	default:
		err = file.Chmod(0o600)
	}
	if err != nil {
		file.Close()
		return err
	}
	s.file, s.used = file, info.Size()
	s.torn = false
	if s.used > 0 {
		last := make([]byte, 1)
		_, err := file.ReadAt(last, s.used-1)
		s.torn = err != nil || last[0] != '\n'
	}
	return nil
}

// prune removes the oldest. What cannot be removed is tried again with the
// next segment.
func (s *segments) prune() {
	numbers, _ := list(s.dir)
	for _, n := range numbers[:max(len(numbers)-s.most, 0)] {
		os.Remove(filepath.Join(s.dir, segmentName(n)))
	}
}

// append writes whole lines, and in a new segment what does not fit into this
// one. It tells how many bytes of whole lines were written.
func (s *segments) append(lines []byte) (written int, err error) {
	for written < len(lines) {
		if s.file == nil {
			if err := s.begin(); err != nil {
				return written, err
			}
		}
		part := lines[written:]
		if room := s.size - s.used; int64(len(part)) > room {
			part = part[:bytes.LastIndexByte(part[:max(room, 0)], '\n')+1]
		}
		if len(part) == 0 && s.used == 0 {
			// A line longer than a segment is the only one in it.
			part = lines[written : written+bytes.IndexByte(lines[written:], '\n')+1]
		}
		if len(part) == 0 {
			s.used = s.size // full
			if err := s.close(); err != nil {
				return written, err
			}
			continue
		}
		n, err := s.write(part)
		if written += n; err != nil {
			return written, err
		}
	}
	return written, nil
}

// write adds lines to the segment. After an error it tells how many bytes of
// whole lines are there all the same.
func (s *segments) write(lines []byte) (written int, err error) {
	if s.torn {
		if _, err := s.file.Write([]byte{'\n'}); err != nil {
			return 0, err
		}
		s.torn = false
		s.used++
	}
	n, err := s.file.Write(lines)
	s.used += int64(n)
	if err != nil {
		// Opened again at the next try, where half a line is seen: the folder
		// may have been taken away.
		s.close()
		n = bytes.LastIndexByte(lines[:n], '\n') + 1
	}
	return n, err
}

func (s *segments) close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

// segment opens one for reading; nil: it has gone.
func segment(dir string, n int) (io.ReadCloser, error) {
	file, err := os.Open(filepath.Join(dir, segmentName(n)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return file, err
}
