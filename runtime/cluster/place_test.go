package cluster

import (
	"fmt"
	"math"
	"testing"
)

func TestPlacementIsByWeightAndMovesLittle(t *testing.T) {
	const shares = 3000
	three := []candidate{{"left", 1}, {"right", 1}, {"small", 0.5}}
	count := make(map[string]int)
	moved := 0
	for i := range shares {
		share := fmt.Sprintf("share-%d", i)
		was := place(share, three)
		count[was]++
		if is := place(share, three[:2]); is != was {
			moved++
			if was != "small" {
				t.Fatalf("%s goes from %s to %s although only small has gone", share, was, is)
			}
		}
	}
	for _, c := range three {
		if share := float64(count[c.name]) / shares; math.Abs(share-c.weight/2.5) > 0.03 {
			t.Errorf("%s has %.2f of the shares, its weight is %.2f", c.name, share, c.weight/2.5)
		}
	}
	if moved != count["small"] {
		t.Errorf("%d shares move, small had %d", moved, count["small"])
	}
	if got := place("site", nil); got != "" {
		t.Errorf("without hosts a share is placed on %q", got)
	}
}
