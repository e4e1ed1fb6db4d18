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

// LastRun is when a job last ran, also before the host was started; in UTC.
func (s *Store) LastRun(script, job string) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.runs.rows[nameRun(script, job)]
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
	s.runs.put(nameRun(script, job), at.Round(0).UTC())
	s.beginLater()
}

// LatestRun is the run of a job that began last, also before the host was
// started.
func (s *Store) LatestRun(script, job string) (Run, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.latest.rows[nameRun(script, job)]
	return r, ok
}

// BeginRun notes that a run of a job begins, and does not wait; Flush does.
// Of a script 1000 jobs are remembered.
func (s *Store) BeginRun(script, job string, r Run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.putLatest(nameRun(script, job), r)
}

// ChangeRun changes what is noted of the run that began at started, unless
// another one of the job has begun since. It tells whether it was noted.
func (s *Store) ChangeRun(script, job string, started time.Time, change func(*Run)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := nameRun(script, job)
	r, ok := s.latest.rows[key]
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
	for key := range s.latest.rows {
		if key.script == script && !keep(key.job) {
			s.latest.drop(key)
			s.beginLater()
		}
	}
}

// RunsOf are the scripts of which runs are noted.
func (s *Store) RunsOf() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := make(map[string]bool)
	for key := range s.latest.rows {
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
	s.latest.put(key, r)
	s.beginLater()
}

// lastRuns is the table of when jobs last ran.
func lastRuns() *jobTable[time.Time] {
	return &jobTable[time.Time]{
		rows: make(map[runKey]time.Time), counts: make(map[string]int), changed: make(map[runKey]bool),
		bucket: bucketRuns,
		when:   func(at time.Time) time.Time { return at },
		encode: func(at time.Time) []byte {
			return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, uint64(at.Unix())), uint32(at.Nanosecond()))
		},
		decode: func(data []byte) (time.Time, error) {
			if len(data) != 12 {
				return time.Time{}, errors.New("a last run has the wrong length")
			}
			return time.Unix(int64(binary.BigEndian.Uint64(data)), int64(binary.BigEndian.Uint32(data[8:]))).UTC(), nil
		},
	}
}

// latestRuns is the table of the runs that began last.
func latestRuns() *jobTable[Run] {
	return &jobTable[Run]{
		rows: make(map[runKey]Run), counts: make(map[string]int), changed: make(map[runKey]bool),
		bucket: bucketLatest,
		when:   func(r Run) time.Time { return r.Started },
		encode: func(r Run) []byte {
			data, _ := json.Marshal(r) // times of one zone, and words
			return data
		},
		decode: func(data []byte) (r Run, err error) {
			err = json.Unmarshal(data, &r)
			return r, err
		},
	}
}
