package index

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/clock"
)

// Head tells the end of the chain of manifests.
func (x *Index) Head(ctx context.Context) (Head, error) {
	if err := x.flushed(ctx); err != nil {
		return Head{}, err
	}
	var c chain
	err := x.View(func(v *View) error {
		_, err := getJSON(v.tx.Bucket([]byte(bucketMeta)), metaChain, &c)
		return err
	})
	if err != nil || c.Day == "" {
		return Head{}, err
	}
	sum, err := c.sum()
	return Head{c.Day, c.Size, sum}, err
}

// link is a manifest as it is on the disk.
type link struct {
	day      string
	sum      string
	previous string // day and hash of the one before, or noDay
	before   string
	titled   bool
}

// chain compares each manifest with the hash that the next one has of it, and
// gives the days, the last one first.
func (v *verifier) chain() ([]string, error) {
	days, err := manifestDays(v.root)
	if err != nil {
		return nil, err
	}
	v.report.Days = len(days)
	links := make(map[string]*link)
	dropped := make(map[string]string) // day: hash
	for _, day := range days {
		l, err := v.read(day, dropped)
		if err != nil {
			return nil, err
		}
		links[day] = l
	}
	if err := v.others(links); err != nil {
		return nil, err
	}
	followed := make(map[string]bool) // named by the next
	gone := false
	for _, day := range days {
		l := links[day]
		switch {
		case !l.titled || l.previous == "":
			gone = true
			v.find(Manifest, ManifestName(day), "was changed: it does not begin as a manifest does")
			continue
		case l.previous == noDay:
			if day != days[0] {
				v.find(Manifest, ManifestName(day), "was changed: it says that there was none before it")
			}
			continue
		}
		followed[l.previous] = true
		switch before := links[l.previous]; {
		case before == nil && dropped[l.previous] != l.before:
			gone = true
			v.find(Manifest, ManifestName(l.previous), "is gone: the manifest of "+day+" has its hash")
		case before != nil && before.sum != l.before:
			v.find(Manifest, ManifestName(l.previous), "was changed: the manifest of "+day+" has another hash of it")
		}
	}
	return v.newest(days, links, followed, gone), nil
}

// newest checks the end of the chain, and turns the days round.
func (v *verifier) newest(days []string, links map[string]*link, followed map[string]bool, gone bool) []string {
	if v.Head.Day != "" {
		sum, err := v.sumTo(v.Head.Day, v.Head.Size)
		if v.Index == nil && (err != nil || sum != v.Head.SHA256) {
			// The host may be about to write what its index has already.
			if clock.Sleep(v.ctx, v.Clock, time.Second) == nil {
				sum, err = v.sumTo(v.Head.Day, v.Head.Size)
			}
		}
		switch {
		case errors.Is(err, fs.ErrNotExist):
			gone = true
			v.find(Manifest, ManifestName(v.Head.Day), "is gone: it is the last one that the index knows of")
		case err != nil:
			v.find(Manifest, ManifestName(v.Head.Day), "cannot be read: "+err.Error())
		case sum != v.Head.SHA256:
			v.find(Manifest, ManifestName(v.Head.Day), "was changed: the index has another hash of it")
		case v.Index != nil && links[v.Head.Day].sum != sum:
			v.find(Manifest, ManifestName(v.Head.Day), "was changed: something was added to it")
		}
	}
	var back []string
	for i := len(days) - 1; i >= 0; i-- {
		day := days[i]
		if i < len(days)-1 && !gone && !followed[day] && links[day].titled && day != v.Head.Day {
			v.find(Manifest, ManifestName(day), "is not in the chain: no later manifest has its hash")
		}
		back = append(back, day)
	}
	return back
}

// read hashes a manifest and takes out what the chain needs of it.
func (v *verifier) read(day string, dropped map[string]string) (*link, error) {
	file, err := v.root.Open(ManifestName(day))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	h := sha256.New()
	l := &link{day: day}
	err = eachLine(io.TeeReader(file, h), func(text string) {
		if strings.HasPrefix(text, prefixTitle+day+" ") {
			l.titled = true
		}
		switch p, ok := parseLine(text); {
		case !ok:
		case p.kind == prefixPrevious:
			l.previous, l.before = p.day, p.hash
		case p.kind == prefixDropped:
			dropped[p.day] = p.hash
		case p.kind == "":
			v.listed++
		}
	})
	l.sum = hexOf(h.Sum(nil))
	return l, err
}

// sumTo hashes the first size bytes of a manifest.
func (v *verifier) sumTo(day string, size int64) (string, error) {
	file, err := v.root.Open(ManifestName(day))
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.CopyN(h, file, size); err != nil && err != io.EOF {
		return "", err
	}
	return hexOf(h.Sum(nil)), nil
}

// others finds what is in the archive's own folder and does not belong there.
func (v *verifier) others(links map[string]*link) error {
	err := eachEntry(v.root, archive.OwnFolder, func(e fs.DirEntry) error {
		name := archive.OwnFolder + "/" + e.Name()
		day, manifest := strings.CutSuffix(e.Name(), manifestExt)
		if e.IsDir() || name == markerName || name == markerName+".new" || manifest && links[day] != nil {
			return nil
		}
		v.find(Added, name, "does not belong here")
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// readLines reads a manifest.
func readLines(root *os.Root, day string) ([]line, error) {
	file, err := root.Open(ManifestName(day))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // dropped meanwhile
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var lines []line
	err = eachLine(file, func(text string) {
		if l, ok := parseLine(text); ok {
			lines = append(lines, l)
		}
	})
	return lines, err
}

// eachLine reads whole lines. One that is far too long is read in pieces.
func eachLine(r io.Reader, f func(text string)) error {
	b := bufio.NewReaderSize(r, 64<<10)
	for {
		text, err := b.ReadSlice('\n')
		switch {
		case err == io.EOF:
			return nil // half a line is being written, or was cut off
		case err != nil && err != bufio.ErrBufferFull:
			return err
		}
		f(strings.TrimSuffix(string(text), "\n"))
	}
}

func isNoFolder(err error) bool { return errors.Is(err, syscall.ENOTDIR) }

// indexDetail says how the index differs from the manifests.
func indexDetail(lacking, strange int64) string {
	return fmt.Sprintf("the index lacks %d pictures that the manifests list, and has %d that they do not; `hiklua archive verify --rebuild` mends it", lacking, strange)
}
