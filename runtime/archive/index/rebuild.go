package index

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/clock"
)

// ErrRebuilding is for what cannot be done while the index is made anew.
var ErrRebuilding = errors.New("the archive's index is being made anew")

// Rebuild opens the index in the file at path and makes it anew from the
// pictures and manifests in dir; a folder that is no archive becomes one. The
// report is as Verify's: what was changed, is missing or was added stays so.
func Rebuild(ctx context.Context, path, dir string, o Options, v VerifyOptions) (Report, error) {
	x := newIndex(path, dir, o)
	x.refound = true
	err := x.Flush(ctx)
	var r Report
	if err == nil {
		r, err = x.Rebuild(ctx, v)
	}
	return r, errorOf(err, x.Close(ctx))
}

// Rebuild makes the index anew, while pictures go on being taken.
func (x *Index) Rebuild(ctx context.Context, o VerifyOptions) (Report, error) {
	x.mu.Lock()
	if x.rebuilding {
		x.mu.Unlock()
		return Report{}, ErrRebuilding
	}
	x.refound, x.rebuilding = true, true
	x.mu.Unlock()
	defer func() {
		x.mu.Lock()
		x.rebuilding = false
		x.mu.Unlock()
	}()
	if err := x.turn.Acquire(ctx); err != nil {
		return Report{}, err
	}
	defer x.turn.Release()
	if err := x.do(ctx, x.clear); err != nil {
		return Report{}, err
	}
	root, err := x.Folder()
	if err != nil {
		return Report{}, err
	}
	defer root.Close()
	o.Index, o.Clock = nil, x.opt.Clock
	b := &rebuilder{verifier: newVerifier(ctx, root, o), x: x, listings: make(map[pathSum]listing)}
	if err := b.run(); err != nil {
		return b.report, err
	}
	return b.report, x.do(ctx, func(c *change) error { return x.setIncomplete(c, "") })
}

func (x *Index) isRebuilding() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.rebuilding
}

const rebuilding = "the index is being made anew, or that was not finished"

// clear forgets every picture, and takes up the newest manifest as it is.
func (x *Index) clear(c *change) error {
	if err := clearTables(c.tx); err != nil {
		return err
	}
	c.totals = Totals{}
	root, err := x.Folder()
	if err != nil {
		return err
	}
	defer root.Close()
	days, err := manifestDays(root)
	if err != nil {
		return err
	}
	days = slices.DeleteFunc(days, func(day string) bool { return day > c.today })
	if len(days) > 0 {
		if c.chain, err = resume(root, days[len(days)-1]); err != nil {
			return err
		}
		if err := putJSON(c.bucket(bucketMeta), metaChain, c.chain); err != nil {
			return err
		}
	}
	return x.setIncomplete(c, rebuilding)
}

func (x *Index) setIncomplete(c *change, why string) error {
	id := x.ident
	id.Incomplete = why
	x.know(id)
	return putJSON(c.bucket(bucketMeta), metaIdentity, id)
}

// listing is what the manifests say of a path.
type listing struct {
	sum [sha256.Size]byte
	day uint32 // in days
}

// rebuilder is one Rebuild.
type rebuilder struct {
	*verifier
	x        *Index
	days     []string
	listings map[pathSum]listing
	rows     []row // read and not filed yet
	fresh    []archive.Entry
}

func (b *rebuilder) run() error {
	days, err := b.chain()
	if err != nil {
		return err
	}
	slices.Reverse(days) // the first one first
	b.days = days
	for i, day := range days {
		lines, err := readLines(b.root, day)
		if err != nil {
			return err
		}
		for _, l := range lines {
			switch l.kind {
			case "":
				b.listings[sumOf(l.path)] = listing{l.sum, uint32(i)}
			case prefixRemoved:
				delete(b.listings, sumOf(l.path))
				b.report.Removed++
			}
		}
	}
	if err := b.noteDays(); err != nil {
		return err
	}
	if err := b.walk("."); err != nil {
		return err
	}
	if err := b.file(); err != nil {
		return err
	}
	return b.missing()
}

// noteDays puts the hashes of the manifests that grow no more on record.
func (b *rebuilder) noteDays() error {
	sums := make(map[string]string)
	for _, day := range b.days {
		l, err := b.read(day, make(map[string]string))
		if err != nil {
			return err
		}
		sums[day] = l.sum
	}
	return b.x.do(b.ctx, func(c *change) error {
		for _, day := range b.days {
			if day == c.chain.Day || day == c.today {
				continue
			}
			if err := c.close(day, sums[day]); err != nil {
				return err
			}
		}
		return nil
	})
}

// walk takes in the pictures of a folder and of those below.
func (b *rebuilder) walk(dir string) error {
	var folders []string
	err := eachEntry(b.root, dir, func(e fs.DirEntry) error {
		name := path.Join(dir, e.Name())
		switch {
		case name == archive.OwnFolder:
			return nil
		case e.IsDir():
			folders = append(folders, e.Name())
			return nil
		}
		if err := b.picture(name); err != nil {
			return err
		}
		return b.progress()
	})
	if err != nil {
		return err
	}
	slices.Sort(folders)
	for _, name := range folders {
		if err := b.walk(path.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// picture takes in one file.
func (b *rebuilder) picture(name string) error {
	sum := sumOf(name)
	l, listed := b.listings[sum]
	if !listed && !strings.HasSuffix(name, pictureExt) {
		b.find(Added, name, addedDetail)
		return nil
	}
	b.seen[sum] = listed
	e, ours, err := b.x.describe(b.root, name)
	switch {
	case err != nil:
		return err
	case listed && e.SHA256 != l.sum:
		b.find(Changed, name, changedDetail)
		e.SHA256 = l.sum // so that retention leaves it alone
	case listed:
		b.report.Files++
		b.report.Bytes += e.Size
	case !ours:
		b.find(Added, name, addedDetail)
		return nil
	}
	if listed && !e.Taken.IsZero() {
		b.rows = append(b.rows, row{e, b.days[l.day]})
	}
	if !listed {
		b.fresh = append(b.fresh, e)
	}
	if len(b.rows)+len(b.fresh) >= flushAt {
		return b.file()
	}
	return nil
}

// file files what was read.
func (b *rebuilder) file() error {
	rows, fresh := b.rows, b.fresh
	b.rows, b.fresh = nil, nil
	return b.x.do(b.ctx, func(c *change) error {
		for _, r := range rows {
			if c.bucket(bucketPaths).Get([]byte(r.Path)) != nil {
				continue // it was taken meanwhile
			}
			if err := c.insert(r); err != nil {
				return err
			}
		}
		for _, e := range fresh {
			if err := c.put(e); err != nil {
				return err
			}
		}
		return nil
	})
}

// missing finds what is listed and was not there.
func (b *rebuilder) missing() error {
	for _, day := range b.days {
		lines, err := readLines(b.root, day)
		if err != nil {
			return err
		}
		for _, l := range lines {
			sum := sumOf(l.path)
			if _, listed := b.listings[sum]; l.kind != "" || !listed || b.seen[sum] {
				continue
			}
			if _, err := b.root.Lstat(l.path); err == nil {
				continue // it was taken meanwhile
			}
			b.seen[sum] = true
			b.find(Missing, l.path, missingDetail)
		}
	}
	return clock.Cause(b.ctx)
}
