package api

import (
	"context"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/index"
)

func indexes(archives []runtime.OpenArchive) (all []*index.Index) {
	for _, one := range archives {
		all = append(all, one.Index)
	}
	return all
}

// onlyOne is the index of the one archive that there is.
func onlyOne(archives []runtime.OpenArchive) (*index.Index, error) {
	if len(archives) == 1 {
		return archives[0].Index, nil
	}
	return nil, &luaapi.Failure{Kind: "misuse", Message: "this host has an archive for each share that it holds, and that is for one at a time"}
}

// inFolder is an entry of an archive with its path below archive.path.
func inFolder(one runtime.OpenArchive, e archive.Entry) archive.Entry {
	e.Path = path.Join(one.Folder, e.Path)
	return e
}

// FindIn gives each what is asked for of several archives, the oldest first.
func (q ArchiveQuery) FindIn(ctx context.Context, archives []runtime.OpenArchive, each func(archive.Entry) error) error {
	if q.Path != "" {
		for _, one := range archives {
			in, below := q, true
			if one.Folder != "" {
				in.Path, below = strings.CutPrefix(q.Path, one.Folder+"/")
			}
			if !below {
				continue
			}
			if err := in.Find(ctx, one.Index, func(e archive.Entry) error { return each(inFolder(one, e)) }); err != nil {
				return err
			}
		}
		return nil
	}
	var list []archive.Entry // the last ones
	tell := each
	if q.Last > 0 {
		tell = func(e archive.Entry) error {
			list = append(list, e)
			return nil
		}
	}
	if err := q.merge(ctx, archives, tell); err != nil {
		return err
	}
	for _, e := range list[max(0, len(list)-max(q.Last, 0)):] {
		if err := each(e); err != nil {
			return err
		}
	}
	return nil
}

// merge gives each what Find gives of each archive, the oldest first.
func (q ArchiveQuery) merge(ctx context.Context, archives []runtime.OpenArchive, each func(archive.Entry) error) error {
	type reader struct {
		next func() (archive.Entry, error, bool)
		head archive.Entry
	}
	var readers []*reader
	// advance reports whether there is one more.
	advance := func(r *reader) (more bool, err error) {
		r.head, err, more = r.next()
		return more && err == nil, err
	}
	for _, one := range archives {
		next, stop := iter.Pull2(q.entries(ctx, one))
		defer stop()
		r := &reader{next: next}
		more, err := advance(r)
		if err != nil {
			return err
		}
		if more {
			readers = append(readers, r)
		}
	}
	for len(readers) > 0 {
		first := 0
		for i, r := range readers {
			if r.head.Taken.Before(readers[first].head.Taken) {
				first = i
			}
		}
		if err := each(readers[first].head); err != nil {
			return err
		}
		more, err := advance(readers[first])
		if err != nil {
			return err
		}
		if !more {
			readers = slices.Delete(readers, first, first+1)
		}
	}
	return nil
}

// entries are what Find gives of one archive; an error is the last.
func (q ArchiveQuery) entries(ctx context.Context, one runtime.OpenArchive) iter.Seq2[archive.Entry, error] {
	return func(yield func(archive.Entry, error) bool) {
		over := false
		err := q.Find(ctx, one.Index, func(e archive.Entry) error {
			if over = !yield(inFolder(one, e), nil); over {
				return errOver
			}
			return nil
		})
		if err != nil && !over {
			yield(archive.Entry{}, err)
		}
	}
}
