package upload

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// Place is where copies go.
type Place interface {
	// Put copies a file to a name, checks it, and returns the name it has there:
	// another one where that was taken by other bytes.
	Put(ctx context.Context, name string, f *os.File, sum Sum) (string, error)
	// Remove removes a copy. One that is not there is no error.
	Remove(ctx context.Context, name string) error
	Close() error
}

// Sum is what a file is known by.
type Sum struct {
	Size   int64
	MD5    [16]byte
	SHA256 [32]byte
}

// Error is why nothing can be copied at present.
type Error struct {
	Place   string // as site.yaml has it
	Message string
	Hint    string // what to do; "": wait
	Picture bool   // it is about the one picture: others may be copied
	Err     error
}

func (e *Error) Error() string { return e.Place + ": " + e.Message }

func (e *Error) Unwrap() error { return e.Err }

// bucket is a Place behind gocloud.dev/blob.
type bucket struct {
	place  string
	blob   *blob.Bucket
	prefix string // with a slash at its end; "": none
	pace   *pace
	// write copies a file to a key that is free.
	write func(ctx context.Context, key string, f *os.File) error
	// explain finds words for an error of the place.
	explain func(err error) *Error
}

var _ Place = (*bucket)(nil)

// Put implements Place.
func (b *bucket) Put(ctx context.Context, name string, f *os.File, sum Sum) (string, error) {
	// A copy with other bytes is another picture, of another site perhaps.
	for _, name := range []string{name, beside(name, sum)} {
		switch there, err := b.compare(ctx, b.prefix+name, sum); {
		case there == same:
			return name, nil
		case there == different:
			continue
		case err != nil && gcerrors.Code(err) != gcerrors.PermissionDenied:
			return "", b.failed(err)
		}
		// S3 answers 403 for what is not there where the key may not list: then
		// the write tells.
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return "", err
		}
		if err := b.write(ctx, b.prefix+name, f); err != nil {
			return "", b.failed(err)
		}
		switch there, err := b.compare(ctx, b.prefix+name, sum); {
		case gcerrors.Code(err) == gcerrors.PermissionDenied:
			e := b.failed(err)
			e.Message, e.Hint = "what was copied cannot be read back, to see that it is whole", "the account needs the right to read, too (s3:GetObject)"
			return "", e
		case err != nil:
			return "", b.failed(err)
		case there == nothing:
			return "", &Error{Place: b.place, Message: "what was sent is not there: " + name}
		case there == different:
			return "", &Error{Place: b.place, Message: "what arrived is not what was sent: " + name}
		}
		return name, nil
	}
	return "", &Error{Place: b.place, Message: name + " is there twice, with other bytes", Picture: true}
}

// beside is the name of a copy whose own name is taken: yard/12-00-00.jpg becomes
// yard/12-00-00-3f2a9c41.jpg.
func beside(name string, sum Sum) string {
	ext := path.Ext(name)
	return fmt.Sprintf("%s-%x%s", strings.TrimSuffix(name, ext), sum.SHA256[:4], ext)
}

// What compare finds under a key.
type found int

const (
	nothing found = iota
	same
	different
)

// compare looks at what is under a key.
func (b *bucket) compare(ctx context.Context, key string, sum Sum) (found, error) {
	attributes, err := b.blob.Attributes(ctx, key)
	switch {
	case gcerrors.Code(err) == gcerrors.NotFound:
		return nothing, nil
	case err != nil:
		return nothing, err
	case attributes.Size != sum.Size:
		return different, nil
	case len(attributes.MD5) == len(sum.MD5) && bytes.Equal(attributes.MD5, sum.MD5[:]):
		return same, nil
	}
	// No MD5, or an ETag that looks like one and is none: encrypted there.
	r, err := b.blob.NewReader(ctx, key, nil)
	if err != nil {
		return nothing, err
	}
	defer r.Close()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return nothing, err
	}
	if [32]byte(h.Sum(nil)) != sum.SHA256 {
		return different, nil
	}
	return same, nil
}

// Remove implements Place.
func (b *bucket) Remove(ctx context.Context, name string) error {
	err := b.blob.Delete(ctx, b.prefix+name)
	if err == nil || gcerrors.Code(err) == gcerrors.NotFound {
		return nil
	}
	return b.failed(err)
}

// Close implements Place.
func (b *bucket) Close() error { return b.blob.Close() }

func (b *bucket) failed(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	e := b.explain(err)
	e.Place, e.Err = b.place, err
	return e
}
