package runtime

import (
	"context"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/index"
	"github.com/hiklua/hiklua/runtime/archive/retention"
)

// UseArchive calls f with what knows the pictures of the site's archive, and with
// what removes them.
func (h *Host) UseArchive(ctx context.Context, f func(*index.Index, *retention.Keeper) error) error {
	a, done, err := h.useArchive(ctx)
	if err != nil {
		return err
	}
	defer done()
	return f(a.index, a.keeper)
}

// OpenArchive is an archive that is open.
type OpenArchive struct {
	Folder string // below archive.path that it lies in, of a site with several shares; "": archive.path itself
	Index  *index.Index
	Keeper *retention.Keeper
}

// UseArchives is UseArchive for what may be several: a host has one.
func (h *Host) UseArchives(ctx context.Context, f func([]OpenArchive) error) error {
	return h.UseArchive(ctx, func(x *index.Index, k *retention.Keeper) error { return f([]OpenArchive{{Index: x, Keeper: k}}) })
}

// ListArchive implements luaapi.Archive.
func (s *script) ListArchive(ctx context.Context, q luaapi.ArchiveQuery) (list []luaapi.ArchivedPicture, err error) {
	err = s.host.UseArchive(ctx, func(x *index.Index, _ *retention.Keeper) error {
		last, err := x.Last(ctx, archive.Query{Device: q.Device, Channel: q.Channel, Name: q.Name, Label: q.Label, From: q.From, Till: q.Till}, q.Limit)
		for i := range last {
			list = append(list, s.host.picture(&last[i]))
		}
		return err
	})
	return list, archiveFailure(err)
}

// PruneArchive implements luaapi.Archive.
func (s *script) PruneArchive(ctx context.Context, dryRun bool) (sum luaapi.ArchivePruned, err error) {
	err = s.host.UseArchive(ctx, func(_ *index.Index, k *retention.Keeper) error {
		if dryRun {
			return k.Plan(ctx, func(r retention.Removal) error {
				sum.Pictures++
				sum.Bytes += r.Size
				return nil
			})
		}
		r, err := k.Prune(ctx, nil)
		sum = luaapi.ArchivePruned{Pictures: r.Files, Bytes: r.Bytes, Left: r.Left}
		return err
	})
	return sum, archiveFailure(err)
}

// picture is an entry in the words of scripts.
func (h *Host) picture(e *archive.Entry) luaapi.ArchivedPicture {
	r := e.Record(h.Zone())
	p := luaapi.ArchivedPicture{
		Path: h.archived(e.Path), Device: e.Device, Channel: e.Channel, Name: e.Name, Label: e.Label, Event: e.Event,
		Taken: e.Taken, DeviceTime: e.DeviceTime, Size: e.Size, Width: e.Width, Height: e.Height, SHA256: r.SHA256,
	}
	if e.Head != nil {
		p.Head = &luaapi.ArchivedHead{Pan: e.Head.Pan, Tilt: e.Head.Tilt, Zoom: e.Head.Zoom, Preset: e.Head.Preset}
	}
	return p
}
