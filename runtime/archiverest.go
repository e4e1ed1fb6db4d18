package runtime

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/hiklua/hiklua/runtime/archive/index"
	"github.com/hiklua/hiklua/runtime/archive/retention"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// RestingArchive calls f with the archive of a site of which no Host runs here: that
// of a share that another machine holds, too. Data is the folder in which its index
// lies; "": data/ of the site. Without an index f is not called. The error wraps
// index.ErrLocked if another process has the index open.
func RestingArchive(ctx context.Context, s *site.Site, data string, clk clock.Clock, log *slog.Logger, f func(OpenArchive) error) error {
	data = cmp.Or(data, filepath.Join(s.Dir, "data"))
	file, conf := filepath.Join(data, index.FileName), archiveConf(s, data)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	x, err := index.Open(ctx, file, s.Path(conf.Path), index.Options{Clock: clk, Log: log, Zone: s.Timezone, Layout: conf.Layout})
	if err != nil {
		return err
	}
	err = f(OpenArchive{Index: x, Keeper: retention.New(retention.Options{
		Clock: clk, Log: log, Index: x, Policy: retention.PolicyOf(&conf, s.Timezone),
	})})
	limit, cancel := clock.WithTimeout(clk, context.Background(), archiveClose)
	defer cancel()
	return errors.Join(err, x.Close(limit))
}

// restTries is how often the index is tried that RestingArchive has open, every 50 ms.
const restTries = 100

// startIndex opens the index of the archive. In a cluster what looks at it while the
// share is held elsewhere gives it up within moments.
func (h *Host) startIndex(ctx context.Context, file, dir string, o index.Options) *index.Index {
	for n := 1; ; n++ {
		x := index.Start(file, dir, o)
		x.Ready(ctx)
		if n == restTries || !h.inCluster() || !errors.Is(x.Problem(), index.ErrLocked) {
			return x
		}
		x.Close(ctx)
		clock.Sleep(ctx, h.clk, 50*time.Millisecond)
	}
}
