package main

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/archive/index"
)

func newArchiveVerifyCommand(a *app) *cobra.Command {
	var rebuild, asJSON bool
	c := &cobra.Command{
		Use:   "verify [SITE] [--rebuild] [--json]",
		Short: "Prove that every picture is as it was archived",
		Long: `Reads every picture in the archive of a site (default: the current folder) and
compares it with the manifests, one for each day, which lie in the archive and
prove each other. It names what was changed, is missing or was added since; the
status is 1 then. Nothing is changed.
--rebuild makes the index anew from the pictures and the manifests, where it was
lost or damaged; a host that runs goes on taking pictures meanwhile.`,
		Example: `  {hiklua} archive verify
  {hiklua} archive verify site --json
  {hiklua} archive verify --rebuild`,
		Annotations: next(`{hiklua} archive show FILE tells what is known of a picture that was named.`),
		Args:        atMost(a, 1),
		RunE: func(c *cobra.Command, args []string) error {
			v, err := a.viewArchive(siteArg(args))
			if err != nil {
				return err
			}
			meter := a.newProgress("comparing pictures")
			o := index.VerifyOptions{Clock: a.clk, Progress: meter.tell}
			var report index.Report
			if rebuild {
				report, err = v.rebuild(c.Context(), o)
			} else {
				report, err = v.verifyAll(c.Context(), o)
			}
			meter.end(c.Context())
			switch {
			case c.Context().Err() != nil:
				return &failure{"interrupted"}
			case err != nil:
				return err
			case asJSON:
				err = a.writeJSON(report)
			default:
				a.writeVerified(report, rebuild)
			}
			if err == nil && len(report.Findings) > 0 {
				err = errTold
			}
			return err
		},
	}
	c.Flags().BoolVar(&rebuild, "rebuild", false, "make the index anew from the pictures and the manifests")
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON, for programs")
	return c
}

// indexFile is where the index lies.
func (v *archiveView) indexFile() string { return filepath.Join(v.data, index.FileName) }

func (v *archiveView) indexOptions() index.Options {
	return index.Options{Clock: v.clk, Log: v.quietLogger(v.site.Timezone, false), Zone: v.site.Timezone, Layout: v.conf.Layout}
}

// present says in one line that there is no archive to look at.
func (v *archiveView) present() error {
	if info, err := os.Stat(v.folder()); err != nil || !info.IsDir() {
		return v.noArchive()
	}
	return nil
}

func (v *archiveView) noArchive() error {
	return &failure{fmt.Sprintf("there is no archive in %s", v.folder())}
}

// verifyAll verifies each part of the archive. Paths then begin with the share.
func (v *archiveView) verifyAll(ctx context.Context, o index.VerifyOptions) (all index.Report, err error) {
	parts := v.parts()
	if len(parts) == 1 {
		return v.verify(ctx, o)
	}
	parts = slices.DeleteFunc(parts, func(p *archiveView) bool { return p.present() != nil })
	if len(parts) == 0 {
		return all, v.noArchive()
	}
	all.Findings = []index.Finding{}
	for _, p := range parts {
		report, err := p.verify(ctx, o)
		if err != nil {
			return all, err
		}
		for _, f := range report.Findings {
			f.Path = path.Join(p.share, f.Path)
			all.Findings = append(all.Findings, f)
		}
		all.Files, all.Bytes, all.Removed, all.Days = all.Files+report.Files, all.Bytes+report.Bytes, all.Removed+report.Removed, all.Days+report.Days
	}
	return all, nil
}

// verify compares files and manifests, and the index unless a host has it.
func (v *archiveView) verify(ctx context.Context, o index.VerifyOptions) (report index.Report, err error) {
	if err := v.present(); err != nil {
		return report, err
	}
	err = v.withHost(ctx, func(client *api.Client) (err error) {
		// The host says where the manifests end; all else stands in the folder. Of
		// several archives it does not.
		if v.share == "" {
			if o.Head, err = client.ArchiveHead(ctx); err != nil {
				return err
			}
		}
		report, err = index.Verify(ctx, v.folder(), o)
		return err
	}, func(archives []runtime.OpenArchive) error {
		if len(archives) > 0 {
			o.Index = archives[0].Index
		}
		report, err = index.Verify(ctx, v.folder(), o)
		return err
	})
	return report, err
}

func (v *archiveView) rebuild(ctx context.Context, o index.VerifyOptions) (report index.Report, err error) {
	if err := v.present(); err != nil {
		return report, &failure{err.Error() + ": mount its disk or put the folder back; if the pictures are gone for good, make the folder and try again"}
	}
	client, err := v.host(ctx)
	switch {
	case err != nil:
		return report, err
	case client == nil && len(v.parts()) > 1:
		return report, &failure{"each share of this site has an archive of its own: start the host, which makes the indexes anew"}
	case client == nil:
		return index.Rebuild(ctx, v.indexFile(), v.folder(), v.indexOptions(), o)
	}
	defer client.Close()
	report, err = client.Rebuild(ctx, o.Progress)
	return report, fromHost(err)
}

func (a *app) writeVerified(r index.Report, rebuilt bool) {
	if len(r.Findings) > 0 {
		t := &table{head: []string{"FOUND", "FILE", "WHAT"}, fixed: 1}
		for _, f := range r.Findings {
			t.add(f.Kind, f.Path, f.Detail)
			t.paint(0, colourFail)
		}
		a.writeTable(t)
	}
	verdict := "ok"
	if n := len(r.Findings); n > 0 {
		verdict = "not ok: " + plural(n, "finding")
	}
	text := fmt.Sprintf("%s: %s as archived, %s, in %s", verdict, plural(int(r.Files), "picture"), sizeText(r.Bytes), plural(r.Days, "day"))
	if r.Removed > 0 {
		text += fmt.Sprintf("; %d more have had their time", r.Removed)
	}
	if rebuilt {
		text += "; the index was made anew"
	}
	a.writeWrapped(text + "\n")
}
