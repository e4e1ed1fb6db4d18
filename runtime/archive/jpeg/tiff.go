package jpeg

import (
	"encoding/binary"
	"errors"
	"slices"
)

// A TIFF file is what lies in an EXIF segment (TIFF 6.0, Exif 2.32 section 4.5).

// The types of values that are written.
const (
	typeASCII     = 2
	typeLong      = 4
	typeUndefined = 7
)

// field is one value of a directory, as its twelve bytes hold it, or with data
// that is still to be placed.
type field struct {
	tag   uint16
	kind  uint16
	count uint32
	value [4]byte // what stands in the directory: the value, or its offset
	data  []byte  // set: the value, in the place of value
}

func text(tag uint16, s string) field {
	return field{tag: tag, kind: typeASCII, count: uint32(len(s) + 1), data: append([]byte(s), 0)}
}

// directory is an IFD.
type directory struct {
	fields []field
	next   uint32 // offset of the next one; 0: none
}

func (d *directory) find(tag uint16) *field {
	for i := range d.fields {
		if d.fields[i].tag == tag {
			return &d.fields[i]
		}
	}
	return nil
}

// set puts a field in the place of one with its tag.
func (d *directory) set(f field) {
	if old := d.find(f.tag); old != nil {
		*old = f
		return
	}
	d.fields = append(d.fields, f)
}

// tiff is a TIFF file with its bytes. Offsets count from its first byte, so that
// what is appended leaves all that was there in its place, whatever private
// data of a camera points to.
type tiff struct {
	order binary.ByteOrder
	data  []byte
}

var errDamaged = errors.New("damaged EXIF")

// newTIFF is an empty file: its header, without a first directory.
func newTIFF() *tiff {
	return &tiff{binary.BigEndian, []byte{'M', 'M', 0, 42, 0, 0, 0, 0}}
}

// parseTIFF reads the header, and copies data.
func parseTIFF(data []byte) (*tiff, error) {
	t := &tiff{data: slices.Clone(data)}
	if len(data) < 8 {
		return nil, errDamaged
	}
	switch string(data[:4]) {
	case "II*\x00":
		t.order = binary.LittleEndian
	case "MM\x00*":
		t.order = binary.BigEndian
	default:
		return nil, errDamaged
	}
	return t, nil
}

// first is the offset of the first directory.
func (t *tiff) first() uint32 { return t.order.Uint32(t.data[4:]) }

// directory reads the one at an offset.
func (t *tiff) directory(at uint32) (*directory, error) {
	if at < 8 || uint64(at)+2 > uint64(len(t.data)) {
		return nil, errDamaged
	}
	p := t.data[at:]
	n := int(t.order.Uint16(p))
	if p = p[2:]; len(p) < 12*n+4 {
		return nil, errDamaged
	}
	d := &directory{}
	for range n {
		d.fields = append(d.fields, field{
			tag: t.order.Uint16(p), kind: t.order.Uint16(p[2:]), count: t.order.Uint32(p[4:]), value: [4]byte(p[8:12]),
		})
		p = p[12:]
	}
	d.next = t.order.Uint32(p)
	return d, nil
}

// text is the value of a field of type ASCII, without what follows a zero.
func (t *tiff) text(f *field) string {
	if f == nil || f.kind != typeASCII {
		return ""
	}
	value := f.value[:]
	if f.count <= 4 {
		value = value[:f.count]
	} else {
		at := uint64(t.order.Uint32(value))
		if at+uint64(f.count) > uint64(len(t.data)) {
			return ""
		}
		value = t.data[at : at+uint64(f.count)]
	}
	if zero := slices.Index(value, 0); zero >= 0 {
		value = value[:zero]
	}
	return string(value)
}

// append writes a directory behind all that is there, and returns its offset.
func (t *tiff) append(d *directory) uint32 {
	slices.SortStableFunc(d.fields, func(a, b field) int { return int(a.tag) - int(b.tag) })
	t.even()
	at := uint32(len(t.data))
	end := at + 2 + 12*uint32(len(d.fields)) + 4
	var values []byte
	t.data = t.order.(binary.AppendByteOrder).AppendUint16(t.data, uint16(len(d.fields)))
	for _, f := range d.fields {
		if f.data != nil && len(f.data) <= 4 {
			f.value = [4]byte{}
			copy(f.value[:], f.data)
		} else if f.data != nil {
			t.order.PutUint32(f.value[:], end+uint32(len(values)))
			values = append(values, f.data...)
			if len(values)%2 == 1 {
				values = append(values, 0)
			}
		}
		order := t.order.(binary.AppendByteOrder)
		t.data = order.AppendUint16(t.data, f.tag)
		t.data = order.AppendUint16(t.data, f.kind)
		t.data = order.AppendUint32(t.data, f.count)
		t.data = append(t.data, f.value[:]...)
	}
	t.data = t.order.(binary.AppendByteOrder).AppendUint32(t.data, d.next)
	t.data = append(t.data, values...)
	return at
}

// even has what comes next begin at an even offset, as TIFF wants it.
func (t *tiff) even() {
	if len(t.data)%2 == 1 {
		t.data = append(t.data, 0)
	}
}

// long is a field that holds a number.
func (t *tiff) long(tag uint16, n uint32) field {
	f := field{tag: tag, kind: typeLong, count: 1}
	t.order.PutUint32(f.value[:], n)
	return f
}

// begin makes a directory the first.
func (t *tiff) begin(at uint32) { t.order.PutUint32(t.data[4:], at) }
