package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/index"
	"github.com/hiklua/hiklua/runtime/clock"
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

// withHost calls ask with the host that runs the site, or alone with the index
// if none does; with nil if there is no index.
func (v *archiveView) withHost(ctx context.Context, ask func(*api.Client) error, alone func(*index.Index) error) error {
	client, err := api.Dial(ctx, dataFolder(v.dir), version())
	if err == nil {
		defer client.Close()
		return fromHost(ask(client))
	}
	if !errors.Is(err, control.ErrNoHost) {
		return v.hostDenied(err)
	}
	if len(v.parts()) > 1 {
		return &failure{fmt.Sprintf("each share of this site has an archive of its own, and no host runs the site here to look through them: %s verifies them without one", v.name+" archive verify")}
	}
	if _, err := os.Stat(v.indexFile()); errors.Is(err, fs.ErrNotExist) {
		return alone(nil)
	}
	x, err := index.Open(ctx, v.indexFile(), v.folder(), v.indexOptions())
	switch {
	case errors.Is(err, index.ErrLocked):
		return &failure{fmt.Sprintf("%s is in use by another command: try again when that has ended", v.indexFile())}
	case err != nil:
		return err
	}
	err = alone(x)
	limit, cancel := clock.WithTimeout(v.clk, context.Background(), indexTimeout)
	defer cancel()
	return errors.Join(err, x.Close(limit))
}

// indexTimeout is how long the disk may take to close the index.
const indexTimeout = 5 * time.Second

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
	}, func(x *index.Index) error {
		if x == nil {
			return v.noIndex()
		}
		if err := v.tellIncomplete(x.Problem()); err != nil {
			return err
		}
		return q.Find(ctx, x, func(e archive.Entry) error { return fn(e.Record(v.site.Timezone)) })
	})
}

// tellIncomplete says that an index lacks pictures. Another problem of it is an
// error.
func (v *archiveView) tellIncomplete(problem error) error {
	note := api.Incomplete(problem)
	if note == "" {
		return problem
	}
	return v.noteIncomplete(note)
}

func (v *archiveView) noteIncomplete(note string) error {
	_, err := fmt.Fprintln(v.stderr, note)
	return err
}

// exact reports whether the query alone says what is chosen.
func (c *choice) exact() bool { return len(c.of) == 0 || len(c.of) == 1 && c.of[0].name == "" }
