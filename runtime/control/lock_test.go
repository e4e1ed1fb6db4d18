package control

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	since := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	first, err := Take(dir, Holder{PID: 4711, Since: since, Version: "1.0"})
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(dir); info.Mode().Perm() != 0o700 {
		t.Errorf("%v", info.Mode())
	}
	var held *HeldError
	if _, err := Take(dir, Holder{PID: 2}); !errors.As(err, &held) || held.Holder.PID != 4711 || !held.Holder.Since.Equal(since) {
		t.Errorf("%v", err)
	}
	if h := HolderOf(dir); h.PID != 4711 || h.Version != "1.0" {
		t.Errorf("%+v", h)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	if h := HolderOf(dir); h.PID != 0 {
		t.Errorf("%+v", h)
	}
	second, err := Take(dir, Holder{PID: 2})
	if err != nil {
		t.Fatal(err)
	}
	second.Release()
}
