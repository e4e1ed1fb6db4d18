package cluster

import (
	"hash/fnv"
	"io"
	"math"
)

// candidate is a host that a share may be held by.
type candidate struct {
	name   string
	weight float64 // against the others; 1 is usual
}

// place is the host that is to hold a share: rendezvous hashing, so that a host that
// comes or goes moves the shares it gets or had, and no other. Of the shares each host
// gets as many as its weight says, about. "": there is no host.
func place(share string, hosts []candidate) string {
	best, score := "", math.Inf(-1)
	for _, h := range hosts {
		s := drawn(share, h)
		if s > score || s == score && h.name < best {
			best, score = h.name, s
		}
	}
	return best
}

// drawn is the lot of a host for a share: -weight/ln(u) with a u between 0 and 1 that
// the two names give. The largest of several wins as often as its weight says.
func drawn(share string, h candidate) float64 {
	sum := fnv.New64a()
	io.WriteString(sum, share)
	sum.Write([]byte{0})
	io.WriteString(sum, h.name)
	x := sum.Sum64()
	// FNV alone leaves names that differ in their last letter close together.
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	x ^= x >> 33
	u := (float64(x>>11) + 0.5) / (1 << 53)
	return -h.weight / math.Log(u)
}
