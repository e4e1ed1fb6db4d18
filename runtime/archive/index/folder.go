package index

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/owner"
)

// markerName is the file that makes a folder an archive.
const markerName = archive.OwnFolder + "/archive"

// marker is what it says: which archive this is, and which index it has. A
// second site that takes the folder over writes its own.
type marker struct {
	Archive string `json:"archive"`
	Index   string `json:"index"`
}

// text is the marker as its file has it. Identities are letters and digits.
func (m marker) text() string {
	return `{"archive":"` + m.Archive + `","index":"` + m.Index + "\"}\n"
}

// identity is which archive an index is of.
type identity struct {
	marker
	Dir        string `json:"dir"`                  // where it was last
	Incomplete string `json:"incomplete,omitempty"` // why pictures may be missing in the index
}

// FolderError says why an archive cannot be written to.
type FolderError struct {
	Dir     string
	Problem string // "": Err says it
	Advice  string // what to do; "": nothing special
	Err     error
}

func (e *FolderError) Error() string {
	text := e.Problem
	if e.Err != nil {
		cause := e.Err
		var pathErr *fs.PathError
		if errors.As(cause, &pathErr) {
			cause = pathErr.Err
		}
		if text != "" {
			text += ": "
		}
		text += cause.Error()
	}
	return fmt.Sprintf("archive %s: %s", e.Dir, text)
}

// Unwrap gives errors.Is what lies behind it.
func (e *FolderError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *FolderError) Hint() string {
	switch {
	case e.Advice != "":
		return e.Advice
	case errors.Is(e.Err, syscall.ENOSPC):
		return "make room on that disk, or let archive.max_size and min_free of site.yaml do so"
	case errors.Is(e.Err, syscall.EROFS):
		return "the disk is mounted read-only: look at its health, and mount it anew"
	case errors.Is(e.Err, fs.ErrPermission):
		return "the folder must belong to the account that hiklua runs as"
	}
	return "it goes on by itself as soon as the disk works again"
}

const (
	comeBack = "mount the disk or put the folder back, and it goes on by itself; if the pictures are gone for good, " +
		"`hiklua archive verify --rebuild` begins the archive anew there"
	// A folder that is not there is never made, lest it comes to lie below a
	// mount point.
	madeAgain = "mount the disk or put the folder back, and it goes on by itself; if the pictures are gone for good, " +
		"make the folder, and `hiklua archive verify --rebuild` begins the archive anew there"
)

// Folder opens the folder of the archive, or says why what is there is not it:
// the mount is gone, another disk is there, another site has taken it over. The
// error is a *FolderError. A picture is written by way of this root, so that it
// cannot come to lie elsewhere. It waits for the disk.
func (x *Index) Folder() (*os.Root, error) {
	root, err := os.OpenRoot(x.dir)
	if err != nil {
		return nil, x.away(err)
	}
	if err := x.present(root); err != nil {
		root.Close()
		return nil, err
	}
	return root, nil
}

// away says what is wrong with a folder that cannot be opened.
func (x *Index) away(err error) error {
	info, statErr := os.Stat(x.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &FolderError{Dir: x.dir, Problem: "the folder is gone", Advice: madeAgain}
	case statErr == nil && !info.IsDir():
		return &FolderError{Dir: x.dir, Problem: "a file is in its place", Advice: "move the file away, or change archive.path in site.yaml"}
	}
	return &FolderError{Dir: x.dir, Err: err}
}

func (x *Index) present(root *os.Root) error {
	x.mu.Lock()
	want := x.ident.marker
	x.mu.Unlock()
	got, err := readMarker(root, want)
	if want == (marker{}) { // the index cannot be opened: any archive will do
		want = got
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &FolderError{Dir: x.dir, Problem: "the folder is not the archive (" + markerName + " is missing in it): a disk is not mounted, or the folder was emptied", Advice: comeBack}
	case err != nil:
		return &FolderError{Dir: x.dir, Problem: markerName, Err: err}
	case got.Archive != want.Archive:
		return &FolderError{Dir: x.dir, Problem: "another archive is there than before", Advice: comeBack}
	case got.Index != want.Index:
		return &FolderError{
			Dir: x.dir, Problem: "another site, or another copy of this one, has taken the archive over",
			Advice: "one archive is for one site: give each its own archive.path in site.yaml, and start the host again",
		}
	}
	return nil
}

// maxMarker is more than a marker has.
const maxMarker = 4 << 10

// readMarker reads what makes a folder an archive. It is read before each
// picture: what stands there mostly is known, and need not be taken apart.
func readMarker(root *os.Root, known marker) (m marker, err error) {
	file, err := root.Open(markerName)
	if err != nil {
		return m, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxMarker))
	if err != nil {
		return m, err
	}
	if known.Archive != "" && string(data) == known.text() {
		return known, nil
	}
	if json.Unmarshal(data, &m) != nil || m.Archive == "" {
		return m, errors.New("it is damaged")
	}
	return m, nil
}

// writeMarker makes a folder an archive, or gives one another index.
func (x *Index) writeMarker(root *os.Root, m marker) error {
	return x.replace(root, markerName, []byte(m.text()))
}

// replace writes a small file whole or not at all.
func (x *Index) replace(root *os.Root, name string, data []byte) (err error) {
	file, err := root.OpenFile(name+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = owner.Give(file, root.Name())
	if err == nil {
		_, err = file.Write(data)
	}
	if err == nil {
		err = x.sync(file)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := root.Rename(name+".new", name); err != nil {
		return err
	}
	x.syncFolder(root, filepath.Dir(name))
	return nil
}

// syncFolder makes what became of a folder last over a power cut, where the file
// system can.
func (x *Index) syncFolder(root *os.Root, name string) {
	if d, err := root.Open(name); err == nil {
		x.sync(d)
		d.Close()
	}
}

func newIdentity() string { return rand.Text() }
