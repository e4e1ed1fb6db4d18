package index

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	bolt "go.etcd.io/bbolt"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/clock"
)

// Removal is a picture that is to go, or has gone.
type Removal struct {
	Key Key
	archive.Entry
	Reason string // "older than 30d"
}

// Left says why a picture was not removed. The index has it no more either way:
// it is no longer what the archive wrote.
type Left struct {
	Removal
	Why string
}

const (
	leftChanged = "changed since it was written"
	leftGone    = "was gone already"
)

// maxRemoved is how many pictures one change removes.
const maxRemoved = 200

// Remove removes pictures, in steps each of which lasts over a crash: what is to
// go is put on record, goes, and is listed in the manifest as removed. A file
// that has other bytes than the archive wrote stays. done, if it is set, is told
// of each that is gone. Cursors are noted with the last. The error is
// ErrRebuilding while Rebuild is at work.
func (x *Index) Remove(ctx context.Context, list []Removal, cursors map[string]Key, done func(Removal)) (left []Left, err error) {
	if x.isRebuilding() {
		return nil, ErrRebuilding
	}
	if err := x.turn.Acquire(ctx); err != nil {
		return nil, err
	}
	defer x.turn.Release()
	for first := true; first || len(list) > 0; first = false {
		some := list[:min(len(list), maxRemoved)]
		list = list[len(some):]
		noted := cursors
		if len(list) > 0 {
			noted = nil
		}
		more, err := x.removeSome(ctx, some, noted, done)
		left = append(left, more...)
		if err != nil {
			return left, err
		}
	}
	return left, nil
}

// removeSome removes a few pictures. Its caller has the turn.
func (x *Index) removeSome(ctx context.Context, list []Removal, cursors map[string]Key, done func(Removal)) (left []Left, err error) {
	known := make([]bool, len(list)) // the index has it
	again := make([]bool, len(list)) // an earlier try may have removed it
	if len(list) > 0 {
		err := x.do(ctx, func(c *change) error {
			for i, r := range list {
				if known[i] = c.bucket(bucketPictures).Get(r.Key[:]) != nil; !known[i] {
					continue
				}
				again[i] = c.bucket(bucketDoomed).Get(r.Key[:]) != nil
				if err := c.bucket(bucketDoomed).Put(r.Key[:], []byte(r.Reason)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	root, err := x.Folder()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	why := make([]string, len(list))
	for i, r := range list {
		if err := clock.Cause(ctx); err != nil {
			return nil, err // the rest is removed at the next start, or the next time
		}
		if !known[i] {
			continue
		}
		if why[i], err = x.unlink(root, &r.Entry); err != nil {
			return nil, &FolderError{Dir: x.dir, Problem: r.Path, Err: err}
		}
		if why[i] == leftGone && again[i] {
			why[i] = ""
		}
	}
	x.syncFolders(root, list)
	err = x.do(ctx, func(c *change) error {
		for i, r := range list {
			if known[i] {
				if err := c.remove(r.Key, r.Reason, why[i]); err != nil {
					return err
				}
			}
		}
		for name, k := range cursors {
			if err := c.bucket(bucketCursors).Put([]byte(name), k[:]); err != nil {
				return err
			}
		}
		return x.dropManifests(c)
	})
	if err != nil {
		return nil, err
	}
	for i, r := range list {
		switch {
		case why[i] != "":
			left = append(left, Left{r, why[i]})
		case known[i] && done != nil:
			done(r)
		}
	}
	return left, nil
}

// remove takes out a picture whose file is gone, or that is left alone, and says
// so in the manifest.
func (c *change) remove(k Key, reason, left string) error {
	if c.bucket(bucketPictures).Get(k[:]) == nil {
		return c.bucket(bucketDoomed).Delete(k[:])
	}
	_, r, err := c.get(k[:])
	if err != nil {
		return err
	}
	prefix := prefixRemoved
	if left != "" {
		prefix, reason = prefixLeft, left
	}
	c.lines.WriteString(goneLine(prefix, r.SHA256, r.Path, reason))
	return c.drop(k, &r)
}

// dropManifests has the oldest manifests go of which no picture is there any
// more. The manifest of today says so.
func (x *Index) dropManifests(c *change) error {
	if x.ident.Incomplete != "" {
		return nil // pictures of theirs may be there that the index lacks
	}
	days := c.bucket(bucketDays)
	for cur := days.Cursor(); ; {
		name, _ := cur.First()
		if name == nil {
			return nil
		}
		var d day
		if _, err := getJSON(days, string(name), &d); err != nil {
			return err
		}
		if d.Live > 0 || d.SHA256 == "" || string(name) >= c.today || string(name) == c.chain.Day {
			return nil
		}
		c.lines.WriteString(prefixDropped + string(name) + " " + d.SHA256 + "\n")
		c.dropped = append(c.dropped, string(name))
		if err := cur.Delete(); err != nil {
			return err
		}
	}
}

// unlink removes a file of the archive if it is still as it was written; left
// says why it is not removed.
func (x *Index) unlink(root *os.Root, e *archive.Entry) (left string, err error) {
	file, err := openPlain(root, e.Path)
	if err != nil {
		return "", err
	}
	if file == nil {
		if _, err := root.Lstat(e.Path); errors.Is(err, fs.ErrNotExist) {
			return leftGone, nil
		}
		return leftChanged, nil
	}
	sum, err := hashOf(file)
	file.Close()
	switch {
	case err != nil:
		return "", err
	case sum != e.SHA256:
		return leftChanged, nil
	}
	if err := root.Remove(e.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	x.prune(root, folderOf(e.Path))
	return "", nil
}

// prune removes a folder that has become empty, and those above that have, but
// not where pictures are expected.
func (x *Index) prune(root *os.Root, dir string) {
	for ; dir != "."; dir = folderOf(dir) {
		if x.expects(dir) || root.Remove(dir) != nil {
			return
		}
	}
}

// expects reports whether pictures are expected in a folder or below it.
func (x *Index) expects(dir string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.folders[dir] != nil {
		return true
	}
	for name := range x.folders {
		if strings.HasPrefix(name, dir+"/") {
			return true
		}
	}
	return false
}

// syncFolders makes removals last over a power cut, before the index forgets.
func (x *Index) syncFolders(root *os.Root, list []Removal) {
	last := ""
	for _, r := range list {
		if dir := folderOf(r.Path); dir != last {
			x.syncFolder(root, dir)
			last = dir
		}
	}
}

func hashOf(r io.Reader) (sum [sha256.Size]byte, err error) {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return sum, err
	}
	h.Sum(sum[:0])
	return sum, nil
}

// finishRemovals goes on with what a killed process was about to remove.
func (x *Index) finishRemovals(root *os.Root) error {
	type doomed struct {
		key    Key
		reason string
		left   string
	}
	for {
		var list []doomed
		var rows []row
		err := x.db.Load().View(func(tx *bolt.Tx) error {
			c := &change{tx: tx}
			cur := c.bucket(bucketDoomed).Cursor()
			for key, reason := cur.First(); key != nil && len(list) < maxRemoved; key, reason = cur.Next() {
				k, r, err := c.get(key)
				if err != nil {
					return err
				}
				list, rows = append(list, doomed{key: k, reason: string(reason)}), append(rows, r)
			}
			return nil
		})
		if err != nil || len(list) == 0 {
			return err
		}
		for i := range list {
			left, err := x.unlink(root, &rows[i].Entry)
			if err != nil {
				return err
			}
			if left == leftGone {
				left = "" // we had removed it
			}
			list[i].left = left
		}
		err = x.transact(func(c *change) error {
			for _, d := range list {
				if err := c.remove(d.key, d.reason, d.left); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}
