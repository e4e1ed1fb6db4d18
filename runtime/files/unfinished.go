package files

import (
	"fmt"
	"os"
	"path"
	"regexp"
	"strings"
	"sync"
	"time"
)

const (
	// leftBehind is the age at which an unfinished file is of a process that
	// was killed.
	leftBehind = 24 * time.Hour
	// maxSwept bounds the memory of a sweeper.
	maxSwept = 1000
)

// PartName names a file that is to be written: beginning with a dot and ending
// so that no listing of pictures takes it for one, and with a number drawn by
// chance, so that no other writer has it, in this process or another.
func PartName(number uint64) string { return fmt.Sprintf(".%016x.part", number) }

var partPattern = regexp.MustCompile(`^\.[0-9a-f]{16}\.part$`)

// IsPart reports whether a name is one that PartName gave.
func IsPart(name string) bool { return partPattern.MatchString(name) }

// unfinished reports whether a file is one that is being written.
func unfinished(name string) bool {
	return strings.HasPrefix(name, ".") && strings.HasSuffix(name, ".part")
}

// sweeper removes the unfinished files that killed processes have left.
type sweeper struct {
	mu   sync.Mutex
	done map[string]bool // folders
}

// sweep removes what was left behind in dir, the first time that a file is
// begun there. Ages are counted up to the time of that file: both times are
// the file system's, which may be another machine's.
func (s *sweeper) sweep(root *os.Root, dir string, begun *os.File) {
	if !s.first(dir) {
		return
	}
	now, err := begun.Stat()
	if err != nil {
		return
	}
	d, err := root.Open(dir)
	if err != nil {
		return
	}
	defer d.Close()
	for {
		entries, err := d.ReadDir(1000)
		for _, e := range entries {
			if !e.Type().IsRegular() || !IsPart(e.Name()) {
				continue
			}
			if info, err := e.Info(); err == nil && now.ModTime().Sub(info.ModTime()) > leftBehind {
				root.Remove(path.Join(dir, e.Name())) // tried again by the next process
			}
		}
		if err != nil {
			return
		}
	}
}

// first reports whether dir has not been swept, and notes that it has.
func (s *sweeper) first(dir string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done[dir] {
		return false
	}
	if s.done == nil || len(s.done) == maxSwept {
		s.done = make(map[string]bool)
	}
	s.done[dir] = true
	return true
}
