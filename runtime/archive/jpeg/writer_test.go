package jpeg

import (
	"bytes"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func pictures(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.jpg")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	all := make(map[string][]byte)
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(path)] = data
	}
	return all
}

// through passes data through a Writer in pieces of size bytes.
func through(data []byte, size int, s *Stamp) ([]byte, *Writer, error) {
	var out bytes.Buffer
	w := NewWriter(&out, s)
	for len(data) > 0 {
		n := min(size, len(data))
		if _, err := w.Write(data[:n]); err != nil {
			return out.Bytes(), w, err
		}
		data = data[n:]
	}
	return out.Bytes(), w, w.Close()
}

func TestWholePicturesPass(t *testing.T) {
	for name, data := range pictures(t) {
		for _, size := range []int{1, 2, 3, 7, 100, 1 << 20} {
			got, w, err := through(data, size, nil)
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s by %d: %d of %d bytes, %v", name, size, len(got), len(data), err)
			}
			want := Info{Width: 96, Height: 64, Progressive: name == "progressive.jpg"}
			if w.Info() != want {
				t.Errorf("%s: %+v", name, w.Info())
			}
			for _, rest := range []string{"\r\n", "\xff\xd9", "\r\n--boundary--", "\xff\xd8\xff\xe0 another picture \xff\xd9"} {
				got, _, err := through(append(data[:len(data):len(data)], rest...), size, nil)
				if err != nil || !bytes.Equal(got, data) {
					t.Errorf("%s with %q behind it: %d of %d bytes, %v", name, rest, len(got), len(data), err)
				}
			}
		}
	}
}

// No beginning of a picture is a whole one.
func TestCutPictures(t *testing.T) {
	for name, data := range pictures(t) {
		for n := range len(data) {
			_, _, err := through(data[:n], 64, nil)
			var format *FormatError
			if !errors.As(err, &format) || !format.Cut {
				t.Fatalf("%s cut at %d: %v", name, n, err)
			}
		}
	}
}

func TestWhatIsNoPicture(t *testing.T) {
	good := pictures(t)["baseline.jpg"]
	// without leaves out the segments of a marker.
	without := func(marker byte) []byte {
		out := append([]byte(nil), good[:2]...)
		for p := good[2:]; ; {
			size := 2 + int(p[2])<<8 + int(p[3])
			if p[1] == marker {
				p = p[size:]
				continue
			}
			if p[1] == markSOS {
				return append(out, p...)
			}
			out = append(out, p[:size]...)
			p = p[size:]
		}
	}
	patched := func(marker byte, at int, value ...byte) []byte {
		i := bytes.Index(good, []byte{0xFF, marker})
		out := append([]byte(nil), good...)
		copy(out[i+4+at:], value)
		return out
	}
	scan := bytes.Index(good, []byte{0xFF, markSOS})
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"HTML", "does not begin with FF D8", []byte("<html>no</html>")},
		{"an end at once", "there is no image in it", []byte("\xff\xd8\xff\xd9")},
		{"no size", "before its size is told", without(markSOF0)},
		{"no quantization", "before the tables", without(markDQT)},
		{"no Huffman tables", "before the tables", without(markDHT)},
		{"no data", "there is no image in it", append(append([]byte(nil), good[:scan+2+int(good[scan+2])<<8+int(good[scan+3])]...), 0xFF, 0xD9)},
		{"no width", "its size is 0x64", patched(markSOF0, 3, 0, 0)},
		{"no height", "its size is 96x0", patched(markSOF0, 1, 0, 0)},
		{"17 bits", "frame header is damaged", patched(markSOF0, 0, 17)},
		{"no components", "frame header is damaged", patched(markSOF0, 5, 0)},
		{"lossless", "SOF3", bytes.Replace(good, []byte{0xFF, markSOF0}, []byte{0xFF, 0xC3}, 1)},
		{"two sizes", "tells its size twice", bytes.Replace(good, []byte{0xFF, markSOS}, append(good[bytes.Index(good, []byte{0xFF, markSOF0}):][:19:19], 0xFF, markSOS), 1)},
		{"another picture inside", "another picture begins inside", bytes.Replace(good, []byte{0xFF, markSOS}, []byte{0xFF, markSOI, 0xFF, markSOS}, 1)},
		{"a length of one", "has the length 1", []byte("\xff\xd8\xff\xe0\x00\x01xx")},
	} {
		for _, size := range []int{1, 1 << 20} {
			_, _, err := through(c.data, size, nil)
			var format *FormatError
			if !errors.As(err, &format) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	}
}

// What follows a segment of no picture data, filled up with FF, is read on.
func TestFillBytesAndStrayBytes(t *testing.T) {
	good := pictures(t)["baseline.jpg"]
	for _, replace := range []string{"\xff\xff\xff\xff\xda", "\x00\x00\xff\xda"} {
		data := bytes.Replace(good, []byte("\xff\xda"), []byte(replace), 1)
		if _, _, err := through(data, 5, nil); err != nil {
			t.Errorf("%q: %v", replace, err)
		}
	}
}

func TestErrorsOfTheWriterBehind(t *testing.T) {
	full := errors.New("the disk is full")
	w := NewWriter(writerTo(func(p []byte) (int, error) { return 0, full }), nil)
	data := pictures(t)["baseline.jpg"]
	if _, err := io.Copy(w, iotest.OneByteReader(bytes.NewReader(data))); !errors.Is(err, full) {
		t.Error(err)
	}
	if err := w.Close(); !errors.Is(err, full) {
		t.Error(err)
	}
	w = NewWriter(writerTo(func(p []byte) (int, error) { return len(p) / 2, nil }), nil)
	if _, err := w.Write(data); !errors.Is(err, io.ErrShortWrite) {
		t.Error(err)
	}
}

type writerTo func([]byte) (int, error)

func (f writerTo) Write(p []byte) (int, error) { return f(p) }

// However long the segments before the image are, they are not held for long.
func TestManySegmentsInFront(t *testing.T) {
	good := pictures(t)["baseline.jpg"]
	data := append([]byte(nil), good[:2]...)
	for range 20 {
		data = segment{0xE2, bytes.Repeat([]byte{0xFF, 0xD9}, 30_000)}.append(data)
	}
	data = append(data, good[2:]...)
	stamp := &Stamp{Taken: time.Now(), Properties: []Property{{"Device", "gate"}}}
	got, w, err := through(data, 32<<10, stamp)
	if err != nil || w.Info().Width != 96 || !bytes.HasSuffix(got, data[2:]) || len(got) < len(data)+300 {
		t.Errorf("%d of %d bytes, %v", len(got), len(data), err)
	}
	if _, err := jpeg.Decode(bytes.NewReader(got)); err != nil {
		t.Error(err)
	}
	before := cap(w.lead)
	if before != 0 {
		t.Errorf("%d bytes are held", before)
	}
}

func FuzzWriter(f *testing.F) {
	for _, data := range pictures(f) {
		f.Add(data, 16)
	}
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		size = max(size, 1)
		got, w, err := through(data, size, nil)
		if !bytes.HasPrefix(data, got) && len(got) > 0 {
			t.Error("other bytes came out")
		}
		stamped, _, again := through(data, 1, &Stamp{Taken: time.Unix(1, 0), Description: "x", Properties: []Property{{"Device", "gate"}}})
		if fmt.Sprint(err) != fmt.Sprint(again) {
			t.Errorf("%v with a stamp, %v without", again, err)
		}
		if err != nil {
			return
		}
		if w.Info().Width == 0 {
			t.Error("no size")
		}
		if _, w, err := through(stamped, 1<<20, nil); err != nil || len(data) < maxLead && w.Properties()["Device"] != "gate" {
			t.Errorf("with a stamp it is %v, %v", err, w.Properties())
		}
	})
}
