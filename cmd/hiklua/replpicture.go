package main

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/color/palette"
	_ "image/gif" // what devices send besides JPEG
	"image/jpeg"
	_ "image/png"
	"io"
	"slices"
	"strings"

	"golang.org/x/image/draw"
)

// pictureKind is how a terminal shows pictures.
type pictureKind int

const (
	picturesUnknown pictureKind = iota // the terminal was not asked yet
	picturesNone
	picturesKitty  // https://sw.kovidgoyal.net/kitty/graphics-protocol
	picturesITerm2 // https://iterm2.com/documentation-images.html
	picturesSixel  // DEC's; https://vt100.net/docs/vt3xx-gp/chapter14.html
)

// pictureWidth and pictureHeight bound a picture on the screen, in pixels: it is
// to be looked at, and may come over a slow line.
const (
	pictureWidth  = 640
	pictureHeight = 360
)

// pictureKindOf is what the environment says of a terminal. Inside tmux and
// screen only they can say it.
func pictureKindOf(env func(string) (string, bool)) pictureKind {
	is := func(name string, words ...string) bool {
		v, _ := env(name)
		return v != "" && (len(words) == 0 || slices.Contains(words, v))
	}
	switch {
	case is("TMUX") || is("STY"):
		return picturesUnknown
	case is("KITTY_WINDOW_ID") || is("TERM", "xterm-kitty", "xterm-ghostty") || is("TERM_PROGRAM", "ghostty"):
		return picturesKitty
	case is("TERM_PROGRAM", "iTerm.app", "WezTerm") || is("LC_TERMINAL", "iTerm2"):
		return picturesITerm2
	case is("TERM", "dumb", "linux"):
		return picturesNone
	}
	return picturesUnknown
}

// show shows a picture if the terminal can. Whether it can show sixels it is
// asked with the first one.
func (e *editor) show(ctx context.Context, picture []byte) {
	if e.pictures == picturesUnknown {
		e.pictures = picturesNone
		if slices.Contains(e.Attributes(ctx), "4") {
			e.pictures = picturesSixel
		}
	}
	if e.pictures == picturesNone {
		return
	}
	m, _, err := image.Decode(bytes.NewReader(picture))
	if err != nil {
		return // its size is told in any case
	}
	var b bytes.Buffer
	switch m := fitted(m); e.pictures {
	case picturesKitty:
		writeKitty(&b, m)
	case picturesITerm2:
		writeITerm2(&b, m)
	case picturesSixel:
		writeSixel(&b, m)
	}
	b.WriteString("\r\n")
	e.Write(b.Bytes())
}

// fitted makes a picture as small as it is shown.
func fitted(m image.Image) *image.RGBA {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	if w > pictureWidth {
		w, h = pictureWidth, max(1, h*pictureWidth/w)
	}
	if h > pictureHeight {
		w, h = max(1, w*pictureHeight/h), pictureHeight
	}
	small := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.ApproxBiLinear.Scale(small, small.Bounds(), m, m.Bounds(), draw.Src, nil)
	return small
}

// kittyPiece is how much of a picture one sequence of kitty may have.
const kittyPiece = 4096

// writeKitty writes pixels, 3 bytes each, packed by zlib.
func writeKitty(w io.Writer, m *image.RGBA) {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	for i := 0; i < len(m.Pix); i += 4 {
		z.Write(m.Pix[i : i+3])
	}
	z.Close()
	rest := base64.StdEncoding.EncodeToString(packed.Bytes())
	keys := fmt.Sprintf("a=T,f=24,o=z,q=2,s=%d,v=%d,", m.Rect.Dx(), m.Rect.Dy())
	for {
		piece := rest[:min(len(rest), kittyPiece)]
		rest = rest[len(piece):]
		more := 0
		if rest != "" {
			more = 1
		}
		fmt.Fprintf(w, "\x1b_G%sm=%d;%s\x1b\\", keys, more, piece)
		if keys = ""; more == 0 {
			return
		}
	}
}

// writeITerm2 writes a JPEG file.
func writeITerm2(w io.Writer, m *image.RGBA) {
	var file bytes.Buffer
	if jpeg.Encode(&file, m, &jpeg.Options{Quality: 80}) != nil {
		return
	}
	fmt.Fprintf(w, "\x1b]1337;File=inline=1;size=%d;width=%dpx;height=%dpx:%s\a",
		file.Len(), m.Rect.Dx(), m.Rect.Dy(), base64.StdEncoding.EncodeToString(file.Bytes()))
}

// writeSixel writes bands of six rows, each colour of a band after the other.
func writeSixel(w io.Writer, m *image.RGBA) {
	p := image.NewPaletted(m.Rect, palette.WebSafe)
	draw.FloydSteinberg.Draw(p, p.Rect, m, image.Point{})
	width, height := p.Rect.Dx(), p.Rect.Dy()
	fmt.Fprintf(w, "\x1bP0;1;q\"1;1;%d;%d", width, height)
	for i, c := range palette.WebSafe {
		rgb := c.(color.RGBA)
		fmt.Fprintf(w, "#%d;2;%d;%d;%d", i, int(rgb.R)*100/255, int(rgb.G)*100/255, int(rgb.B)*100/255)
	}
	for top := 0; top < height; top += 6 {
		bands := make(map[uint8][]byte)
		for y := top; y < min(top+6, height); y++ {
			for x := range width {
				c := p.Pix[y*p.Stride+x]
				if bands[c] == nil {
					bands[c] = make([]byte, width)
				}
				bands[c][x] |= 1 << (y - top)
			}
		}
		for c := range len(palette.WebSafe) {
			if band := bands[uint8(c)]; band != nil {
				fmt.Fprintf(w, "#%d%s$", c, sixels(band))
			}
		}
		io.WriteString(w, "-")
	}
	io.WriteString(w, "\x1b\\")
}

// sixels writes the columns of a band, runs of the same as !COUNT.
func sixels(band []byte) string {
	var b strings.Builder
	for i := 0; i < len(band); {
		n := 1
		for i+n < len(band) && band[i+n] == band[i] {
			n++
		}
		if n > 3 {
			fmt.Fprintf(&b, "!%d", n)
			b.WriteByte(band[i] + '?')
		} else {
			b.WriteString(strings.Repeat(string(rune(band[i]+'?')), n))
		}
		i += n
	}
	return b.String()
}
