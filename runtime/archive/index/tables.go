package index

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"

	bolt "go.etcd.io/bbolt"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/boltfile"
)

// The buckets of the file.
const (
	bucketPictures = "pictures" // Key: row
	bucketPaths    = "paths"    // path: Key
	bucketSeries   = "series"   // device, channel, label, Key: nothing
	bucketLabels   = "labels"   // label, Key: nothing
	bucketDays     = "days"     // day of a manifest: day
	bucketExpected = "expected" // folders in which there may be pictures that the index lacks: nothing
	bucketDoomed   = "doomed"   // Key: why the picture is being removed
	bucketCursors  = "cursors"  // name: Key
	bucketMeta     = "meta"
)

// What is in bucketMeta.
const (
	metaIdentity = "archive" // identity
	metaChain    = "chain"   // chain
	metaTail     = "tail"    // tail: the end of that, as it was put on record last
	metaTotals   = "totals"  // Totals
)

var buckets = []string{
	bucketPictures, bucketPaths, bucketSeries, bucketLabels, bucketDays,
	bucketExpected, bucketDoomed, bucketCursors, bucketMeta,
}

// day is what the index knows of a manifest.
type day struct {
	Live int64 `json:"live"` // pictures that it lists and that are there
	// SHA256 is the hash of the whole file; "": it is the last one and grows.
	SHA256 string `json:"sha256,omitempty"`
}

// change is what one transaction writes to the file and to the manifest.
type change struct {
	tx     *bolt.Tx
	chain  chain        // as it was before
	today  string       // the day whose manifest is written to
	lines  bytes.Buffer // for the manifest of today
	totals Totals

	dropped []string // days whose manifests go
}

func (c *change) bucket(name string) *bolt.Bucket { return c.tx.Bucket([]byte(name)) }

// getJSON reads a sealed value; found is false if there is none.
func getJSON(b *bolt.Bucket, key string, v any) (found bool, err error) {
	data := b.Get([]byte(key))
	if data == nil {
		return false, nil
	}
	if data, err = boltfile.Unseal([]byte(key), data); err != nil {
		return false, err
	}
	return true, json.Unmarshal(data, v)
}

func putJSON(b *bolt.Bucket, key string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return b.Put([]byte(key), boltfile.Seal([]byte(key), data))
}

func appendName(b []byte, name string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(name))), name...)
}

// seriesPrefix is what the keys of a device's pictures begin with, or, from the
// second on, those of one of its channels and of a label there.
func seriesPrefix(device string) []byte { return appendName(nil, device) }

func seriesKey(e *archive.Entry, k Key) []byte {
	b := binary.BigEndian.AppendUint32(seriesPrefix(e.Device), uint32(e.Channel))
	return append(appendName(b, e.Label), k[:]...)
}

func labelKey(label string, k Key) []byte { return append(appendName(nil, label), k[:]...) }

// put takes a picture in and lists it, if it is not there already.
func (c *change) put(e archive.Entry) error {
	r := row{Entry: e, day: c.today}
	if at := c.bucket(bucketPaths).Get([]byte(e.Path)); at != nil {
		k, old, err := c.get(at)
		if err == nil && old.SHA256 == e.SHA256 {
			return nil
		}
		if err != nil {
			return err
		}
		if err := c.drop(k, &old); err != nil {
			return err
		}
	}
	c.lines.WriteString(listLine(e.SHA256, e.Path))
	return c.insert(r)
}

// insert files a row whose picture is listed already.
func (c *change) insert(r row) error {
	pictures := c.bucket(bucketPictures)
	number, err := pictures.NextSequence()
	if err != nil {
		return err
	}
	k := newKey(r.Taken, number)
	err = errorOf(
		pictures.Put(k[:], r.seal(k)),
		c.bucket(bucketPaths).Put([]byte(r.Path), k[:]),
		c.bucket(bucketSeries).Put(seriesKey(&r.Entry, k), nil),
		c.bucket(bucketLabels).Put(labelKey(r.Label, k), nil),
		c.count(r.day, 1),
		c.rewind(k),
	)
	c.totals.Files++
	c.totals.Bytes += r.Size
	return err
}

// drop takes a row out.
func (c *change) drop(k Key, r *row) error {
	c.totals.Files--
	c.totals.Bytes -= r.Size
	return errorOf(
		c.bucket(bucketPictures).Delete(k[:]),
		c.bucket(bucketPaths).Delete([]byte(r.Path)),
		c.bucket(bucketSeries).Delete(seriesKey(&r.Entry, k)),
		c.bucket(bucketLabels).Delete(labelKey(r.Label, k)),
		c.bucket(bucketDoomed).Delete(k[:]),
		c.count(r.day, -1),
	)
}

// get reads the row of a key.
func (c *change) get(key []byte) (Key, row, error) {
	data := c.bucket(bucketPictures).Get(key)
	if data == nil {
		return Key{}, row{}, fmt.Errorf("the picture %x is not in its place", key)
	}
	return unsealRow(key, data, utc)
}

func (c *change) count(name string, n int64) error {
	var d day
	if _, err := getJSON(c.bucket(bucketDays), name, &d); err != nil {
		return err
	}
	d.Live += n
	return putJSON(c.bucket(bucketDays), name, d)
}

// rewind takes back cursors that have passed a picture which comes in late.
func (c *change) rewind(k Key) error {
	b := c.bucket(bucketCursors)
	var late [][]byte
	err := b.ForEach(func(name, at []byte) error {
		if bytes.Compare(at, k[:]) >= 0 {
			late = append(late, bytes.Clone(name))
		}
		return nil
	})
	before := keyAt(k.Time())
	for _, name := range late {
		err = errorOf(err, b.Put(name, before[:]))
	}
	return err
}

func errorOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// folderOf is the folder of a path; "." for the archive itself.
func folderOf(path string) string {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i]
	}
	return "."
}
