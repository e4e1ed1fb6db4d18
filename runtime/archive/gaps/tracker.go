package gaps

import (
	"context"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

const (
	// grace is how long after it was due a picture is missing.
	grace = 2 * time.Minute
	// lookEvery is how often the tracker looks, and puts on record that the host
	// lives.
	lookEvery = time.Minute
	// asleepAfter is how much later than it should a look comes when the machine
	// was asleep.
	asleepAfter = 2 * time.Minute
	// settle is how long after a start nothing is judged: scripts that want to hear
	// of it are not loaded yet, and devices have not answered.
	settle = 30 * time.Second
	// maxReasons bounds the reasons of one gap: a device may come and go.
	maxReasons = 20
)

// Config is what a Tracker needs of its host.
type Config struct {
	Clock clock.Clock
	Log   *slog.Logger
	Data  string // the site's data folder
	// Elsewhere is until when another host of a cluster is known to have followed the
	// schedules since this data folder's record ends; zero: none did.
	Elsewhere time.Time
	// State tells how a device is, "online" if all is well, and since when. It
	// must not wait.
	State func(device string) (state string, since time.Time)
	// Tell, if it is set, is told of each gap that begins, and that ends. It must
	// not wait.
	Tell func(g Gap, begins bool)
	// Taken gives the times of the pictures of a channel and label that the index
	// has from a time on, in their order.
	Taken func(ctx context.Context, device string, channel int, label string, from time.Time, fn func(time.Time)) error
}

// Tracker follows the schedules of an archive. New makes it, Start starts it,
// Close ends it. Its methods may be called from any goroutine.
type Tracker struct {
	conf   Config
	clk    clock.Clock
	log    *slog.Logger
	record record
	ctx    context.Context
	cancel context.CancelFunc
	ended  *clock.Group

	// Of the goroutine that looks.
	saveFailed bool
	looked     time.Time // the last look; zero: none yet
	settled    time.Time // from then on it is judged

	mu     sync.Mutex
	state  state
	loaded bool
	wanted []Series // to be followed from the next look on; nil: no change
	open   []string // devices whose series are not all known
	series map[string]*series
	down   []Reason // when the host did not run, or was asleep
	wake   clock.Waiter
	missed map[Missed]int // pictures, since Start

	changes int // of what is wanted
}

// series is one that is followed, with what came of it.
type series struct {
	Series
	*following
	recent []time.Time // pictures since Next, in their order
	last   time.Time   // the missing picture that was judged last
	until  time.Time   // until when it would have counted
}

// New makes a Tracker. It reads nothing.
func New(conf Config) *Tracker {
	t := &Tracker{
		conf: conf, clk: conf.Clock, log: conf.Log, ended: clock.NewGroup(conf.Clock),
		record: record{filepath.Join(conf.Data, FolderName)}, series: make(map[string]*series),
		missed: make(map[Missed]int),
	}
	t.ctx, t.cancel = clock.WithCancel(context.Background())
	return t
}

// Start starts the looking. It waits for nothing.
func (t *Tracker) Start() { t.ended.Go(t.run) }

// Close ends it and puts on record how far it has come. It waits as long as ctx
// lasts.
func (t *Tracker) Close(ctx context.Context) {
	t.cancel()
	t.ended.WaitFor(ctx)
}

// Follow says what should be in the archive from now on. A series that was
// followed before, by an earlier host too, goes on. open are devices that have not
// told yet which channels they have: what was followed of them is kept for them.
func (t *Tracker) Follow(all []Series, open ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wanted = append([]Series{}, all...)
	t.open = slices.Clone(open)
	t.changes++
	if t.wake != nil {
		t.wake.Wake()
	}
}

// Added notes a picture that is in the archive.
func (t *Tracker) Added(device string, channel int, label string, taken time.Time) {
	t.mu.Lock()
	var ended []Gap
	for _, s := range t.of(device, channel, label) {
		s.came(taken)
		if g := s.Gap; g != nil && !taken.Before(g.From) && s.judgedUpTo(taken) {
			if !taken.Before(s.last) && taken.Before(s.until) {
				// It came after it had been given up.
				g.drop()
				s.last = time.Time{}
			}
			ended = append(ended, t.endGap(s, taken))
		}
	}
	t.mu.Unlock()
	t.tellEnded(ended)
}

// Failed notes that a picture that was due could not be taken; why is a word,
// the kind of the error.
func (t *Tracker) Failed(device string, channel int, label string, at time.Time, why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.of(device, channel, label) {
		if len(s.Failed) < 1000 {
			s.Failed = append(s.Failed, failure{at, why})
		}
	}
}

// Gaps are those that go on, in the order of devices.
func (t *Tracker) Gaps() []Gap {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []Gap
	for _, key := range slices.Sorted(maps.Keys(t.series)) {
		if g := t.series[key].Gap; g != nil {
			all = append(all, g.clone())
		}
	}
	return all
}

// Missed is how many pictures of a channel were found missing for a reason.
type Missed struct {
	Device   string
	Channel  int
	Why      string
	Pictures int
}

// Missed tells what was found missing since Start, in no order. One that came after
// all, late, counts.
func (t *Tracker) Missed() []Missed {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]Missed, 0, len(t.missed))
	for m, n := range t.missed {
		m.Pictures = n
		all = append(all, m)
	}
	return all
}

// of gives the series to which a picture belongs. Called with mu held.
func (t *Tracker) of(device string, channel int, label string) []*series {
	var found []*series
	for _, s := range t.series {
		if s.Device == device && s.Channel == channel && s.Label == label {
			found = append(found, s)
		}
	}
	return found
}

// came notes a picture, in the order of time.
func (s *series) came(taken time.Time) {
	if s.Next.IsZero() || taken.Before(s.Next) {
		return
	}
	i, _ := slices.BinarySearchFunc(s.recent, taken, time.Time.Compare)
	s.recent = slices.Insert(s.recent, i, taken)
}

// judgedUpTo reports whether nothing was due before a picture, and after the
// last missing one, that is not judged yet: else the gap may go on until then.
func (s *series) judgedUpTo(taken time.Time) bool {
	if s.Next.IsZero() || taken.Before(s.Next) {
		return true
	}
	next := s.Due.Next(s.Next)
	return next.IsZero() || taken.Before(next)
}

// endGap ends the gap of a series. Called with mu held.
func (t *Tracker) endGap(s *series, till time.Time) Gap {
	recovered := time.Time{}
	if state, since := t.conf.State(s.Device); state == "online" && since.After(s.Gap.From) {
		recovered = since
	}
	s.Gap.end(till, recovered)
	g := s.Gap.clone()
	s.Gap = nil
	return g
}

// run is the goroutine that looks.
func (t *Tracker) run() {
	for clock.Cause(t.ctx) == nil {
		t.mu.Lock()
		changes := t.changes
		t.mu.Unlock()
		t.look()
		t.mu.Lock()
		t.wake = t.clk.NewWaiter()
		w, changed := t.wake, t.changes != changes
		t.mu.Unlock()
		if !changed {
			timer := t.clk.AfterFunc(lookEvery, w.Wake)
			clock.WaitFor(t.ctx, w)
			timer.Stop()
		}
	}
	t.look()
}

// look takes over what is to be followed, judges what is due, and puts it on
// record.
func (t *Tracker) look() {
	now := t.clk.Now()
	if !t.load(now) {
		return
	}
	t.noteSleep(now)
	var begun, ended []Gap
	over := t.follow(now)
	t.mu.Lock()
	if !now.Before(t.settled) {
		for _, key := range slices.Sorted(maps.Keys(t.series)) {
			o, b, e := t.judge(t.series[key], now)
			over, begun, ended = append(over, o...), append(begun, b...), append(ended, e...)
		}
		t.prune()
	}
	t.mu.Unlock()
	t.tellEnded(over)
	t.tellBegun(begun)
	t.tellEnded(ended)
	t.save(now)
}

// load reads the record of the last host, once.
func (t *Tracker) load(now time.Time) bool {
	t.mu.Lock()
	loaded := t.loaded
	t.mu.Unlock()
	if loaded {
		return true
	}
	st, notice, err := t.record.load()
	if err != nil {
		t.failing(err)
		return false
	}
	if notice != "" {
		t.log.Warn(notice)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.state, t.loaded, t.settled = st, true, now.Add(settle)
	if st.Alive.IsZero() {
		return true
	}
	down := st.Alive
	if till := t.conf.Elsewhere; till.After(down) {
		t.state.Away = append(st.Away[max(0, len(st.Away)-spansKept+1):], span{down, till})
		down = till
	}
	if down.Before(now) {
		t.down = append(t.down, Reason{Why: HostDown, From: down, Till: now})
	}
	return true
}

// noteSleep finds out whether the machine was asleep since the last look.
func (t *Tracker) noteSleep(now time.Time) {
	if !t.looked.IsZero() && now.Sub(t.looked) > lookEvery+asleepAfter {
		t.mu.Lock()
		t.down = append(t.down, Reason{Why: HostAsleep, From: t.looked, Till: now})
		t.mu.Unlock()
	}
	t.looked = now
}

// prune forgets when the host was down once all has been judged that was due
// then. Called with mu held.
func (t *Tracker) prune() {
	t.down = slices.DeleteFunc(t.down, func(r Reason) bool {
		return t.wanted == nil && t.looked.Sub(r.Till) > 2*grace
	})
}

// save puts on record how far the judging has come.
func (t *Tracker) save(now time.Time) {
	t.mu.Lock()
	st := state{Alive: now, Away: slices.Clone(t.state.Away), Series: make(map[string]*following, len(t.series))}
	maps.Copy(st.Series, t.state.Series) // what is not taken over yet
	for key, s := range t.series {
		f := *s.following
		f.Of, f.Failed = s.names(), slices.Clone(s.Failed)
		if f.Gap != nil {
			g := f.Gap.clone()
			f.Gap = &g
		}
		st.Series[key] = &f
	}
	t.mu.Unlock()
	t.failing(t.record.save(st))
}

// failing logs once that the record cannot be written, and once that it is again.
func (t *Tracker) failing(err error) {
	switch {
	case err != nil && !t.saveFailed:
		t.log.Error("what is missing in the archive cannot be put on record", "error", err)
	case err == nil && t.saveFailed:
		t.log.Info("what is missing in the archive is put on record again")
	}
	t.saveFailed = err != nil
}
