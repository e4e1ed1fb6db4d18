package journal

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// followEvery is how often Follow looks for new entries.
const followEvery = 250 * time.Millisecond

// Follow gives what Read gives and then what is written, until ctx ends, which is
// no error: also that of a host that begins only later, and of the next one. of
// f.Limit entries at the beginning, it gives the last. It runs on a goroutine of
// the clock.
func Follow(ctx context.Context, clk clock.Clock, dir string, f Filter, each func(Entry) error) error {
	l := follower{dir: dir, sieve: newSieve(f)}
	first := true
	for {
		found, err := l.look()
		if err != nil {
			return err
		}
		if first && f.Limit > 0 {
			found = found[max(len(found)-f.Limit, 0):]
		}
		first = false
		for _, e := range found {
			if err := each(e); err != nil {
				return err
			}
		}
		if clock.Sleep(ctx, clk, followEvery) != nil {
			return nil
		}
	}
}

// follower knows how far a journal has been read.
type follower struct {
	dir    string
	sieve  *sieve
	number int   // the segment that is being read; 0: none yet
	offset int64 // of what comes next
}

// look gives what is new and wanted.
func (l *follower) look() ([]Entry, error) {
	numbers, err := list(l.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var all []Entry
	for _, n := range numbers {
		if n < l.number {
			continue
		}
		if n > l.number {
			l.number, l.offset = n, 0
		}
		if all, err = l.segment(all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// segment adds what is new in the present one, line by line: the last may be
// half written.
func (l *follower) segment(all []Entry) ([]Entry, error) {
	file, err := os.Open(filepath.Join(l.dir, segmentName(l.number)))
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return all, err
	}
	defer file.Close()
	if _, err := file.Seek(l.offset, io.SeekStart); err != nil {
		return all, err
	}
	in := bufio.NewReaderSize(file, 64<<10)
	for {
		line, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull): // no line of ours is that long
			l.offset += int64(len(line))
			continue
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return all, err
		}
		l.offset += int64(len(line))
		if e, ok := l.sieve.entry(bytes.TrimSuffix(line, []byte{'\n'})); ok {
			all = append(all, e)
		}
	}
}
