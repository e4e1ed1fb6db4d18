package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/archive/retention"
)

func newArchivePruneCommand(a *app) *cobra.Command {
	var dry, asJSON bool
	c := &cobra.Command{
		Use:   "prune [SITE] [--dry-run] [--json]",
		Short: "Remove pictures that have had their time; --dry-run: tell which",
		Long: `Removes from the archive of a site (default: the current folder) what keep,
thinning, labels, max_size and min_free of site.yaml let go, and says what went
and why. A running host does so by itself. With --dry-run nothing is removed: it
says what would be. A file that was changed since it was archived, or that was
never archived, stays.`,
		Example: `  {hiklua} archive prune --dry-run
  {hiklua} archive prune site`,
		Annotations: next(`{hiklua} archive show tells what is left.`),
		Args:        atMost(a, 1),
		RunE: func(c *cobra.Command, args []string) error {
			v, err := a.viewArchive(siteArg(args))
			if err != nil {
				return err
			}
			return v.prune(c.Context(), dry, asJSON)
		},
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "remove nothing, say what would go")
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON, for programs")
	return c
}

// jsonPruned is what prune --json prints.
type jsonPruned struct {
	Removed []api.Removed `json:"removed"`
	api.Pruned
}

func (v *archiveView) prune(ctx context.Context, dry, asJSON bool) error {
	sum := api.Pruned{DryRun: dry}
	write, end := v.removedTable()
	if asJSON {
		write, end = v.removedJSON(&sum)
	}
	removed := func(r api.Removed) error {
		sum.Files++
		sum.Bytes += r.Size
		return write(&r)
	}
	err := v.withHost(ctx, func(client *api.Client) error {
		got, err := client.Prune(ctx, api.Prune{DryRun: dry}, removed)
		sum.Left = got.Left
		return err
	}, func(archives []runtime.OpenArchive) error {
		if len(archives) == 0 {
			return v.noIndex()
		}
		for _, one := range archives {
			left, err := api.Prune{DryRun: dry}.PruneBy(ctx, one.Keeper, func(r retention.Removal) error {
				record := r.Record(v.site.Timezone)
				record.Path = path.Join(one.Folder, record.Path)
				return removed(api.Removed{Record: record, Reason: r.Reason})
			})
			sum.Left += left
			if err != nil {
				return err
			}
		}
		return nil
	})
	if ended := end(); err == nil {
		err = ended
	}
	if err != nil || asJSON {
		return err
	}
	switch {
	case sum.Files == 0:
		fmt.Fprintln(v.stdout, "nothing has had its time: no picture goes")
	case dry:
		fmt.Fprintf(v.stdout, "%s would go, %s\n", plural(int(sum.Files), "picture"), sizeText(sum.Bytes))
	default:
		fmt.Fprintf(v.stdout, "%s removed, %s\n", plural(int(sum.Files), "picture"), sizeText(sum.Bytes))
	}
	if sum.Left > 0 {
		fmt.Fprintf(v.stderr, "%s had to stay, changed since archived: %s archive verify names them\n", plural(int(sum.Left), "picture"), v.name)
	}
	return nil
}

// removedTable shows what goes in columns; end writes what is left.
func (v *archiveView) removedTable() (write func(*api.Removed) error, end func() error) {
	page := &table{head: []string{"TAKEN", "CHANNEL", "LABEL", "SIZE", "REASON", "FILE"}, fixed: 1}
	end = func() error {
		if len(page.rows) == 0 {
			return nil
		}
		_, err := fmt.Fprint(v.stdout, page.text(v.width(), v.colour(v.stdout)))
		page = &table{fixed: 1}
		return err
	}
	return func(r *api.Removed) error {
		e := r.Entry()
		page.add(v.timeText(r.Taken), e.ChannelPath(), r.Label, sizeText(r.Size), r.Reason, r.Path)
		if len(page.rows) < tablePage {
			return nil
		}
		return end()
	}, end
}

// removedJSON writes a jsonPruned, its list as it comes.
func (v *archiveView) removedJSON(sum *api.Pruned) (write func(*api.Removed) error, end func() error) {
	before := "{\n  \"removed\": ["
	put := func(text []byte, err error) error {
		if err == nil {
			_, err = fmt.Fprintf(v.stdout, "%s\n    %s", before, text)
			before = ","
		}
		return err
	}
	end = func() error {
		text, err := json.MarshalIndent(sum, "", "  ")
		if err != nil {
			return err
		}
		if before != "," {
			fmt.Fprint(v.stdout, before)
		} else {
			fmt.Fprint(v.stdout, "\n  ")
		}
		_, err = fmt.Fprintf(v.stdout, "],%s\n", text[1:])
		return err
	}
	return func(r *api.Removed) error { return put(json.Marshal(r)) }, end
}
