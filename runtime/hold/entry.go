package hold

import (
	"encoding/binary"
	"errors"
)

// header tells which term an entry of a log is of, and which of its entries: 0 is
// the one that begins it.
type header struct {
	term    uint64
	session string
	n       uint64
}

const entryVersion = 1

var errEntry = errors.New("an entry of the log cannot be read")

// encode puts h before data. after is the number of the entry that this one follows:
// who reads the log sees by it that none is missing.
func (h header) encode(after uint64, data []byte) []byte {
	b := make([]byte, 0, 1+4*binary.MaxVarintLen64+len(h.session)+len(data))
	b = append(b, entryVersion)
	b = binary.AppendUvarint(b, after)
	b = binary.AppendUvarint(b, h.term)
	b = binary.AppendUvarint(b, h.n)
	b = binary.AppendUvarint(b, uint64(len(h.session)))
	b = append(b, h.session...)
	return append(b, data...)
}

// decode takes an entry apart. data is part of b.
func decode(b []byte) (h header, after uint64, data []byte, err error) {
	if len(b) == 0 || b[0] != entryVersion {
		return header{}, 0, nil, errEntry
	}
	b = b[1:]
	var length uint64
	for _, to := range []*uint64{&after, &h.term, &h.n, &length} {
		v, size := binary.Uvarint(b)
		if size <= 0 {
			return header{}, 0, nil, errEntry
		}
		*to, b = v, b[size:]
	}
	if length > uint64(len(b)) {
		return header{}, 0, nil, errEntry
	}
	h.session = string(b[:length])
	return h, after, b[length:], nil
}
