package store

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// maxRuns is how many jobs of one script are remembered; of more, those that
// ran last.
const maxRuns = 1000

type runKey struct{ script, job string }

func (k runKey) compare(other runKey) int {
	return cmp.Or(strings.Compare(k.script, other.script), strings.Compare(k.job, other.job))
}

// nameRun shortens names that are too long for the file, so that they still
// differ.
func nameRun(script, job string) runKey {
	if len(job) > MaxKey {
		job = fmt.Sprintf("%s...%x", job[:MaxKey/2], sha256.Sum256([]byte(job)))
	}
	return runKey{script, job}
}

// LastRun is when a job last ran, also before the host was started; in UTC.
func (s *Store) LastRun(script, job string) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.runs[nameRun(script, job)]
	return at, ok
}

// SetLastRun notes when a job ran and does not wait. After at most 10 s the
// disk has it; Flush waits for it. Of a script 1000 jobs are remembered.
func (s *Store) SetLastRun(script, job string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	run := nameRun(script, job)
	if _, known := s.runs[run]; !known {
		s.counts[script]++
	}
	s.runs[run] = at.Round(0).UTC()
	s.newRuns[run] = true
	if s.counts[script] > maxRuns {
		s.forgetOldest(script)
	}
	s.beginLater()
}

// forgetOldest is called with mu held. What is new without being there is
// deleted from the file.
func (s *Store) forgetOldest(script string) {
	var oldest runKey
	found := false
	for run, at := range s.runs {
		if run.script != script {
			continue
		}
		if !found || cmp.Or(at.Compare(s.runs[oldest]), run.compare(oldest)) < 0 {
			oldest, found = run, true
		}
	}
	delete(s.runs, oldest)
	s.counts[script]--
	s.newRuns[oldest] = true
}

// collectRuns is called with mu held.
func (s *Store) collectRuns(b *batch) {
	if len(s.newRuns) == 0 {
		return
	}
	b.runs = slices.SortedFunc(maps.Keys(s.newRuns), runKey.compare)
	clear(s.newRuns)
	for _, run := range b.runs {
		o := op{bucket: bucketRuns, key: run.disk()}
		if at, ok := s.runs[run]; ok {
			o.value = binary.BigEndian.AppendUint64(nil, uint64(at.Unix()))
			o.value = binary.BigEndian.AppendUint32(o.value, uint32(at.Nanosecond()))
		}
		b.ops = append(b.ops, o)
	}
}

func (k runKey) disk() string {
	return string(binary.BigEndian.AppendUint16(nil, uint16(len(k.script)))) + k.script + k.job
}

// loadRun is called before anybody else has the store.
func (s *Store) loadRun(name, data []byte) error {
	if len(name) < 2 || len(data) != 12 {
		return errors.New("a last run has the wrong length")
	}
	n := int(binary.BigEndian.Uint16(name))
	if len(name) < 2+n {
		return errors.New("the name of a last run is cut off")
	}
	run := runKey{string(name[2 : 2+n]), string(name[2+n:])}
	s.runs[run] = time.Unix(int64(binary.BigEndian.Uint64(data)), int64(binary.BigEndian.Uint32(data[8:]))).UTC()
	s.counts[run.script]++
	return nil
}
