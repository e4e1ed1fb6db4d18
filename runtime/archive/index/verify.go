package index

import (
	"context"
)

// The kinds of a Finding.
const (
	Changed  = "changed"  // a picture has other bytes than when it was written
	Missing  = "missing"  // a picture is gone, and retention did not remove it
	Added    = "added"    // a file is there that was not archived
	Manifest = "manifest" // a manifest was changed, or is gone
	Indexed  = "index"    // the index and the manifests differ
)

// Finding is one thing that is not as it was recorded.
type Finding struct {
	Kind   string `json:"kind"`
	Path   string `json:"path"` // below the archive, with slashes
	Detail string `json:"detail"`
}

// Report is what Verify has seen.
type Report struct {
	Files    int64     `json:"files"`   // pictures that are as they were written
	Bytes    int64     `json:"bytes"`   // of these
	Removed  int64     `json:"removed"` // pictures that were removed by retention, of manifests that are kept
	Days     int       `json:"days"`    // manifests
	Findings []Finding `json:"findings"`
}

// Progress is told how far a long work is.
type Progress func(files, of int64)

// VerifyOptions are for Verify and Rebuild.
type VerifyOptions struct {
	Index    *Index        // compared too; nil: a host has it open
	Found    func(Finding) // called as they are found, if it is set
	Progress Progress      // may be nil
}

// Verify compares every file of the archive in the folder dir with the
// manifests. A host may write to it meanwhile.
func Verify(ctx context.Context, dir string, o VerifyOptions) (Report, error) {
	return Report{}, errDue
}

// Rebuild makes the index in the file at path anew from the pictures and
// manifests of the archive in dir. An old one is set aside. No host may run.
func Rebuild(ctx context.Context, path, dir string, o Options, v VerifyOptions) (Report, error) {
	return Report{}, errDue
}
