package runtime

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/upload"
	"github.com/hiklua/hiklua/runtime/archive/watch"
	"github.com/hiklua/hiklua/runtime/clock"
)

// lookersClose is how long the end of an archive waits for what copies its
// pictures and looks through them: what is not done by then is done after the
// next start.
const lookersClose = time.Second

// attend begins what a host that runs a site does with its pictures besides
// taking them: it copies them to the second place, and looks through them. In
// virtual time nothing leaves the site.
func (h *Host) attend(a *archiver) {
	if !h.resident.Load() {
		return
	}
	if a.conf.CopyTo != nil && !clock.IsVirtual(h.clk) {
		a.second = upload.New(upload.Config{
			Clock: h.clk, Log: h.log, Dir: h.site().Dir, Data: h.files.Dir(),
			To: *a.conf.CopyTo, Keep: a.conf.CopyKeep, Rate: a.conf.CopyRate, Getenv: h.conf.Getenv,
			Open: a.openPicture, Present: a.present,
			Since: func(ctx context.Context, from time.Time, fn func(upload.Picture) error) error {
				return a.index.List(ctx, archive.Query{From: from}, func(e archive.Entry) error {
					return fn(upload.Picture{Path: e.Path, Taken: e.Taken, SHA256: e.SHA256})
				})
			},
		})
	}
	var words []string
	for _, w := range a.conf.Watch {
		words = append(words, string(w))
	}
	if len(words) > 0 {
		a.watch = watch.New(watch.Config{
			Clock: h.clk, Log: h.log, Words: words,
			Open: func(path string) (io.ReadSeekCloser, error) { return a.openPicture(path) },
			Tell: func(f watch.Fault, begins bool) {
				h.notice(&luaapi.Event{Type: f.Word, State: stateWord(begins), Device: f.Device, Channel: f.Channel, Time: h.clk.Now()})
			},
		})
	}
}

// openPicture opens a picture by its path in the archive. The error is a
// *index.FolderError if the archive itself is not there.
func (a *archiver) openPicture(path string) (*os.File, error) {
	root, err := a.index.Folder()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.Open(path)
}

// present says why the archive's folder is not there: its disk is gone.
func (a *archiver) present() error {
	root, err := a.index.Folder()
	if err != nil {
		return err
	}
	return root.Close()
}

// took is told of each picture that is in the archive.
func (h *Host) took(a *archiver, e archive.Entry, data uint64) {
	a.keeper.Added(a.ctx)
	if a.second != nil {
		a.second.Add(upload.Picture{Path: e.Path, Taken: e.Taken, SHA256: e.SHA256})
	}
	if a.watch != nil {
		a.watch.Added(watch.Picture{Device: e.Device, Channel: e.Channel, Path: e.Path, Taken: e.Taken, Data: data})
	}
	if g := h.gaps.Load(); g != nil {
		g.Added(e.Device, e.Channel, e.Label, e.Taken)
	}
}

// waiting is when the first picture was taken that has not been copied yet.
func (a *archiver) waiting() time.Time {
	if a.second == nil {
		return time.Time{}
	}
	return a.second.Oldest()
}

// leave ends what attend has begun.
func (h *Host) leave(ctx context.Context, a *archiver) {
	ctx, cancel := clock.WithTimeout(h.clk, ctx, lookersClose)
	defer cancel()
	if a.second != nil {
		a.second.Close(ctx)
	}
	if a.watch != nil {
		a.watch.Close(ctx)
	}
}

func stateWord(begins bool) string {
	if begins {
		return "start"
	}
	return "stop"
}

// notice tells scripts of an event that the host itself has noticed.
func (h *Host) notice(ev *luaapi.Event) {
	for _, d := range h.Devices() {
		if d.Name() == ev.Device {
			d.Notice(ev)
			return
		}
	}
}

// SecondPlaceStatus is how far the second place of the archive is behind.
type SecondPlaceStatus struct {
	Place   string       `json:"place"`             // copy_to
	Waiting int          `json:"waiting"`           // pictures that are not there yet
	Oldest  *time.Time   `json:"oldest,omitempty"`  // when the first of them was taken
	Copied  int          `json:"copied"`            // pictures, since the host started
	Gone    int          `json:"gone,omitempty"`    // pictures that were gone before they were copied
	Refused int          `json:"refused,omitempty"` // pictures that cannot be copied
	Error   *ErrorStatus `json:"error,omitempty"`   // why nothing is copied; its time is when that began
	RetryAt *time.Time   `json:"retry_at,omitempty"`
}

func (a *archiver) secondStatus(zone *time.Location) *SecondPlaceStatus {
	if a.second == nil {
		return nil
	}
	s := a.second.Status()
	st := &SecondPlaceStatus{
		Place: s.Place, Waiting: s.Waiting, Oldest: clock.In(s.Oldest, zone), Copied: s.Copied, Gone: s.Gone, Refused: s.Refused,
		RetryAt: clock.In(s.RetryAt, zone),
	}
	if s.Failing != nil {
		st.Error = errorStatus(s.Failing)
		st.Error.Time = clock.In(s.Since, zone)
		if told, ok := s.Failing.(*upload.Error); ok {
			st.Error.Message, st.Error.Hint = told.Message, told.Hint // the place is told already
		}
	}
	return st
}
