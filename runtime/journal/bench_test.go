package journal

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"testing"

	"github.com/hiklua/hiklua/runtime/clock"
)

// BenchmarkWrite is what the record of a command costs the command.
func BenchmarkWrite(b *testing.B) {
	j, err := Open(filepath.Join(b.TempDir(), "journal"), Options{Clock: clock.Real()})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		j.Write(move)
	}
	b.StopTimer()
	j.Close(context.Background())
}

// BenchmarkWritten is the same with the disk: an entry from Write to its line.
func BenchmarkWritten(b *testing.B) {
	j, err := Open(filepath.Join(b.TempDir(), "journal"), Options{Clock: clock.Real()})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		j.Write(move)
		if n++; n%1000 == 0 {
			j.Flush(context.Background())
		}
	}
	if j.dropped > 0 {
		b.Error(j.dropped, "dropped")
	}
	j.Close(context.Background())
}

func BenchmarkLine(b *testing.B) {
	e, line := move, new(bytes.Buffer)
	b.ReportAllocs()
	for b.Loop() {
		line.Reset()
		encode(line, e.line(nil))
	}
}

func BenchmarkReadSome(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "journal")
	j, err := Open(dir, Options{Clock: clock.Real(), Queue: 100_000})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 100_000 {
		j.Write(number(i))
	}
	j.Close(context.Background())
	for name, f := range map[string]Filter{"All": {}, "Device": {Device: "yard"}, "Since": {Since: number(99_000).Time}, "Last": {Limit: 20}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				for e, err := range Read(dir, f) {
					if err != nil {
						b.Fatal(err)
					}
					io.Discard.Write([]byte(e.Device))
				}
			}
		})
	}
}
