package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"iter"
	"os"

	"github.com/hiklua/hiklua/runtime/archive"
)

// entryList is a list of pictures on disk, in a file of its own: a million of
// them take no memory, and the index is free while something is done with them
// that takes hours.
type entryList struct {
	file  *os.File
	count int
	skip  int // so many come before the last that were asked for
}

// list lists what is chosen.
func (v *archiveView) list(ctx context.Context, c *choice) (*entryList, error) {
	file, err := os.CreateTemp("", "hiklua-list-*")
	if err != nil {
		return nil, err
	}
	l := &entryList{file: file}
	to := bufio.NewWriter(file)
	lines := json.NewEncoder(to)
	err = v.fetch(ctx, c, func(r archive.Record) error {
		if e := r.Entry(); !c.match(&e) {
			return nil
		}
		l.count++
		return lines.Encode(r)
	})
	if err == nil {
		err = to.Flush()
	}
	if err != nil {
		l.close()
		return nil, err
	}
	if c.last > 0 && l.count > c.last {
		l.skip, l.count = l.count-c.last, c.last
	}
	return l, nil
}

// all goes through the list, as often as it is asked to.
func (l *entryList) all() iter.Seq2[archive.Entry, error] {
	return func(yield func(archive.Entry, error) bool) {
		lines := json.NewDecoder(bufio.NewReader(io.NewSectionReader(l.file, 0, 1<<62)))
		for n := range l.skip + l.count {
			var r archive.Record
			err := lines.Decode(&r)
			if n < l.skip && err == nil {
				continue
			}
			if !yield(r.Entry(), err) || err != nil {
				return
			}
		}
	}
}

func (l *entryList) close() {
	l.file.Close()
	os.Remove(l.file.Name())
}
