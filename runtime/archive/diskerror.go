package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// DiskError says why a file cannot be in the archive. The file of that name, if
// there is one, was left as it is.
type DiskError struct {
	Path string // below the archive, with slashes; "": the archive itself
	Err  error
}

func (e *DiskError) Error() string {
	if e.Path == "" {
		return "archive: " + e.Err.Error()
	}
	return fmt.Sprintf("archive: %s: %v", e.Path, e.Err)
}

// Unwrap gives errors.Is what lies behind it.
func (e *DiskError) Unwrap() error { return e.Err }

// told makes a DiskError of what the os package says; nil stays nil.
func told(name string, err error) error {
	if err == nil {
		return nil
	}
	var known *DiskError
	if errors.As(err, &known) {
		return err
	}
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	switch {
	case strings.Contains(err.Error(), "escapes from parent"):
		err = errors.New("a symbolic link leads out of the archive")
	case errors.Is(err, syscall.EXDEV):
		err = fmt.Errorf("another file system is mounted inside the archive, where no file comes whole: mount it at archive.path (%w)", syscall.EXDEV)
	case errors.As(err, &pathErr):
		err = pathErr.Err
	case errors.As(err, &linkErr):
		err = linkErr.Err
	}
	return &DiskError{name, err}
}
