package index

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/boltfile"
)

// Key orders pictures by the time at which they were taken, and those of one
// microsecond as they came in. The zero Key lies before all.
type Key [16]byte

// keyAt is before every picture taken at t or later, and after those before.
func keyAt(t time.Time) Key {
	var k Key
	binary.BigEndian.PutUint64(k[:], uint64(t.UnixMicro())+1<<63)
	return k
}

func newKey(t time.Time, number uint64) Key {
	k := keyAt(t)
	binary.BigEndian.PutUint64(k[8:], number)
	return k
}

// Time is when the picture was taken.
func (k Key) Time() time.Time {
	return time.UnixMicro(int64(binary.BigEndian.Uint64(k[:]) - 1<<63))
}

// row is a picture as the index has it: what the entry says, and the day of the
// manifest that lists it.
type row struct {
	archive.Entry
	day string
}

// seal writes a row down. Its time is in its key.
func (r *row) seal(k Key) []byte {
	b := make([]byte, 0, 160)
	for _, text := range []string{r.day, r.Path, r.Device, r.Name, r.Label, r.Event} {
		b = appendText(b, text)
	}
	var at int64
	if !r.DeviceTime.IsZero() {
		at = r.DeviceTime.UnixMicro()
	}
	for _, n := range []int64{int64(r.Channel), at, r.Size, int64(r.Width), int64(r.Height)} {
		b = binary.AppendVarint(b, n)
	}
	b = append(b, r.SHA256[:]...)
	if h := r.Head; h != nil {
		for _, f := range []float64{h.Pan, h.Tilt, h.Zoom} {
			b = binary.BigEndian.AppendUint64(b, math.Float64bits(f))
		}
		b = appendText(b, h.Preset)
	}
	return boltfile.Seal(k[:], b)
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// unsealRow reads what seal wrote.
func unsealRow(key, data []byte, zone *time.Location) (Key, row, error) {
	var k Key
	data, err := boltfile.Unseal(key, data)
	if err != nil || len(key) != len(k) {
		return k, row{}, errors.Join(err, errors.New("an entry is damaged"))
	}
	copy(k[:], key)
	d := decoder{data: data}
	r := row{}
	for _, text := range []*string{&r.day, &r.Path, &r.Device, &r.Name, &r.Label, &r.Event} {
		*text = d.text()
	}
	r.Channel = int(d.number())
	if at := d.number(); at != 0 {
		r.DeviceTime = time.UnixMicro(at).In(zone)
	}
	r.Size, r.Width, r.Height = d.number(), int(d.number()), int(d.number())
	copy(r.SHA256[:], d.bytes(len(r.SHA256)))
	if len(d.data) > 0 {
		r.Head = &archive.Head{Pan: d.float(), Tilt: d.float(), Zoom: d.float(), Preset: d.text()}
	}
	r.Taken = k.Time().In(zone)
	if d.short {
		return k, row{}, errors.New("an entry is cut off")
	}
	return k, r, nil
}

// decoder takes values off the front of data.
type decoder struct {
	data  []byte
	short bool // there was less than was asked for
}

func (d *decoder) bytes(n int) []byte {
	if n < 0 || n > len(d.data) {
		d.short, d.data = true, nil
		return nil
	}
	b := d.data[:n]
	d.data = d.data[n:]
	return b
}

func (d *decoder) number() int64 {
	v, n := binary.Varint(d.data)
	d.bytes(max(n, 0))
	d.short = d.short || n <= 0
	return v
}

func (d *decoder) text() string {
	v, n := binary.Uvarint(d.data)
	d.bytes(max(n, 0))
	if n <= 0 || v > uint64(len(d.data)) {
		d.short = true
		return ""
	}
	return string(d.bytes(int(v)))
}

func (d *decoder) float() float64 {
	if b := d.bytes(8); b != nil {
		return math.Float64frombits(binary.BigEndian.Uint64(b))
	}
	return 0
}
