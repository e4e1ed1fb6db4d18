package sandbox

import (
	"math/rand/v2"
	"testing"
)

// A stack that grows and shrinks at random agrees with a plain list, and no frame that is in use ever moves.
func TestCalls(t *testing.T) {
	for _, limit := range []int{1, 7, 8, 9, 24, 200, 2000} {
		r := rand.New(rand.NewPCG(1, uint64(limit)))
		c := newCalls(limit)
		var want []*frame
		check := func() {
			t.Helper()
			n := len(want)
			if c.Sp() != n || c.IsEmpty() != (n == 0) || c.IsFull() != (n == limit) {
				t.Fatalf("limit %d: %d frames, empty %v, full %v; want %d", limit, c.Sp(), c.IsEmpty(), c.IsFull(), n)
			}
			if n == 0 {
				if c.Last() != nil {
					t.Fatal("a last frame of none")
				}
				return
			}
			i := r.IntN(n)
			if c.Last() != want[n-1] || c.At(i) != want[i] || want[i].Idx != i {
				t.Fatalf("limit %d: frame %d of %d is another one", limit, i, n)
			}
		}
		for range 5000 {
			switch up := r.IntN(10); {
			case up < 5:
				for range r.IntN(20) {
					if c.IsFull() {
						break
					}
					c.Push(frame{Pc: len(want)})
					want = append(want, c.Last())
				}
			case up < 9:
				for range r.IntN(20) {
					if len(want) == 0 {
						break
					}
					if c.Pop() != want[len(want)-1] {
						t.Fatal("popped another frame")
					}
					want = want[:len(want)-1]
				}
			default:
				sp := r.IntN(len(want) + 1)
				c.SetSp(sp)
				want = want[:sp]
			}
			check()
			for i, f := range want {
				if f.Pc != i {
					t.Fatalf("limit %d: frame %d was overwritten", limit, i)
				}
			}
		}
	}
}
