package journal

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/owner"
)

// Options is what a journal needs of its host.
type Options struct {
	Clock clock.Clock
	// Log gets a line when entries begin to be lost, and one when they are
	// written again. Nil: no log.
	Log *slog.Logger
	// Kind, if it is set, finds the word for an error; "" leaves it to the
	// error's own method Kind.
	Kind func(error) string

	Segments int   // files that are kept; 0: 8, at least 2
	Size     int64 // bytes of one, at most; 0: 4 MB
	Queue    int   // entries that may wait for the disk; 0: 2048
}

const (
	defaultSegments = 8
	defaultSize     = 4 << 20
	defaultQueue    = 2048
	// takenAtOnce is how many entries go to the disk in one write.
	takenAtOnce = 64
)

// Journal takes the record of a running host. Open makes it, Close ends it.
type Journal struct {
	clk    clock.Clock
	log    *slog.Logger
	kindOf func(error) string

	mu      sync.Mutex
	ring    []Entry
	first   int // the oldest entry
	count   int
	dropped int // since the last line that said so
	lost    int // since Open
	running bool
	closed  bool
	waiting []clock.Waiter // for the writer to end
	limit   limiter

	// Of the writer.
	segments segments
	lines    bytes.Buffer
	taken    [takenAtOnce]Entry
	failing  bool   // the last write did not work; guarded by mu
	drain    func() // write as a value, so that starting it costs nothing
}

// Open opens the journal in the folder dir, or begins one, with mode 0700 and
// files of mode 0600. It goes on where the last host ended.
func Open(dir string, o Options) (*Journal, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Segments == 0 {
		o.Segments = defaultSegments
	}
	if o.Size == 0 {
		o.Size = defaultSize
	}
	if o.Queue == 0 {
		o.Queue = defaultQueue
	}
	if err := owner.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	j := &Journal{
		clk: o.Clock, log: o.Log, kindOf: o.Kind,
		ring:     make([]Entry, o.Queue),
		segments: segments{dir: dir, most: max(o.Segments, 2), size: o.Size},
	}
	j.drain = j.write
	j.limit = limiter{clk: o.Clock, write: j.put, look: j.sweep, subjects: make(map[string]*subject), begun: make(map[string]Entry)}
	if err := j.segments.open(); err != nil {
		return nil, err
	}
	return j, nil
}

// Write puts e on record. It never waits; where the disk cannot follow, e is
// dropped and counted. Of what happens very often, other than commands, some
// are counted, and the begin of a run is left out if its end comes soon.
func (j *Journal) Write(e Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.closed {
		j.limit.take(e)
	}
}

// Lost is how many entries were dropped since Open.
func (j *Journal) Lost() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lost
}

func (j *Journal) sweep() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.closed {
		j.limit.sweep(false)
	}
}

// put is called with mu held.
func (j *Journal) put(e Entry) {
	if j.count == len(j.ring) {
		j.dropped++
		j.lost++
		return
	}
	j.ring[(j.first+j.count)%len(j.ring)] = e
	j.count++
	j.wakeWriter()
}

// wakeWriter is called with mu held.
func (j *Journal) wakeWriter() {
	if !j.running {
		j.running = true
		j.clk.Go(j.drain)
	}
}

// Flush waits until what was written so far is with the system, or ctx ends.
// It runs on a goroutine of the clock.
func (j *Journal) Flush(ctx context.Context) error {
	j.mu.Lock()
	if !j.running {
		j.mu.Unlock()
		return nil
	}
	w := j.clk.NewWaiter()
	j.waiting = append(j.waiting, w)
	j.mu.Unlock()
	return clock.WaitFor(ctx, w)
}

// Close writes what is left and closes the files. If ctx ends before, as for a
// disk that hangs, it returns its cause and leaves them to the system. It runs
// on a goroutine of the clock.
func (j *Journal) Close(ctx context.Context) error {
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		return nil
	}
	if j.limit.timer != nil {
		j.limit.timer.Stop()
	}
	j.limit.sweep(true)
	j.closed = true
	if j.dropped > 0 {
		j.wakeWriter()
	}
	j.mu.Unlock()
	if err := j.Flush(ctx); err != nil {
		return fmt.Errorf("the journal's last lines were not written: %w", err)
	}
	return j.segments.close()
}

// write empties the ring.
func (j *Journal) write() {
	for {
		noted, ok := j.fill()
		if !ok {
			return
		}
		written, err := j.segments.append(j.lines.Bytes())
		j.settle(noted, written, err)
	}
}

// fill takes entries from the ring and makes lines of them; the first says how
// many were dropped before, if any were. ok is false, and the writer at its
// end, when there is nothing to write.
func (j *Journal) fill() (noted int, ok bool) {
	j.mu.Lock()
	if j.count == 0 && (j.dropped == 0 || j.failing) {
		j.running = false
		for _, w := range j.waiting {
			w.Wake()
		}
		j.waiting = nil
		j.mu.Unlock()
		return 0, false
	}
	n := min(j.count, len(j.taken))
	for i := range n {
		j.taken[i] = j.ring[j.first]
		j.ring[j.first] = Entry{}
		j.first = (j.first + 1) % len(j.ring)
	}
	j.count -= n
	noted, j.dropped = j.dropped, 0
	j.mu.Unlock()

	j.lines.Reset()
	if noted > 0 {
		note := Entry{Time: j.clk.Now(), Dropped: noted}
		encode(&j.lines, note.line(nil))
	}
	for i := range n {
		encode(&j.lines, j.taken[i].line(j.kindOf))
		j.taken[i] = Entry{}
	}
	return noted, true
}

// settle counts what was lost, and says once that something is.
func (j *Journal) settle(noted, written int, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err == nil {
		if j.failing {
			j.failing = false
			j.log.Info("the journal is written again", "missing", noted)
		}
		return
	}
	lost := bytes.Count(j.lines.Bytes()[written:], []byte{'\n'})
	if noted > 0 && written == 0 {
		lost--             // the note itself is no entry
		j.dropped += noted // and is due again
	}
	j.dropped += lost
	j.lost += lost
	if !j.failing {
		j.failing = true
		j.log.Error("commands are not put on record until the journal can be written", "error", err)
	}
}
