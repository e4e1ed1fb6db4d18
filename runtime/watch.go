package runtime

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/hiklua/hiklua/runtime/site"
)

const (
	// settle is how long the files must have been quiet: an editor that
	// truncates and writes, or a folder that is copied over, is one change.
	settle = 40 * time.Millisecond
	// settleMost bounds the wait while files go on changing.
	settleMost = 500 * time.Millisecond
)

// watcher makes live what is saved below scripts/ and lib/, and site.yaml. It watches
// folders, not files: editors rename.
type watcher struct {
	host *Host
	fs   *fsnotify.Watcher

	// Of the goroutine in run.
	first time.Time // of the changes that have not been looked at; zero: none
}

// Watch makes live what is saved in the site's folder until ctx ends. It works
// in real time only.
func (h *Host) Watch(ctx context.Context) error {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer notify.Close()
	w := &watcher{host: h, fs: notify}
	if err := notify.Add(h.site().Dir); err != nil {
		return err
	}
	w.addTree(filepath.Join(h.site().Dir, "scripts"))
	w.addTree(filepath.Join(h.site().Dir, "lib"))
	// Whatever was saved between the load and the first watch.
	h.Sync()
	w.run(ctx)
	return nil
}

func (w *watcher) run(ctx context.Context) {
	quiet := make(chan struct{}, 1)
	timer := w.host.clk.AfterFunc(0, func() {})
	defer func() { timer.Stop() }()
	for {
		select {
		case <-ctx.Done():
			return
		case event, ok := <-w.fs.Events:
			if !ok {
				return
			}
			if !w.concerns(event) {
				continue
			}
			now := w.host.clk.Now()
			if w.first.IsZero() {
				w.first = now
			}
			timer.Stop()
			wait := min(settle, max(0, settleMost-now.Sub(w.first)))
			timer = w.host.clk.AfterFunc(wait, func() {
				select {
				case quiet <- struct{}{}:
				default:
				}
			})
		case err, ok := <-w.fs.Errors:
			if !ok {
				return
			}
			// Some events were lost: look at everything.
			w.host.log.Warn("watching the site's folder", keyError, err)
			w.host.Sync()
		case <-quiet:
			w.first = time.Time{}
			w.host.Sync()
		}
	}
}

// concerns reports whether an event may change what runs, and watches folders
// that are new.
func (w *watcher) concerns(event fsnotify.Event) bool {
	if event.Op == fsnotify.Chmod {
		return false
	}
	rel, err := filepath.Rel(w.host.site().Dir, event.Name)
	if err != nil {
		return false
	}
	top, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
	if top != "scripts" && top != "lib" && filepath.ToSlash(rel) != site.FileName {
		return false
	}
	if event.Has(fsnotify.Create) {
		if info, err := os.Stat(event.Name); err == nil && info.IsDir() {
			w.addTree(event.Name)
		}
	}
	return true
}

// addTree watches a folder and those below it.
func (w *watcher) addTree(dir string) {
	filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			if err := w.fs.Add(path); err != nil {
				w.host.log.Warn("a folder cannot be watched: changes in it are seen at the next start", "folder", path, keyError, err)
			}
		}
		return nil
	})
}
