package sim

import (
	"image"
	"math"

	"golang.org/x/image/font/inconsolata"
)

// canvas draws straight into the planes that JPEG keeps: brightness for every
// pixel, colour for every second one of every second row.
type canvas struct {
	*image.YCbCr
	w, h int
}

func newCanvas(w, h int) *canvas {
	return &canvas{image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420), w, h}
}

// ink is a colour in these planes.
type ink struct{ y, cb, cr uint8 }

// paint is a colour as people write it, 0 to 255.
type paint struct{ r, g, b float64 }

func (p paint) mix(q paint, share float64) paint {
	return paint{p.r + (q.r-p.r)*share, p.g + (q.g-p.g)*share, p.b + (q.b-p.b)*share}
}

func (p paint) ink() ink {
	y := 0.299*p.r + 0.587*p.g + 0.114*p.b
	clip := func(f float64) uint8 { return uint8(math.Max(0, math.Min(255, f+0.5))) }
	return ink{clip(y), clip(128 + (p.b-y)*0.564), clip(128 + (p.r-y)*0.713)}
}

func fill(row []uint8, v uint8) {
	for i := range row {
		row[i] = v
	}
}

// rect fills from (x0, y0) to before (x1, y1).
func (c *canvas) rect(x0, y0, x1, y1 float64, k ink) {
	c.box(int(math.Round(x0)), int(math.Round(y0)), int(math.Round(x1)), int(math.Round(y1)), k)
}

func (c *canvas) box(x0, y0, x1, y1 int, k ink) {
	x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, c.w), min(y1, c.h)
	if x0 >= x1 || y0 >= y1 {
		return
	}
	for y := y0; y < y1; y++ {
		fill(c.Y[y*c.YStride+x0:y*c.YStride+x1], k.y)
		if y%2 == 0 {
			a, b := y/2*c.CStride+(x0+1)/2, y/2*c.CStride+(x1+1)/2
			if a < b {
				fill(c.Cb[a:b], k.cb)
				fill(c.Cr[a:b], k.cr)
			}
		}
	}
}

func (c *canvas) ellipse(cx, cy, rx, ry float64, k ink) {
	for y := max(0, int(cy-ry)); y <= min(c.h-1, int(cy+ry)); y++ {
		t := (float64(y) - cy) / ry
		if t*t < 1 {
			half := rx * math.Sqrt(1-t*t)
			c.box(int(cx-half+0.5), y, int(cx+half+0.5), y+1, k)
		}
	}
}

// blend lays a colour over one pixel.
func (c *canvas) blend(x, y int, k ink, alpha int) {
	if x < 0 || y < 0 || x >= c.w || y >= c.h {
		return
	}
	over := func(p *uint8, v uint8) { *p = uint8((int(*p)*(255-alpha) + int(v)*alpha) / 255) }
	over(&c.Y[y*c.YStride+x], k.y)
	if x%2 == 0 && y%2 == 0 {
		i := y/2*c.CStride + x/2
		over(&c.Cb[i], k.cb)
		over(&c.Cr[i], k.cr)
	}
}

// shade lays a colour over a box.
func (c *canvas) shade(x0, y0, x1, y1 int, k ink, alpha int) {
	for y := max(0, y0); y < min(c.h, y1); y++ {
		for x := max(0, x0); x < min(c.w, x1); x++ {
			c.blend(x, y, k, alpha)
		}
	}
}

const (
	glyphWidth, glyphHeight = 8, 17 // a letter's place
	glyphMask, glyphLeft    = 10, 1 // the mask is wider, and begins before it
)

// lettering is a line of text as it will lie over the picture.
type lettering struct {
	w, h  int
	alpha []uint8
}

// letter draws s; scale 1 is 17 pixels high.
func letter(s string, scale float64) lettering {
	l := lettering{w: int(textWidth(s, scale) + 4*scale), h: int(math.Ceil(glyphHeight*scale)) + 1}
	l.alpha = make([]uint8, l.w*l.h)
	mask := inconsolata.Bold8x16.Mask.(*image.Alpha)
	x := glyphLeft * scale
	for _, r := range s {
		size := scale
		if r == '°' {
			r, size = 'o', scale*0.6
		}
		row, ok := glyph(r)
		if !ok {
			row, _ = glyph('?')
		}
		left := int(x - glyphLeft*size)
		for j := range min(l.h, int(math.Ceil(glyphHeight*size))) {
			sy := (float64(j)+0.5)/size - 0.5
			for i := range min(l.w-left, int(math.Ceil(glyphMask*size))) {
				a := sample(mask, row, (float64(i)+0.5)/size-0.5, sy)
				if size > 1.2 { // sharpen what was enlarged
					a = max(0, min(255, (a-128)*size+128))
				}
				if at := j*l.w + left + i; a > 8 && uint8(a) > l.alpha[at] {
					l.alpha[at] = uint8(a)
				}
			}
		}
		x += glyphWidth * scale
	}
	return l
}

// stamp lays a line of text into the picture.
func (c *canvas) stamp(x, y int, l lettering, k ink) {
	for j := range l.h {
		for i, a := range l.alpha[j*l.w : (j+1)*l.w] {
			if a != 0 {
				c.blend(x+i, y+j, k, int(a))
			}
		}
	}
}

// text draws s with its upper left corner at (x, y).
func (c *canvas) text(x, y, scale float64, s string, k ink) {
	if x < float64(c.w) && x+textWidth(s, scale) > 0 && y < float64(c.h) && y+glyphHeight*scale > 0 {
		c.stamp(int(x-glyphLeft*scale), int(y), letter(s, scale), k)
	}
}

// outlined is white text that can be read on anything.
func (c *canvas) outlined(x, y, scale float64, s string) {
	l, d := letter(s, scale), max(1, int(scale*0.8+0.5))
	left, top := int(x-glyphLeft*scale), int(y)
	for _, o := range [][2]int{{-d, 0}, {d, 0}, {0, -d}, {0, d}} {
		c.stamp(left+o[0], top+o[1], l, black)
	}
	c.stamp(left, top, l, ink{240, 128, 128})
}

func textWidth(s string, scale float64) float64 {
	return float64(len([]rune(s))) * glyphWidth * scale
}

// glyph is the row of the font's mask at which a rune begins. Letters with
// accents lose them: the font knows none.
func glyph(r rune) (int, bool) {
	if r >= 0xc0 && r <= 0xff {
		r = rune("AAAAAAACEEEEIIIIDNOOOOOxOUUUUYPsaaaaaaaceeeeiiiidnooooo/ouuuuypy"[r-0xc0])
	}
	f := inconsolata.Bold8x16
	for _, span := range f.Ranges {
		if r >= span.Low && r < span.High {
			return (int(r-span.Low) + span.Offset) * glyphHeight, true
		}
	}
	return 0, false
}

// sample reads the mask between its pixels.
func sample(m *image.Alpha, row int, x, y float64) float64 {
	x0, y0 := math.Floor(x), math.Floor(y)
	fx, fy := x-x0, y-y0
	at := func(i, j int) float64 {
		if i < 0 || j < 0 || i >= glyphMask || j >= glyphHeight {
			return 0
		}
		return float64(m.Pix[(row+j)*m.Stride+i])
	}
	i, j := int(x0), int(y0)
	return (at(i, j)*(1-fx)+at(i+1, j)*fx)*(1-fy) + (at(i, j+1)*(1-fx)+at(i+1, j+1)*fx)*fy
}
