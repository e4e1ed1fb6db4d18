package export

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
)

// exporters are all that make a file.
func exporters(s *Source) map[string]func(context.Context, Options) (*Report, error) {
	return map[string]func(context.Context, Options) (*Report, error){
		"avi": s.AVI, "zip": s.Zip, "sheet": s.ContactSheet,
	}
}

// Where a file must not be written: it stays away, and what is there stays.
func TestRefusedPlaces(t *testing.T) {
	s := newShelf(t)
	s.fill(morning, time.Minute, 2)
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken.avi")
	if err := os.WriteFile(taken, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(s.dir, "gate"), link); err != nil {
		t.Skip(err)
	}
	exists := func(err error) bool { return errors.Is(err, fs.ErrExist) }
	inside := func(err error) bool { return errors.Is(err, ErrInArchive) }
	says := func(text string) func(error) bool {
		return func(err error) bool { return err != nil && strings.Contains(err.Error(), text) }
	}
	for file, right := range map[string]func(error) bool{
		taken:                                  exists,
		filepath.Join(s.dir, "x.avi"):          inside,
		filepath.Join(s.dir, "gate", "x.avi"):  inside,
		filepath.Join(link, "x.avi"):           inside,
		filepath.Join(dir, "nowhere", "x.avi"): says("there is no folder"),
		filepath.Join(taken, "x.avi"):          says("folder"),
		dir:                                    says("is a folder"),
	} {
		for name, export := range exporters(s.source()) {
			if _, err := export(t.Context(), Options{File: file, FPS: 25, Replace: file != taken}); !right(err) {
				t.Errorf("%s to %s: %v", name, file, err)
			}
		}
	}
	if data, _ := os.ReadFile(taken); string(data) != "mine" {
		t.Errorf("the file is now %q", data)
	}
	alone(t, filepath.Join(s.dir, "gate"))
	if _, err := s.source().AVI(t.Context(), Options{File: taken, FPS: 25, Replace: true}); err != nil {
		t.Error(err)
	}
	if data, _ := os.ReadFile(taken); !strings.HasPrefix(string(data), "RIFF") {
		t.Error("it was not replaced")
	}
}

// What fails, or is broken off, leaves nothing behind.
func TestNothingIsLeft(t *testing.T) {
	s := newShelf(t)
	s.fill(morning, time.Minute, 20)
	lost := errors.New("the index is lost")
	for name, make := range map[string]func(*Source) (context.Context, error){
		"broken off": func(src *Source) (context.Context, error) {
			ctx, cancel := context.WithCancel(t.Context())
			src.Progress = func(done, _ int) {
				if done == 10 {
					cancel()
				}
			}
			return ctx, context.Canceled
		},
		"lost": func(src *Source) (context.Context, error) {
			entries, times := src.Entries, 0
			src.Entries = func(yield func(archive.Entry, error) bool) {
				times++
				for e, err := range entries {
					if times == 2 && e.Taken.Minute() == 10 {
						err = lost
					}
					if !yield(e, err) {
						return
					}
				}
			}
			return t.Context(), lost
		},
		"none": func(src *Source) (context.Context, error) {
			src.Entries = all(nil)
			return t.Context(), ErrNone
		},
	} {
		for kind := range exporters(s.source()) {
			src := s.source()
			ctx, want := make(src)
			file := s.out("x")
			if _, err := exporters(src)[kind](ctx, Options{File: file, FPS: 25}); !errors.Is(err, want) {
				t.Errorf("%s, %s: %v", kind, name, err)
			}
			if _, err := os.Lstat(file); err == nil {
				t.Errorf("%s, %s: the file is there", kind, name)
			}
			alone(t, file)
		}
	}
	for i := range s.entries {
		os.WriteFile(s.file(&s.entries[i]), []byte("broken"), 0o600)
	}
	r, err := s.source().AVI(t.Context(), Options{File: s.out("x"), FPS: 25})
	if err != ErrNone || r.Left != 20 {
		t.Errorf("%v %+v", err, r)
	}
}

func TestSeveralChannels(t *testing.T) {
	s := newShelf(t)
	s.fill(morning, time.Minute, 4)
	s.entries[2].Name, s.entries[2].Channel = "", 2
	var several *ChannelsError
	for _, kind := range []string{"avi", "sheet"} {
		_, err := exporters(s.source())[kind](t.Context(), Options{File: s.out("x"), FPS: 25})
		if !errors.As(err, &several) || err.Error() != "the pictures are of 2 channels (gate/yard, gate/2); here they must be of one" {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// An export of many pictures takes the memory of a few.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	s := newShelf(t)
	s.add(morning, 640, 360, painted(t, 640, 360, 1))
	one := s.entries[0]
	src := s.source()
	src.Entries = func(yield func(archive.Entry, error) bool) {
		for i := range 1600 {
			e := one
			e.Taken = e.Taken.Add(time.Duration(i) * time.Second)
			if !yield(e, nil) {
				return
			}
		}
	}
	for kind, export := range exporters(src) {
		var least, most uint64
		src.Progress = func(done, _ int) {
			if done%400 != 300 {
				return
			}
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			if least == 0 {
				least = m.HeapAlloc
			}
			most = max(most, m.HeapAlloc)
		}
		if _, err := export(t.Context(), Options{File: s.out(kind), FPS: 25}); err != nil {
			t.Error(kind, err)
		}
		if most > least+4<<20 {
			t.Errorf("%s: from %d MB after 300 pictures to %d MB", kind, least>>20, most>>20)
		}
	}
}
