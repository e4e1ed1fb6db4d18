package api

import (
	"context"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/index"
	"github.com/hiklua/hiklua/runtime/archive/retention"
	"github.com/hiklua/hiklua/runtime/clock"
)

// Prune is what POST /api/archive/prune takes.
type Prune struct {
	DryRun bool `json:"dry_run,omitempty"` // nothing goes
}

// Removed is a picture that goes: a line of the answer.
type Removed struct {
	archive.Record
	Reason string `json:"reason"`
}

// Pruned is the last line of it.
type Pruned struct {
	DryRun bool  `json:"dry_run"`
	Files  int64 `json:"pictures"`
	Bytes  int64 `json:"bytes"`
	Left   int64 `json:"left"` // that had to stay: changed since they were archived
}

// PruneBy removes what has had its time, or only tells each of it, and returns
// how many had to stay.
func (p Prune) PruneBy(ctx context.Context, k *retention.Keeper, each func(retention.Removal) error) (left int64, err error) {
	if p.DryRun {
		return 0, k.Plan(ctx, each)
	}
	sum, err := k.Prune(ctx, func(r retention.Removal) { _ = each(r) }) // what can't be told goes all the same
	return sum.Left, err
}

func (a *API) prune(ctx context.Context, in Prune, out *lines) error {
	zone := a.conf.Host.Zone()
	sum := Pruned{DryRun: in.DryRun}
	all := batch{out: out}
	err := a.conf.Host.UseArchives(ctx, func(archives []runtime.OpenArchive) error {
		for _, one := range archives {
			left, err := in.PruneBy(ctx, one.Keeper, func(r retention.Removal) error {
				sum.Files++
				sum.Bytes += r.Size
				e := inFolder(one, r.Entry)
				return all.add(Removed{e.Record(zone), r.Reason})
			})
			sum.Left += left
			if err != nil {
				return err
			}
		}
		return nil
	})
	if sent := all.send(); err == nil {
		err = sent
	}
	if err != nil {
		return err
	}
	if !in.DryRun {
		a.log.Info("archive pruned by hand", "pictures", sum.Files)
	}
	return out.send(sum)
}

// progressEvery is how often it is told how far a rebuild is.
const progressEvery = time.Second / 4

// Rebuilt is a line of what POST /api/archive/rebuild answers: how far it is, or
// at last what came of it.
type Rebuilt struct {
	Done   int64         `json:"done,omitempty"`
	Of     int64         `json:"of,omitempty"`
	Report *index.Report `json:"report,omitempty"`
}

// rebuild makes the index anew, while pictures go on being taken.
func (a *API) rebuild(ctx context.Context, _ Nothing, out *lines) error {
	clk := clock.Real()
	next := clk.Now()
	tell := func(done, of int64) {
		if now := clk.Now(); !now.Before(next) {
			next = now.Add(progressEvery)
			_ = out.send(Rebuilt{Done: done, Of: of}) // a client that has gone ends ctx
		}
	}
	return a.conf.Host.UseArchives(ctx, func(archives []runtime.OpenArchive) error {
		x, err := onlyOne(archives)
		if err != nil {
			return err
		}
		a.log.Info("index of the archive made anew by hand")
		report, err := x.Rebuild(ctx, index.VerifyOptions{Clock: clk, Progress: tell})
		if err != nil {
			return err
		}
		return out.send(Rebuilt{Report: &report})
	})
}
