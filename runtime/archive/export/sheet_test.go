package export

import (
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"testing"
	"time"
)

func sheetOf(t *testing.T, s *shelf) (*Report, image.Image) {
	t.Helper()
	file := s.out("sheet.jpg")
	r, err := s.source().ContactSheet(t.Context(), Options{File: file})
	if err != nil {
		t.Fatal(err)
	}
	alone(t, file)
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := jpeg.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if size := img.Bounds().Size(); size != image.Pt(r.Width, r.Height) {
		t.Errorf("it is %v, and said to be %d x %d", size, r.Width, r.Height)
	}
	return r, img
}

// plain is a picture of one grey.
func plain(t *testing.T, width, height int, grey uint8) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = grey
	}
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := jpeg.Encode(f, img, nil); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A day of a picture each five minutes, with an hour in which there was none:
// each quarter of an hour has its place.
func TestContactSheetOfADay(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine computes: there is no race to find")
	}
	s := newShelf(t)
	midnight := time.Date(2026, 3, 28, 0, 0, 0, 0, berlin)
	hour := [24][]byte{}
	for h := range hour {
		hour[h] = plain(t, 160, 90, uint8(20+h*9))
	}
	for i := range 288 {
		if taken := midnight.Add(time.Duration(i) * 5 * time.Minute); taken.Hour() != 13 {
			e := s.add(taken, 160, 90, hour[taken.Hour()])
			if i == 0 { // the next one of that quarter is shown
				os.WriteFile(s.file(e), []byte("broken"), 0o600)
			}
		}
	}
	r, img := sheetOf(t, s)
	if r.Pictures != 92 || r.Left != 1 {
		t.Errorf("%+v", r)
	}
	l, err := newSheet(survey{count: 276, first: s.entries[0].Taken, last: s.entries[275].Taken, width: 160, height: 90}, berlin)
	if err != nil {
		t.Fatal(err)
	}
	if l.cells != 96 || l.span != 15*time.Minute || l.columns != 8 {
		t.Errorf("%d cells of %s in %d columns", l.cells, l.span, l.columns)
	}
	for cell := range l.cells {
		p := l.place(cell)
		want := uint8(20 + cell/4*9)
		at := image.Pt((p.Min.X+p.Max.X)/2, p.Min.Y+p.Dy()/4)
		if cell/4 == 13 {
			want = empty.G
		}
		if got := color.GrayModel.Convert(img.At(at.X, at.Y)).(color.Gray).Y; got < want-3 || got > want+3 {
			t.Errorf("cell %d is %d, want %d", cell, got, want)
		}
	}
}

// The night of the change in autumn: the doubled hour has its places twice, and
// captions tell which is which.
func TestContactSheetOfTheDoubledHour(t *testing.T) {
	first := time.Date(2026, 10, 25, 1, 0, 0, 0, berlin)
	v := survey{count: 361, first: first, last: first.Add(3 * time.Hour)}
	l, err := newSheet(v, berlin)
	if err != nil {
		t.Fatal(err)
	}
	if l.cells != 91 || l.span != 2*time.Minute || !l.begin.Equal(first) {
		t.Errorf("%d cells of %s from %s", l.cells, l.span, l.begin)
	}
	if got := first.Add(2 * time.Hour).In(berlin).Format(l.caption); got != "02:00:00 CET" {
		t.Errorf("a caption is %q", got)
	}
}

// Sheets keep a shape that can be looked at, whatever is on them.
func TestContactSheetShapes(t *testing.T) {
	for _, v := range []survey{
		{count: 1}, {count: 2, width: 1080, height: 1920}, {count: 7, width: 5120, height: 720}, {count: 24, width: 1920, height: 1080},
		{count: 96, width: 1080, height: 1920}, {count: 1_000_000, width: 100, height: 10_000},
	} {
		v.first, v.last = morning, morning.Add(time.Duration(v.count)*7*time.Second)
		l, err := newSheet(v, berlin)
		if err != nil {
			t.Fatal(err)
		}
		size := l.canvas.Rect.Size()
		if l.cells > mostCells || l.width < 180 || l.height < 100 && v.count != 7 || size.X > 2*sheetWidth || size.Y > 3*sheetWidth {
			t.Errorf("%+v: %v, %d cells of %d x %d", v, size, l.cells, l.width, l.height)
		}
		if last := l.place(l.cells - 1); !last.In(l.canvas.Rect) {
			t.Errorf("%+v: the last picture is at %v of %v", v, last, l.canvas.Rect)
		}
	}
}
