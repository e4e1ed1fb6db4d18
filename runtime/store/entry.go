package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"time"
)

// An entry of the log is a commit, or a slice of a snapshot: a header, changes of
// the file one after another, and a checksum. Of a key it has what differs from the
// key before, for what lies deep in a table has a long one.
//
//	format, marks, history (8), time (8, ns), { bucket and kind, shared, rest, value }, CRC-32C (4)

const (
	entryFormat = 1
	entryHeader = 2 + 8 + 8
	entrySum    = 4

	markSlice = 1 // part of a snapshot
	markFirst = 2 // the first: what was before does not count once the last is there
	markLast  = 4

	kindBelow  = 0x10
	kindDelete = 0x20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// history names a log that was begun once: a file that was written after another
// one is no copy of it.
type history [8]byte

// logEntry is an entry as it is read.
type logEntry struct {
	seq     uint64
	marks   byte
	history history
	at      time.Time // by the clock of the host that wrote it
	sum     uint32
	size    int
	changes []byte // encoded
}

// appendOp adds a change, after one of the key last, to the changes of an entry.
func appendOp(buf []byte, o op, last string) []byte {
	kind := byte(slices.Index(buckets, o.bucket))
	switch {
	case o.below:
		kind |= kindBelow
	case o.value == nil:
		kind |= kindDelete
	}
	shared := 0
	for shared < min(len(last), len(o.key)) && last[shared] == o.key[shared] {
		shared++
	}
	buf = append(buf, kind)
	buf = binary.AppendUvarint(buf, uint64(shared))
	buf = binary.AppendUvarint(buf, uint64(len(o.key)-shared))
	buf = append(buf, o.key[shared:]...)
	if kind < kindBelow {
		buf = binary.AppendUvarint(buf, uint64(len(o.value)))
		buf = append(buf, o.value...)
	}
	return buf
}

// encode makes an entry of changes.
func (h history) encode(marks byte, at time.Time, changes []byte) []byte {
	data := make([]byte, 0, entryHeader+len(changes)+entrySum)
	data = append(data, entryFormat, marks)
	data = append(data, h[:]...)
	data = binary.BigEndian.AppendUint64(data, uint64(at.UnixNano()))
	data = append(data, changes...)
	return binary.BigEndian.AppendUint32(data, crc32.Checksum(data, castagnoli))
}

var errCutOff = errors.New("it is cut off")

// parseEntry reads the header and checks that nothing is damaged.
func parseEntry(seq uint64, data []byte) (logEntry, error) {
	e := logEntry{seq: seq, size: len(data)}
	if len(data) < entryHeader+entrySum {
		return e, errCutOff
	}
	body := data[:len(data)-entrySum]
	e.sum = binary.BigEndian.Uint32(data[len(body):])
	switch {
	case e.sum != crc32.Checksum(body, castagnoli):
		return e, errors.New("its checksum is wrong")
	case body[0] != entryFormat:
		return e, fmt.Errorf("its format %d is not known: a newer hiklua has written it", body[0])
	}
	e.marks = body[1]
	copy(e.history[:], body[2:])
	e.at = time.Unix(0, int64(binary.BigEndian.Uint64(body[10:])))
	e.changes = body[entryHeader:]
	return e, nil
}

// each calls f with every change of the entry.
func (e *logEntry) each(f func(op) error) error {
	last := ""
	for data := e.changes; len(data) > 0; {
		kind := data[0]
		data = data[1:]
		o := op{below: kind&kindBelow != 0}
		index := int(kind &^ (kindBelow | kindDelete))
		if index >= len(buckets) {
			return fmt.Errorf("it changes a table %d, which is not known", index)
		}
		o.bucket = buckets[index]
		shared, n := binary.Uvarint(data)
		if n <= 0 || shared > uint64(len(last)) {
			return errCutOff
		}
		rest, data2, ok := cutBytes(data[n:])
		if !ok {
			return errCutOff
		}
		data = data2
		o.key = last[:shared] + string(rest)
		last = o.key
		if kind < kindBelow {
			if o.value, data, ok = cutBytes(data); !ok {
				return errCutOff
			}
		}
		if err := f(o); err != nil {
			return err
		}
	}
	return nil
}

// cutBytes takes bytes that come after their number.
func cutBytes(data []byte) (head, rest []byte, ok bool) {
	size, n := binary.Uvarint(data)
	if n <= 0 || size > uint64(len(data)-n) {
		return nil, nil, false
	}
	return data[n : n+int(size) : n+int(size)], data[n+int(size):], true
}

// sumOf is the checksum at the end of an entry.
func sumOf(data []byte) uint32 { return binary.BigEndian.Uint32(data[len(data)-entrySum:]) }

func (c copyOf) encode() []byte {
	data := binary.BigEndian.AppendUint64(c.history[:len(c.history):len(c.history)], c.seq)
	return binary.BigEndian.AppendUint32(data, c.sum)
}

func parseCopyOf(data []byte) (c copyOf, ok bool) {
	if len(data) != len(c.history)+8+4 {
		return c, false
	}
	n := copy(c.history[:], data)
	c.seq, c.sum = binary.BigEndian.Uint64(data[n:]), binary.BigEndian.Uint32(data[n+8:])
	return c, true
}
