package isapi

import (
	"context"
	"slices"
	"sync"
)

// turnstile lets in whoever comes, in the order of coming, as long as there
// is room.
type turnstile struct {
	newLock func() Locker

	mu    sync.Mutex
	room  int
	queue []*visitor
}

type visitor struct {
	places int
	door   Locker // held until the visitor is let in
	in     bool   // guarded by turnstile.mu
}

func newTurnstile(room int, newLock func() Locker) *turnstile {
	return &turnstile{room: room, newLock: newLock}
}

// enter waits until so many places are free, or until ctx ends.
func (t *turnstile) enter(ctx context.Context, places int) error {
	t.mu.Lock()
	if len(t.queue) == 0 && t.room >= places {
		t.room -= places
		t.mu.Unlock()
		return nil
	}
	v := &visitor{places: places, door: t.newLock()}
	_ = v.door.Lock(context.Background()) // open until now: this does not wait
	t.queue = append(t.queue, v)
	t.mu.Unlock()

	err := v.door.Lock(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	if v.in {
		return nil
	}
	i := slices.Index(t.queue, v)
	t.queue = slices.Delete(t.queue, i, i+1)
	t.admit()
	return err
}

// tryEnter takes the places if that needs no waiting.
func (t *turnstile) tryEnter(places int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.queue) > 0 || t.room < places {
		return false
	}
	t.room -= places
	return true
}

// leave gives places back. A negative number takes them away for good, as they
// become free.
func (t *turnstile) leave(places int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.room += places
	t.admit()
}

// admit is called with mu held.
func (t *turnstile) admit() {
	for len(t.queue) > 0 && t.room >= t.queue[0].places {
		v := t.queue[0]
		t.queue = t.queue[1:]
		t.room -= v.places
		v.in = true
		v.door.Unlock()
	}
}
