package archive

import (
	"errors"
	"os"
)

// OnStep has f called at each moment at which the process may be killed.
func (a *Archive) OnStep(f func(what string)) { a.step = f }

// CannotRename has the archive do as on a file system that knows no renaming
// which replaces nothing.
func (a *Archive) CannotRename() {
	a.rename = func(*os.Root, string, *os.File, string) error { return errors.ErrUnsupported }
}
