package hosts

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/archive/gaps"
)

// UseArchives calls f with the archives of all Hosts, each with the folder of its
// share where the site has several. What other hosts archive lies with them.
func (g *Group) UseArchives(ctx context.Context, f func([]runtime.OpenArchive) error) error {
	all := g.here()
	if len(all) == 0 {
		return g.nothingHere()
	}
	return g.useArchives(ctx, all, nil, f)
}

// useArchives opens the archives of parts beside those that are open.
func (g *Group) useArchives(ctx context.Context, parts []part, open []runtime.OpenArchive, f func([]runtime.OpenArchive) error) error {
	if len(parts) == 0 {
		return f(open)
	}
	p := parts[0]
	ctx, end := p.until(ctx)
	defer end()
	return g.after(p, p.host.UseArchives(ctx, func(archives []runtime.OpenArchive) error {
		for _, one := range archives {
			if g.several() {
				one.Folder = p.share
			}
			open = append(open, one)
		}
		return g.useArchives(ctx, parts[1:], open, f)
	}))
}

// GapReport tells what is missing in the archives of all Hosts.
func (g *Group) GapReport(q gaps.Query) (all gaps.Report, err error) {
	parts := g.here()
	if len(parts) == 0 {
		return all, g.nothingHere()
	}
	for i, p := range parts {
		one, err := p.host.GapReport(q)
		if err != nil {
			return all, g.after(p, err)
		}
		if i == 0 {
			all = one
			continue
		}
		all.Lines = append(all.Lines, one.Lines...)
		if one.Alive.Before(all.Alive) {
			all.Alive = one.Alive
		}
	}
	slices.SortStableFunc(all.Lines, func(a, b gaps.Line) int {
		return cmp.Or(strings.Compare(a.Device, b.Device), a.Channel-b.Channel, strings.Compare(a.Label, b.Label))
	})
	return all, nil
}
