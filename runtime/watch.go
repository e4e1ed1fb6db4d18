package runtime

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

const (
	// settle is how long the files must have been quiet: an editor that
	// truncates and writes, or a folder that is copied over, is one change.
	settle = 40 * time.Millisecond
	// settleMost bounds the wait while files go on changing.
	settleMost = 500 * time.Millisecond
	// pollEvery is how often names, times and sizes are compared: for shares
	// and for files behind links there are no events.
	pollEvery = 3 * time.Second
)

// watcher makes live what is saved below scripts/ and lib/, and site.yaml. It
// watches folders, not files: editors rename.
type watcher struct {
	host *Host
	fs   *fsnotify.Watcher // nil: changes are seen by polling alone

	folders []string // that were watched before, or could not be
	files   string   // what poll saw last
}

// newWatcher begins to watch; nil in virtual time, in which no file changes by
// itself.
func newWatcher(h *Host) *watcher {
	if clock.IsVirtual(h.clk) {
		return nil
	}
	w := &watcher{host: h}
	var err error
	if w.fs, err = fsnotify.NewWatcher(); err != nil {
		h.log.Warn(fmt.Sprintf("folders cannot be watched: what is saved goes live within %v", pollEvery), keyError, err)
	}
	w.poll()
	return w
}

func (w *watcher) close() {
	if w != nil && w.fs != nil {
		w.fs.Close()
	}
}

// run has the host look at its files after each change until ctx ends.
func (w *watcher) run(ctx context.Context) {
	if w == nil {
		return
	}
	due := make(chan struct{}, 1)
	after := func(d time.Duration) clock.Timer {
		return w.host.clk.AfterFunc(d, func() {
			select {
			case due <- struct{}{}:
			default:
			}
		})
	}
	var events chan fsnotify.Event
	var errs chan error
	if w.fs != nil {
		events, errs = w.fs.Events, w.fs.Errors
	}
	var changed time.Time // the first change that has not been looked at; zero: none
	polled := false       // it was poll that saw it, perhaps half written
	timer := after(settle)
	defer func() { timer.Stop() }()
	for {
		select {
		case <-ctx.Done():
			return
		case event := <-events:
			if !w.concerns(event) {
				continue
			}
		case <-errs: // some events were lost
		case <-due:
			news := w.poll()
			if news && (changed.IsZero() || polled && w.host.clk.Now().Sub(changed) < settleMost) {
				polled = true
				break
			}
			if changed.IsZero() {
				timer = after(pollEvery)
				continue
			}
			changed, polled = time.Time{}, false
			w.host.scan()
			timer = after(settle) // for folders whose modules have been loaded by then
			continue
		}
		now := w.host.clk.Now()
		if changed.IsZero() {
			changed = now
		}
		timer.Stop()
		timer = after(min(settle, max(0, settleMost-now.Sub(changed))))
	}
}

// concerns reports whether an event may change what runs.
func (w *watcher) concerns(event fsnotify.Event) bool {
	return event.Op != fsnotify.Chmod &&
		(filepath.Dir(event.Name) != filepath.Clean(w.host.source()) || slices.Contains([]string{"scripts", "lib", site.FileName}, filepath.Base(event.Name)))
}

// poll reports whether the name, time, size or mode of a file is another than
// at the poll before, and watches the folders that are new. Links are followed.
func (w *watcher) poll() bool {
	dir := w.host.source()
	files := []string{site.FileName}
	scripts, err := w.host.scriptFiles()
	files = append(files, scripts...)
	folders := []string{".", "scripts", "lib"}
	for _, file := range w.host.modules() {
		files = append(files, file)
		folders = append(folders, filepath.Dir(file))
	}
	var all strings.Builder
	fmt.Fprintln(&all, err)
	for _, file := range files {
		if info, err := os.Stat(filepath.Join(dir, file)); err == nil {
			fmt.Fprintln(&all, file, info.ModTime().UnixNano(), info.Size(), info.Mode())
		}
	}
	w.watch(folders)
	changed := w.files != all.String()
	w.files = all.String()
	return changed
}

// watch watches the folders that are there, also one that has taken another's
// place.
func (w *watcher) watch(folders []string) {
	if w.fs == nil {
		return
	}
	slices.Sort(folders)
	for _, folder := range slices.Compact(folders) {
		path := filepath.Join(w.host.source(), folder)
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			continue
		}
		err := w.fs.Add(path)
		if err != nil && !slices.Contains(w.folders, folder) {
			w.host.log.Warn(fmt.Sprintf("a folder cannot be watched: what is saved there goes live within %v", pollEvery), "folder", path, keyError, err)
		}
		if !slices.Contains(w.folders, folder) {
			w.folders = append(w.folders, folder)
		}
	}
}
