package watch

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// The faults, as scripts and site.yaml have them.
const (
	Frozen  = "frozen"
	Dark    = "dark"
	Blurred = "blurred"
)

const (
	// frozenAfter is how many pictures in a row must be the same.
	frozenAfter = 3
	// apart is how far apart pictures must have been taken to be compared: within
	// a second a camera gives the same one twice.
	apart = time.Second
	// badAfter is how many pictures in a row must be dark, or blurred, and
	// goodAfter how many must be neither.
	badAfter, goodAfter = 2, 2
	// A picture is dark below darkLuma, and no more above lightLuma; without edges
	// below blurredEdges, and with some above sharpEdges. See TestMeasure.
	darkLuma, lightLuma      = 16, 24
	blurredEdges, sharpEdges = 8, 14
)

// Config is what a Watcher is made of.
type Config struct {
	Clock clock.Clock
	Log   *slog.Logger
	// Words are the faults that are looked for.
	Words []string
	// Open opens a picture of the archive by its path.
	Open func(path string) (io.ReadSeekCloser, error)
	// Tell is told of each fault that begins, and that ends. It must not wait.
	Tell func(Fault, bool)
}

// Fault is what is wrong with the pictures of a channel.
type Fault struct {
	Word    string
	Device  string
	Channel int
	Time    time.Time // of the picture that shows that it begins, or ends
}

// Picture is one that is in the archive.
type Picture struct {
	Device  string
	Channel int
	Path    string
	Taken   time.Time
	Data    uint64 // the same for pictures that are the same to the byte
}

// Watcher looks through pictures. Its methods may be called from any goroutine.
type Watcher struct {
	conf   Config
	clk    clock.Clock
	words  map[string]bool
	ctx    context.Context
	cancel context.CancelFunc
	ended  *clock.Group

	mu       sync.Mutex
	channels map[channel]*history
	newest   map[channel]Picture // to be looked at
	order    []channel           // of newest
	looking  bool
	failed   bool // the last picture could not be looked at
}

type channel struct {
	device string
	number int
}

// history is what is known of the pictures of a channel.
type history struct {
	data  uint64
	taken time.Time
	same  int             // pictures in a row with that data
	is    map[string]bool // faults that go on
	runs  map[string]int  // pictures in a row that say otherwise
}

// New makes a Watcher. Close ends it.
func New(conf Config) *Watcher {
	w := &Watcher{
		conf: conf, clk: conf.Clock, words: make(map[string]bool), ended: clock.NewGroup(conf.Clock),
		channels: make(map[channel]*history), newest: make(map[channel]Picture),
	}
	for _, word := range conf.Words {
		w.words[word] = true
	}
	w.ctx, w.cancel = clock.WithCancel(context.Background())
	return w
}

// Close ends the looking, and waits for it as long as ctx lasts.
func (w *Watcher) Close(ctx context.Context) {
	w.cancel()
	w.ended.WaitFor(ctx)
}

// Added takes note of a picture. It waits for nothing.
func (w *Watcher) Added(p Picture) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if clock.Cause(w.ctx) != nil {
		return
	}
	key := channel{p.Device, p.Channel}
	h := w.channels[key]
	if h == nil {
		h = &history{is: make(map[string]bool), runs: make(map[string]int)}
		w.channels[key] = h
	}
	if w.words[Frozen] {
		w.compare(h, p)
	}
	if !w.words[Dark] && !w.words[Blurred] {
		return
	}
	if _, waits := w.newest[key]; !waits {
		w.order = append(w.order, key)
	}
	w.newest[key] = p
	if !w.looking {
		w.looking = true
		w.ended.Go(w.look)
	}
}

// compare counts the pictures in a row that are the same. Called with mu held.
func (w *Watcher) compare(h *history, p Picture) {
	switch {
	case h.same == 0 || h.data != p.Data:
		h.data, h.taken, h.same = p.Data, p.Taken, 1
		if h.is[Frozen] {
			w.tell(h, Frozen, p, false)
		}
	case p.Taken.Sub(h.taken) >= apart:
		h.taken = p.Taken
		if h.same++; h.same == frozenAfter {
			w.tell(h, Frozen, p, true)
		}
	}
}

// look is the looker.
func (w *Watcher) look() {
	for {
		w.mu.Lock()
		if len(w.order) == 0 || clock.Cause(w.ctx) != nil {
			w.looking = false
			w.mu.Unlock()
			return
		}
		key := w.order[0]
		p := w.newest[key]
		w.order = w.order[1:]
		delete(w.newest, key)
		w.mu.Unlock()
		m, err := w.open(p)
		w.mu.Lock()
		if err == nil {
			w.judge(w.channels[key], p, m)
		} else if !w.failed {
			w.conf.Log.Warn("a picture could not be looked through", "picture", p.Path, "error", err)
		}
		w.failed = err != nil
		w.mu.Unlock()
	}
}

func (w *Watcher) open(p Picture) (measure, error) {
	f, err := w.conf.Open(p.Path)
	if err != nil {
		return measure{}, err
	}
	defer f.Close()
	return read(f)
}

// judge takes note of what a picture is. Called with mu held.
func (w *Watcher) judge(h *history, p Picture, m measure) {
	if w.words[Dark] {
		w.count(h, Dark, p, m.luma < darkLuma, m.luma > lightLuma)
	}
	// What is dark has no edges.
	if w.words[Blurred] && m.luma >= darkLuma {
		w.count(h, Blurred, p, m.edges < blurredEdges, m.edges > sharpEdges)
	}
}

// count counts the pictures in a row that say that a fault begins, or that it
// ends.
func (w *Watcher) count(h *history, word string, p Picture, bad, good bool) {
	if h.is[word] && !good || !h.is[word] && !bad {
		h.runs[word] = 0
		return
	}
	h.runs[word]++
	if most := map[bool]int{false: badAfter, true: goodAfter}[h.is[word]]; h.runs[word] >= most {
		w.tell(h, word, p, !h.is[word])
	}
}

var meanings = map[string][2]string{
	Frozen:  {fmt.Sprintf("the picture stands still: %d in a row are the same to the byte", frozenAfter), "the picture moves again"},
	Dark:    {"the picture is black", "the picture is not black any more"},
	Blurred: {"the picture has no edges: the lens is covered, or out of focus", "the picture has edges again"},
}

// tell tells of a fault. Called with mu held.
func (w *Watcher) tell(h *history, word string, p Picture, begins bool) {
	h.is[word], h.runs[word] = begins, 0
	level, text := slog.LevelWarn, meanings[word][0]
	if !begins {
		level, text = slog.LevelInfo, meanings[word][1]
	}
	w.conf.Log.Log(context.Background(), level, text, "device", p.Device, "channel", p.Channel, "picture", p.Path)
	w.conf.Tell(Fault{word, p.Device, p.Channel, p.Taken}, begins)
}
