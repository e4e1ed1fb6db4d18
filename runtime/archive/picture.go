package archive

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"sync"
	"syscall"
	"time"

	"github.com/hiklua/hiklua/runtime/archive/jpeg"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/owner"
)

// Picture is one picture on its way into the archive: an io.Writer of what the
// camera sends, which Commit or Abort ends. One goroutine uses it.
type Picture struct {
	// Entry is what the picture will be filed under. It may be changed until
	// the first byte is written.
	Entry Entry
	// Make and Model are of the camera, for EXIF; "": not known.
	Make, Model string

	a    *Archive
	ctx  context.Context
	root *os.Root
	file *os.File
	part string // path of the unfinished file; "": there is none
	path string // where it is to go; "": nowhere yet
	jpeg *jpeg.Writer
	size int64
	done bool
}

// Begin begins a picture: it has its unfinished file when Begin returns, so
// that a camera is asked only if there is room for what it sends. The error is
// that of Options.Admit, of the index, or a *DiskError.
func (a *Archive) Begin(ctx context.Context, e Entry) (*Picture, error) {
	p := &Picture{Entry: e, a: a, ctx: ctx}
	if err := p.open(); err != nil {
		p.Abort()
		return nil, err
	}
	return p, nil
}

// open makes the unfinished file.
func (p *Picture) open() (err error) {
	a := p.a
	if a.opt.Admit != nil {
		if err := a.opt.Admit(p.ctx); err != nil {
			return err
		}
	}
	if p.root, err = a.open(); err != nil {
		return err
	}
	part := a.newPart(p.Entry.Device)
	a.step("begun")
	create := func() { p.file, err = p.root.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) }
	if create(); errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		if err := mkdir(p.root, path.Dir(part)); err != nil {
			return err
		}
		create()
	}
	if err != nil {
		return told(part, err)
	}
	p.part = part
	return told(part, owner.Give(p.file, a.opt.Dir))
}

// Write takes bytes of the picture. The error is that of the disk, or a
// *jpeg.FormatError for bytes that are none of a picture.
func (p *Picture) Write(b []byte) (int, error) {
	if p.jpeg == nil {
		if p.Entry.Taken.IsZero() {
			p.Entry.Taken = p.a.opt.Clock.Now()
		}
		p.Entry.Taken = p.Entry.Taken.Round(0).Truncate(time.Microsecond)
		p.jpeg = jpeg.NewWriter(writerFunc(p.store), p.stamp())
		p.jpeg.SetSeed(p.a.seed)
	}
	return p.jpeg.Write(b)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// store puts bytes of the final file on the disk.
func (p *Picture) store(b []byte) (int, error) {
	p.a.step("writing")
	n, err := p.file.Write(b)
	p.size += int64(n)
	return n, told(p.part, err)
}

// Commit puts the picture into its place and returns its entry.
func (p *Picture) Commit() (Entry, error) {
	defer p.Abort()
	a := p.a
	if p.jpeg == nil {
		return Entry{}, &jpeg.FormatError{Problem: "nothing came", Cut: true}
	}
	if err := p.jpeg.Close(); err != nil {
		return Entry{}, err
	}
	if err := clock.Cause(p.ctx); err != nil {
		return Entry{}, err
	}
	e := p.Entry
	if err := p.settle(&e.SHA256); err != nil {
		return Entry{}, told(p.part, err)
	}
	if err := p.place(); err != nil {
		return Entry{}, err
	}
	e.Path, e.Size = p.path, p.size
	e.Width, e.Height = p.jpeg.Info().Width, p.jpeg.Info().Height
	a.step("before index")
	if a.opt.Index != nil {
		a.opt.Index.Add(e)
	}
	if a.opt.Added != nil {
		a.opt.Added(e, p.jpeg.DataHash())
	}
	a.step("added")
	return e, nil
}

// hashBuffers are for pictures that are read back.
var hashBuffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// errLess is for a disk that loses what was written.
var errLess = errors.New("the disk has less of the picture than was written")

// settle syncs the file. Meanwhile it is read back, out of memory, for its hash:
// that costs the processor a third of what a picture does, and the disk is what
// the picture waits for.
func (p *Picture) settle(sum *[sha256.Size]byte) error {
	p.a.step("before sync")
	group := clock.NewGroup(p.a.opt.Clock)
	var failed error
	group.Go(func() {
		buf := hashBuffers.Get().(*[32 << 10]byte)
		defer hashBuffers.Put(buf)
		h := sha256.New()
		var n int64
		n, failed = io.CopyBuffer(h, io.NewSectionReader(p.file, 0, p.size), buf[:])
		if failed == nil && n < p.size {
			failed = errLess
		}
		h.Sum(sum[:0])
	})
	err := p.a.sync(p.file)
	group.Wait()
	return cmp.Or(err, failed)
}

// place gives the file its path, which it takes from no other file.
func (p *Picture) place() error {
	a := p.a
	a.mu.Lock()
	wanted := a.layout.Path(&p.Entry, a.zone)
	a.mu.Unlock()
	dir := path.Dir(wanted)
	// From here on retention leaves the folder alone although it is empty.
	if a.opt.Index != nil {
		if err := a.opt.Index.Expect(p.ctx, dir); err != nil {
			return err
		}
	}
	err := p.placeIn(dir, wanted)
	if errors.Is(err, fs.ErrNotExist) {
		// Retention had found the folder, or one above it, empty before it was
		// expected, and has removed it meanwhile. It does so once.
		err = p.placeIn(dir, wanted)
	}
	return err
}

// placeIn gives the file the path that is wanted, or one with a number, in the
// folder dir. The error is fs.ErrNotExist if the folder went meanwhile.
func (p *Picture) placeIn(dir, wanted string) error {
	a := p.a
	folder, err := openFolder(p.root, dir)
	if err != nil {
		return told(wanted, err)
	}
	defer folder.Close()
	a.step("before rename")
	for n := a.number(wanted); ; n++ {
		name := numbered(wanted, n)
		err := a.name(p.root, p.part, folder, name)
		if errors.Is(err, fs.ErrExist) && n < maxNumber {
			continue
		}
		if err != nil {
			return told(name, err)
		}
		p.part, p.path = "", name
		a.numbered(wanted, n)
		a.step("after rename")
		a.sync(folder) // where the file system can
		a.step("folder synced")
		return nil
	}
}

// openFolder opens a folder of the archive, which it makes if it is not there.
func openFolder(root *os.Root, dir string) (*os.File, error) {
	dir += "/" // a pipe is not opened by such a name
	folder, err := root.Open(dir)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		if err := mkdir(root, path.Clean(dir)); err != nil {
			return nil, err
		}
		folder, err = root.Open(dir)
	}
	return folder, err
}

// maxNumbers bounds the memory for numbers.
const maxNumbers = 4096

// number is the first number that a picture of that path may have, as far as this
// process knows.
func (a *Archive) number(wanted string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.numbers[wanted] + 1
}

// numbered notes that a picture of that path has a number.
func (a *Archive) numbered(wanted string, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.numbers) >= maxNumbers {
		clear(a.numbers) // the files are looked at again
	}
	a.numbers[wanted] = max(n, a.numbers[wanted])
}

// name gives an unfinished file its name in a folder, or fs.ErrExist if there is
// such a file.
func (a *Archive) name(root *os.Root, part string, folder *os.File, name string) error {
	err := a.rename(root, part, folder, path.Base(name))
	if !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	err = root.Link(part, name)
	if err == nil {
		a.step("linked")
		return root.Remove(part)
	}
	if errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// The file system may have no second names for a file.
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := root.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return cmp.Or(err, fs.ErrExist)
	}
	return root.Rename(part, name)
}

// Abort leaves nothing of a picture that was not committed.
func (p *Picture) Abort() {
	if p.done {
		return
	}
	p.done = true
	if p.file != nil {
		p.file.Close()
	}
	if p.part != "" {
		p.root.Remove(p.part)
	}
	if p.root != nil {
		p.root.Close()
	}
}

var _ io.Writer = (*Picture)(nil)
