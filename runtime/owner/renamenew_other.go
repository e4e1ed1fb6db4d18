//go:build !linux

package owner

import (
	"errors"
	"os"
)

// RenameNew renames a file below root to a name in the folder dir and replaces
// nothing; here it cannot be done in one step, which errors.ErrUnsupported says.
func RenameNew(root *os.Root, from string, dir *os.File, to string) error {
	return errors.ErrUnsupported
}
