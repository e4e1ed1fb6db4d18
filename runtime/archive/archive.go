package archive

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"sync"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/files"
	"github.com/hiklua/hiklua/runtime/owner"
)

// OwnFolder is the folder in an archive that holds what is no picture.
const OwnFolder = ".hiklua"

// partsFolder holds the pictures that are on their way. All of it that is there
// when an archive is opened was left behind by a process that was killed.
const partsFolder = OwnFolder + "/parts"

// Options are what an Archive is made of.
type Options struct {
	Dir    string // its folder; made with the first picture
	Layout string // of the paths below it, as site.yaml has it
	Zone   *time.Location
	Clock  clock.Clock
	Index  Index // nil: the pictures are recorded nowhere
	// Admit, if it is set, makes room for one more picture, or says why there
	// is none.
	Admit func(context.Context) error
	// NoSync, for tests: a power cut may lose what was written last.
	NoSync bool
	// Added, if it is set, is told of each picture that is in its place, with a
	// number that pictures have in common which are the same to the byte, without
	// what they tell in themselves. It must not wait.
	Added func(e Entry, data uint64)
}

// Archive takes pictures in. Its methods may be called from any goroutine. One
// process has an archive open at a time; what sees to that is the index.
type Archive struct {
	opt    Options
	step   func(string)                                                    // nothing, but in tests: the process may be killed here
	sync   func(*os.File) error                                            // (*os.File).Sync, but in tests
	rename func(root *os.Root, from string, dir *os.File, to string) error // owner.RenameNew, but in tests

	mu      sync.Mutex
	layout  *Layout
	zone    *time.Location
	numbers map[string]int // the last ones, by the path without a number
	seed    maphash.Seed
}

// Open opens an archive, and removes what a killed process has left unfinished.
func Open(o Options) (*Archive, error) {
	layout, err := ParseLayout(o.Layout)
	if err != nil {
		return nil, err
	}
	a := &Archive{
		opt: o, layout: layout, zone: o.Zone, numbers: make(map[string]int), seed: maphash.MakeSeed(),
		step: func(string) {}, sync: (*os.File).Sync, rename: owner.RenameNew,
	}
	if o.NoSync {
		a.sync = func(*os.File) error { return nil }
	}
	return a, a.sweep()
}

// sweep removes unfinished pictures.
func (a *Archive) sweep() error {
	root, err := os.OpenRoot(a.opt.Dir)
	if err != nil {
		return nil // the first picture tells
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), partsFolder, func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() || !files.IsPart(e.Name()):
			return nil
		}
		return root.Remove(name)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return told(partsFolder, err)
}

// Dir is the folder of the archive.
func (a *Archive) Dir() string { return a.opt.Dir }

// Arrange changes where pictures go that are begun from now on.
func (a *Archive) Arrange(layout string, zone *time.Location) error {
	l, err := ParseLayout(layout)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.layout, a.zone = l, zone
	return nil
}

// Add takes in the picture that fill writes, whole or not at all, and returns
// what became of e: with path, size and hash, and with the time at which the
// first byte came if e has none. The error is that of fill, a *DiskError, or a
// *jpeg.FormatError.
func (a *Archive) Add(ctx context.Context, e Entry, fill func(io.Writer) error) (Entry, error) {
	p, err := a.Begin(ctx, e)
	if err != nil {
		return Entry{}, err
	}
	defer p.Abort()
	if err := fill(p); err != nil {
		return Entry{}, err
	}
	return p.Commit()
}

// open opens the folder of the archive. With an index that alone makes it: where
// a disk is not mounted, or a folder was removed, nothing must come to lie.
func (a *Archive) open() (root *os.Root, err error) {
	if a.opt.Index != nil {
		if root, err = a.opt.Index.Folder(); err != nil {
			return nil, err
		}
	} else {
		if err = owner.MkdirAll(a.opt.Dir, 0o700); err == nil {
			root, err = os.OpenRoot(a.opt.Dir)
		}
		if err != nil {
			return nil, told("", err)
		}
	}
	return root, nil
}

// mkdir makes a folder, and says which file is in its way.
func mkdir(root *os.Root, dir string) error {
	err := files.MkdirAll(root, dir)
	if err == nil {
		return nil
	}
	for name := dir; name != "."; name = path.Dir(name) {
		if info, look := root.Stat(name); look == nil && !info.IsDir() {
			return &DiskError{name, errors.New("is a file, in the place of a folder; move it away")}
		}
	}
	return told(dir, err)
}

// maxNumber is far beyond what one second can have.
const maxNumber = 100_000

// newPart is a path for an unfinished picture of a device. They are spread over
// folders, for a file system has those wait for each other who change one folder;
// and those of one device lie together, which costs the disk less than many folders.
func (a *Archive) newPart(device string) string {
	return fmt.Sprintf("%s/%02x/%s", partsFolder, maphash.String(a.seed, device)%64, files.PartName(rand.Uint64()))
}
