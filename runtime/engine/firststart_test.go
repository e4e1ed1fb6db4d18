//go:build !nofleet

package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/runtime/clock"
)

// TestFirstStartLacksOne: a new cluster begins when all members have met. Until then
// each says soon which one is missing, and nothing is held.
func TestFirstStartLacksOne(t *testing.T) {
	if testing.Short() {
		t.Skip("the line comes after 10 seconds")
	}
	t.Parallel()
	c := newTrio(t)
	began := clock.NewStopwatch()
	for _, name := range []string{"box", "left"} {
		c.start(name)
	}
	eventually(t, "right is not named", func() error {
		const line = "for its very first start all members are needed, later a majority of them: right is missing"
		if log := c.log.all(); strings.Count(log, line) < 2 {
			return fmt.Errorf("%v: %s", began.Elapsed(), log)
		}
		return nil
	})
	if st := c.engine("left").Status(); st.Quorum || st.Leader != "" {
		t.Errorf("%+v", st)
	}
	c.start("right")
	for _, name := range trioNames {
		c.answers(name)
	}
}
