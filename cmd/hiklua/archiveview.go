package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/index"
	"github.com/hiklua/hiklua/runtime/control"
	"github.com/hiklua/hiklua/runtime/owner"
	"github.com/hiklua/hiklua/runtime/site"
)

// archiveView is the archive of a site as the commands see it: through the host
// that runs the site, which alone has the index then, or else by the index.
type archiveView struct {
	*app
	dir   string // of the site
	data  string // where the index and the record of gaps lie
	share string // of a cluster, whose part of the archive it is; "": all of it
	site  *site.Site
	conf  site.Archive
}

func (a *app) viewArchive(dir string) (*archiveView, error) {
	s, err := a.loadNames(dir)
	if err != nil {
		return nil, err
	}
	v := &archiveView{app: a, dir: dir, data: dataFolder(dir), site: s, conf: site.DefaultArchive()}
	if s.Archive != nil {
		v.conf = *s.Archive
	}
	return v, nil
}

// viewShare is the archive of a share of a cluster, on this host.
func (a *app) viewShare(dir string, s *site.Site, share string) *archiveView {
	v := &archiveView{app: a, dir: dir, data: shareFolder(dir, share), site: s.Share(share), conf: site.DefaultArchive()}
	if v.site.Archive != nil {
		v.conf = *v.site.Archive
	} else if folder, err := filepath.Abs(filepath.Join(v.data, "archive")); err == nil {
		v.conf.Path = folder
	}
	return v
}

// shareFolder is where a host of a cluster keeps what belongs to a share.
func shareFolder(dir, share string) string { return filepath.Join(dataFolder(dir), "cluster", share) }

// parts are the archives of the site: one, or one for each share of its cluster.
func (v *archiveView) parts() (all []*archiveView) {
	names := v.site.ShareNames()
	if len(names) == 1 || v.share != "" {
		return []*archiveView{v}
	}
	for _, name := range names {
		part := v.viewShare(v.dir, v.site, name)
		part.share = name
		all = append(all, part)
	}
	return all
}

// folder is where the pictures are.
func (v *archiveView) folder() string { return v.site.Path(v.conf.Path) }

// withHost calls ask with the host that runs the site, or alone with the archives
// that have an index if none does.
func (v *archiveView) withHost(ctx context.Context, ask func(*api.Client) error, alone func([]runtime.OpenArchive) error) error {
	client, err := v.host(ctx)
	switch {
	case err != nil:
		return err
	case client == nil:
		return v.openAll(ctx, v.parts(), nil, alone)
	}
	defer client.Close()
	return fromHost(ask(client))
}

// host is the host that has the index open; nil: none has, and this command may open
// it. In a cluster a host has those of the shares that it holds, and what it took of
// others before stays where it is.
func (v *archiveView) host(ctx context.Context) (*api.Client, error) {
	client, err := api.Dial(ctx, dataFolder(v.dir), version())
	if errors.Is(err, control.ErrNoHost) {
		return nil, nil
	}
	if err != nil {
		return nil, v.hostDenied(err)
	}
	if v.site.Cluster == nil {
		return client, nil
	}
	st, err := client.Status(ctx)
	if err != nil || st.Cluster == nil {
		return client, nil // which says what is wrong
	}
	held, away := 0, []string{}
	for _, s := range st.Cluster.Shares {
		switch {
		case v.share != "" && v.share != s.Name:
		case s.Held() && s.Holder == st.Cluster.Host:
			held++
		default:
			away = append(away, s.Name)
		}
	}
	if held == 0 {
		client.Close()
		return nil, nil
	}
	if len(away) > 0 {
		fmt.Fprintf(v.stderr, "left out is what lies here of %s, which this host does not hold\n", strings.Join(away, ", "))
	}
	return client, nil
}

// openAll opens the indexes of parts beside those that are open, and calls f.
func (v *archiveView) openAll(ctx context.Context, parts []*archiveView, open []runtime.OpenArchive, f func([]runtime.OpenArchive) error) error {
	if len(parts) == 0 {
		return f(open)
	}
	p := parts[0]
	if _, err := os.Stat(p.indexFile()); errors.Is(err, fs.ErrNotExist) {
		if err := p.noIndex(); err != nil && p != v {
			return err
		}
		return v.openAll(ctx, parts[1:], open, f)
	}
	err := runtime.RestingArchive(ctx, p.site, p.data, p.clk, p.quietLogger(p.site.Timezone, false), func(one runtime.OpenArchive) error {
		if p != v {
			one.Folder = p.share
		}
		return v.openAll(ctx, parts[1:], append(open, one), f)
	})
	if errors.Is(err, index.ErrLocked) {
		return &failure{fmt.Sprintf("%s is in use by another command: try again when that has ended", p.indexFile())}
	}
	return err
}

// noIndex says what is due where there is no index: nothing, if nothing was
// ever archived.
func (v *archiveView) noIndex() error {
	if _, err := os.Stat(filepath.Join(v.folder(), archive.OwnFolder)); err != nil {
		return nil
	}
	return &failure{fmt.Sprintf("there are pictures in %s and no index of them in %s: %s archive verify --rebuild makes it", v.folder(), v.indexFile(), v.name)}
}

// hostDenied says why the host can't be asked.
func (v *archiveView) hostDenied(err error) error {
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	text := "the host that runs " + siteWord(v.dir) + " belongs to another user\n  give the command as that user"
	data := dataFolder(v.dir)
	if user := owner.Name(filepath.Join(data, "control.sock"), data); user != "" {
		text += fmt.Sprintf(": sudo -u %s %s archive ...", user, v.name)
	}
	return &failure{text}
}

// fetch gives what is chosen, the oldest first, to fn.
func (v *archiveView) fetch(ctx context.Context, c *choice, fn func(archive.Record) error) error {
	q := api.ArchiveQuery{Query: c.Query, Path: c.path}
	if c.exact() {
		q.Last = c.last
	}
	return v.withHost(ctx, func(client *api.Client) error {
		return client.Pictures(ctx, q, fn, func(note api.ArchiveNote) error { return v.noteIncomplete(note.Incomplete) })
	}, func(archives []runtime.OpenArchive) error {
		if len(archives) == 0 {
			return v.noIndex()
		}
		if err := v.tellIncomplete(archives); err != nil {
			return err
		}
		return q.FindIn(ctx, archives, func(e archive.Entry) error { return fn(e.Record(v.site.Timezone)) })
	})
}

// tellIncomplete says that indexes lack pictures. Another problem of one is an error.
func (v *archiveView) tellIncomplete(archives []runtime.OpenArchive) error {
	for _, one := range archives {
		problem := one.Index.Problem()
		note := api.Incomplete(problem)
		if note == "" && problem != nil {
			return problem
		}
		if note != "" {
			if err := v.noteIncomplete(note); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *archiveView) noteIncomplete(note string) error {
	_, err := fmt.Fprintln(v.stderr, note)
	return err
}

// exact reports whether the query alone says what is chosen.
func (c *choice) exact() bool { return len(c.of) == 0 || len(c.of) == 1 && c.of[0].name == "" }
