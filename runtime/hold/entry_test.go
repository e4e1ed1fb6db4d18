package hold

import (
	"bytes"
	"errors"
	"math"
	"testing"
)

func TestEntry(t *testing.T) {
	for _, h := range []header{
		{},
		{term: 7, session: "s", n: 1},
		{term: 300, session: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", n: 70000},
		{term: math.MaxUint64, session: string(make([]byte, 200)), n: math.MaxUint64},
	} {
		for _, data := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("long"), 100)} {
			b := h.encode(h.n/2, data)
			got, after, rest, err := decode(b)
			if err != nil || got != h || after != h.n/2 || !bytes.Equal(rest, data) {
				t.Errorf("%+v, %d bytes: %+v, %d bytes, %v", h, len(data), got, len(rest), err)
			}
			for n := range len(b) - len(data) {
				if _, _, _, err := decode(b[:n]); !errors.Is(err, errEntry) {
					t.Errorf("%+v: the first %d bytes: %v", h, n, err)
				}
			}
		}
	}
	if _, _, _, err := decode([]byte{2, 0, 0, 0, 0}); !errors.Is(err, errEntry) {
		t.Errorf("another version: %v", err)
	}
}
