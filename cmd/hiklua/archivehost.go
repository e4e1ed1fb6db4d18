package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/index"
	"github.com/hiklua/hiklua/runtime/archive/retention"
)

// archivePage is how many pictures go over the control socket at one time.
const archivePage = 200

// archiveQuery asks a host for pictures.
type archiveQuery struct {
	Query archive.Query `json:"query"`
	Last  int           `json:"last,omitempty"` // the last so many; 0: all
	Path  string        `json:"path,omitempty"` // the one picture that lies there
}

// archivePart is a piece of what the host answers.
type archivePart struct {
	Pictures   []archive.Record `json:"pictures,omitempty"`
	Sum        *jsonArchive     `json:"sum,omitempty"`
	Incomplete string           `json:"incomplete,omitempty"` // why pictures are missing in the list
}

// incomplete says why an index lacks pictures that are there; "": it does not.
func incomplete(problem error) string {
	var lacking *index.IncompleteError
	if !errors.As(problem, &lacking) {
		return ""
	}
	return lacking.Error() + "\n  " + lacking.Hint()
}

func sendIncomplete(x *index.Index, send func(any) error) error {
	note := incomplete(x.Problem())
	if note == "" {
		return nil
	}
	return send(archivePart{Incomplete: note})
}

// find gives each what is asked for, the oldest first.
func (q *archiveQuery) find(ctx context.Context, x *index.Index, each func(archive.Entry) error) error {
	switch {
	case q.Path != "":
		e, found, err := x.Get(ctx, q.Path)
		if err == nil && found {
			err = each(e)
		}
		return err
	case q.Last > 0:
		last, err := x.Last(ctx, q.Query, q.Last)
		for _, e := range last {
			if err == nil {
				err = each(e)
			}
		}
		return err
	}
	return x.List(ctx, q.Query, each)
}

// batches gathers what is sent, a page at a time; end sends what is left.
func batches[T any](send func([]T) error) (add func(T) error, end func() error) {
	var page []T
	end = func() error {
		if len(page) == 0 {
			return nil
		}
		err := send(page)
		page = page[:0]
		return err
	}
	return func(item T) error {
		if page = append(page, item); len(page) < archivePage {
			return nil
		}
		return end()
	}, end
}

// listArchive sends the pictures that are asked for.
func (s *hostSession) listArchive(ctx context.Context, args json.RawMessage, send func(any) error) error {
	var q archiveQuery
	if err := json.Unmarshal(args, &q); err != nil {
		return err
	}
	add, end := batches(func(page []archive.Record) error { return send(archivePart{Pictures: page}) })
	each := func(e archive.Entry) error { return add(e.Record(s.host.Zone())) }
	err := s.host.UseArchive(ctx, func(x *index.Index, _ *retention.Keeper) error {
		if err := sendIncomplete(x, send); err != nil {
			return err
		}
		return q.find(ctx, x, each)
	})
	if err != nil {
		return faultOf(err)
	}
	return end()
}

// sumArchive sends how much there is of each channel.
func (s *hostSession) sumArchive(ctx context.Context, send func(any) error) error {
	return faultOf(s.host.UseArchive(ctx, func(x *index.Index, _ *retention.Keeper) error {
		if err := sendIncomplete(x, send); err != nil {
			return err
		}
		all, err := sumUp(ctx, x)
		if err != nil {
			return err
		}
		return send(archivePart{Sum: all})
	}))
}

// pruneAnswer is a piece of what the host says to prune.
type pruneAnswer struct {
	Removed []removedRecord `json:"removed,omitempty"`
	Left    int64           `json:"left,omitempty"`
}

// pruneArchive removes what has had its time, and sends what that is.
func (s *hostSession) pruneArchive(ctx context.Context, args json.RawMessage, send func(any) error) error {
	var dry bool
	if err := json.Unmarshal(args, &dry); err != nil {
		return err
	}
	add, end := batches(func(page []removedRecord) error { return send(pruneAnswer{Removed: page}) })
	each := func(r retention.Removal) error { return add(removedRecord{r.Record(s.host.Zone()), r.Reason}) }
	var left int64
	err := s.host.UseArchive(ctx, func(_ *index.Index, k *retention.Keeper) (err error) {
		left, err = pruneWith(ctx, k, dry, each)
		return err
	})
	if ended := end(); err == nil {
		err = ended
	}
	if err != nil {
		return faultOf(err)
	}
	return send(pruneAnswer{Left: left})
}

// pruneWith removes what has had its time, or with dry only tells each, and
// returns how many had to stay.
func pruneWith(ctx context.Context, k *retention.Keeper, dry bool, each func(retention.Removal) error) (left int64, err error) {
	if dry {
		return 0, k.Plan(ctx, each)
	}
	sum, err := k.Prune(ctx, func(r retention.Removal) { _ = each(r) }) // what can't be told goes all the same
	return sum.Left, err
}

// archiveHead tells where the manifests end.
func (s *hostSession) archiveHead(ctx context.Context, send func(any) error) error {
	return faultOf(s.host.UseArchive(ctx, func(x *index.Index, _ *retention.Keeper) error {
		head, err := x.Head(ctx)
		if err != nil {
			return err
		}
		return send(head)
	}))
}

// rebuildArchive makes the index anew, while pictures go on being taken.
func (s *hostSession) rebuildArchive(ctx context.Context, send func(any) error) error {
	next := s.clk.Now()
	tell := func(done, of int64) {
		if now := s.clk.Now(); !now.Before(next) {
			next = now.Add(progressEvery)
			_ = send(rebuilt{Done: done, Of: of}) // a client that has gone ends ctx
		}
	}
	return faultOf(s.host.UseArchive(ctx, func(x *index.Index, _ *retention.Keeper) error {
		report, err := x.Rebuild(ctx, index.VerifyOptions{Clock: s.clk, Progress: tell})
		if err != nil {
			return err
		}
		return send(rebuilt{Report: &report})
	}))
}
