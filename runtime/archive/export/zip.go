package export

import (
	"archive/zip"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
)

// The files of a zip beside the pictures.
const (
	manifestName = "manifest.json"
	sumsName     = "SHA256SUMS"
)

// listed is a picture in the manifest of a zip.
type listed struct {
	archive.Record
	// Now is what the hash of the file is, where it is not the one that the
	// archive has on record.
	Now string `json:"sha256_now,omitempty"`
	// Missing says why the picture is not in the zip.
	Missing string `json:"missing,omitempty"`
}

// Zip writes the pictures as they lie in the archive, a manifest.json with what
// the archive knows of each, SHA256SUMS, which sha256sum -c checks, and the
// manifests of the archive for these days. A picture that has changed since it
// was archived is in it, as it is now.
func (s *Source) Zip(ctx context.Context, o Options) (*Report, error) {
	v, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	out, err := s.create(o)
	if err != nil {
		return nil, err
	}
	report := &Report{File: o.File}
	return report, out.end(s.writeZip(ctx, out, v, report))
}

func (s *Source) writeZip(ctx context.Context, out *output, v survey, report *Report) error {
	// Both lists come behind the pictures; of a million they are larger than
	// what should be in memory.
	manifest, err := newSpool(out)
	if err != nil {
		return err
	}
	defer manifest.remove()
	sums, err := newSpool(out)
	if err != nil {
		return err
	}
	defer sums.remove()
	to := bufio.NewWriterSize(out, bufferSize)
	z := zip.NewWriter(to)
	before := "[\n"
	for e, err := range s.each(ctx, v.count) {
		if err != nil {
			return err
		}
		line := listed{Record: e.Record(s.Zone)}
		sum, err := s.store(z, &e)
		var gone *missing
		switch {
		case errors.As(err, &gone):
			line.Missing = gone.why.Error()
			report.leaveOut(&e, gone.why)
		case err != nil:
			return err
		default:
			report.Pictures++
			if line.SHA256 == "" {
				line.SHA256 = sum
			} else if line.SHA256 != sum {
				line.Now = sum
				report.Changed++
			}
			fmt.Fprintf(sums, "%s  %s\n", line.SHA256, e.Path) // of a spool's errors the last tells
		}
		text, err := json.Marshal(line)
		if err != nil {
			return err
		}
		fmt.Fprintf(manifest, "%s%s", before, text)
		before = ",\n"
	}
	if report.Pictures == 0 {
		return ErrNone
	}
	fmt.Fprint(manifest, "\n]\n")
	if err := manifest.copy(z, manifestName, v.last.In(s.Zone)); err != nil {
		return err
	}
	if err := sums.copy(z, sumsName, v.last.In(s.Zone)); err != nil {
		return err
	}
	if err := s.storeManifests(z, v); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return to.Flush()
}

// missing says that a picture can't be had, whatever the zip is like.
type missing struct{ why error }

func (m *missing) Error() string { return m.why.Error() }

// store adds a picture, as it is: a JPEG becomes no smaller. It returns the
// hash of the file.
func (s *Source) store(z *zip.Writer, e *archive.Entry) (string, error) {
	if info, err := s.Folder.Stat(e.Path); err != nil || !info.Mode().IsRegular() {
		return "", &missing{plainWords(err)}
	}
	file, err := s.Folder.Open(e.Path)
	if err != nil {
		return "", &missing{plainWords(err)}
	}
	defer file.Close()
	w, err := z.CreateHeader(&zip.FileHeader{Name: e.Path, Method: zip.Store, Modified: e.Taken.In(s.Zone)})
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(w, hash), file)
	return hex.EncodeToString(hash.Sum(nil)), err
}

// storeManifests adds the manifests of the days of the pictures, which prove the
// hashes: each has that of the manifest before it.
func (s *Source) storeManifests(z *zip.Writer, v survey) error {
	dir, err := s.Folder.Open(archive.OwnFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	slices.Sort(names)
	first, last := v.first.In(s.Zone).Format(time.DateOnly), v.last.In(s.Zone).AddDate(0, 0, 1).Format(time.DateOnly)
	for _, name := range names {
		if day, is := strings.CutSuffix(name, ".sha256"); is && first <= day && day <= last {
			if err := s.storeManifest(z, name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Source) storeManifest(z *zip.Writer, name string) error {
	file, err := s.Folder.Open(archive.OwnFolder + "/" + name)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	w, err := z.CreateHeader(&zip.FileHeader{Name: "manifests/" + name, Method: zip.Deflate, Modified: info.ModTime().In(s.Zone)})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, file)
	return err
}

// plainWords says why a picture can't be opened; nil is for what is no file.
func plainWords(err error) error {
	var of *fs.PathError
	switch {
	case err == nil:
		return errors.New("it is no plain file")
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("it is missing")
	case errors.As(err, &of):
		return of.Err
	}
	return err
}

// spool is a part of a zip that comes behind what is written first.
type spool struct {
	*bufio.Writer
	file *os.File
}

// newSpool makes one beside the result, where there is room for it.
func newSpool(out *output) (*spool, error) {
	file, err := partFile(out.path)
	if err != nil {
		return nil, err
	}
	return &spool{bufio.NewWriter(file), file}, nil
}

// copy puts it into a zip, packed, with a time of its own.
func (s *spool) copy(z *zip.Writer, name string, modified time.Time) error {
	if err := s.Flush(); err != nil {
		return err
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: modified})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, s.file)
	return err
}

func (s *spool) remove() {
	s.file.Close()
	os.Remove(s.file.Name())
}
