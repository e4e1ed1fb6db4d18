package runtime

import (
	"fmt"

	"github.com/hiklua/hiklua/luaapi"
)

// jobList are the jobs of one generation that may still run: one that was
// stopped, or whose only time has passed, has left it. Guarded by script.mu.
type jobList struct {
	list    []*job // in the order of registration; nil: one that has left
	gone    int    // how many have left
	named   map[string]*job
	numbers map[string]int // the last number given to a job that shares a name, by that name
}

// add puts a job into the list and returns the one that it replaces, if any. A
// job without a name of its own replaces none: it gets a number.
func (l *jobList) add(j *job) (replaced *job) {
	if l.named == nil {
		l.named, l.numbers = make(map[string]*job), make(map[string]int)
	}
	replaced = l.named[j.name]
	switch {
	case replaced == nil:
		l.append(j)
	case j.spec.Name != "":
		l.list[replaced.place], j.place = j, replaced.place
	default:
		replaced = nil
		j.name = l.freeName(j.name)
		l.append(j)
	}
	l.named[j.name] = j
	return replaced
}

func (l *jobList) append(j *job) {
	j.place = len(l.list)
	l.list = append(l.list, j)
}

func (l *jobList) freeName(name string) string {
	for n := max(l.numbers[name]+1, 2); ; n++ {
		if free := fmt.Sprintf("%s (%d)", name, n); l.named[free] == nil {
			l.numbers[name] = n
			return free
		}
	}
}

// all are the jobs in the order of registration.
func (l *jobList) all() []*job {
	jobs := make([]*job, 0, l.len())
	for _, j := range l.list {
		if j != nil {
			jobs = append(jobs, j)
		}
	}
	return jobs
}

func (l *jobList) len() int { return len(l.list) - l.gone }

// drop takes a job out, if it is still there. Its place stays empty until half of all
// are: scripts set a hik.after for each of many things.
func (l *jobList) drop(j *job) {
	if l.named[j.name] != j {
		return
	}
	delete(l.named, j.name)
	delete(l.numbers, j.name)
	l.list[j.place] = nil
	if l.gone++; 2*l.gone >= len(l.list) {
		l.list, l.gone = l.all(), 0
		for i, j := range l.list {
			j.place = i
		}
	}
}

// maxJobs is how many jobs a script may have. One that sets hik.after in a loop, or
// for more than it ever gets done, hears of it before the host's memory is full.
const maxJobs = 10_000

// AddJob implements luaapi.Script.
func (s *script) AddJob(spec luaapi.JobSpec) (luaapi.Job, error) {
	j, err := s.newJob(spec)
	if err != nil {
		return nil, err
	}
	if isHook(spec) {
		return j, s.addHook(j)
	}
	return j, s.register(j)
}

// register adds a job to those of the script.
func (s *script) register(j *job) error {
	s.mu.Lock()
	if err := s.admit(j); err != nil {
		s.mu.Unlock()
		return err
	}
	if s.jobs.len() >= maxJobs && (j.spec.Name == "" || s.jobs.named[j.name] == nil) {
		s.mu.Unlock()
		return &luaapi.Failure{
			Kind:    "busy",
			Message: fmt.Sprintf("%s was not registered: the script has %d jobs already", j.name, maxJobs),
			Hint:    "wait in a task (hik.sleep) instead of setting hik.after again and again; a job with a name replaces the one of that name",
		}
	}
	replaced, live := s.jobs.add(j), s.live
	s.mu.Unlock()
	if replaced != nil {
		replaced.Stop()
	}
	if live {
		j.start()
	}
	return nil
}

// admit refuses a job that an ending script registers, since nothing would be
// left to run it. Only a run with on_reload = "finish" may set hik.after: the
// old version stays until that has run, too. Called with mu held.
func (s *script) admit(j *job) error {
	by := s.computing.Load() // the task that calls: it has the script's lock
	switch {
	case s.ending == nil && !s.closed:
		return nil
	case !s.closed && j.spec.Kind == "after" && by != nil && by.lasts && by.job != nil:
		j.lasts = true
		return nil
	}
	return &luaapi.Failure{
		Kind:    "misuse",
		Message: fmt.Sprintf("%s was not registered: %v, and what ends takes no more jobs", j.name, s.ending),
		Hint:    `register jobs while the script loads; only a run with on_reload = "finish" may still set hik.after`,
	}
}

// allJobs are the jobs in the order of registration.
func (s *script) allJobs() []*job {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.jobs.all()
}
