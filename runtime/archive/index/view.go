package index

import (
	"bytes"
	"context"
	"encoding/binary"

	bolt "go.etcd.io/bbolt"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/boltfile"
)

// View is the index as it is at one moment. While it is there the index cannot
// grow: it is for a moment.
type View struct {
	tx    *bolt.Tx
	x     *Index
	reads *int // entries that were looked at
}

// View gives f the index as it is, without what was added and not recorded yet.
func (x *Index) View(f func(*View) error) error {
	db := x.db.Load()
	if db == nil {
		if err := x.Problem(); err != nil {
			return err
		}
		return ErrClosed
	}
	reads := 0
	return boltfile.Guard(func() error {
		return db.View(func(tx *bolt.Tx) error { return f(&View{tx, x, &reads}) })
	})
}

// Reads is how many entries have been looked at.
func (v *View) Reads() int { return *v.reads }

// Cursor is a Key that was noted under a name by Remove; zero: none.
func (v *View) Cursor(name string) (k Key) {
	copy(k[:], v.tx.Bucket([]byte(bucketCursors)).Get([]byte(name)))
	return k
}

// After gives the pictures behind a key, the oldest first, until f returns false.
func (v *View) After(k Key, f func(Key, *archive.Entry) (bool, error)) error {
	cur := v.tx.Bucket([]byte(bucketPictures)).Cursor()
	key, data := cur.Seek(k[:])
	if bytes.Equal(key, k[:]) {
		key, data = cur.Next()
	}
	for ; key != nil; key, data = cur.Next() {
		*v.reads++
		k, r, err := unsealRow(key, data, v.x.opt.Zone)
		if err != nil {
			return err
		}
		if more, err := f(k, &r.Entry); err != nil || !more {
			return err
		}
	}
	return nil
}

// OfLabel gives the pictures with a label behind a key, the oldest first, until
// f returns false.
func (v *View) OfLabel(label string, after Key, f func(Key, *archive.Entry) (bool, error)) error {
	run := v.run(bucketLabels, appendName(nil, label), after)
	for ; run.ok; run.next() {
		e, err := v.entry(run.key)
		if err != nil {
			return err
		}
		if more, err := f(run.key, &e); err != nil || !more {
			return err
		}
	}
	return nil
}

// Before gives the keys of the pictures of e's channel and label that were taken
// before it, the newest first, until f returns false.
func (v *View) Before(k Key, e *archive.Entry, f func(Key) bool) {
	cur := v.tx.Bucket([]byte(bucketSeries)).Cursor()
	full := seriesKey(e, k)
	prefix := full[:len(full)-len(k)]
	key, _ := cur.Seek(full)
	if key == nil {
		key, _ = cur.Last()
	} else {
		key, _ = cur.Prev()
	}
	for ; bytes.HasPrefix(key, prefix) && len(key) == len(full); key, _ = cur.Prev() {
		*v.reads++
		copy(k[:], key[len(prefix):])
		if !f(k) {
			return
		}
	}
}

// Get finds a picture by its path below the archive.
func (x *Index) Get(ctx context.Context, path string) (e archive.Entry, found bool, err error) {
	if err := x.flushed(ctx); err != nil {
		return e, false, err
	}
	err = x.View(func(v *View) error {
		at := v.tx.Bucket([]byte(bucketPaths)).Get([]byte(path))
		if found = at != nil; !found {
			return nil
		}
		var k Key
		copy(k[:], at)
		e, err = v.entry(k)
		return err
	})
	return e, found, err
}

func (v *View) entry(k Key) (archive.Entry, error) {
	*v.reads++
	c := change{tx: v.tx}
	_, r, err := c.get(k[:])
	if err != nil {
		return archive.Entry{}, err
	}
	r.Taken, r.DeviceTime = v.x.zoned(r.Taken), v.x.zoned(r.DeviceTime)
	return r.Entry, nil
}

// run is a range of keys of which each ends in the Key of a picture.
type run struct {
	cur    *bolt.Cursor
	prefix []byte
	key    Key
	ok     bool
	reads  *int
}

// run begins behind a key.
func (v *View) run(bucket string, prefix []byte, after Key) *run {
	r := &run{cur: v.tx.Bucket([]byte(bucket)).Cursor(), prefix: prefix, reads: v.reads}
	at := append(bytes.Clone(prefix), after[:]...)
	key, _ := r.cur.Seek(at)
	if bytes.Equal(key, at) {
		key, _ = r.cur.Next()
	}
	r.take(key)
	return r
}

func (r *run) next() {
	key, _ := r.cur.Next()
	r.take(key)
}

func (r *run) take(key []byte) {
	*r.reads++
	if r.ok = bytes.HasPrefix(key, r.prefix) && len(key) == len(r.prefix)+len(r.key); r.ok {
		copy(r.key[:], key[len(r.prefix):])
	}
}

// runs are the series of a device, or of one of its channels, behind a key, one
// for each label.
func (v *View) runs(q archive.Query, after Key) []*run {
	prefix := seriesPrefix(q.Device)
	if q.Channel != 0 {
		prefix = binary.BigEndian.AppendUint32(prefix, uint32(q.Channel))
	}
	var list []*run
	cur := v.tx.Bucket([]byte(bucketSeries)).Cursor()
	key, _ := cur.Seek(prefix)
	for bytes.HasPrefix(key, prefix) {
		*v.reads++
		whole := key[:len(key)-len(Key{})]
		if q.Label != "" && !bytes.HasSuffix(whole, appendName(nil, q.Label)) {
			// Of another label.
		} else if r := v.run(bucketSeries, bytes.Clone(whole), after); r.ok {
			list = append(list, r)
		}
		key, _ = cur.Seek(append(bytes.Clone(whole), bytes.Repeat([]byte{0xFF}, len(Key{}))...))
	}
	return list
}
