package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime/archive"
)

func newArchiveListCommand(a *app) *cobra.Command {
	var o archiveFlags
	var asJSON bool
	c := &cobra.Command{
		Use:   "list [SITE] [CHANNEL...] [FLAG...]",
		Short: "The pictures of an archive",
		Long: `Lists the pictures in the archive of a site (default: the current folder), the
newest last: when each was taken, its channel, label, size and file, below the
folder of the archive.
` + channelHelp,
		Example: `  {hiklua} archive list --last 20
  {hiklua} archive list gate/yard --from 2026-03-28 --till 2026-03-29
  {hiklua} archive list site gate nvr/3 --label alarm --from 2d --json`,
		Annotations: next(`{hiklua} archive show FILE has all that is known of one; {hiklua} archive export takes them along.`),
		RunE: func(c *cobra.Command, args []string) error {
			v, list, err := a.chosen(c.Context(), "list", args, o)
			if err != nil {
				return err
			}
			defer list.close()
			if list.count == 0 {
				if !asJSON {
					v.tellNone(o)
				}
				return nil
			}
			write, end := v.entryTable()
			if asJSON {
				write, end = v.writeRecord, func() error { return nil }
			}
			for e, err := range list.all() {
				if err == nil && c.Context().Err() != nil {
					err = errTold
				}
				if err == nil {
					err = write(&e)
				}
				if err != nil {
					return err
				}
			}
			return end()
		},
	}
	o.add(c)
	c.Flags().BoolVar(&asJSON, "json", false, "a line of JSON for each, for programs")
	return c
}

// chosen lists what a command line chooses: [SITE] [CHANNEL...] and flags. The
// caller closes the list.
func (a *app) chosen(ctx context.Context, command string, args []string, o archiveFlags) (*archiveView, *entryList, error) {
	dir, names := siteAndChannels(args)
	v, err := a.viewArchive(dir)
	if err != nil {
		return nil, nil, err
	}
	c, err := v.choose(ctx, command, names, o)
	if err != nil {
		return nil, nil, err
	}
	list, err := v.list(ctx, c)
	return v, list, err
}

// writeRecord writes a picture as a line of JSON.
func (v *archiveView) writeRecord(e *archive.Entry) error {
	text, err := json.Marshal(e.Record(v.site.Timezone))
	if err == nil {
		_, err = fmt.Fprintf(v.stdout, "%s\n", text)
	}
	return err
}

// tablePage is how many lines get their columns at one time.
const tablePage = 500

// entryTable shows pictures in columns; end writes what is left.
func (v *archiveView) entryTable() (write func(*archive.Entry) error, end func() error) {
	head := []string{"TIME", "CHANNEL", "LABEL", "SIZE", "FILE"}
	page := &table{head: head, fixed: 1}
	end = func() error {
		_, err := fmt.Fprint(v.stdout, page.text(v.width(), v.colour(v.stdout)))
		page = &table{fixed: 1}
		return err
	}
	return func(e *archive.Entry) error {
		page.add(v.timeText(e.Taken), e.ChannelPath(), e.Label, sizeText(e.Size), e.Path)
		if len(page.rows) < tablePage {
			return nil
		}
		return end()
	}, end
}

// sizeText writes a number of bytes for people.
func sizeText(bytes int64) string {
	value, unit := float64(bytes)/1e3, "KB"
	for _, next := range []string{"MB", "GB", "TB"} {
		if value < 999.5 {
			break
		}
		value, unit = value/1e3, next
	}
	if value < 99.5 {
		return fmt.Sprintf("%.1f %s", value, unit)
	}
	return fmt.Sprintf("%.0f %s", value, unit)
}
