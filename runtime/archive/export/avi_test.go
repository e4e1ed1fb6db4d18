package export

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// riff is an AVI taken apart.
type riff struct {
	t      *testing.T
	data   []byte
	frames []aviFrame // of all lists movi
	segs   int
	heads  map[string][]byte // chunks by their path, the last of each
	ix     []int64           // where the indexes of segments begin
	movi   int64             // the first one's kind
}

func takeApart(t *testing.T, data []byte) *riff {
	t.Helper()
	r := &riff{t: t, data: data, heads: map[string][]byte{}}
	r.chunks(0, int64(len(data)), "")
	return r
}

func (r *riff) u32(at int64) int64 { return int64(binary.LittleEndian.Uint32(r.data[at:])) }

func (r *riff) chunks(at, end int64, path string) {
	for at < end {
		if at+8 > end {
			r.t.Fatalf("at %d in %q: %d bytes are left", at, path, end-at)
		}
		id, size := string(r.data[at:at+4]), r.u32(at+4)
		if at+8+size > end {
			r.t.Fatalf("at %d in %q: chunk %s has %d bytes, and %d are left", at, path, id, size, end-at-8)
		}
		switch id {
		case "RIFF", "LIST":
			kind := string(r.data[at+8 : at+12])
			if id == "RIFF" {
				r.segs++
			}
			if kind == "movi" && r.movi == 0 {
				r.movi = at + 8
			}
			r.chunks(at+12, at+8+size, path+"/"+kind)
		case frameID:
			r.frames = append(r.frames, aviFrame{at + 8, int(size)})
		default:
			if id == "ix00" {
				r.ix = append(r.ix, at)
			}
			r.heads[path+"/"+id] = r.data[at+8 : at+8+size]
		}
		at += 8 + size + size%2
	}
}

// number is one of a chunk of the head.
func (r *riff) number(chunk string, at int) int {
	r.t.Helper()
	c := r.heads[chunk]
	if len(c) < at+4 {
		r.t.Fatalf("chunk %s has %d bytes", chunk, len(c))
	}
	return int(binary.LittleEndian.Uint32(c[at:]))
}

// A file of many segments: each frame is where the three indexes say.
func TestAVISegments(t *testing.T) {
	for _, count := range []int{1, 2, 9, 200} {
		file, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		a, err := newAVIWriter(file, 160, 96, newFrameRate(12.5))
		if err != nil {
			t.Fatal(err)
		}
		a.segment = 30_000
		var want [][]byte
		for i := range count {
			p := painted(t, 160, 96, i)
			want = append(want, p)
			if err := a.frame(p); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.close(); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		r := takeApart(t, data)
		if len(r.frames) != count || count > 100 && r.segs < 10 || count == 1 && r.segs != 1 {
			t.Fatalf("%d frames in %d segments, want %d", len(r.frames), r.segs, count)
		}
		largest := 0
		for i, f := range r.frames {
			if !bytes.Equal(data[f.offset:f.offset+int64(f.size)], want[i]) {
				t.Fatalf("frame %d is not what was written", i)
			}
			largest = max(largest, f.size)
		}
		const hdrl, strl = "/AVI /hdrl", "/AVI /hdrl/strl"
		if got := r.number(hdrl+"/odml/dmlh", 0); got != count {
			t.Errorf("dmlh has %d frames, want %d", got, count)
		}
		if got := r.number(strl+"/strh", 32); got != count {
			t.Errorf("strh has %d frames, want %d", got, count)
		}
		if scale, rate := r.number(strl+"/strh", 20), r.number(strl+"/strh", 24); scale != 2 || rate != 25 {
			t.Errorf("%d/%d frames a second, want 25/2", rate, scale)
		}
		if got := r.number(strl+"/strh", 36); got < largest {
			t.Errorf("a buffer of %d bytes for frames of %d", got, largest)
		}
		old := r.heads["/AVI /idx1"]
		if first := r.number(hdrl+"/avih", 16); first*16 != len(old) {
			t.Errorf("%d frames in the first segment, and an index of %d bytes", first, len(old))
		}
		for i := 0; i < len(old)/16; i++ {
			at, size := binary.LittleEndian.Uint32(old[16*i+8:]), binary.LittleEndian.Uint32(old[16*i+12:])
			if f := r.frames[i]; r.movi+int64(at)+8 != f.offset || int(size) != f.size {
				t.Fatalf("idx1 has frame %d at %d, %d bytes; it is at %d, %d bytes", i, r.movi+int64(at)+8, size, f.offset, f.size)
			}
		}
		super := r.heads[strl+"/indx"]
		if got := r.number(strl+"/indx", 4); got != r.segs || len(r.ix) != r.segs {
			t.Fatalf("indx names %d segments, there are %d with %d indexes", got, r.segs, len(r.ix))
		}
		n := 0
		for i, at := range r.ix {
			entry := super[24+16*i:]
			frames := int(r.u32(at + 12))
			if binary.LittleEndian.Uint64(entry) != uint64(at) || int64(binary.LittleEndian.Uint32(entry[8:])) != r.u32(at+4)+8 || int(binary.LittleEndian.Uint32(entry[12:])) != frames {
				t.Errorf("indx is wrong about segment %d", i)
			}
			base := int64(binary.LittleEndian.Uint64(data[at+20:]))
			for k := range frames {
				if f := r.frames[n]; base+r.u32(at+32+int64(8*k)) != f.offset || int(r.u32(at+36+int64(8*k))) != f.size {
					t.Fatalf("ix00 of segment %d is wrong about frame %d", i, n)
				}
				n++
			}
		}
		if n != count {
			t.Errorf("the indexes have %d frames, want %d", n, count)
		}
		plays(t, file.Name(), "mjpeg", 160, 96, count)
	}
}

// plays has ffmpeg decode the whole of a file, where it is installed.
func plays(t *testing.T, file, codec string, width, height, frames int) {
	t.Helper()
	if _, err := exec.LookPath("ffprobe"); err != nil {
		t.Log("ffprobe is not installed: nothing has played the file")
		return
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=codec_name,width,height,nb_frames,nb_read_frames", "-of", "csv=p=0", file).CombinedOutput()
	if want := fmt.Sprintf("%s,%d,%d,%d,%d", codec, width, height, frames, frames); err != nil || strings.TrimSpace(string(out)) != want {
		t.Errorf("ffprobe: %v, %s, want %s", err, out, want)
	}
	if out, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-i", file, "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("ffmpeg: %v, %s", err, out)
	}
}

func TestFrameRate(t *testing.T) {
	for fps, want := range map[float64]string{25: "25/1", 12.5: "25/2", 0.5: "1/2", 29.97: "2997/100", 0.001: "1/1000", 240: "240/1"} {
		if got := newFrameRate(fps).String(); got != want {
			t.Errorf("%g: %s, want %s", fps, got, want)
		}
	}
}

// A time lapse has each good picture to the byte, those of another size fitted,
// and none that is broken; the report tells.
func TestAVI(t *testing.T) {
	s := newShelf(t)
	at := func(n int) time.Time { return morning.Add(time.Duration(n) * time.Minute) }
	s.fill(morning, time.Minute, 10)
	s.add(at(10), 320, 96, painted(t, 320, 96, 3)) // wide: bars above and below
	s.add(at(11), 48, 96, painted(t, 48, 96, 3))   // high
	whole := painted(t, 160, 96, 20)
	for n, spoil := range [][]byte{
		whole[:len(whole)/2],
		append(bytes.Clone(whole[:len(whole)/2]), make([]byte, len(whole)/2)...),
		[]byte("<html>no picture</html>"),
		nil,
	} {
		e := s.add(at(12+n), 160, 96, whole)
		if err := os.WriteFile(s.file(e), spoil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// Broken in the middle, its end is there, and its hash another one.
	e := s.add(at(16), 160, 96, whole)
	middle := bytes.Clone(whole)
	copy(middle[len(middle)-60:], bytes.Repeat([]byte{0xff, 0xc4}, 20))
	if err := os.WriteFile(s.file(e), middle, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(s.file(s.add(at(17), 160, 96, whole))); err != nil {
		t.Fatal(err)
	}
	e = s.add(at(18), 160, 96, whole)
	os.Remove(s.file(e))
	if err := os.Mkdir(s.file(e), 0o700); err != nil {
		t.Fatal(err)
	}
	// A good picture that is not the one that was archived.
	if err := os.WriteFile(s.file(s.add(at(19), 160, 96, whole)), painted(t, 160, 96, 21), 0o600); err != nil {
		t.Fatal(err)
	}
	s.add(at(20), 160, 96, whole[:len(whole)-2]) // on record as it is, without its end
	file := s.out("day.avi")
	src := s.source()
	var last [2]int
	src.Progress = func(done, of int) { last = [2]int{done, of} }
	r, err := src.AVI(t.Context(), Options{File: file, FPS: 25})
	if err != nil {
		t.Fatal(err)
	}
	if r.Pictures != 13 || r.Fitted != 2 || r.Changed != 1 || r.Left != 8 || len(r.LeftOut) != 8 || r.Width != 160 || r.Height != 96 {
		t.Errorf("%+v", r)
	}
	if last != [2]int{21, 21} {
		t.Errorf("the last progress was %v", last)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range takeApart(t, data).frames[:10] {
		if !bytes.Equal(data[f.offset:f.offset+int64(f.size)], painted(t, 160, 96, i)) {
			t.Errorf("frame %d is not the picture as it was archived", i)
		}
	}
	plays(t, file, "mjpeg", 160, 96, 13)
	alone(t, file)
}

// Where the index does not know the sizes, the first picture has it.
func TestAVIWithoutSizes(t *testing.T) {
	s := newShelf(t)
	s.fill(morning, time.Minute, 3)
	for i := range s.entries {
		s.entries[i].Width, s.entries[i].Height, s.entries[i].SHA256 = 0, 0, [32]byte{}
	}
	r, err := s.source().AVI(t.Context(), Options{File: s.out("a.avi"), FPS: 1})
	if err != nil || r.Width != 160 || r.Pictures != 3 {
		t.Errorf("%v %+v", err, r)
	}
}

func TestMP4(t *testing.T) {
	s := newShelf(t)
	s.fill(morning, time.Minute, 10)
	s.add(morning.Add(time.Hour), 161, 97, withinAnother(t, painted(t, 161, 97, 1), painted(t, 32, 32, 2)))
	file := s.out("day.mp4")
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		if _, err := s.source().MP4(t.Context(), Options{File: file, FPS: 25}); err != ErrNoFFmpeg {
			t.Errorf("%v", err)
		}
		t.Skip("ffmpeg is not installed: no mp4 is made")
	}
	r, err := s.source().MP4(t.Context(), Options{File: file, FPS: 25})
	if err != nil || r.Pictures != 11 || r.Fitted != 1 {
		t.Fatalf("%v %+v", err, r)
	}
	plays(t, file, "h264", 160, 96, 11)
	alone(t, file)

	t.Setenv("PATH", t.TempDir())
	if _, err := s.source().MP4(t.Context(), Options{File: file, FPS: 25}); err != ErrNoFFmpeg {
		t.Errorf("%v", err)
	}
}

// withinAnother puts a small picture into the head of another, as cameras do.
func withinAnother(t *testing.T, data, small []byte) []byte {
	t.Helper()
	size := len(small) + 2
	head := append([]byte{0xff, 0xd8, 0xff, 0xe5, byte(size >> 8), byte(size)}, small...)
	return append(head, data[2:]...)
}

func TestBare(t *testing.T) {
	data, small := painted(t, 161, 97, 1), painted(t, 32, 32, 2)
	var b bytes.Buffer
	if err := bare(&b, withinAnother(t, data, small)); err != nil || !bytes.Equal(b.Bytes(), data) {
		t.Errorf("%v: the picture within is still there", err)
	}
	for _, broken := range [][]byte{nil, {0xff}, {0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff}, {0xff, 0xd8, 0xff, 0xe1, 0, 0, 1}} {
		b.Reset()
		if err := bare(&b, broken); err != nil || !bytes.Equal(b.Bytes(), broken) {
			t.Errorf("%x became %x, %v", broken, b.Bytes(), err)
		}
	}
}
