package archive

import (
	"context"
	"os"
)

// Index knows the pictures of an archive. Its methods may be called from any
// goroutine. Package index has the one that is used.
type Index interface {
	// Folder opens the archive's folder, or says why what is there is not the
	// archive that the index is of: a mount is gone, another disk is there.
	Folder() (*os.Root, error)
	// Expect puts on record that a picture comes to lie in dir, a folder below
	// the archive's with slashes. After a crash the index looks there for what
	// it was not told of. It returns when the disk has it.
	Expect(ctx context.Context, dir string) error
	// Add takes in a picture that is in its place. It waits for nothing.
	Add(Entry)
}
