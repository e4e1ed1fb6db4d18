package index

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/clock"
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
	Path   string `json:"path,omitempty"` // below the archive, with slashes
	Detail string `json:"detail"`
}

// Report is what Verify has seen.
type Report struct {
	Files    int64     `json:"files"`   // pictures that are as they were written
	Bytes    int64     `json:"bytes"`   // of these
	Removed  int64     `json:"removed"` // pictures that retention has removed, as far as manifests still list them
	Days     int       `json:"days"`    // manifests
	Findings []Finding `json:"findings"`
}

// Progress is told how far a long work is.
type Progress func(files, of int64)

// VerifyOptions are for Verify.
type VerifyOptions struct {
	Clock clock.Clock
	// Index is compared, too; nil: a host has it open.
	Index *Index
	// Head is the end of the chain as the index has it, if Index is nil; zero:
	// it is not known, and manifests that are missing at the end are not noticed.
	Head     Head
	Found    func(Finding) // called as they are found, if it is set
	Progress Progress      // may be nil
}

// Head is the end of the chain of manifests.
type Head struct {
	Day    string `json:"day,omitempty"`    // "": there is no manifest yet
	Size   int64  `json:"size,omitempty"`   // bytes
	SHA256 string `json:"sha256,omitempty"` // of these
}

// pathSum stands for a path where a million of them are remembered.
type pathSum [16]byte

func sumOf(name string) (s pathSum) {
	full := sha256.Sum256([]byte(name))
	copy(s[:], full[:])
	return s
}

// verifier is one Verify.
type verifier struct {
	VerifyOptions
	ctx     context.Context
	root    *os.Root
	report  Report
	seen    map[pathSum]bool // listed and not removed; true: as it was written
	removed map[pathSum]bool // with the listing still to come
	listed  int64
	looked  int64
	recheck []Finding // that may be no more than a host at work
}

// Verify compares every file of the archive in the folder dir with the
// manifests, and these with one another. A host may write to it meanwhile. The
// error is for what could not be looked at.
func Verify(ctx context.Context, dir string, o VerifyOptions) (Report, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Report{}, err
	}
	defer root.Close()
	v := newVerifier(ctx, root, o)
	if o.Index != nil {
		if v.Head, err = o.Index.Head(ctx); err != nil {
			return v.report, err
		}
	}
	days, err := v.chain()
	if err != nil {
		return v.report, err
	}
	for _, day := range days {
		if err := v.day(day); err != nil {
			return v.report, err
		}
	}
	if err := v.strangers("."); err != nil {
		return v.report, err
	}
	if err := v.again(); err != nil {
		return v.report, err
	}
	broken := slices.ContainsFunc(v.report.Findings, func(f Finding) bool { return f.Kind == Manifest })
	if o.Index != nil && !broken {
		err = v.compare()
	}
	return v.report, err
}

func newVerifier(ctx context.Context, root *os.Root, o VerifyOptions) *verifier {
	return &verifier{
		VerifyOptions: o, ctx: ctx, root: root,
		report: Report{Findings: []Finding{}},
		seen:   make(map[pathSum]bool), removed: make(map[pathSum]bool),
	}
}

func (v *verifier) find(kind, path, detail string) {
	f := Finding{kind, path, detail}
	v.report.Findings = append(v.report.Findings, f)
	if v.Found != nil {
		v.Found(f)
	}
}

func (v *verifier) progress() error {
	v.looked++
	if v.Progress != nil && v.looked%16 == 0 {
		v.Progress(v.looked, max(v.listed, v.looked))
	}
	return clock.Cause(v.ctx)
}

// day looks at every picture that a manifest lists, the last line first: what
// was removed is told from what is missing by the lines that come later.
func (v *verifier) day(day string) error {
	lines, err := readLines(v.root, day)
	if err != nil {
		return err
	}
	for _, l := range slices.Backward(lines) {
		sum := sumOf(l.path)
		switch {
		case l.kind == prefixRemoved:
			v.removed[sum] = true
			continue
		case l.kind != "":
			continue
		}
		if v.removed[sum] {
			delete(v.removed, sum)
			v.report.Removed++
		} else if _, again := v.seen[sum]; !again {
			if v.seen[sum], err = v.picture(l); err != nil {
				return err
			}
		}
		if err := v.progress(); err != nil {
			return err
		}
	}
	return nil
}

// picture compares one file with its line.
func (v *verifier) picture(l line) (good bool, err error) {
	detail, size, err := compareFile(v.root, l)
	switch {
	case err != nil:
		return false, err
	case detail == missingDetail:
		v.recheck = append(v.recheck, Finding{Missing, l.path, detail})
	case detail != "":
		v.find(Changed, l.path, detail)
	default:
		v.report.Files++
		v.report.Bytes += size
		return true, nil
	}
	return false, nil
}

const (
	missingDetail = "is gone, and was not removed by retention"
	changedDetail = "has other bytes than when it was written"
)

// compareFile says what is wrong with a file; "": nothing.
func compareFile(root *os.Root, l line) (detail string, size int64, err error) {
	info, err := root.Lstat(l.path)
	switch {
	case errors.Is(err, fs.ErrNotExist), isNoFolder(err):
		return missingDetail, 0, nil
	case err != nil:
		return "cannot be looked at: " + err.Error(), 0, nil
	case !info.Mode().IsRegular():
		return "is no plain file any more", 0, nil
	}
	file, err := root.Open(l.path)
	if err != nil {
		return "cannot be read: " + err.Error(), 0, nil
	}
	defer file.Close()
	sum, err := hashOf(file)
	switch {
	case err != nil:
		return "cannot be read: " + err.Error(), 0, nil
	case sum != l.sum:
		return changedDetail, 0, nil
	}
	return "", info.Size(), nil
}

// strangers looks for files that no manifest lists.
func (v *verifier) strangers(dir string) error {
	var folders []string
	err := eachEntry(v.root, dir, func(e fs.DirEntry) error {
		name := path.Join(dir, e.Name())
		switch {
		case name == archive.OwnFolder:
		case e.IsDir():
			folders = append(folders, e.Name())
		default:
			if _, listed := v.seen[sumOf(name)]; !listed {
				v.recheck = append(v.recheck, Finding{Added, name, addedDetail})
			}
		}
		return v.progress()
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	slices.Sort(folders)
	for _, name := range folders {
		if err := v.strangers(path.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

const addedDetail = "was not archived: no manifest lists it"

func eachEntry(root *os.Root, dir string, f func(fs.DirEntry) error) error {
	d, err := root.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	for {
		entries, err := d.ReadDir(1000)
		for _, e := range entries {
			if err := f(e); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// again looks a second time at what a host that is at work would explain: it
// lists a picture some seconds after it was written, and removals after they are
// done.
func (v *verifier) again() error {
	if len(v.recheck) == 0 {
		return nil
	}
	if v.Index == nil && v.anyYoung() {
		if err := clock.Sleep(v.ctx, v.Clock, 2*flushAfter); err != nil {
			return err
		}
	}
	days, err := manifestDays(v.root)
	if err != nil {
		return err
	}
	last := make(map[string]string) // path: the kind of its last line
	for _, f := range v.recheck {
		last[f.Path] = "none"
	}
	for _, day := range days {
		lines, err := readLines(v.root, day)
		if err != nil {
			return err
		}
		for _, l := range lines {
			if _, ok := last[l.path]; ok && (l.kind == "" || l.kind == prefixRemoved) {
				last[l.path] = l.kind
			}
		}
	}
	slices.SortFunc(v.recheck, func(a, b Finding) int { return strings.Compare(a.Path, b.Path) })
	for _, f := range v.recheck {
		kind := last[f.Path]
		_, err := v.root.Lstat(f.Path)
		there := err == nil
		switch {
		case f.Kind == Missing && (kind == prefixRemoved || there):
		case f.Kind == Added && (kind == "" || !there):
		default:
			v.find(f.Kind, f.Path, f.Detail)
		}
	}
	return nil
}

// young is the age up to which a file may be one that a host has not listed yet.
const young = time.Minute

func (v *verifier) anyYoung() bool {
	now := v.Clock.Now()
	for _, f := range v.recheck {
		if f.Kind == Missing {
			return true
		}
		if info, err := v.root.Lstat(f.Path); err == nil && now.Sub(info.ModTime()).Abs() < young {
			return true
		}
	}
	return false
}

// compare looks whether the index has what the manifests have.
func (v *verifier) compare() error {
	if v.Index.Problem() != nil {
		v.find(Indexed, "", v.Index.Problem().Error()+"; `hiklua archive verify --rebuild` mends it")
		return nil
	}
	lacking, strange := v.report.Files, int64(0)
	err := v.Index.List(v.ctx, archive.Query{}, func(e archive.Entry) error {
		switch good, listed := v.seen[sumOf(e.Path)]; {
		case !listed:
			strange++
		case good:
			lacking--
		}
		return nil
	})
	if err != nil {
		return err
	}
	if lacking != 0 || strange > 0 {
		v.find(Indexed, "", indexDetail(lacking, strange))
	}
	return nil
}

func hexOf(sum []byte) string { return hex.EncodeToString(sum) }
