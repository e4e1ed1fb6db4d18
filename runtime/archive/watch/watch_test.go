package watch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// scene is a yard as a camera shows it: sky, ground, a wall with windows, noise.
// blur is the radius in pixels by which it is out of focus, light from 0 to 1.
func scene(w, h int, blur int, light float64) *image.Gray {
	random := rand.New(rand.NewPCG(1, 2))
	m := make([]float64, w*h)
	for y := range h {
		for x := range w {
			v := 190 - 60*float64(y)/float64(h)
			if y > 2*h/3 {
				v = 90 + 20*float64((x*7/w+y*9/h)%2)
			}
			if x > w/4 && x < 3*w/4 && y > h/3 && y < 5*h/6 {
				v = 130
				if (x*40/w)%3 == 0 && (y*30/h)%3 == 0 {
					v = 40
				}
			}
			m[y*w+x] = v
		}
	}
	for range 2 { // twice a box is near to a lens
		m = box(box(m, w, h, blur, 1, w), w, h, blur, w, 1)
	}
	out := image.NewGray(image.Rect(0, 0, w, h))
	for i, v := range m {
		out.Pix[i] = uint8(min(max(v*light+random.NormFloat64()*1.5, 0), 255))
	}
	return out
}

// box averages along one direction.
func box(m []float64, w, h, radius, step, across int) []float64 {
	if radius == 0 {
		return m
	}
	out := make([]float64, len(m))
	length, lines := w, h
	if step == w {
		length, lines = h, w
	}
	for line := range lines {
		sums := make([]float64, length+1)
		for i := range length {
			sums[i+1] = sums[i] + m[line*across+i*step]
		}
		for i := range length {
			a, b := max(i-radius, 0), min(i+radius+1, length)
			out[line*across+i*step] = (sums[b] - sums[a]) / float64(b-a)
		}
	}
	return out
}

func encoded(t testing.TB, m image.Image) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 80}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestMeasure(t *testing.T) {
	flat := image.NewRGBA(image.Rect(0, 0, 320, 240))
	for i := range flat.Pix {
		flat.Pix[i] = 128
	}
	for _, c := range []struct {
		name          string
		picture       image.Image
		dark, blurred bool
	}{
		{"by day", scene(1280, 720, 0, 1), false, false},
		{"in dusk", scene(1280, 720, 0, 0.4), false, false},
		{"of a small camera", scene(640, 480, 0, 1), false, false},
		{"a little out of focus", scene(1280, 720, 3, 1), false, false},
		{"out of focus", scene(1280, 720, 16, 1), false, true},
		{"out of focus, small", scene(640, 480, 8, 1), false, true},
		{"a wall before the lens", flat, false, true},
		{"at night", scene(1280, 720, 0, 0.05), true, false},
		{"covered", image.NewGray(image.Rect(0, 0, 1280, 720)), true, false},
	} {
		m, err := read(bytes.NewReader(encoded(t, c.picture)))
		if err != nil {
			t.Fatal(c.name, err)
		}
		t.Logf("%-22s luma %5.1f edges %7.1f", c.name, m.luma, m.edges)
		if dark := m.luma < darkLuma; dark != c.dark || !dark && (m.edges < blurredEdges) != c.blurred {
			t.Errorf("%s: luma %.1f, edges %.1f", c.name, m.luma, m.edges)
		}
	}
	if _, err := read(bytes.NewReader([]byte("no picture"))); err == nil {
		t.Error("no error")
	}
}

type desk struct {
	*testing.T
	clk  *clock.Virtual
	log  bytes.Buffer
	told []string
	file map[string][]byte
	n    int
	*Watcher
}

func newDesk(t *testing.T, words ...string) *desk {
	d := &desk{T: t, clk: clock.NewVirtual(noon), file: make(map[string][]byte)}
	d.Watcher = New(Config{
		Clock: d.clk, Log: slog.New(slog.NewTextHandler(&d.log, nil)), Words: words,
		Open: func(path string) (io.ReadSeekCloser, error) {
			if d.file[path] == nil {
				return nil, errors.New("gone")
			}
			return nopCloser{bytes.NewReader(d.file[path])}, nil
		},
		Tell: func(f Fault, begins bool) {
			word := "ends"
			if begins {
				word = "begins"
			}
			d.told = append(d.told, fmt.Sprintf("%s/%d %s %s", f.Device, f.Channel, f.Word, word))
		},
	})
	return d
}

type nopCloser struct{ io.ReadSeeker }

func (nopCloser) Close() error { return nil }

func (d *desk) add(channel int, data uint64, picture []byte) {
	d.n++
	path := fmt.Sprintf("%d.jpg", d.n)
	d.file[path] = picture
	d.Added(Picture{"gate", channel, path, d.clk.Now(), data})
	d.clk.RunFor(time.Minute)
}

func (d *desk) want(want ...string) {
	d.Helper()
	if strings.Join(d.told, ", ") != strings.Join(want, ", ") {
		d.Errorf("told %v, want %v", d.told, want)
	}
	d.told = nil
}

func TestFrozen(t *testing.T) {
	d := newDesk(t, Frozen)
	for range 2 {
		d.add(1, 7, nil)
		d.add(2, 7, nil)
	}
	d.want()
	d.add(1, 7, nil)
	d.want("gate/1 frozen begins")
	d.add(1, 7, nil)
	d.add(2, 8, nil)
	d.add(2, 7, nil)
	d.add(2, 7, nil)
	d.want()
	d.add(1, 9, nil)
	d.want("gate/1 frozen ends")
	// A camera that gives one picture several times within a second is not frozen.
	for range 5 {
		d.Added(Picture{"gate", 3, "x.jpg", d.clk.Now(), 5})
	}
	d.want()
	d.clk.Do(func() { d.Close(context.Background()) })
	if d.clk.Live() != 0 || len(d.log.String()) == 0 {
		t.Error(d.clk.Live(), d.log.String())
	}
}

func TestDarkAndBlurred(t *testing.T) {
	d := newDesk(t, Dark, Blurred)
	good, black, soft := encoded(t, scene(640, 480, 0, 1)), encoded(t, image.NewGray(image.Rect(0, 0, 640, 480))), encoded(t, scene(640, 480, 9, 1))
	for _, picture := range [][]byte{good, black, good, black, soft, good} {
		d.add(1, 0, picture)
	}
	d.want()
	d.add(1, 0, black)
	d.add(1, 0, black)
	d.want("gate/1 dark begins")
	d.add(1, 0, []byte("no picture"))
	d.add(1, 0, good)
	d.want()
	d.add(1, 0, good)
	d.want("gate/1 dark ends")
	d.add(1, 0, soft)
	d.add(1, 0, soft)
	d.want("gate/1 blurred begins")
	d.add(1, 0, good)
	d.add(1, 0, good)
	d.want("gate/1 blurred ends")
	if strings.Count(d.log.String(), "could not be looked through") != 1 {
		t.Error(d.log.String())
	}
	d.clk.Do(func() { d.Close(context.Background()) })
}

func BenchmarkRead(b *testing.B) {
	picture := encoded(b, scene(3840, 2160, 0, 1))
	for b.Loop() {
		if _, err := read(bytes.NewReader(picture)); err != nil {
			b.Fatal(err)
		}
	}
}
