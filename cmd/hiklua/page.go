package main

import (
	"context"
	"fmt"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/page"
	"github.com/hiklua/hiklua/runtime/site"
)

func newPageCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "page [SITE] [--json]",
		Short: "A link that opens a running host's page",
		Long: `Prints a link to the page of the host that runs a site (default: the current
folder). It logs in once, within a minute, also where a password is configured
and forgotten. The host has a page if web.listen of site.yaml, or run --listen,
gives it an address.`,
		Example: `  {hiklua} page
  xdg-open "$({hiklua} page /srv/site)"`,
		Args:        atMost(a, 1),
		Annotations: next(`docs/page.md tells how other machines reach the page.`),
		RunE: func(c *cobra.Command, args []string) error {
			return a.showPageLink(c.Context(), siteArg(args), asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON, for programs")
	return c
}

func (a *app) showPageLink(ctx context.Context, dir string, asJSON bool) error {
	link, err := askHost(ctx, a, dir, func(c *api.Client) (api.PageLink, error) { return c.PageLink(ctx) })
	if err != nil {
		return err
	}
	if asJSON {
		return a.writeJSON(link)
	}
	fmt.Fprintln(a.stdout, link.URL)
	fmt.Fprintln(a.stderr, "it logs in once, within a minute")
	if u, err := url.Parse(link.URL); err == nil && u.Hostname() == "127.0.0.1" && !link.Local {
		fmt.Fprintln(a.stderr, "on another machine, put the address of this one in the place of 127.0.0.1")
	}
	return nil
}

// web is the page that a host serves; nil: none. Flags count before site.yaml.
func (o runOptions) web(s *site.Site) *site.Web {
	if o.listen == "" {
		return s.Web
	}
	w := site.DefaultWeb()
	if s.Web != nil {
		*w = *s.Web
	}
	w.Listen = o.listen
	return w
}

// newPage makes the page of a host; answers is its API.
func (d *daemon) newPage(h hosted, answers *api.API) *page.Page {
	return page.New(page.Config{
		Clock: clock.Real(), Log: d.log, Data: d.data,
		Status: h.Status, Picture: h.Picture, Record: d.record,
		Feed: d.feed, Ring: d.ring, API: answers.Handler(api.Page), Metrics: &d.measures, Hook: h.CallHook,
		Timeline: timelineOf(h),
	})
}

// pageLink gives a link to the page.
func (d *daemon) pageLink() (api.PageLink, error) { return d.page.Load().Link() }

// tellAll makes one function of several that are told of what is put on record.
func tellAll(all ...func(journal.Entry)) func(journal.Entry) {
	return func(e journal.Entry) {
		for _, tell := range all {
			if tell != nil {
				tell(e)
			}
		}
	}
}
