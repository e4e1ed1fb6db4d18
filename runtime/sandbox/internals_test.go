package sandbox

import "testing"

// If this fails after an update of gopher-lua, look at internals.go field by field before anything else.
func TestInternals(t *testing.T) {
	if offsets.fault != "" {
		t.Fatal(offsets.fault)
	}
}
