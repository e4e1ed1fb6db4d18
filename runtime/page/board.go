package page

import (
	"context"
	"encoding/json"
	"maps"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// boardEvery is the time between two looks at the status, while somebody has
// the page open.
const boardEvery = time.Second

// maxViewers is how many streams there are at once.
const maxViewers = 32

// board is the status in pieces, one for each device, script and job, and which
// of them have changed since when. It is looked at only while there are viewers.
type board struct {
	clk    clock.Clock
	status func() runtime.Status

	mu      sync.Mutex
	web     *site.Web
	count   int // viewers
	pieces  map[string]piece
	version uint64        // of the newest piece
	more    chan struct{} // closed when a piece changes
	stop    context.CancelFunc
	ended   sync.WaitGroup // of watch

	recent   runtime.Status
	recentAt time.Time
}

// piece is one member of the state.
type piece struct {
	value   json.RawMessage // null: it is gone
	version uint64          // when it came to be so
}

var gone = json.RawMessage("null")

func newBoard(clk clock.Clock, status func() runtime.Status) *board {
	return &board{clk: clk, status: status, pieces: make(map[string]piece), more: make(chan struct{})}
}

// settings are told to the viewers.
func (b *board) settings(web *site.Web) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.web = web
}

func (b *board) viewers() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count
}

// join counts a viewer in, unless there are too many. The first has the status
// looked at.
func (b *board) join() bool {
	b.mu.Lock()
	if b.count >= maxViewers {
		b.mu.Unlock()
		return false
	}
	b.count++
	first := b.count == 1
	if first {
		ctx, cancel := clock.WithCancel(context.Background())
		b.stop = cancel
		b.ended.Go(func() { b.watch(ctx) })
	}
	b.mu.Unlock()
	if first {
		b.look()
	}
	return true
}

// leave counts a viewer out.
func (b *board) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.count--; b.count == 0 {
		b.stop()
		clear(b.pieces)
	}
}

// close waits for the end of watch; the viewers have left.
func (b *board) close() { b.ended.Wait() }

func (b *board) watch(ctx context.Context) {
	for clock.Sleep(ctx, b.clk, boardEvery) == nil {
		b.look()
	}
}

// look takes the status apart and notes what has changed.
func (b *board) look() {
	st := b.status()
	now := piecesOf(st)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.recent, b.recentAt = st, b.clk.Now()
	if b.count == 0 {
		return
	}
	if b.web != nil {
		now["page"] = encoded(pagePiece{b.web.Actions, b.web.Pictures.Seconds(), b.count})
	}
	changed := false
	put := func(key string, value json.RawMessage) {
		if !changed {
			b.version++
			changed = true
		}
		b.pieces[key] = piece{value, b.version}
	}
	for key, before := range b.pieces {
		if _, is := now[key]; !is && string(before.value) != string(gone) {
			put(key, gone)
		}
	}
	for key, value := range now {
		if string(b.pieces[key].value) != string(value) {
			put(key, value)
		}
	}
	if changed {
		close(b.more)
		b.more = make(chan struct{})
	}
}

// since gives what has changed after a version, the version that this is, and a
// channel that is closed at the next change. From version 0 on that is all.
func (b *board) since(version uint64) (state map[string]json.RawMessage, now uint64, more <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	state = make(map[string]json.RawMessage)
	for key, p := range b.pieces {
		if p.version > version && (version > 0 || string(p.value) != string(gone)) {
			state[key] = p.value
		}
	}
	return state, b.version, b.more
}

// fresh gives a status that is at most so old as the board's.
func (b *board) fresh() runtime.Status {
	now := b.clk.Now()
	b.mu.Lock()
	st, at := b.recent, b.recentAt
	b.mu.Unlock()
	if !at.IsZero() && now.Sub(at) < boardEvery && !now.Before(at) {
		return st
	}
	st = b.status()
	b.mu.Lock()
	b.recent, b.recentAt = st, now
	b.mu.Unlock()
	return st
}

// now is the time in the site's zone.
func (b *board) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.clk.Now().In(b.recent.Now.Location())
}

// pagePiece is what the page is told of itself.
type pagePiece struct {
	Actions  bool    `json:"actions"`
	Pictures float64 `json:"pictures"` // seconds between two of a channel; 0: none
	Viewers  int     `json:"viewers"`
}

// piecesOf takes a status apart; what always changes is left out.
func piecesOf(st runtime.Status) map[string]json.RawMessage {
	pieces := make(map[string]json.RawMessage)
	for _, d := range st.Devices {
		pieces["device/"+d.Name] = encoded(d)
	}
	for _, s := range st.Scripts {
		pieces["script/"+of(s.Share)+s.Name] = encoded(s)
	}
	for _, j := range st.Jobs {
		pieces["job/"+of(j.Share)+j.Script+"/"+j.Name] = encoded(j)
	}
	st.Devices, st.Scripts, st.Jobs = nil, nil, nil
	var rest map[string]json.RawMessage
	if json.Unmarshal(encoded(st), &rest) == nil {
		for _, key := range []string{"devices", "scripts", "jobs", "now", "memory_bytes", "goroutines"} {
			delete(rest, key)
		}
		maps.Copy(pieces, rest)
	}
	return pieces
}

// of is what stands before the name of a script that runs for a share: another share
// may have one of that name, too.
func of(share string) string {
	if share == "" {
		return ""
	}
	return share + "/"
}

// encoded is for values that hold nothing which JSON has no word for.
func encoded(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return gone
	}
	return b
}
