package boltfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
)

// bbolt trusts its file: a damaged one makes it panic, on goroutines of its
// own too where no other can recover, read past the end of its mapping, follow
// a circle of pages for ever, or pass over a part of the tree. A child process
// that tried it first would need a limit of time and one of memory, and would
// not notice what is passed over. So the file's structure is checked before
// bbolt sees it: every page that can be reached lies in the file, is what it
// says, is used once, and its keys rise. (Format version 2, as bbolt's
// internal/common has it.)
const (
	pageHeader = 16 // id, flags, count, overflow
	metaSize   = 64

	flagBranch   = 0x01
	flagLeaf     = 0x02
	flagFreelist = 0x10

	metaMagic    = 0xED0CDAED
	metaVersion  = 2
	noFreelist   = ^uint64(0)
	bucketEntry  = 1
	bucketHeader = 16 // root, sequence
	elementSize  = 16 // of branch and leaf pages alike

	maxPageSize = 1 << 24
	maxLevels   = 64
)

var order = binary.NativeEndian

type meta struct {
	pageSize                    int64
	root, freelist, pages, txid uint64
}

// Check says what is wrong with a bbolt file of that many bytes, and tells its
// last transaction.
func Check(file io.ReaderAt, size int64) (txid uint64, err error) {
	m, err := lastMeta(file, size)
	if err != nil {
		return 0, err
	}
	if m.pages < 2 || m.pages > uint64(size/m.pageSize) {
		return 0, fmt.Errorf("it is cut off: %d pages of %d bytes should be there, it has %d bytes", m.pages, m.pageSize, size)
	}
	c := checker{file: file, meta: m, used: make(map[uint64]bool)}
	c.used[0], c.used[1] = true, true
	if m.freelist != noFreelist {
		if err := c.freelist(); err != nil {
			return 0, err
		}
	}
	return m.txid, c.tree(m.root, span{}, 0)
}

// lastMeta finds the newer of the two first pages that is whole.
func lastMeta(file io.ReaderAt, size int64) (meta, error) {
	m, err := readMeta(file, 0)
	if err == nil {
		if second, err := readMeta(file, m.pageSize); err == nil && second.txid > m.txid && second.pageSize == m.pageSize {
			m = second
		}
		return m, nil
	}
	for at := int64(1 << 10); at <= maxPageSize && at < size; at *= 2 {
		if second, err := readMeta(file, at); err == nil && second.pageSize == at {
			return second, nil
		}
	}
	return meta{}, err
}

func readMeta(file io.ReaderAt, at int64) (meta, error) {
	buf := make([]byte, pageHeader+metaSize)
	if _, err := file.ReadAt(buf, at); err != nil {
		return meta{}, fmt.Errorf("it is cut off: %w", err)
	}
	b := buf[pageHeader:]
	sum := fnv.New64a()
	sum.Write(b[:56])
	m := meta{
		pageSize: int64(order.Uint32(b[8:])),
		root:     order.Uint64(b[16:]), freelist: order.Uint64(b[32:]), pages: order.Uint64(b[40:]), txid: order.Uint64(b[48:]),
	}
	switch {
	case order.Uint32(b) != metaMagic || order.Uint32(b[4:]) != metaVersion:
		return meta{}, errors.New("it is no bbolt file")
	case order.Uint64(b[56:]) != sum.Sum64():
		return meta{}, errors.New("the checksum of its first page is wrong")
	case m.pageSize < 1<<10 || m.pageSize > maxPageSize || m.pageSize&(m.pageSize-1) != 0:
		return meta{}, fmt.Errorf("its pages cannot have %d bytes", m.pageSize)
	}
	return m, nil
}

type checker struct {
	file io.ReaderAt
	meta meta
	used map[uint64]bool
}

// page is a page with its overflow; data begins with the header.
type page struct {
	id    uint64
	flags uint16
	count int
	data  []byte
}

func (p page) fault(format string, args ...any) error {
	return fmt.Errorf("page %d: %s", p.id, fmt.Sprintf(format, args...))
}

func (c *checker) page(id uint64) (page, error) {
	p := page{id: id}
	if id < 2 || id >= c.meta.pages {
		return p, p.fault("there are only pages 2 to %d", c.meta.pages-1)
	}
	head := make([]byte, pageHeader)
	if _, err := c.file.ReadAt(head, int64(id)*c.meta.pageSize); err != nil {
		return p, fmt.Errorf("page %d: %w", id, err)
	}
	p.flags, p.count = order.Uint16(head[8:]), int(order.Uint16(head[10:]))
	more := uint64(order.Uint32(head[12:]))
	switch {
	case order.Uint64(head) != id:
		return p, p.fault("it says it is page %d", order.Uint64(head))
	case more >= c.meta.pages-id:
		return p, p.fault("it goes on past the end of the file")
	}
	for i := id; i <= id+more; i++ {
		if c.used[i] {
			return p, p.fault("page %d is used twice", i)
		}
		c.used[i] = true
	}
	p.data = make([]byte, int64(more+1)*c.meta.pageSize)
	if _, err := c.file.ReadAt(p.data, int64(id)*c.meta.pageSize); err != nil {
		return p, fmt.Errorf("page %d: %w", id, err)
	}
	return p, nil
}

// span is where keys have to lie: from first up to, without it, end. Nil is
// open.
type span struct{ first, end []byte }

// tree checks the page id and all that it leads to.
func (c *checker) tree(id uint64, in span, level int) error {
	p, err := c.page(id)
	switch {
	case err != nil:
		return err
	case level > maxLevels:
		return p.fault("it lies too deep")
	case p.flags == flagLeaf:
		return c.leaf(p, in, level, true)
	case p.flags != flagBranch:
		return p.fault("it is of the wrong kind (%#x)", p.flags)
	case p.count == 0:
		return p.fault("it leads nowhere")
	}
	keys, err := p.keys(in, func(e []byte) (pos, keySize, valueSize uint32) {
		return order.Uint32(e), order.Uint32(e[4:]), 0
	})
	if err != nil {
		return err
	}
	for i, key := range keys {
		below := span{key, in.end}
		if i+1 < len(keys) {
			below.end = keys[i+1]
		}
		element := p.data[pageHeader+i*elementSize:]
		if err := c.tree(order.Uint64(element[8:]), below, level+1); err != nil {
			return err
		}
	}
	return nil
}

// leaf checks the entries of a page, and the buckets among them.
func (c *checker) leaf(p page, in span, level int, nested bool) error {
	keys, err := p.keys(in, func(e []byte) (pos, keySize, valueSize uint32) {
		return order.Uint32(e[4:]), order.Uint32(e[8:]), order.Uint32(e[12:])
	})
	if err != nil {
		return err
	}
	for i, key := range keys {
		element := p.data[pageHeader+i*elementSize:]
		if order.Uint32(element)&bucketEntry == 0 {
			continue
		}
		at := int(order.Uint32(element[4:])) + len(key)
		bucket := element[at : at+int(order.Uint32(element[12:]))]
		switch {
		case !nested:
			return p.fault("there is a bucket where none can be")
		case len(bucket) < bucketHeader:
			return p.fault("bucket %q is cut off", key)
		}
		if root := order.Uint64(bucket); root != 0 {
			err = c.tree(root, span{}, level+1)
		} else {
			err = c.inline(p, bucket[bucketHeader:])
		}
		if err != nil {
			return fmt.Errorf("bucket %q: %w", key, err)
		}
	}
	return nil
}

// inline checks a bucket so small that it lies in an entry of another.
func (c *checker) inline(outer page, data []byte) error {
	if len(data) < pageHeader {
		return outer.fault("a small bucket is cut off")
	}
	p := page{id: outer.id, flags: order.Uint16(data[8:]), count: int(order.Uint16(data[10:])), data: data}
	if p.flags != flagLeaf {
		return outer.fault("a small bucket is of the wrong kind (%#x)", p.flags)
	}
	return c.leaf(p, span{}, 0, false)
}

// keys checks that the page's elements lie in it, and that their keys rise and
// lie where the page above says.
func (p page) keys(in span, parse func(element []byte) (pos, keySize, valueSize uint32)) ([][]byte, error) {
	if pageHeader+p.count*elementSize > len(p.data) {
		return nil, p.fault("it has no room for %d entries", p.count)
	}
	keys := make([][]byte, 0, p.count)
	last := in.first
	for i := range p.count {
		element := p.data[pageHeader+i*elementSize:]
		pos, keySize, valueSize := parse(element)
		if uint64(pos)+uint64(keySize)+uint64(valueSize) > uint64(len(element)) {
			return nil, p.fault("entry %d lies outside of it", i)
		}
		key := element[pos : pos+keySize]
		rises := last == nil || bytes.Compare(last, key) < 0 || i == 0 && bytes.Equal(last, key)
		if !rises || in.end != nil && bytes.Compare(key, in.end) >= 0 {
			return nil, p.fault("entry %d is out of order", i)
		}
		keys = append(keys, key)
		last = key
	}
	return keys, nil
}

// freelist checks the list of free pages, which we don't write, but other
// tools do. It runs before the tree, so that a page cannot be both free and in
// use.
func (c *checker) freelist() error {
	p, err := c.page(c.meta.freelist)
	switch {
	case err != nil:
		return err
	case p.flags != flagFreelist:
		return p.fault("it is of the wrong kind (%#x)", p.flags)
	}
	count, ids := uint64(p.count), p.data[pageHeader:]
	if count == 0xFFFF {
		count, ids = order.Uint64(ids), ids[8:]
	}
	if count > uint64(len(ids)/8) {
		return p.fault("it has no room for %d entries", count)
	}
	for i := range count {
		id := order.Uint64(ids[8*i:])
		if id < 2 || id >= c.meta.pages || c.used[id] {
			return p.fault("it lists page %d, which is not free", id)
		}
		c.used[id] = true
	}
	return nil
}
