package export

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"io"
)

// frameWriter takes the pictures of a time lapse.
type frameWriter interface {
	frame(jpeg []byte) error
}

// AVI writes a time lapse as Motion JPEG in AVI: each picture as it lies in the
// archive, to the byte. Those of another size than most are fitted into it, and
// compressed anew.
func (s *Source) AVI(ctx context.Context, o Options) (*Report, error) {
	v, err := s.lookAtOne(ctx)
	if err != nil {
		return nil, err
	}
	out, err := s.create(o)
	if err != nil {
		return nil, err
	}
	var avi *aviWriter
	report, err := s.frames(ctx, v, func(width, height int) (frameWriter, error) {
		avi, err = newAVIWriter(out, width, height, newFrameRate(o.FPS))
		return avi, err
	})
	if err == nil {
		err = avi.close()
	}
	report.File = o.File
	return report, out.end(err)
}

// frames gives the pictures to a writer of time lapses, which is opened when
// their size is certain.
func (s *Source) frames(ctx context.Context, v survey, open func(width, height int) (frameWriter, error)) (*Report, error) {
	report := &Report{Width: v.width, Height: v.height}
	read := &reader{folder: s.Folder}
	var to frameWriter
	fitted := &fitter{}
	for e, err := range s.each(ctx, v.count) {
		if err != nil {
			return report, err
		}
		p, err := read.read(&e)
		if err != nil {
			report.leaveOut(&e, err)
			continue
		}
		if to == nil {
			if report.Width == 0 {
				report.Width, report.Height = p.width, p.height
			}
			if to, err = open(report.Width, report.Height); err != nil {
				return report, err
			}
		}
		data := p.data
		if p.width != report.Width || p.height != report.Height {
			if data, err = fitted.fit(p, report.Width, report.Height); err != nil {
				report.leaveOut(&e, err)
				continue
			}
			report.Fitted++
		}
		if err := to.frame(data); err != nil {
			return report, err
		}
		report.Pictures++
		if p.changed {
			report.Changed++
		}
	}
	if report.Pictures == 0 {
		return report, ErrNone
	}
	return report, nil
}

// fitter makes pictures of one size of those of another.
type fitter struct {
	canvas *image.RGBA
	buffer bytes.Buffer
}

func (f *fitter) fit(p *picture, width, height int) ([]byte, error) {
	img, err := p.decode()
	if err != nil {
		return nil, err
	}
	size := image.Rect(0, 0, width, height)
	if f.canvas == nil {
		f.canvas = image.NewRGBA(size)
	}
	clear(f.canvas.Pix)
	fit(f.canvas, size, img)
	f.buffer.Reset()
	err = jpeg.Encode(&f.buffer, f.canvas, &jpeg.Options{Quality: quality})
	return f.buffer.Bytes(), err
}

// bare writes a JPEG without what is in it beside the picture, such as a small
// picture within: readers of a bare stream may take that for one of its own.
func bare(w io.Writer, data []byte) error {
	begin, at := 0, 2 // what is not written yet; behind the start of the image
	for at+4 <= len(data) && data[at] == 0xff {
		marker, length := data[at+1], int(data[at+2])<<8|int(data[at+3])
		end := at + 2 + length
		if marker == startOfScan || length < 2 || end > len(data) {
			break
		}
		if marker >= 0xe1 && marker <= 0xef || marker == comment {
			if _, err := w.Write(data[begin:at]); err != nil {
				return err
			}
			begin = end
		}
		at = end
	}
	_, err := w.Write(data[begin:])
	return err
}

// Markers of JPEG segments; 0xe1 to 0xef are of applications.
const (
	startOfScan = 0xda
	comment     = 0xfe
)
