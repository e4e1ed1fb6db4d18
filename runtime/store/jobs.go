package store

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// maxRuns is how many jobs of one script are remembered; of more, those that
// ran last.
const maxRuns = 1000

type runKey struct{ script, job string }

func (k runKey) compare(other runKey) int {
	return cmp.Or(strings.Compare(k.script, other.script), strings.Compare(k.job, other.job))
}

func (k runKey) disk() string {
	return string(binary.BigEndian.AppendUint16(nil, uint16(len(k.script)))) + k.script + k.job
}

// nameRun shortens names that are too long for the file, so that they still
// differ.
func nameRun(script, job string) runKey {
	if len(job) > MaxKey {
		job = fmt.Sprintf("%s...%x", job[:MaxKey/2], sha256.Sum256([]byte(job)))
	}
	return runKey{script, job}
}

// jobTable is a bucket with a row for each job that is remembered. Guarded by
// Store.mu.
type jobTable[T any] struct {
	bucket string
	when   func(T) time.Time // it ran: the oldest makes room
	encode func(T) []byte
	decode func([]byte) (T, error)

	rows    map[runKey]T
	counts  map[string]int  // of rows, by script
	changed map[runKey]bool // since the last batch; those without a row were dropped
}

func (t *jobTable[T]) put(key runKey, row T) {
	if _, known := t.rows[key]; !known {
		for t.counts[key.script] >= maxRuns { // the file may have more than that
			t.drop(t.oldest(key.script))
		}
		t.counts[key.script]++
	}
	t.rows[key], t.changed[key] = row, true
}

func (t *jobTable[T]) drop(key runKey) {
	delete(t.rows, key)
	t.counts[key.script]--
	t.changed[key] = true
}

func (t *jobTable[T]) oldest(script string) (oldest runKey) {
	found := false
	for key, row := range t.rows {
		if key.script != script {
			continue
		}
		if !found || cmp.Or(t.when(row).Compare(t.when(t.rows[oldest])), key.compare(oldest)) < 0 {
			oldest, found = key, true
		}
	}
	return oldest
}

// collect gives what has changed to a batch.
func (t *jobTable[T]) collect(b *batch) {
	for _, key := range slices.SortedFunc(maps.Keys(t.changed), runKey.compare) {
		o := op{bucket: t.bucket, key: key.disk()}
		if row, ok := t.rows[key]; ok {
			o.value = t.encode(row)
		}
		b.ops = append(b.ops, o)
		b.lost = append(b.lost, func() { t.changed[key] = true })
	}
	clear(t.changed)
}

// load is called before anybody else has the store.
func (t *jobTable[T]) load(name, data []byte) error {
	if len(name) < 2 || len(name) < 2+int(binary.BigEndian.Uint16(name)) {
		return errors.New("the name of a run is cut off")
	}
	row, err := t.decode(data)
	if err != nil {
		return err
	}
	n := 2 + int(binary.BigEndian.Uint16(name))
	key := runKey{string(name[2:n]), string(name[n:])}
	t.rows[key] = row
	t.counts[key.script]++
	return nil
}
