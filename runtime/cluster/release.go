package cluster

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

const (
	// maxPacked is what one entry of the engine takes, less its head.
	maxPacked = 8<<20 - 64<<10
	// maxFiles and maxUnpacked bound what a host lays down, whatever it was sent.
	maxFiles    = 10_000
	maxUnpacked = 64 << 20

	manifestName = "release.json"
	// formatNow is the form of a release. A host that does not know it refuses it.
	formatNow = 1
)

// release is what the hosts of a cluster run: site.yaml, scripts/ and lib/.
type release struct {
	Format int       `json:"format"`
	Number uint64    `json:"number"`
	Host   string    `json:"host"` // that made it
	At     time.Time `json:"at"`
	// Files has the sum of each file by its path: "scripts/tour.lua".
	Files map[string]string `json:"files"`

	content map[string][]byte // by path; nil: only the manifest is known
}

// newRelease makes a release of files; number and origin are still to be given.
func newRelease(files map[string][]byte) *release {
	r := &release{Format: formatNow, Files: make(map[string]string, len(files)), content: files}
	for path, data := range files {
		r.Files[path] = sumOf(data)
	}
	return r
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// paths are the files of the release, in order.
func (r *release) paths() []string { return slices.Sorted(maps.Keys(r.Files)) }

// pack gives the release as one value for the engine: a compressed tar archive whose
// first file is the manifest.
func (r *release) pack() ([]byte, error) {
	manifest, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	w := tar.NewWriter(z)
	put := func(path string, data []byte) {
		err = errors.Join(err, w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: path, Mode: 0o644, Size: int64(len(data)), Format: tar.FormatPAX}))
		_, failed := w.Write(data)
		err = errors.Join(err, failed)
	}
	put(manifestName, manifest)
	for _, path := range r.paths() {
		put(path, r.content[path])
	}
	if err := errors.Join(err, w.Close(), z.Close()); err != nil {
		return nil, err
	}
	if packed.Len() > maxPacked {
		return nil, fmt.Errorf("site.yaml, scripts/ and lib/ are %d MB together when they are packed, and a release has 8 MB at most: move what is no Lua to another folder", packed.Len()>>20)
	}
	return packed.Bytes(), nil
}

// unpack reads what pack has made. It trusts nothing in it: paths are checked, sums
// and sizes too.
func unpack(packed []byte) (*release, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, damaged(err)
	}
	files := tar.NewReader(io.LimitReader(z, maxUnpacked))
	var r *release
	for {
		head, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, damaged(err)
		}
		if head.Typeflag != tar.TypeReg {
			return nil, damaged(fmt.Errorf("%q is no plain file", head.Name))
		}
		data, err := io.ReadAll(files)
		switch {
		case err != nil:
			return nil, damaged(err)
		case r == nil && head.Name == manifestName:
			if r, err = readManifest(data); err != nil {
				return nil, damaged(err)
			}
			r.content = make(map[string][]byte, len(r.Files))
		case r == nil:
			return nil, damaged(errors.New("it has no manifest"))
		case r.Files[head.Name] != sumOf(data):
			return nil, damaged(fmt.Errorf("%q is not what its manifest says", head.Name))
		default:
			r.content[head.Name] = data
		}
	}
	switch {
	case r == nil:
		return nil, damaged(errors.New("it is empty"))
	case len(r.content) != len(r.Files):
		return nil, damaged(errors.New("files are missing"))
	}
	return r, nil
}

func damaged(err error) error { return fmt.Errorf("the release is damaged: %w", err) }

// readManifest reads and checks a manifest; the release has no content yet.
func readManifest(data []byte) (*release, error) {
	r := new(release)
	if err := json.Unmarshal(data, r); err != nil {
		return nil, err
	}
	switch {
	case r.Format != formatNow:
		return nil, fmt.Errorf("it has form %d, and this version of hiklua knows form %d: upgrade this host", r.Format, formatNow)
	case r.Number == 0:
		return nil, errors.New("it has no number")
	case len(r.Files) > maxFiles:
		return nil, fmt.Errorf("it has %d files, more than %d", len(r.Files), maxFiles)
	}
	for path := range r.Files {
		if err := checkPath(path); err != nil {
			return nil, err
		}
	}
	if r.Files["site.yaml"] == "" {
		return nil, errors.New("it has no site.yaml")
	}
	return r, nil
}
