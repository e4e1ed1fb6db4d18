// Package retention decides which pictures of an archive go, and when.
package retention

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/index"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// Policy is what site.yaml says about how long pictures are kept.
type Policy struct {
	Keep     time.Duration // age after which a picture goes; 0: no bound by age
	Thinning []site.Thin   // instead of Keep
	Labels   []site.LabelKeep
	MaxSize  int64          // bytes; 0: no bound
	MinFree  int64          // bytes; 0: no bound
	Zone     *time.Location // of hours and days
}

// PolicyOf is the policy of a site's archive.
func PolicyOf(a *site.Archive, zone *time.Location) Policy {
	return Policy{a.Keep, a.Thinning, a.Labels, a.MaxSize, a.MinFree, zone}
}

// Removal is a picture that goes.
type Removal struct {
	archive.Entry
	Reason string // "older than 30d", "hourly after 2d", "max_size 200GB"
}

// Options are what a Keeper is made of.
type Options struct {
	Clock  clock.Clock
	Log    *slog.Logger
	Index  *index.Index
	Dir    string // of the archive
	Policy Policy
}

// Keeper removes the pictures of one archive that have had their time.
type Keeper struct{}

// New makes a Keeper.
func New(o Options) *Keeper { return &Keeper{} }

// Plan tells what Prune would remove now, and why, the oldest first within each
// reason.
func (k *Keeper) Plan(ctx context.Context, fn func(Removal) error) error {
	return errors.New("not built yet")
}

// Result sums up what was removed.
type Result struct {
	Files int64
	Bytes int64
	Left  int64 // files that had to stay: changed since they were written
}

// Prune removes what has had its time; fn, if it is not nil, is told of each.
func (k *Keeper) Prune(ctx context.Context, fn func(Removal)) (Result, error) {
	return Result{}, errors.New("not built yet")
}

// Admit makes room for one more picture, if max_size or min_free ask for it. The
// error says what to do if there is none.
func (k *Keeper) Admit(ctx context.Context) error { return nil }
