package archive

import (
	"crypto/sha256"
	"io"

	"github.com/hiklua/hiklua/runtime/archive/jpeg"
)

// ReadEntry reads a file of an archive to its end and gives what it says of
// itself, all but its path. The error is that of r, or a *jpeg.FormatError if
// the file is no whole picture; ErrForeign if the archive did not write it.
func ReadEntry(r io.Reader) (Entry, error) {
	sum := sha256.New()
	w := jpeg.NewWriter(sum, nil)
	n, err := io.Copy(w, r)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return Entry{}, err
	}
	e := Entry{Size: n, Width: w.Info().Width, Height: w.Info().Height}
	sum.Sum(e.SHA256[:0])
	return e, nil
}
