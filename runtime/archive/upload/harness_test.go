package upload

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// desk is an archive of a few pictures, with what is needed to copy it.
type desk struct {
	testing.TB
	dir   string
	clk   clock.Clock
	log   *lines
	away  error // the archive's disk
	index []Picture
	mu    sync.Mutex
}

func newDesk(t testing.TB, clk clock.Clock) *desk {
	d := &desk{TB: t, dir: t.TempDir(), clk: clk, log: &lines{}}
	must(t, os.MkdirAll(filepath.Join(d.dir, "data", "archive"), 0o755))
	return d
}

func (d *desk) path(name string) string { return filepath.Join(d.dir, "data", "archive", name) }

// take archives a picture: it lies on the disk and in the index.
func (d *desk) take(n int, at time.Time) Picture {
	d.Helper()
	p := Picture{Path: fmt.Sprintf("gate/1/%04d.jpg", n), Taken: at}
	data := bytes.Repeat([]byte(p.Path), 100)
	p.SHA256 = sha256.Sum256(data)
	must(d, os.MkdirAll(filepath.Dir(d.path(p.Path)), 0o755))
	must(d, os.WriteFile(d.path(p.Path), data, 0o644))
	d.mu.Lock()
	d.index = append(d.index, p)
	d.mu.Unlock()
	return p
}

func (d *desk) config(to site.CopyTo, place Place) Config {
	return Config{
		Clock: d.clk, Log: slog.New(slog.NewTextHandler(d.log, nil)), Dir: d.dir, Data: filepath.Join(d.dir, "data"),
		To: to, Place: place, Getenv: os.LookupEnv,
		Open:    func(path string) (*os.File, error) { return os.Open(d.path(path)) },
		Present: func() error { return d.away },
		Since: func(_ context.Context, from time.Time, fn func(Picture) error) error {
			d.mu.Lock()
			all := slices.Clone(d.index)
			d.mu.Unlock()
			for _, p := range all {
				if !p.Taken.Before(from) {
					if err := fn(p); err != nil {
						return err
					}
				}
			}
			return nil
		},
	}
}

func (d *desk) start(c Config) *Uploader {
	u := New(c)
	u.Start()
	return u
}

// lines is a log.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *lines) count(text string) int { return strings.Count(l.String(), text) }

// shelf is a Place in memory.
type shelf struct {
	mu    sync.Mutex
	files map[string][32]byte
	order []string
	away  error
	tries int
	hook  func(name string) error
}

func newShelf() *shelf { return &shelf{files: make(map[string][32]byte)} }

func (s *shelf) Put(_ context.Context, name string, f *os.File, sum Sum) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries++
	if s.away != nil {
		return "", s.away
	}
	if s.hook != nil {
		if err := s.hook(name); err != nil {
			return "", err
		}
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	data, err := io.ReadAll(f)
	if err != nil || sha256.Sum256(data) != sum.SHA256 {
		return "", errors.Join(err, errors.New("not what was to be copied"))
	}
	if there, ok := s.files[name]; ok && there != sum.SHA256 {
		name = beside(name, sum)
	}
	if _, ok := s.files[name]; !ok {
		s.order = append(s.order, name)
	}
	s.files[name] = sum.SHA256
	return name, nil
}

func (s *shelf) Remove(_ context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away != nil {
		return s.away
	}
	delete(s.files, name)
	return nil
}

func (s *shelf) Close() error { return nil }

// names of n pictures from the first on.
func names(first, n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("gate/1/%04d.jpg", first+i))
	}
	return all
}
