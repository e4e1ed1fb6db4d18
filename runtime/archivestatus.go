package runtime

import (
	"cmp"
	"errors"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/index"
	"github.com/hiklua/hiklua/runtime/archive/retention"
	"github.com/hiklua/hiklua/runtime/clock"
)

// ArchiveStatus is the archive of a site.
type ArchiveStatus struct {
	Path   string       `json:"path"` // its full path
	Files  int64        `json:"files"`
	Bytes  int64        `json:"bytes"`
	Oldest *time.Time   `json:"oldest,omitempty"`
	Newest *time.Time   `json:"newest,omitempty"`
	Error  *ErrorStatus `json:"error,omitempty"` // why pictures are not archived, recorded or removed

	Gaps []GapStatus        `json:"gaps,omitempty"` // pictures that are missing, as long as they are
	Copy *SecondPlaceStatus `json:"copy,omitempty"` // what copy_to asks for
}

// archiveStatus is nil if the archive is not open: nothing was archived, and
// site.yaml has no word of it.
func (h *Host) archiveStatus() *ArchiveStatus {
	a := h.archiving.now.Load()
	if a == nil {
		return nil
	}
	t, zone := a.index.Totals(), h.site().Timezone
	return &ArchiveStatus{
		Path: a.index.Dir(), Files: t.Files, Bytes: t.Bytes, Oldest: clock.In(t.Oldest, zone), Newest: clock.In(t.Newest, zone),
		Error: errorStatus(archiveFailure(a.problem())),
		Gaps:  h.gapStatus(zone), Copy: a.secondStatus(zone),
	}
}

// problem is what is wrong with the archive at present.
func (a *archiver) problem() error {
	a.mu.Lock()
	failing := a.failing
	a.mu.Unlock()
	return cmp.Or(failing, a.index.Problem(), a.keeper.Problem())
}

// note keeps why the last picture could not be archived, for status; nil: it was.
// What is wrong with a picture, or with its task, is no fault of the archive.
func (a *archiver) note(err error) {
	if err != nil && !isDiskFailure(err) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failing = err
}

// isDiskFailure says whether the archive could not take a picture, as against
// what is wrong with the picture or the task.
func isDiskFailure(err error) bool {
	var disk *archive.DiskError
	var folder *index.FolderError
	var room *retention.NoRoomError
	var lacking *index.IncompleteError
	return errors.As(err, &lacking) || errors.As(err, &disk) || errors.As(err, &folder) || errors.As(err, &room)
}
