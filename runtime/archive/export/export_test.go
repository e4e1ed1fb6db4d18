package export

import (
	"bytes"
	"crypto/sha256"
	"image"
	"image/jpeg"
	"iter"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
)

// shelf is an archive of a test.
type shelf struct {
	t       *testing.T
	dir     string
	entries []archive.Entry
}

func newShelf(t *testing.T) *shelf { return &shelf{t: t, dir: t.TempDir()} }

var berlin = func() *time.Location {
	l, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return l
}()

// painted makes a picture whose hue tells its number.
func painted(t *testing.T, width, height, number int) []byte {
	t.Helper()
	img := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	for y := range height {
		for x := range width {
			img.Y[img.YOffset(x, y)] = uint8(x + y*2 + number*5)
		}
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = uint8(number*7), uint8(255-number*3)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// add puts bytes into the archive as a picture of gate/yard.
func (s *shelf) add(taken time.Time, width, height int, data []byte) *archive.Entry {
	s.t.Helper()
	path := "gate/yard/" + taken.Format("2006-01-02/15-04-05.jpg")
	file := filepath.Join(s.dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.entries = append(s.entries, archive.Entry{
		Path: path, Device: "gate", Channel: 1, Name: "yard", Taken: taken,
		Size: int64(len(data)), Width: width, Height: height, SHA256: sha256.Sum256(data),
	})
	return &s.entries[len(s.entries)-1]
}

// fill adds n good pictures, one each interval.
func (s *shelf) fill(begin time.Time, interval time.Duration, n int) {
	for i := range n {
		s.add(begin.Add(time.Duration(i)*interval), 160, 96, painted(s.t, 160, 96, i))
	}
}

func (s *shelf) file(e *archive.Entry) string {
	return filepath.Join(s.dir, filepath.FromSlash(e.Path))
}

// source opens the archive for an export.
func (s *shelf) source() *Source {
	s.t.Helper()
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { root.Close() })
	return &Source{Folder: root, Entries: all(s.entries), Zone: berlin}
}

func all(entries []archive.Entry) iter.Seq2[archive.Entry, error] {
	return func(yield func(archive.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// out is a file outside the archive.
func (s *shelf) out(name string) string { return filepath.Join(s.t.TempDir(), name) }

var morning = time.Date(2026, 3, 28, 6, 0, 0, 0, berlin)

func alone(t *testing.T, file string) {
	t.Helper()
	rest, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range rest {
		if e.Name() != filepath.Base(file) {
			t.Errorf("left behind: %s", e.Name())
		}
	}
}
