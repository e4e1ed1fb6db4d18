package index

import (
	"bytes"
	"container/heap"
	"context"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/clock"
)

// pageSize is how many entries are looked at in one View.
const pageSize = 1000

// List gives the pictures that q chooses, the oldest first, until fn returns an
// error, which it returns. The index may change meanwhile, and fn may take its
// time.
func (x *Index) List(ctx context.Context, q archive.Query, fn func(archive.Entry) error) error {
	if err := x.flushed(ctx); err != nil {
		return err
	}
	var after Key
	if !q.From.IsZero() {
		after = keyAt(q.From)
	}
	for more := true; more; {
		var page []archive.Entry
		err := x.View(func(v *View) (err error) {
			page, after, more, err = v.page(q, after)
			return err
		})
		if err != nil {
			return err
		}
		for _, e := range page {
			if err := fn(e); err != nil {
				return err
			}
		}
		if err := clock.Cause(ctx); err != nil {
			return err
		}
	}
	return nil
}

// flushed waits for what was added last, if that can be recorded.
func (x *Index) flushed(ctx context.Context) error {
	x.mu.Lock()
	wait := (len(x.added) > 0 || x.db.Load() == nil) && x.failing == nil && !x.closing
	x.mu.Unlock()
	if !wait {
		return nil
	}
	return x.Flush(ctx)
}

// page gives the next pictures behind a key.
func (v *View) page(q archive.Query, after Key) (page []archive.Entry, last Key, more bool, err error) {
	last = after
	seen := 0
	take := func(k Key, e *archive.Entry) (bool, error) {
		if !q.Till.IsZero() && !e.Taken.Before(q.Till) {
			return false, nil
		}
		last = k
		if q.Match(e) {
			page = append(page, *e)
		}
		seen++
		more = seen == pageSize
		return !more, nil
	}
	switch {
	case q.Device != "":
		err = v.merge(v.runs(q, after), take)
	case q.Label != "":
		err = v.merge([]*run{v.run(bucketLabels, appendName(nil, q.Label), after)}, take)
	default:
		err = v.After(after, take)
	}
	return page, last, more, err
}

// merge gives the pictures of several runs in the order of their keys.
func (v *View) merge(runs []*run, f func(Key, *archive.Entry) (bool, error)) error {
	h := runHeap{}
	for _, r := range runs {
		if r.ok {
			h = append(h, r)
		}
	}
	heap.Init(&h)
	for len(h) > 0 {
		r := h[0]
		e, err := v.entry(r.key)
		if err != nil {
			return err
		}
		if more, err := f(r.key, &e); err != nil || !more {
			return err
		}
		if r.next(); r.ok {
			heap.Fix(&h, 0)
		} else {
			heap.Pop(&h)
		}
	}
	return nil
}

type runHeap []*run

func (h runHeap) Len() int           { return len(h) }
func (h runHeap) Less(i, j int) bool { return bytes.Compare(h[i].key[:], h[j].key[:]) < 0 }
func (h runHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *runHeap) Push(r any)        { *h = append(*h, r.(*run)) }
func (h *runHeap) Pop() any {
	old := *h
	r := old[len(old)-1]
	*h = old[:len(old)-1]
	return r
}
