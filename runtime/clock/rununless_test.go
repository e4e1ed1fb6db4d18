package clock

import (
	"testing"
	"time"
)

// A million things that are due at one moment do not keep a person waiting who has
// broken off.
func TestRunUnlessEndsWithinAMoment(t *testing.T) {
	start := time.Unix(0, 0)
	v := NewVirtual(start)
	n := 0
	for range 20 * askEvery {
		v.AfterFunc(time.Second, func() { n++ })
	}
	v.RunUnless(start.Add(time.Minute), func() bool { return n > 0 })
	if n == 0 || n > 2*askEvery {
		t.Errorf("%d happened", n)
	}
	v.Run(start.Add(time.Minute))
	if n != 20*askEvery {
		t.Errorf("%d happened in the end", n)
	}
}
