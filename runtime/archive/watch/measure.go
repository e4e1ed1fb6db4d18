package watch

import (
	"errors"
	"image"
	"image/draw"
	"image/jpeg"
	"io"
)

const (
	// mostPixels bounds what is decoded: 64 megapixels are 100 MB in memory.
	mostPixels = 64 << 20
	// width is what pictures are scaled down to, so that noise and the size of the
	// picture count little.
	width = 320
)

var errTooLarge = errors.New("the picture is too large to be looked through")

// measure is what the cheap look at a picture gives.
type measure struct {
	luma  float64 // mean, 0 to 255
	edges float64 // variance of the Laplacian of the luma, scaled down
}

// read decodes a picture and measures it.
func read(r io.ReadSeeker) (measure, error) {
	conf, err := jpeg.DecodeConfig(r)
	if err != nil {
		return measure{}, err
	}
	if conf.Width*conf.Height > mostPixels {
		return measure{}, errTooLarge
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return measure{}, err
	}
	m, err := jpeg.Decode(r)
	if err != nil {
		return measure{}, err
	}
	return measureOf(lumaOf(m)), nil
}

// lumaOf gives the brightness of a picture, scaled down by averaging squares.
func lumaOf(m image.Image) (luma []float64, w, h int) {
	pix, stride := lumaPlane(m)
	size := m.Bounds().Size()
	k := max((size.X+width-1)/width, 1)
	w, h = size.X/k, size.Y/k
	luma = make([]float64, w*h)
	for y := range h {
		for j := range k {
			row := pix[(y*k+j)*stride:]
			for x := range w {
				sum := 0
				for _, v := range row[x*k : x*k+k] {
					sum += int(v)
				}
				luma[y*w+x] += float64(sum)
			}
		}
		for x := range w {
			luma[y*w+x] /= float64(k * k)
		}
	}
	return luma, w, h
}

// lumaPlane gives the brightness of each pixel, line by line.
func lumaPlane(m image.Image) (pix []byte, stride int) {
	b := m.Bounds()
	switch m := m.(type) {
	case *image.YCbCr:
		return m.Y[m.YOffset(b.Min.X, b.Min.Y):], m.YStride
	case *image.Gray:
		return m.Pix[m.PixOffset(b.Min.X, b.Min.Y):], m.Stride
	}
	// CMYK, and what else there may be.
	gray := image.NewGray(b)
	draw.Draw(gray, b, m, b.Min, draw.Src)
	return gray.Pix, gray.Stride
}

func measureOf(luma []float64, w, h int) measure {
	var m measure
	for _, v := range luma {
		m.luma += v
	}
	m.luma /= float64(max(len(luma), 1))
	sum, squares, n := 0.0, 0.0, 0.0
	for y := 1; y < h-1; y++ {
		for x := 1; x < w-1; x++ {
			i := y*w + x
			l := luma[i-1] + luma[i+1] + luma[i-w] + luma[i+w] - 4*luma[i]
			sum, squares, n = sum+l, squares+l*l, n+1
		}
	}
	if n > 0 {
		m.edges = squares/n - (sum/n)*(sum/n)
	}
	return m
}
