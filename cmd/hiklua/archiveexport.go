package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime/archive/export"
	"github.com/hiklua/hiklua/runtime/nearest"
)

// exportOptions are the flags of export.
type exportOptions struct {
	archiveFlags
	to, sheet   string
	fps         float64
	force, json bool
}

// exportKinds are the endings that --to takes.
var exportKinds = []string{".avi", ".mp4", ".zip"}

func newArchiveExportCommand(a *app) *cobra.Command {
	var o exportOptions
	c := &cobra.Command{
		Use:   "export [SITE] [CHANNEL...] (--to FILE | --contact-sheet FILE) [FLAG...]",
		Short: "A time lapse, a contact sheet or a zip of pictures",
		Long: `Makes one file of pictures in the archive of a site (default: the current
folder). The ending of --to says of which kind:

  .avi  a time lapse of one channel: the pictures as they are, as Motion JPEG;
        those of another size than most are fitted in
  .mp4  the same, much smaller, where ffmpeg is installed
  .zip  the pictures, what the archive knows of them (manifest.json), their
        hashes (SHA256SUMS, for sha256sum -c), and what proves those (manifests/)

--contact-sheet makes one JPEG of a channel's pictures with their times: of
more than 96, one for each span of time. Pictures that are missing or broken are
left out, and named. The file is whole or not there.
` + channelHelp,
		Example: `  {hiklua} archive export gate/yard --from 2026-03-28 --till 2026-03-29 --to day.avi
  {hiklua} archive export gate/yard --from 2026-03-28 --till 2026-03-29 --contact-sheet day.jpg
  {hiklua} archive export --label alarm --from 30d --to alarms.zip`,
		Annotations: next(`ffplay, mpv or VLC play .avi and .mp4; {hiklua} archive list shows what is chosen.`),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.check(a); err != nil {
				return err
			}
			return a.exportArchive(c.Context(), args, o)
		},
	}
	o.add(c)
	c.Flags().StringVar(&o.to, "to", "", "the `FILE.avi`, .mp4 or .zip to write")
	c.Flags().StringVar(&o.sheet, "contact-sheet", "", "the `FILE.jpg` to write")
	c.Flags().Float64Var(&o.fps, "fps", 25, "pictures a second of a time lapse, `N` may have a fraction")
	c.Flags().BoolVar(&o.force, "force", false, "replace a file that is there")
	c.Flags().BoolVar(&o.json, "json", false, "what became of it as JSON, for programs")
	return c
}

// check refuses flags that make no sense together.
func (o *exportOptions) check(a *app) error {
	try := a.name + " archive export "
	kind := strings.ToLower(filepath.Ext(o.to))
	switch {
	case o.to == "" && o.sheet == "":
		return &misuse{"export to which file? --to takes one that ends in .avi, .mp4 or .zip", try + "gate/yard --to day.avi"}
	case o.to != "" && o.sheet != "":
		return &misuse{"--to and --contact-sheet are two files: one at a time", try + "gate/yard --to " + shellWord(o.to)}
	case o.sheet != "":
		if ext := strings.ToLower(filepath.Ext(o.sheet)); ext != ".jpg" && ext != ".jpeg" {
			return &misuse{fmt.Sprintf("--contact-sheet %s: it is a JPEG, and its name ends in .jpg", o.sheet),
				try + "gate/yard --contact-sheet " + shellWord(strings.TrimSuffix(o.sheet, filepath.Ext(o.sheet))+".jpg")}
		}
	case kind != ".avi" && kind != ".mp4" && kind != ".zip":
		m := &misuse{fmt.Sprintf("--to %s: its name ends in none of %s", o.to, strings.Join(exportKinds, ", ")), try + "gate/yard --to day.avi"}
		if near := nearest.Word(kind, exportKinds); near != "" {
			m.try = try + "gate/yard --to " + shellWord(strings.TrimSuffix(o.to, filepath.Ext(o.to))+near)
		}
		return m
	}
	if !(o.fps >= 0.001 && o.fps <= 1000) {
		return &misuse{fmt.Sprintf("--fps %g: it is 0.001 to 1000 pictures a second", o.fps), try + "gate/yard --to day.avi --fps 25"}
	}
	return nil
}

func (a *app) exportArchive(ctx context.Context, args []string, o exportOptions) error {
	v, list, err := a.chosen(ctx, "export", args, o.archiveFlags)
	if err != nil {
		return err
	}
	defer list.close()
	if list.count == 0 {
		v.tellNone(o.archiveFlags)
		return errTold
	}
	root, err := os.OpenRoot(v.folder())
	if err != nil {
		return fmt.Errorf("the archive: %w", err)
	}
	defer root.Close()
	meter := a.newProgress("exporting")
	source := &export.Source{
		Folder: root, Entries: list.all(), Zone: v.site.Timezone,
		Progress: func(done, of int) { meter.tell(int64(done), int64(of)) },
	}
	options := export.Options{File: o.to, Replace: o.force, FPS: o.fps}
	make := source.AVI
	switch {
	case o.sheet != "":
		make, options.File = source.ContactSheet, o.sheet
	case strings.EqualFold(filepath.Ext(o.to), ".mp4"):
		make = source.MP4
	case strings.EqualFold(filepath.Ext(o.to), ".zip"):
		make = source.Zip
	}
	report, err := make(ctx, options)
	meter.end(ctx)
	if report != nil {
		v.tellLeftOut(report)
	}
	if err != nil {
		return v.exportFailure(ctx, err, o)
	}
	if o.json {
		return a.writeJSON(report)
	}
	return a.writeExport(report, o)
}

// exportFailure says why nothing was exported, and what helps.
func (v *archiveView) exportFailure(ctx context.Context, err error, o exportOptions) error {
	var several *export.ChannelsError
	switch {
	case ctx.Err() != nil:
		return &failure{"interrupted: nothing was written"}
	case errors.Is(err, export.ErrNoFFmpeg):
		return &failure{fmt.Sprintf("%v: --to %s", err, strings.TrimSuffix(o.to, filepath.Ext(o.to))+".avi")}
	case errors.Is(err, fs.ErrExist):
		return &failure{fmt.Sprintf("%s is there already: --force replaces it", o.to+o.sheet)}
	case errors.As(err, &several):
		return &failure{fmt.Sprintf("%v: name it, as in %s archive export %s", err, v.name, several.Channels[0])}
	case errors.Is(err, export.ErrNone):
		return &failure{"no picture is left: nothing was written"}
	}
	return err
}

// maxTold is how many pictures are named that were left out.
const maxTold = 10

func (v *archiveView) tellLeftOut(r *export.Report) {
	for i, l := range r.LeftOut {
		if i == maxTold {
			break
		}
		fmt.Fprintf(v.stderr, "left out: %s: %s\n", l.Path, l.Why)
	}
	if r.Left > maxTold {
		fmt.Fprintf(v.stderr, "left out: %d more\n", r.Left-maxTold)
	}
	if r.Changed > 0 {
		fmt.Fprintf(v.stderr, "%s changed since archived: %s archive verify names them\n", plural(r.Changed, "picture"), v.name)
	}
}

func (a *app) writeExport(r *export.Report, o exportOptions) error {
	info, err := os.Stat(r.File)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s: %s", r.File, plural(r.Pictures, "picture"))
	if r.Width > 0 {
		text += fmt.Sprintf(", %dx%d", r.Width, r.Height)
	}
	if o.sheet == "" && r.Width > 0 {
		text += fmt.Sprintf(", %.1f s at %g a second", float64(r.Pictures)/o.fps, o.fps)
	}
	text += ", " + sizeText(info.Size())
	if r.Fitted > 0 {
		text += fmt.Sprintf("; %d of another size were fitted in", r.Fitted)
	}
	fmt.Fprintln(a.stdout, text)
	return nil
}
