package index

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/clock"
)

// FileName is the index below the site's data folder.
const FileName = "archive.db"

// Options are what an Index needs besides its file.
type Options struct {
	Clock clock.Clock
	Log   *slog.Logger
	Zone  *time.Location // in which days begin
}

// Index is an open index.
type Index struct{}

var errDue = errors.New("not built yet")

// Open opens the index in the file at path, or begins one, for the archive in
// the folder dir. The error is ErrLocked if another process has it.
func Open(path, dir string, o Options) (*Index, error) { return nil, errDue }

// Close writes what is left, and closes the file.
func (x *Index) Close() error { return nil }

// Expect puts on record that pictures come to lie in dir, a folder below the
// archive's with slashes, and waits until the disk has that: at once but for the
// first picture of a folder.
func (x *Index) Expect(ctx context.Context, dir string) error { return nil }

// Add takes in a picture that has its name. It waits for nothing.
func (x *Index) Add(e archive.Entry) {}

// Present says why a folder is not this archive: the mount is gone, another disk
// is there, another site has taken it over. It waits for the disk. A picture is
// written by way of the same root, so that it cannot come to lie elsewhere.
func (x *Index) Present(root *os.Root) error { return nil }

// List gives the pictures that q chooses, the oldest first, until fn returns an
// error, which it returns.
func (x *Index) List(ctx context.Context, q archive.Query, fn func(archive.Entry) error) error {
	return nil
}

// Get finds a picture by its path below the archive.
func (x *Index) Get(ctx context.Context, path string) (e archive.Entry, found bool, err error) {
	return
}

// Totals is what the archive holds.
type Totals struct {
	Files          int64
	Bytes          int64
	Oldest, Newest time.Time // zero: there is none
}

// Totals tells what the archive holds. It waits for no disk.
func (x *Index) Totals() Totals { return Totals{} }

// Problem says why pictures are not recorded; nil: they are.
func (x *Index) Problem() error { return nil }
