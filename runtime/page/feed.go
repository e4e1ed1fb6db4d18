package page

import (
	"sync"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/journal"
)

// feedSize is how many entries of each kind are remembered for streams.
const feedSize = 500

// Feed remembers the last entries of what is put on record, for the streams. It
// never waits for a reader: one that is too slow is told how many it has missed.
type Feed struct {
	mu   sync.Mutex
	tail [feeds]tail
	more chan struct{} // closed at the next entry; nil: no stream waits
}

// What a feed keeps apart.
const (
	commandFeed = iota
	eventFeed
	feeds
)

// tail is the last entries of one kind.
type tail struct {
	entries []journal.Entry // a ring
	next    uint64          // number of the next one
}

// NewFeed makes an empty feed.
func NewFeed() *Feed { return &Feed{} }

// Record takes an entry.
func (f *Feed) Record(e journal.Entry) {
	kind := commandFeed
	switch {
	case e.Kind == journal.Event:
		kind = eventFeed
	case e.Kind == journal.Command && e.Err == nil && e.Poll():
		return
	}
	e.Use = nil
	f.mu.Lock()
	defer f.mu.Unlock()
	t := &f.tail[kind]
	if len(t.entries) < feedSize {
		t.entries = append(t.entries, e)
	} else {
		t.entries[t.next%feedSize] = e
	}
	t.next++
	if f.more != nil {
		close(f.more)
		f.more = nil
	}
}

// since gives the entries from number from on, the number of the next one, and
// how many between have been forgotten.
func (f *Feed) since(kind int, from uint64) (entries []journal.Entry, next, missed uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := &f.tail[kind]
	oldest := t.next - uint64(len(t.entries))
	if from < oldest {
		missed, from = oldest-from, oldest
	}
	for ; from < t.next; from++ {
		entries = append(entries, t.entries[from%feedSize])
	}
	return entries, t.next, missed
}

// last is the number of the entry that is n before the end, or the oldest.
func (f *Feed) last(kind, n int) uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := &f.tail[kind]
	return t.next - uint64(min(n, len(t.entries)))
}

// changed gives a channel that is closed at the next entry.
func (f *Feed) changed() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.more == nil {
		f.more = make(chan struct{})
	}
	return f.more
}

// told is an entry with its error in the words of the journal.
func told(e journal.Entry) journal.Entry {
	if e.Err != nil {
		e.Err = journal.NewAnswer(runtime.Report(e.Err).Kind, e.Err.Error())
	}
	return e
}
