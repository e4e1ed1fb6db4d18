package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/jpeg"
	"github.com/hiklua/hiklua/runtime/files"
	"github.com/hiklua/hiklua/runtime/site"
)

// archiving is the host's side of the archive: it is opened when it is first
// used, or with the host if site.yaml has one.
type archiving struct {
	mu   sync.Mutex
	open *archive.Archive // nil: not yet
	conf site.Archive     // that it was opened with
}

// archiveConf is what site.yaml says of the archive, or what counts without a
// word of it there.
func (h *Host) archiveConf() site.Archive {
	if a := h.site().Archive; a != nil {
		return *a
	}
	a := site.DefaultArchive()
	a.Path = filepath.Join(h.files.Dir(), "archive")
	return a
}

// archive is the site's archive.
func (h *Host) archive() (*archive.Archive, error) {
	h.archiving.mu.Lock()
	defer h.archiving.mu.Unlock()
	if h.archiving.open != nil {
		return h.archiving.open, nil
	}
	conf := h.archiveConf()
	a, err := archive.Open(archive.Options{
		Dir: h.site().Path(conf.Path), Layout: conf.Layout, Zone: h.site().Timezone, Clock: h.clk,
	})
	if err != nil {
		return nil, err
	}
	h.archiving.open, h.archiving.conf = a, conf
	return a, nil
}

// ArchivePicture implements luaapi.Script.
func (s *script) ArchivePicture(ctx context.Context, p luaapi.ArchiveSpec, fill func(io.Writer) error) (luaapi.Archived, error) {
	if p.Label != "" && !site.ValidName(p.Label) {
		return luaapi.Archived{}, &luaapi.Failure{Kind: "misuse", Message: fmt.Sprintf("label %q is none", p.Label), Hint: "a label is " + site.NameRule}
	}
	a, err := s.host.archive()
	if err != nil {
		return luaapi.Archived{}, archiveFailure(err)
	}
	e, err := a.Add(ctx, s.host.entryOf(p), fill)
	if err != nil {
		return luaapi.Archived{}, archiveFailure(err)
	}
	return luaapi.Archived{Path: s.host.archived(e.Path), Size: e.Size}, nil
}

// entryOf is what the archive is told of a picture.
func (h *Host) entryOf(p luaapi.ArchiveSpec) archive.Entry {
	e := archive.Entry{
		Device: p.Device, Channel: p.Channel, Label: p.Label, Event: p.Event,
		Taken: p.Taken, DeviceTime: p.DeviceTime,
	}
	if d, ok := h.site().Device(p.Device); ok {
		for _, c := range d.Channels {
			if c.Address == p.Channel {
				e.Name = c.Name
			}
		}
	}
	return e
}

// archived is how people are told of a picture: archive.path as site.yaml has
// it, and the path below.
func (h *Host) archived(below string) string {
	if h.site().Archive == nil {
		return h.files.Shown("archive/" + below)
	}
	return path.Join(filepath.ToSlash(h.site().Archive.Path), below)
}

// ReadPicture implements luaapi.Script.
func (s *script) ReadPicture(_ context.Context, shown string) ([]byte, error) {
	a, err := s.host.archive()
	if err != nil {
		return nil, archiveFailure(err)
	}
	below, ok := strings.CutPrefix(shown, s.host.archived("")+"/")
	if !ok {
		return nil, &luaapi.Failure{Kind: "not_found", Message: fmt.Sprintf("%s: the archive has moved", shown)}
	}
	data, err := files.NewFolder(a.Dir()).Read(below)
	return data, fileFailure(shown, err)
}

// archiveFailure tells an error of the archive in the words of scripts.
func archiveFailure(err error) error {
	var disk *archive.DiskError
	var format *jpeg.FormatError
	switch {
	case errors.As(err, &format):
		return &luaapi.Failure{Kind: "device", Message: format.Error(), Err: err}
	case !errors.As(err, &disk):
		return err
	}
	told := &luaapi.Failure{Kind: "disk", Message: disk.Error(), Err: err}
	switch {
	case errors.Is(err, syscall.ENOSPC):
		told.Hint = "make room on the disk of the archive, or let archive.max_size and min_free of site.yaml do so"
	case errors.Is(err, fs.ErrPermission):
		told.Hint = "the archive's folder must belong to the account that hiklua runs as"
	}
	return told
}
