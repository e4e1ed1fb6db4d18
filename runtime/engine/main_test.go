package engine

import (
	"flag"
	"os"
	"testing"
)

// TestMain has the tests run all at once: they wait for elections, which take 4 to 9
// seconds, and compute little.
func TestMain(m *testing.M) {
	flag.Parse()
	flag.Set("test.parallel", "16")
	os.Exit(m.Run())
}
