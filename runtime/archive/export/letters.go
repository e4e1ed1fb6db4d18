package export

import (
	"image"
	"image/color"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// letters are the two sizes of writing on a contact sheet.
type letters struct{ small, large writing }

func newLetters() (*letters, error) {
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	l := &letters{}
	for _, w := range []struct {
		into *writing
		size float64
	}{{&l.small, 19}, {&l.large, 34}} {
		if w.into.face, err = opentype.NewFace(parsed, &opentype.FaceOptions{Size: w.size, DPI: 72, Hinting: font.HintingFull}); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// writing is a face of one size.
type writing struct{ face font.Face }

// width is that of a text, in pixels.
func (w writing) width(text string) int { return font.MeasureString(w.face, text).Ceil() }

// write writes a line with its upper left corner at, what goes beyond a width
// cut off.
func (w writing) write(on *image.RGBA, at image.Point, width int, c color.Color, text string) {
	place := image.Rectangle{at, at.Add(image.Pt(width, w.face.Metrics().Height.Ceil()+4))}
	d := font.Drawer{
		Dst: on.SubImage(place).(*image.RGBA), Src: image.NewUniform(c), Face: w.face,
		Dot: fixed.P(at.X, at.Y+w.face.Metrics().Ascent.Ceil()+2),
	}
	d.DrawString(text)
}
