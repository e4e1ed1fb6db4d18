package isapi

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
)

// A text in many pieces costs what it is long, not its square.
func TestXMLTextInPieces(t *testing.T) {
	doc := []byte("<r>" + strings.Repeat("x<!---->", 20_000) + "</r>")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	root, err := ParseXML(doc)
	runtime.ReadMemStats(&after)
	if err != nil || len(root.Text) != 2*20_000-1 {
		t.Fatal(err, len(root.Text))
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 100<<20 {
		t.Errorf("took %d MB", took>>20)
	}
}

// A document ends with its context.
func TestReadXMLEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ReadXML(ctx, []byte("<r>"+strings.Repeat("x", 5000)+"</r>")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
