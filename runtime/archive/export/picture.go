package export

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"os"

	"golang.org/x/image/draw"

	"github.com/hiklua/hiklua/runtime/archive"
)

const (
	// maxFile is the largest file that is taken for a picture, in bytes.
	maxFile = 64 << 20
	// maxPixels bounds what is decoded: 100 megapixels take 150 MB.
	maxPixels = 100 << 20
	// quality is that of JPEGs that are made here.
	quality = 90
)

// picture is one that was read. Its bytes are good until the next is read.
type picture struct {
	data          []byte
	width, height int
	changed       bool // not the bytes that the index has
}

// reader reads pictures one after another into the same memory.
type reader struct {
	folder *os.Root
	buffer bytes.Buffer
}

// read reads the picture of an entry. Its bytes are those that were archived,
// and checked then; others are decoded once to see whether they are whole. The
// error says what is wrong with the picture.
func (r *reader) read(e *archive.Entry) (*picture, error) {
	if err := r.load(e.Path); err != nil {
		return nil, err
	}
	p := &picture{data: r.buffer.Bytes()}
	p.changed = e.SHA256 != [32]byte{} && sha256.Sum256(p.data) != e.SHA256
	head, err := jpeg.DecodeConfig(bytes.NewReader(p.data))
	switch {
	case err != nil:
		return nil, fmt.Errorf("it is no JPEG: %w", err)
	case head.Width*head.Height > maxPixels:
		return nil, fmt.Errorf("it has %d x %d pixels, more than can be decoded", head.Width, head.Height)
	case !bytes.HasSuffix(p.data, []byte{0xff, 0xd9}):
		return nil, errors.New("its end is missing")
	}
	p.width, p.height = head.Width, head.Height
	if p.changed || e.SHA256 == [32]byte{} {
		if _, err := p.decode(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (r *reader) load(path string) error {
	r.buffer.Reset()
	info, err := r.folder.Stat(path)
	switch {
	case err != nil:
		return plainWords(err)
	case !info.Mode().IsRegular():
		return errors.New("it is no plain file")
	case info.Size() > maxFile:
		return fmt.Errorf("it is larger than %d MB", maxFile>>20)
	}
	file, err := r.folder.Open(path)
	if err != nil {
		return plainWords(err)
	}
	defer file.Close()
	_, err = r.buffer.ReadFrom(io.LimitReader(file, maxFile))
	return err
}

func (p *picture) decode() (image.Image, error) {
	img, err := jpeg.Decode(bytes.NewReader(p.data))
	if err != nil {
		return nil, fmt.Errorf("it is broken: %w", err)
	}
	return img, nil
}

// fit scales an image into a place, the whole of it, in its proportions, in the
// middle.
func fit(into draw.Image, place image.Rectangle, img image.Image) {
	from := img.Bounds()
	width, height := place.Dx(), from.Dy()*place.Dx()/from.Dx()
	if height > place.Dy() {
		width, height = from.Dx()*place.Dy()/from.Dy(), place.Dy()
	}
	corner := place.Min.Add(image.Pt((place.Dx()-width)/2, (place.Dy()-height)/2))
	to := image.Rectangle{corner, corner.Add(image.Pt(max(width, 1), max(height, 1)))}
	draw.BiLinear.Scale(into, to, img, from, draw.Src, nil)
}
