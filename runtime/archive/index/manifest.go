package index

import (
	"bytes"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/owner"
)

const manifestExt = ".sha256"

// ManifestName is the path of a day's manifest below the archive.
func ManifestName(day string) string { return archive.OwnFolder + "/" + day + manifestExt }

// chain is the manifest that grows, as far as it was written.
type chain struct {
	Day   string `json:"day,omitempty"` // "": there is none yet
	Size  int64  `json:"size,omitempty"`
	State []byte `json:"state,omitempty"` // of its hash
}

// hash goes on where the chain's hash was.
func (c *chain) hash() (hash.Hash, error) {
	h := sha256.New()
	if len(c.State) == 0 {
		return h, nil
	}
	return h, h.(encoding.BinaryUnmarshaler).UnmarshalBinary(c.State)
}

func (c *chain) sum() (string, error) {
	h, err := c.hash()
	return hex.EncodeToString(h.Sum(nil)), err
}

// add counts in what was written.
func (c *chain) add(text []byte) error {
	h, err := c.hash()
	if err != nil {
		return err
	}
	h.Write(text)
	c.State, err = h.(encoding.BinaryMarshaler).MarshalBinary()
	return err
}

// tail is what was put on record as the end of a manifest. It is written to the
// file when the index has it, so that a file which has more was changed by
// somebody else.
type tail struct {
	Day  string `json:"day"`
	At   int64  `json:"at"` // bytes before it
	Text string `json:"text"`
}

// list puts the lines of a change on record for the manifest of its day, which
// begins with the hash of the one before.
func (x *Index) list(c *change) (*tail, error) {
	if c.lines.Len() == 0 {
		return nil, nil
	}
	next := c.chain
	var text bytes.Buffer
	if next.Day != c.today {
		before, sum := noDay, noDay
		if next.Day != "" {
			var err error
			if sum, err = next.sum(); err != nil {
				return nil, err
			}
			before = next.Day
			if err := c.close(before, sum); err != nil {
				return nil, err
			}
		}
		next = chain{Day: c.today}
		fmt.Fprintf(&text, "%s%s of archive %s\n%s%s %s\n", prefixTitle, c.today, x.ident.Archive, prefixPrevious, before, sum)
	}
	text.Write(c.lines.Bytes())
	t := &tail{next.Day, next.Size, text.String()}
	next.Size += int64(text.Len())
	if err := next.add(text.Bytes()); err != nil {
		return nil, err
	}
	return t, errorOf(putJSON(c.bucket(bucketMeta), metaChain, next), putJSON(c.bucket(bucketMeta), metaTail, t))
}

// close notes the hash of a manifest that grows no more.
func (c *change) close(name, sum string) error {
	var d day
	if _, err := getJSON(c.bucket(bucketDays), name, &d); err != nil {
		return err
	}
	d.SHA256 = sum
	return putJSON(c.bucket(bucketDays), name, d)
}

// write puts a tail at the end of its manifest. again: an earlier process may
// have done so, or begun to.
func (x *Index) write(root *os.Root, t *tail, again bool) (err error) {
	name := ManifestName(t.Day)
	file, err := root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no plain file", name)
	}
	at := info.Size() // where a stranger has left its end, too: Verify tells
	if again {
		if at < t.At || at >= t.At+int64(len(t.Text)) {
			return nil
		}
		at = t.At
	}
	if at == 0 {
		if err := owner.Give(file, root.Name()); err != nil {
			return err
		}
	}
	if _, err := file.WriteAt([]byte(t.Text), at); err != nil {
		return errors.Join(err, file.Truncate(at))
	}
	if err := x.sync(file); err != nil {
		return errors.Join(err, file.Truncate(at))
	}
	if at == 0 {
		x.syncFolder(root, archive.OwnFolder)
	}
	return nil
}

// resume takes up the manifest of a day as it is.
func resume(root *os.Root, day string) (chain, error) {
	file, err := root.Open(ManifestName(day))
	if err != nil {
		return chain{}, err
	}
	defer file.Close()
	h := sha256.New()
	n, err := io.Copy(h, file)
	if err != nil {
		return chain{}, err
	}
	state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	return chain{Day: day, Size: n, State: state}, err
}

// manifestDays are the days whose manifests are there, in their order.
func manifestDays(root *os.Root) ([]string, error) {
	d, err := root.Open(archive.OwnFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var days []string
	for _, name := range names {
		if day, ok := strings.CutSuffix(name, manifestExt); ok && isDay(day) {
			days = append(days, day)
		}
	}
	slices.Sort(days)
	return days, nil
}
