package control

import (
	"fmt"
	"strings"
	"testing"
)

func TestRing(t *testing.T) {
	r := NewRing()
	lines, next, _, more := r.Since(0)
	if len(lines) != 0 || next != 0 {
		t.Errorf("%q %d", lines, next)
	}
	fmt.Fprintln(r, "one")
	<-more
	for i := range ringLines + 10 {
		fmt.Fprintln(r, i)
	}
	lines, next, missed, _ := r.Since(0)
	if len(lines) != ringLines || missed != 11 || next != ringLines+11 || string(lines[0]) != "10" {
		t.Errorf("%d lines, missed %d, next %d, first %s", len(lines), missed, next, lines[0])
	}
	if lines, _, _, _ := r.Since(r.Last(2)); len(lines) != 2 {
		t.Errorf("%q", lines)
	}
	for range 20 {
		fmt.Fprintln(r, strings.Repeat("x", ringBytes/10))
	}
	if lines, _, _, _ := r.Since(0); len(lines) > 10 {
		t.Errorf("%d lines", len(lines))
	}
}
