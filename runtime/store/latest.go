package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"
)

// Run is the run of a job that began last, with what is needed to begin it once
// more if it is cut off.
type Run struct {
	Scheduled time.Time `json:"scheduled"`
	Started   time.Time `json:"started"`
	Ended     time.Time `json:"ended,omitzero"`   // zero: it goes on, or was cut off by a crash
	Outcome   string    `json:"outcome,omitzero"` // "ok", "failed", "cancelled"; "" as long as it has not ended
	// Cut: a reload or the end of the host has ended it, and it is to be begun
	// once more.
	Cut bool `json:"cut,omitzero"`
	// Until is up to when it is begun once more if it is cut off, as hik.resume
	// was told; zero: it was not.
	Until time.Time `json:"until,omitzero"`
}

// IsCut reports whether the run did not come to its end, given that it does not
// go on.
func (r Run) IsCut() bool { return r.Cut || r.Outcome == "" }

// RunName is the name that KeepRuns gives for a job: another one only where it
// is too long for the file.
func RunName(job string) string { return nameRun("", job).job }

// LatestRun is the run of a job that began last, also before the host was
// started.
func (s *Store) LatestRun(script, job string) (Run, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.latest[nameRun(script, job)]
	return r, ok
}

// BeginRun notes that a run of a job begins, and does not wait; Flush does.
// Of a script 1000 jobs are remembered.
func (s *Store) BeginRun(script, job string, r Run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := nameRun(script, job)
	if _, known := s.latest[key]; !known {
		s.makeRoom(script)
	}
	s.putLatest(key, r)
}

// ChangeRun changes what is noted of the run that began at started, unless
// another one of the job has begun since. It tells whether it was noted.
func (s *Store) ChangeRun(script, job string, started time.Time, change func(*Run)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := nameRun(script, job)
	r, ok := s.latest[key]
	if !ok || !r.Started.Equal(started) {
		return false
	}
	change(&r)
	s.putLatest(key, r)
	return true
}

// KeepRuns forgets the runs of a script's jobs for which keep is false.
func (s *Store) KeepRuns(script string, keep func(job string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.latest {
		if key.script == script && !keep(key.job) {
			s.dropLatest(key)
		}
	}
}

// RunsOf are the scripts of which runs are noted.
func (s *Store) RunsOf() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := make(map[string]bool)
	for key := range s.latest {
		names[key.script] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// putLatest is called with mu held.
func (s *Store) putLatest(key runKey, r Run) {
	if s.closed {
		return
	}
	for _, t := range []*time.Time{&r.Scheduled, &r.Started, &r.Ended, &r.Until} {
		*t = t.Round(0).UTC()
	}
	s.latest[key] = r
	s.newLatest[key] = true
	s.beginLater()
}

func (s *Store) dropLatest(key runKey) {
	delete(s.latest, key)
	s.newLatest[key] = true
	s.beginLater()
}

// makeRoom is called with mu held, before a job of a script is noted for the
// first time.
func (s *Store) makeRoom(script string) {
	var oldest runKey
	n := 0
	for key, r := range s.latest {
		if key.script != script {
			continue
		}
		if n++; n == 1 || r.Started.Before(s.latest[oldest].Started) {
			oldest = key
		}
	}
	if n >= maxRuns {
		s.dropLatest(oldest)
	}
}

// collectLatest is called with mu held.
func (s *Store) collectLatest(b *batch) {
	b.latest = slices.SortedFunc(maps.Keys(s.newLatest), runKey.compare)
	clear(s.newLatest)
	for _, key := range b.latest {
		o := op{bucket: bucketLatest, key: key.disk()}
		if r, ok := s.latest[key]; ok {
			o.value, _ = json.Marshal(r) // times of one zone, and words
		}
		b.ops = append(b.ops, o)
	}
}

// loadLatest is called before anybody else has the store.
func (s *Store) loadLatest(name, data []byte) error {
	if len(name) < 2 || len(name) < 2+int(binary.BigEndian.Uint16(name)) {
		return errors.New("the name of a run is cut off")
	}
	n := 2 + int(binary.BigEndian.Uint16(name))
	var r Run
	if err := json.Unmarshal(data, &r); err != nil {
		return err
	}
	s.latest[runKey{string(name[2:n]), string(name[n:])}] = r
	return nil
}
