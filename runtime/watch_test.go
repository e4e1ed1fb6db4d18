package runtime

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// watched is a site that runs in real time, with the real watcher.
type watched struct {
	t       *testing.T
	dir     string
	mu      sync.Mutex
	changed chan struct{}
	printed []string
}

func newWatched(t *testing.T, files map[string]string) *watched {
	t.Helper()
	w := &watched{t: t, dir: t.TempDir(), changed: make(chan struct{}, 1)}
	w.save("site.yaml", "timezone: UTC\n")
	for path, content := range files {
		w.save(path, content)
	}
	conf, err := site.Load(w.dir, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(Config{
		Site: conf, Clock: clock.Real(), Log: slog.New(slog.DiscardHandler),
		Print: func(_, text string) {
			w.mu.Lock()
			w.printed = append(w.printed, text)
			w.mu.Unlock()
			select {
			case w.changed <- struct{}{}:
			default:
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := h.Run(ctx, nil); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return w
}

func (w *watched) save(path, content string) {
	w.t.Helper()
	full := filepath.Join(w.dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// expect waits until a line was printed.
func (w *watched) expect(line string) {
	w.t.Helper()
	late := time.After(60 * time.Second)
	for {
		w.mu.Lock()
		seen := slices.Contains(w.printed, line)
		all := strings.Join(w.printed, ", ")
		w.mu.Unlock()
		if seen {
			return
		}
		select {
		case <-w.changed:
		case <-late:
			w.t.Fatalf("%q was not printed; printed were: %s", line, all)
		}
	}
}

func (w *watched) count(line string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.printed {
		if p == line {
			n++
		}
	}
	return n
}

func (w *watched) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// Whatever way an editor saves, the new content goes live, once.
func TestEveryWayOfSaving(t *testing.T) {
	t.Parallel()
	w := newWatched(t, map[string]string{"scripts/a.lua": `print("first")`})
	at := func(path string) string { return filepath.Join(w.dir, filepath.FromSlash(path)) }
	w.expect("first")

	// Beside and renamed, as most editors do.
	w.save("scripts/.a.lua.swp", `print("renamed")`)
	w.must(os.Rename(at("scripts/.a.lua.swp"), at("scripts/a.lua")))
	w.expect("renamed")

	// The old one moved away first, with a backup left, as vim does.
	w.must(os.Rename(at("scripts/a.lua"), at("scripts/a.lua~")))
	w.save("scripts/a.lua", `print("backup")`)
	w.expect("backup")

	// Truncated, and written a moment later.
	f, err := os.OpenFile(at("scripts/a.lua"), os.O_WRONLY|os.O_TRUNC, 0)
	w.must(err)
	<-time.After(100 * time.Millisecond)
	_, err = f.WriteString(`print("truncated")`)
	w.must(err)
	w.must(f.Close())
	w.expect("truncated")

	// Two saves in a row: the last one counts.
	w.save("scripts/a.lua", `print("one of two")`)
	<-time.After(100 * time.Millisecond)
	w.save("scripts/a.lua", `print("two of two")`)
	w.expect("two of two")

	// A new file, and one that is deleted and comes back.
	w.save("scripts/b.lua", `print("new file") hik.on_stop(function() print("b stopped") end)`)
	w.expect("new file")
	w.must(os.Remove(at("scripts/b.lua")))
	w.expect("b stopped")
	w.save("scripts/b.lua", `print("back")`)
	w.expect("back")

	// A module in a folder that did not exist, for a script that waits for it.
	w.save("scripts/c.lua", `print("c has " .. require("deep.module"))`)
	w.save("lib/deep/module.lua", `return "one"`)
	w.expect("c has one")
	w.save("lib/deep/module.lua", `return "two"`)
	w.expect("c has two")

	// A folder copied over: many files at once.
	for i := range 20 {
		w.save(fmt.Sprintf("scripts/many%d.lua", i), fmt.Sprintf(`print("many %d")`, i))
	}
	for i := range 20 {
		w.expect(fmt.Sprintf("many %d", i))
	}

	// The whole folder replaced by another.
	w.save("other/a.lua", `print("other folder")`)
	w.must(os.Rename(at("scripts"), at("scripts.old")))
	w.must(os.Rename(at("other"), at("scripts")))
	w.expect("other folder")
	w.save("scripts/a.lua", `print("in the other folder")`)
	w.expect("in the other folder")

	for _, line := range []string{"first", "renamed", "backup", "truncated", "two of two", "new file", "c has two"} {
		if n := w.count(line); n != 1 {
			t.Errorf("%q went live %d times", line, n)
		}
	}
}

// Links are followed, and what the system tells nobody of is seen all the same:
// a script whose link leads elsewhere, scripts/ and lib/ that are links, also
// after they lead elsewhere, and a file that may be read again.
func TestLinksAreFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := t.TempDir()
	put := func(path, content string) {
		t.Helper()
		full := filepath.Join(elsewhere, path)
		os.MkdirAll(filepath.Dir(full), 0o755)
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("one/a.lua", `print("a " .. require("m"))`)
	put("two/a.lua", `print("a of two " .. require("m"))`)
	put("shared.lua", `print("shared 1")`)
	put("modules/m.lua", `return 1`)
	w := newWatched(t, nil)
	at := func(path string) string { return filepath.Join(w.dir, filepath.FromSlash(path)) }
	w.must(os.Symlink(filepath.Join(elsewhere, "modules"), at("lib")))
	w.must(os.Symlink(filepath.Join(elsewhere, "shared.lua"), filepath.Join(elsewhere, "one", "linked.lua")))
	w.must(os.Symlink(filepath.Join(elsewhere, "one"), at("scripts")))
	w.expect("a 1")
	w.expect("shared 1")

	put("one/a.lua", `print("a edited " .. require("m"))`)
	w.expect("a edited 1")
	put("modules/m.lua", `return 2`)
	w.expect("a edited 2")
	put("shared.lua", `print("shared 2")`)
	w.expect("shared 2")

	w.must(os.Symlink(filepath.Join(elsewhere, "two"), at("next")))
	w.must(os.Rename(at("next"), at("scripts")))
	w.expect("a of two 2")
	put("two/a.lua", `print("a of two edited")`)
	w.expect("a of two edited")

	w.must(os.Symlink(filepath.Join(elsewhere, "shared.lua"), filepath.Join(elsewhere, "two", "linked.lua")))
	put("shared.lua", `print("shared 3")`)
	w.expect("shared 3")
	// As on a share: all is quiet, then the file is another, and no event comes.
	<-time.After(4 * settle)
	put("shared.lua", `print("shared 4")`)
	w.expect("shared 4")
	if os.Getuid() != 0 {
		w.must(os.Chmod(filepath.Join(elsewhere, "two", "a.lua"), 0))
		put("shared.lua", `print("shared 5")`)
		w.expect("shared 5")
		w.must(os.Chmod(filepath.Join(elsewhere, "two", "a.lua"), 0o644))
		w.expect("a of two edited")
	}
}

// What poll compares: a save of the same length within the same moment needs an
// event, everything else does not.
func TestPollSeesEveryChange(t *testing.T) {
	w := newWorld(t, "timezone: UTC\n", map[string]string{
		"scripts/a.lua": `pcall(require, "some.module")`, "scripts/_off.lua": "", "lib/unused.lua": "", "data/x": "",
	})
	w.start()
	w.run(time.Second)
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		t.Skip(err)
	}
	defer notify.Close()
	p := &watcher{host: w.host, fs: notify}
	p.poll()
	at := func(path string) string { return filepath.Join(w.dir, filepath.FromSlash(path)) }
	for _, c := range []struct {
		what   string
		change func()
		seen   bool
	}{
		{"nothing", func() {}, false},
		{"another time", func() { os.Chtimes(at("scripts/a.lua"), noon, noon) }, true},
		{"longer, and its time put back", func() {
			w.write("scripts/a.lua", `pcall(require, "some.module") `)
			os.Chtimes(at("scripts/a.lua"), noon, noon)
		}, true},
		{"mode", func() { os.Chmod(at("scripts/a.lua"), 0o600) }, true},
		{"a new script", func() { w.write("scripts/b.lua", "") }, true},
		{"one that is gone", func() { w.remove("scripts/b.lua") }, true},
		{"one that is switched off", func() { w.write("scripts/_off.lua", "print(1)") }, false},
		{"a module that was missing", func() { w.write("lib/some/module.lua", "return 1") }, true},
		{"a module that nobody uses", func() { w.write("lib/unused.lua", "return 1") }, false},
		{"data", func() { w.write("data/x", "1") }, false},
		{"site.yaml", func() { w.write("site.yaml", "timezone: UTC \n") }, true},
	} {
		c.change()
		if got := p.poll(); got != c.seen {
			t.Errorf("%s: %v", c.what, got)
		}
	}
	for _, folder := range []string{"", "scripts", "lib", "lib/some"} {
		if !slices.Contains(notify.WatchList(), at(folder)) {
			t.Errorf("%q is not watched", folder)
		}
	}
}
