//go:build !linux

package owner

import (
	"errors"
	"os"
)

// RenameNew is root.Rename that replaces nothing; here it cannot be done in one
// step, which the error errors.ErrUnsupported says.
func RenameNew(root *os.Root, from, to string) error { return errors.ErrUnsupported }
