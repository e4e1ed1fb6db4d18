package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/hiklua/hiklua/runtime/archive/jpeg"
	"github.com/hiklua/hiklua/runtime/clock"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 123_456_789, time.UTC)

const layout = "{device}/{channel}/{date}/{time}.jpg"

// memory is an index that remembers what it was told.
type memory struct {
	mu       sync.Mutex
	expected []string
	added    []Entry
	absent   error
	unasked  error  // what Expect says
	dir      string // of the archive
}

func (m *memory) Folder() (*os.Root, error) {
	if m.absent != nil {
		return nil, m.absent
	}
	if err := os.MkdirAll(m.dir, 0o700); err != nil {
		return nil, err
	}
	return os.OpenRoot(m.dir)
}

func (m *memory) Expect(_ context.Context, dir string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expected = append(m.expected, dir)
	return m.unasked
}

func (m *memory) Add(e Entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.added = append(m.added, e)
}

// atNoon is a clock that stands.
type atNoon struct{ clock.Clock }

func (atNoon) Now() time.Time { return noon }

func newArchive(t testing.TB, tune ...func(*Options)) (*Archive, *memory) {
	t.Helper()
	index := &memory{}
	o := Options{Dir: filepath.Join(t.TempDir(), "archive"), Layout: layout, Zone: time.UTC, Clock: atNoon{clock.Real()}, Index: index}
	for _, f := range tune {
		f(&o)
	}
	index.dir = o.Dir
	a, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return a, index
}

func picture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("jpeg/testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func writes(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(data))
		return err
	}
}

// A picture that a camera gives again is known, whatever was written into it.
func TestTheSamePictureAgain(t *testing.T) {
	var seen []uint64
	a, _ := newArchive(t, func(o *Options) { o.Added = func(_ Entry, data uint64) { seen = append(seen, data) } })
	for i, name := range []string{"camera.jpg", "camera.jpg", "gray.jpg", "camera.jpg"} {
		e := Entry{Device: "gate", Channel: 1, Label: strings.Repeat("x", i+1)}
		if _, err := a.Add(context.Background(), e, func(w io.Writer) error {
			data := picture(t, name)
			for len(data) > 0 { // in pieces of several sizes
				n := min(len(data), 1+i*1000)
				if _, err := w.Write(data[:n]); err != nil {
					return err
				}
				data = data[n:]
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 4 || seen[0] != seen[1] || seen[1] != seen[3] || seen[1] == seen[2] {
		t.Error(seen)
	}
}

// filesOf lists all files of an archive, its own too.
func filesOf(t testing.TB, a *Archive) []string {
	t.Helper()
	var all []string
	filepath.WalkDir(a.Dir(), func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(a.Dir(), path)
			all = append(all, filepath.ToSlash(rel))
		}
		return nil
	})
	slices.Sort(all)
	return all
}

func wantFiles(t testing.TB, a *Archive, want ...string) {
	t.Helper()
	if diff := gocmp.Diff(want, filesOf(t, a)); diff != "" {
		t.Errorf("files: -want +have\n%s", diff)
	}
}

// What goes in comes back from the file alone.
func TestAPictureTellsWhatItIs(t *testing.T) {
	full := Entry{
		Device: "gate", Channel: 2, Name: "Hof Süd", Label: "alarm", Event: "line_crossing",
		Taken: noon, DeviceTime: noon.Add(-90 * time.Second).Truncate(time.Second),
		Head: &Head{Pan: 359.9, Tilt: -12.5, Zoom: 4, Preset: "gate & door"},
	}
	for _, e := range []Entry{
		full,
		{Device: "gate", Channel: 1, Head: &Head{Preset: "7"}},
		{Device: "a", Channel: 33, Taken: noon.In(time.FixedZone("", 5*3600+1800))},
	} {
		a, index := newArchive(t, func(o *Options) { o.NoSync = true }) // the hash is waited for, even so
		data := picture(t, "camera.jpg")
		got, err := a.Add(context.Background(), e, writes(append(data[:len(data):len(data)], "rest"...)))
		if err != nil {
			t.Fatal(err)
		}
		file, err := os.ReadFile(filepath.Join(a.Dir(), filepath.FromSlash(got.Path)))
		if err != nil {
			t.Fatal(err)
		}
		want := e
		want.Path = fmt.Sprintf("%s/%d/2026-03-04/12-00-00.jpg", e.Device, e.Channel)
		want.Taken = noon.Truncate(time.Microsecond)
		want.Size, want.Width, want.Height, want.SHA256 = int64(len(file)), 96, 64, sha256.Sum256(file)
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		if diff := gocmp.Diff([]Entry{got}, index.added); diff != "" {
			t.Errorf("the index: -want +got\n%s", diff)
		}
		read, err := ReadEntry(bytes.NewReader(file))
		read.Path = got.Path
		if diff := gocmp.Diff(got, read); diff != "" || err != nil {
			t.Errorf("the file: %v -want +got\n%s", err, diff)
		}
	}
}

func TestReadingWhatIsForeign(t *testing.T) {
	for _, name := range []string{"baseline.jpg", "camera.jpg"} {
		data := picture(t, name)
		e, err := ReadEntry(bytes.NewReader(data))
		if !errors.Is(err, ErrForeign) || e.SHA256 != sha256.Sum256(data) || e.Size != int64(len(data)) {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
	for _, data := range [][]byte{nil, []byte("no picture at all"), picture(t, "camera.jpg")[:3000]} {
		e, err := ReadEntry(bytes.NewReader(data))
		var format *jpeg.FormatError
		if !errors.As(err, &format) || e.SHA256 != sha256.Sum256(data) || e.Size != int64(len(data)) {
			t.Errorf("%d bytes: %+v, %v", len(data), e, err)
		}
	}
}

// No picture takes the name of another, whoever wrote that.
func TestNamesAreNumbered(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	a, _ := newArchive(t, func(o *Options) { o.Zone = berlin })
	// The hour that comes twice in the night of 25 October, every half hour.
	for at := time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC); at.Hour() < 2; at = at.Add(30 * time.Minute) {
		if _, err := a.Add(context.Background(), Entry{Device: "gate", Channel: 1, Taken: at}, writes(picture(t, "gray.jpg"))); err != nil {
			t.Fatal(err)
		}
	}
	wantFiles(t, a, "gate/1/2026-10-25/02-00-00-2.jpg", "gate/1/2026-10-25/02-00-00.jpg",
		"gate/1/2026-10-25/02-30-00-2.jpg", "gate/1/2026-10-25/02-30-00.jpg")
	other := filepath.Join(a.Dir(), "gate/1/2026-10-25/02-30-00-3.jpg")
	if err := os.WriteFile(other, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := a.Add(context.Background(), Entry{Device: "gate", Channel: 1, Taken: time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC)}, writes(picture(t, "gray.jpg")))
	if got, _ := os.ReadFile(other); err != nil || e.Path != "gate/1/2026-10-25/02-30-00-4.jpg" || string(got) != "mine" {
		t.Errorf("%s, %v; the other file holds %q", e.Path, err, got)
	}
}

func TestManyAtOnceOfOneSecond(t *testing.T) {
	a, index := newArchive(t)
	data := picture(t, "gray.jpg")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := a.Add(context.Background(), Entry{Device: "gate", Channel: 1, Taken: noon}, writes(data)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	paths := make(map[string]bool)
	for _, e := range index.added {
		paths[e.Path] = true
	}
	if got := filesOf(t, a); len(got) != 20 || len(paths) != 20 {
		t.Errorf("%d files, %d paths: %v", len(got), len(paths), got)
	}
}

// Another process puts a file there while the picture is on its way.
func TestATakenNameAtTheEnd(t *testing.T) {
	a, _ := newArchive(t)
	a.step = func(what string) {
		if what != "before rename" {
			return
		}
		a.step = func(string) {}
		os.MkdirAll(filepath.Join(a.Dir(), "gate/1/2026-03-04"), 0o700)
		os.WriteFile(filepath.Join(a.Dir(), "gate/1/2026-03-04/12-00-00.jpg"), []byte("mine"), 0o600)
	}
	e, err := a.Add(context.Background(), Entry{Device: "gate", Channel: 1}, writes(picture(t, "gray.jpg")))
	if err != nil || e.Path != "gate/1/2026-03-04/12-00-00-2.jpg" {
		t.Error(e.Path, err)
	}
	if got, _ := os.ReadFile(filepath.Join(a.Dir(), "gate/1/2026-03-04/12-00-00.jpg")); string(got) != "mine" {
		t.Errorf("%q", got)
	}
}

// Retention has found the folder empty, and removes it while the picture is about
// to get its name there.
func TestAFolderThatGoesMeanwhile(t *testing.T) {
	for _, tune := range []func(*Archive){func(*Archive) {}, (*Archive).CannotRename} {
		for _, gone := range []string{"gate", "gate/1", "gate/1/2026-03-04"} {
			a, index := newArchive(t)
			tune(a)
			a.step = func(what string) {
				if what == "before rename" {
					a.step = func(string) {}
					if err := os.RemoveAll(filepath.Join(a.Dir(), gone)); err != nil {
						t.Error(err)
					}
				}
			}
			e, err := a.Add(context.Background(), Entry{Device: "gate", Channel: 1}, writes(picture(t, "gray.jpg")))
			if err != nil || len(index.added) != 1 {
				t.Errorf("%s: %v, indexed: %v", gone, err, index.added)
			}
			wantFiles(t, a, "gate/1/2026-03-04/12-00-00.jpg")
			if data, _ := os.ReadFile(filepath.Join(a.Dir(), e.Path)); sha256.Sum256(data) != e.SHA256 {
				t.Errorf("%s: the file is not what the entry says", gone)
			}
		}
	}
}

// A picture whose folder is not on record would be unknown after a crash: it gets
// no name, and its folder is not made.
func TestAFolderThatIsNotOnRecord(t *testing.T) {
	a, index := newArchive(t)
	index.unasked = errors.New("the index cannot be written")
	if _, err := a.Add(context.Background(), Entry{Device: "gate", Channel: 1}, writes(picture(t, "gray.jpg"))); !errors.Is(err, index.unasked) {
		t.Error(err)
	}
	wantFiles(t, a)
	if _, err := os.Stat(filepath.Join(a.Dir(), "gate")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// Unfinished pictures of a device lie together, those of many devices do not.
func TestWhereUnfinishedPicturesLie(t *testing.T) {
	a, _ := newArchive(t)
	all := map[string]bool{}
	for i := range 100 {
		folders := map[string]bool{}
		for channel := range 3 {
			p, err := a.Begin(context.Background(), Entry{Device: fmt.Sprintf("gate%d", i), Channel: channel + 1})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Abort()
			folders[path.Dir(p.part)], all[path.Dir(p.part)] = true, true
		}
		if len(folders) != 1 {
			t.Errorf("those of one device: %v", folders)
		}
	}
	if len(all) < 2 || len(all) > 64 {
		t.Errorf("%d folders for 100 devices", len(all))
	}
}

// What takes the folder away again and again is told, and nothing is left.
func TestAFolderThatGoesEachTime(t *testing.T) {
	a, index := newArchive(t)
	a.step = func(what string) {
		if what == "before rename" {
			os.RemoveAll(filepath.Join(a.Dir(), "gate"))
		}
	}
	_, err := a.Add(context.Background(), Entry{Device: "gate", Channel: 1}, writes(picture(t, "gray.jpg")))
	var disk *DiskError
	if !errors.As(err, &disk) || !errors.Is(err, fs.ErrNotExist) || len(index.added) > 0 {
		t.Errorf("%v, indexed: %v", err, index.added)
	}
	wantFiles(t, a)
}
