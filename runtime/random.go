package runtime

import (
	"hash/fnv"
	"io"
	"math/rand/v2"
	"time"
)

// random is for jitter: from 0 to limit.
func (h *Host) random(limit time.Duration) time.Duration {
	h.randMu.Lock()
	defer h.randMu.Unlock()
	return time.Duration(h.rand.Int64N(int64(limit) + 1))
}

// randomSource is what math.random of a script draws from.
func (h *Host) randomSource(script string) rand.Source {
	name := fnv.New64a()
	io.WriteString(name, script)
	return rand.NewPCG(h.conf.Seed, name.Sum64())
}
