//go:build nofleet

package engine

import (
	"errors"
	"testing"
)

func TestStub(t *testing.T) {
	if e, err := Start(t.Context(), Config{}); e != nil || !errors.Is(err, ErrLeftOut) {
		t.Error(e, err)
	}
}
