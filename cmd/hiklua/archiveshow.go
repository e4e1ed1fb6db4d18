package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/index"
)

func newArchiveShowCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "show [SITE] [FILE] [--json]",
		Short: "What an archive holds, or all that is known of one picture",
		Long: `Sums up the archive of a site (default: the current folder): how many pictures
of each channel, their size, the first and the last. With FILE, all that the
archive has on record of one picture. FILE is its path as list shows it, or the
file itself.`,
		Example: `  {hiklua} archive show
  {hiklua} archive show gate/1/2026-03-28/06-15-00.jpg
  {hiklua} archive show site --json`,
		Annotations: next(`{hiklua} archive list lists the pictures; exiftool FILE reads what stands in one.`),
		Args:        atMost(a, 2),
		RunE: func(c *cobra.Command, args []string) error {
			dir, rest := siteAndChannels(args)
			if len(rest) > 1 {
				return &misuse{fmt.Sprintf("show takes one file: %q is too much", rest[1]), usageOf(a, c)}
			}
			v, err := a.viewArchive(dir)
			if err != nil {
				return err
			}
			if len(rest) == 1 {
				return v.showPicture(c.Context(), rest[0], asJSON)
			}
			return v.showArchive(c.Context(), asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON, for programs")
	return c
}

func (v *archiveView) showArchive(ctx context.Context, asJSON bool) error {
	all := &api.Archive{Channels: []api.ArchivedChannel{}}
	err := v.withHost(ctx, func(client *api.Client) (err error) {
		if all, err = client.Archive(ctx); err != nil || all.Incomplete == "" {
			return err
		}
		return v.noteIncomplete(all.Incomplete)
	}, func(archives []runtime.OpenArchive) (err error) {
		if len(archives) == 0 {
			return v.noIndex()
		}
		if err := v.tellIncomplete(archives); err != nil {
			return err
		}
		var indexes []*index.Index
		for _, one := range archives {
			indexes = append(indexes, one.Index)
		}
		all, err = api.SumUp(ctx, indexes...)
		return err
	})
	if err != nil {
		return err
	}
	all.Path = v.folder()
	for i := range all.Channels {
		s := &all.Channels[i]
		s.First, s.Last = s.First.In(v.site.Timezone), s.Last.In(v.site.Timezone)
	}
	if asJSON {
		return v.writeJSON(all)
	}
	v.writeWrapped(fmt.Sprintf("%s: %s, %s\n", all.Path, plural(all.Pictures, "picture"), sizeText(all.Bytes)))
	if len(all.Channels) == 0 {
		return nil
	}
	fmt.Fprintln(v.stdout)
	t := &table{head: []string{"CHANNEL", "PICTURES", "SIZE", "FIRST", "LAST"}}
	for _, s := range all.Channels {
		e := archive.Entry{Device: s.Device, Channel: s.Channel, Name: s.Name}
		t.add(e.ChannelPath(), fmt.Sprint(s.Pictures), sizeText(s.Bytes), v.timeText(s.First), v.timeText(s.Last))
	}
	v.writeTable(t)
	return nil
}

// showPicture shows one picture: file is its path in the archive, or on disk.
func (v *archiveView) showPicture(ctx context.Context, file string, asJSON bool) error {
	var found *archive.Record
	err := v.fetch(ctx, &choice{path: v.below(file)}, func(r archive.Record) error {
		found = &r
		return nil
	})
	if err != nil {
		return err
	}
	if found == nil {
		return &failure{fmt.Sprintf("the archive has no picture %s on record", file)}
	}
	if asJSON {
		return v.writeJSON(found)
	}
	v.writePicture(found)
	return nil
}

// below is the path of a file below the archive, with slashes.
func (v *archiveView) below(file string) string {
	if folder, err := filepath.EvalSymlinks(runtime.FullPath(v.folder())); err == nil {
		if full, err := filepath.EvalSymlinks(runtime.FullPath(file)); err == nil {
			if rel, err := filepath.Rel(folder, full); err == nil && filepath.IsLocal(rel) {
				return filepath.ToSlash(rel)
			}
		}
	}
	return strings.TrimPrefix(filepath.ToSlash(file), "./")
}

func (v *archiveView) writePicture(r *archive.Record) {
	t := &table{fixed: 1}
	row := func(name, value string) {
		if value != "" {
			t.add(name, value)
		}
	}
	row("file", filepath.Join(v.folder(), filepath.FromSlash(r.Path)))
	row("device", r.Device)
	row("channel", strings.TrimSpace(fmt.Sprintf("%d %s", r.Channel, r.Name)))
	row("label", r.Label)
	row("event", r.Event)
	row("taken", r.Taken.Format("Mon 2006-01-02 15:04:05.000 MST"))
	if r.DeviceTime != nil {
		row("device's time", r.DeviceTime.In(v.site.Timezone).Format("Mon 2006-01-02 15:04:05 MST"))
	}
	if h := r.Head; h != nil {
		row("head", fmt.Sprintf("pan %.1f°, tilt %.1f°, zoom %.1fx", h.Pan, h.Tilt, h.Zoom))
		row("preset", h.Preset)
	}
	row("picture", fmt.Sprintf("%dx%d, %d bytes", r.Width, r.Height, r.Size))
	row("sha256", r.SHA256)
	if _, err := os.Stat(filepath.Join(v.folder(), filepath.FromSlash(r.Path))); err != nil {
		row("now", "the file can't be read: archive verify says more")
	}
	v.writeTable(t)
}

func (v *archiveView) timeText(t time.Time) string {
	return t.In(v.site.Timezone).Format("2006-01-02 15:04:05")
}
