package export

import (
	"bufio"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"time"

	"golang.org/x/image/draw"

	"github.com/hiklua/hiklua/runtime/archive"
)

// The measures of a contact sheet, in pixels.
const (
	sheetWidth  = 2400 // about
	mostColumns = 12
	mostCell    = 600
	gap         = 8
	captionSize = 26 // height of the line below a picture
	headSize    = 64 // height of the line above all
)

// mostCells is how many pictures a sheet shows: a day at one each quarter of an
// hour.
const mostCells = 96

// The colours of a contact sheet.
var (
	paper = color.RGBA{0x16, 0x18, 0x1c, 0xff}
	empty = color.RGBA{0x26, 0x29, 0x2f, 0xff}
	ink   = color.RGBA{0xf2, 0xf2, 0xf0, 0xff}
	faint = color.RGBA{0xa0, 0xa4, 0xac, 0xff}
)

// ContactSheet writes pictures of a channel as one, with their times: all of
// them, or of more than 96 one for each span of time, and then a span without a
// picture is seen as such.
func (s *Source) ContactSheet(ctx context.Context, o Options) (*Report, error) {
	v, err := s.lookAtOne(ctx)
	if err != nil {
		return nil, err
	}
	out, err := s.create(o)
	if err != nil {
		return nil, err
	}
	report, err := s.drawSheet(ctx, out, v)
	report.File = o.File
	return report, out.end(err)
}

func (s *Source) drawSheet(ctx context.Context, out *output, v survey) (*Report, error) {
	report := &Report{}
	sheet, err := newSheet(v, s.Zone)
	if err != nil {
		return report, err
	}
	read := &reader{folder: s.Folder}
	seen, next := 0, 0
	for e, err := range s.each(ctx, v.count) {
		if err != nil {
			return report, err
		}
		cell := sheet.cellOf(&e, seen)
		seen++
		if cell < next || cell >= sheet.cells {
			continue // that one is taken, or the picture came meanwhile
		}
		p, err := read.read(&e)
		if err == nil {
			err = sheet.draw(cell, &e, p)
		}
		if err != nil { // the next picture of the same span will do
			report.leaveOut(&e, err)
			continue
		}
		report.Pictures++
		if p.changed {
			report.Changed++
		}
		next = cell + 1
	}
	if report.Pictures == 0 {
		return report, ErrNone
	}
	sheet.finish(v, report.Pictures)
	report.Width, report.Height = sheet.canvas.Rect.Dx(), sheet.canvas.Rect.Dy()
	w := bufio.NewWriter(out)
	if err := jpeg.Encode(w, sheet.canvas, &jpeg.Options{Quality: quality}); err != nil {
		return report, err
	}
	return report, w.Flush()
}

// sheet is a contact sheet that is being drawn.
type sheet struct {
	canvas        *image.RGBA
	letters       *letters
	zone          *time.Location
	columns       int
	cells         int
	width, height int // of a cell's picture

	begin   time.Time     // of the first span
	span    time.Duration // 0: each picture has a cell
	filled  []bool
	caption string // how times are written
}

// spans are the lengths that a span of time may have.
var spans = []time.Duration{
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 20 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 4 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

func newSheet(v survey, zone *time.Location) (*sheet, error) {
	l, err := newLetters()
	if err != nil {
		return nil, err
	}
	s := &sheet{letters: l, zone: zone, cells: v.count}
	if v.count > mostCells {
		s.divide(v.first, v.last)
	}
	s.filled = make([]bool, s.cells)
	s.caption = captionFormat(v, zone)
	ratio := 9.0 / 16
	if v.width > 0 {
		ratio = min(max(float64(v.height)/float64(v.width), 0.25), 2)
	}
	// About as high as it is wide.
	s.columns = min(int(math.Ceil(math.Sqrt(float64(s.cells)*ratio))), mostColumns)
	s.width = min(sheetWidth/s.columns-gap, mostCell)
	s.height = int(float64(s.width) * ratio)
	rows := (s.cells + s.columns - 1) / s.columns
	s.canvas = image.NewRGBA(image.Rect(0, 0, s.columns*(s.width+gap)+gap, headSize+rows*(s.height+captionSize+gap)+gap))
	draw.Draw(s.canvas, s.canvas.Rect, image.NewUniform(paper), image.Point{}, draw.Src)
	return s, nil
}

// divide cuts the time from first to last into spans that begin at full hours,
// quarters and so on.
func (s *sheet) divide(first, last time.Time) {
	_, offset := first.In(s.zone).Zone()
	for i := 0; ; i++ {
		if i < len(spans) {
			s.span = spans[i]
		} else {
			s.span *= 2
		}
		local := time.Duration(offset) * time.Second
		s.begin = first.Add(local).Truncate(s.span).Add(-local)
		if s.cells = int(last.Sub(s.begin)/s.span) + 1; s.cells <= mostCells {
			return
		}
	}
}

// cellOf is where a picture goes; the number counts all pictures from 0.
func (s *sheet) cellOf(e *archive.Entry, number int) int {
	if s.span == 0 {
		return number
	}
	return int(e.Taken.Sub(s.begin) / s.span)
}

// captionFormat writes what differs between the pictures of a sheet.
func captionFormat(v survey, zone *time.Location) string {
	first, last := v.first.In(zone), v.last.In(zone)
	format := "15:04:05"
	if first.Format(time.DateOnly) != last.Format(time.DateOnly) {
		format = "01-02 " + format
	}
	if first.Format("MST") != last.Format("MST") {
		format += " MST"
	}
	return format
}

// place is where a cell's picture is.
func (s *sheet) place(cell int) image.Rectangle {
	corner := image.Pt(gap+cell%s.columns*(s.width+gap), headSize+cell/s.columns*(s.height+captionSize+gap))
	return image.Rectangle{corner, corner.Add(image.Pt(s.width, s.height))}
}

func (s *sheet) draw(cell int, e *archive.Entry, p *picture) error {
	img, err := p.decode()
	if err != nil {
		return err
	}
	place := s.place(cell)
	fit(s.canvas, place, img)
	s.filled[cell] = true
	right := s.letters.small.width(e.Label)
	s.letters.small.write(s.canvas, image.Pt(place.Min.X, place.Max.Y), s.width-right-gap, ink, e.Taken.In(s.zone).Format(s.caption))
	s.letters.small.write(s.canvas, image.Pt(max(place.Max.X-right, place.Min.X+s.width/2), place.Max.Y), s.width/2, faint, e.Label)
	return nil
}

// finish draws what is known at the end: the head, and where no picture is.
func (s *sheet) finish(v survey, shown int) {
	for cell, filled := range s.filled {
		if filled {
			continue
		}
		place := s.place(cell)
		draw.Draw(s.canvas, place, image.NewUniform(empty), image.Point{}, draw.Src)
		text := "no picture"
		s.letters.small.write(s.canvas, image.Pt((place.Min.X+place.Max.X-s.letters.small.width(text))/2, (place.Min.Y+place.Max.Y-captionSize)/2), s.width, faint, text)
		if s.span > 0 {
			s.letters.small.write(s.canvas, image.Pt(place.Min.X, place.Max.Y), s.width, faint, s.begin.Add(time.Duration(cell)*s.span).In(s.zone).Format(s.caption))
		}
	}
	first, last := v.first.In(s.zone).Format("Mon 2006-01-02"), v.last.In(s.zone).Format("Mon 2006-01-02")
	days := first
	if last != first {
		days += " to " + last
	}
	of := fmt.Sprintf("%d pictures", shown)
	if shown != v.count {
		of = fmt.Sprintf("%d of %d pictures", shown, v.count)
	}
	s.letters.large.write(s.canvas, image.Pt(gap, gap), s.canvas.Rect.Dx()-2*gap, ink, fmt.Sprintf("%s   %s   %s   %s", v.channels[0], days, s.zone, of))
}
