package upload

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/owner"
)

// markerName is a file in the folder, by which the folder is known again: the
// mount point of a disk that is gone looks like an empty folder.
const markerName = ".hiklua-copies"

// folder is a second place on a disk.
type folder struct {
	*bucket
	dir    string
	marker string // what the marker has to say
	writes atomic.Int32
}

var _ Place = (*folder)(nil)

// openFolder makes a Place of a folder that is there. marker is what its marker
// said when it was first used, "" for the first time; then it gets one.
func openFolder(address, dir, marker string, p *pace) (*folder, error) {
	fail := func(message, hint string, err error) (*folder, error) {
		return nil, &Error{Place: address, Message: message, Hint: hint, Err: err}
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail("the folder is not there", "make it, or mount its disk", err)
	case err != nil:
		return fail(plainCause(err), "", err)
	case !info.IsDir():
		return fail("it is a file, not a folder", "correct copy_to in site.yaml", nil)
	}
	f := &folder{dir: dir, marker: marker}
	if f.marker == "" {
		if f.marker, err = mark(dir); err != nil {
			return fail("nothing can be written to it: "+plainCause(err), "the folder must belong to the account that hiklua runs as", err)
		}
	}
	// Beside the copies, not in /tmp, which may be another disk.
	opened, err := fileblob.OpenBucket(dir, &fileblob.Options{NoTempDir: true, Metadata: fileblob.MetadataDontWrite, DirFileMode: 0o755})
	if err != nil {
		return fail(plainCause(err), "", err)
	}
	f.bucket = &bucket{place: address, blob: opened, pace: p, explain: explainFolder, write: f.write}
	return f, nil
}

// mark gives a folder its marker, or reads the one that it has.
func mark(dir string) (string, error) {
	name := filepath.Join(dir, markerName)
	if data, err := os.ReadFile(name); err == nil && len(bytes.TrimSpace(data)) > 0 {
		return string(bytes.TrimSpace(data)), nil
	}
	id := make([]byte, 16)
	rand.Read(id)
	marker := hex.EncodeToString(id)
	f, err := owner.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(marker + "\n")
	return marker, errors.Join(err, f.Sync(), f.Close(), syncDir(dir))
}

// present says why the folder is not the one that was used before.
func (f *folder) present() error {
	data, err := os.ReadFile(filepath.Join(f.dir, markerName))
	if err == nil && string(bytes.TrimSpace(data)) == f.marker {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return &Error{
		Place: f.place, Message: "this is not the folder that pictures were copied to before", Err: err,
		Hint: fmt.Sprintf("mount its disk; or, to begin anew in this one, remove data/%s and start hiklua again", FolderName),
	}
}

// Put implements Place.
func (f *folder) Put(ctx context.Context, name string, file *os.File, sum Sum) (string, error) {
	if err := f.present(); err != nil {
		return "", f.failed(err)
	}
	there, err := f.bucket.Put(ctx, name, file, sum)
	if away := f.present(); away != nil { // it went in the middle
		return "", f.failed(away)
	}
	return there, err
}

// Remove implements Place. A folder that is empty then goes too.
func (f *folder) Remove(ctx context.Context, name string) error {
	if err := f.present(); err != nil {
		return f.failed(err)
	}
	err := f.bucket.Remove(ctx, name)
	if err == nil {
		f.removeEmpty(path.Dir(name))
	}
	return err
}

// removeEmpty removes a folder, and those above it, if nothing is in them.
func (f *folder) removeEmpty(dir string) {
	for ; dir != "." && os.Remove(filepath.Join(f.dir, filepath.FromSlash(dir))) == nil; dir = path.Dir(dir) {
	}
}

// takeBack removes a copy from the mount point of a disk that went while it was
// written.
func (f *folder) takeBack(key string) {
	os.Remove(filepath.Join(f.dir, filepath.FromSlash(key)))
	f.removeEmpty(path.Dir(key))
}

// write copies a file so that it is whole, or absent, after a power cut too.
func (f *folder) write(ctx context.Context, key string, from *os.File) error {
	target := filepath.Join(f.dir, filepath.FromSlash(key))
	if f.writes.Add(1) <= atOnce {
		f.sweep(filepath.Dir(target), filepath.Base(target))
	}
	var to *os.File
	ctx, cancel := clock.WithCancel(ctx)
	defer cancel()
	w, err := f.blob.NewWriter(ctx, key, &blob.WriterOptions{
		ContentType: "image/jpeg",
		BeforeWrite: func(as func(any) bool) error {
			as(&to)
			return nil
		},
	})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, paced{from, f.pace})
	if err == nil && to != nil {
		err = to.Sync()
	}
	if err != nil {
		cancel() // or Close would take half a picture for a whole one
		w.Close()
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if err := f.present(); err != nil {
		f.takeBack(key)
		return err
	}
	for dir := filepath.Dir(target); ; dir = filepath.Dir(dir) {
		if err := syncDir(dir); err != nil || dir == f.dir || len(dir) <= len(f.dir) {
			return err
		}
	}
}

// unfinished is how fileblob names what is not whole yet, behind the name.
var unfinished = regexp.MustCompile(`^\.[0-9a-f]{8,20}\.tmp$`)

// sweep removes what a crash has left beside a name. That can only be one of
// those that were being copied, which come first again.
func (f *folder) sweep(dir, name string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if rest, ok := strings.CutPrefix(e.Name(), name); ok && unfinished.MatchString(rest) {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	d.Sync() // not every file system can
	return d.Close()
}

func explainFolder(err error) *Error {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return &Error{Message: "the disk is full", Hint: "make room there, or set copy_keep"}
	case errors.Is(err, syscall.EROFS):
		return &Error{Message: "the disk is read-only", Hint: "look at the disk; nothing can be copied to it"}
	case errors.Is(err, fs.ErrPermission):
		return &Error{Message: "permission denied", Hint: "the folder must belong to the account that hiklua runs as"}
	case errors.Is(err, syscall.ENAMETOOLONG):
		return &Error{Message: "the picture's name is too long there", Picture: true}
	}
	return &Error{Message: plainCause(err)}
}
