package api

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/index"
)

// Archive is what GET /api/archive answers: what there is of each channel.
type Archive struct {
	Path     string            `json:"path"`
	Pictures int               `json:"pictures"`
	Bytes    int64             `json:"bytes"`
	Channels []ArchivedChannel `json:"channels"`
	// Incomplete says why pictures are missing in it; "": none are.
	Incomplete string `json:"incomplete,omitempty"`
}

// ArchivedChannel is what the archive has of a channel.
type ArchivedChannel struct {
	Device   string    `json:"device"`
	Channel  int       `json:"channel"`
	Name     string    `json:"name,omitempty"`
	Pictures int       `json:"pictures"`
	Bytes    int64     `json:"bytes"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
}

// SumUp goes through indexes, of whatever size they are. Path is left to the
// caller.
func SumUp(ctx context.Context, indexes ...*index.Index) (*Archive, error) {
	type key struct {
		device  string
		channel int
	}
	sums := make(map[key]*ArchivedChannel)
	all := &Archive{Channels: []ArchivedChannel{}}
	var err error
	for _, x := range indexes {
		all.Incomplete = cmp.Or(all.Incomplete, Incomplete(x.Problem()))
		if err != nil {
			break
		}
		err = x.List(ctx, archive.Query{}, func(e archive.Entry) error {
			k := key{e.Device, e.Channel}
			s := sums[k]
			if s == nil {
				s = &ArchivedChannel{Device: e.Device, Channel: e.Channel, First: e.Taken}
				sums[k] = s
			}
			if e.Taken.Before(s.First) { // a device may have belonged to another share
				s.First = e.Taken
			}
			if !e.Taken.Before(s.Last) {
				s.Name, s.Last = e.Name, e.Taken // the name that it has had last
			}
			s.Pictures++
			s.Bytes += e.Size
			all.Pictures++
			all.Bytes += e.Size
			return nil
		})
	}
	for _, s := range slices.SortedFunc(maps.Values(sums), func(a, b *ArchivedChannel) int {
		return cmp.Or(cmp.Compare(a.Device, b.Device), cmp.Compare(a.Channel, b.Channel))
	}) {
		all.Channels = append(all.Channels, *s)
	}
	return all, err
}

// Incomplete says why an index lacks pictures that are there; "": it does not.
func Incomplete(problem error) string {
	var lacking *index.IncompleteError
	if !errors.As(problem, &lacking) {
		return ""
	}
	return lacking.Error() + "\n  " + lacking.Hint()
}

// archive is GET /api/archive.
func (a *API) archive(ctx context.Context) (all *Archive, err error) {
	zone := a.conf.Host.Zone()
	err = a.conf.Host.UseArchives(ctx, func(archives []runtime.OpenArchive) error {
		all, err = SumUp(ctx, indexes(archives)...)
		return err
	})
	if err != nil {
		return nil, err
	}
	if st := a.conf.Host.Status().Archive; st != nil {
		all.Path = st.Path
	}
	for i := range all.Channels {
		c := &all.Channels[i]
		c.First, c.Last = c.First.In(zone), c.Last.In(zone)
	}
	return all, nil
}

// ArchiveQuery is the query of GET /api/archive/pictures.
type ArchiveQuery struct {
	archive.Query
	Last int    // the last so many; 0: all
	Path string // the one picture that lies there
}

// Find gives each what is asked for, the oldest first.
func (q *ArchiveQuery) Find(ctx context.Context, x *index.Index, each func(archive.Entry) error) error {
	switch {
	case q.Path != "":
		e, found, err := x.Get(ctx, q.Path)
		if err == nil && found {
			err = each(e)
		}
		return err
	case q.Last > 0:
		last, err := x.Last(ctx, q.Query, q.Last)
		for _, e := range last {
			if err == nil {
				err = each(e)
			}
		}
		return err
	}
	return x.List(ctx, q.Query, each)
}

func (q *ArchiveQuery) query() url.Values {
	values := url.Values{}
	for key, value := range map[string]string{"device": q.Device, "name": q.Name, "label": q.Label, "path": q.Path} {
		if value != "" {
			values.Set(key, value)
		}
	}
	for key, value := range map[string]int{"channel": q.Channel, "last": q.Last} {
		if value != 0 {
			values.Set(key, strconv.Itoa(value))
		}
	}
	for key, value := range map[string]time.Time{"from": q.From, "till": q.Till} {
		if !value.IsZero() {
			values.Set(key, value.Format(time.RFC3339Nano))
		}
	}
	return values
}

// readArchiveQuery reads what query has written.
func readArchiveQuery(r *http.Request) (q ArchiveQuery, err error) {
	values, err := query(r, "device", "channel", "name", "label", "from", "till", "last", "path")
	if err != nil {
		return q, err
	}
	q.Device, q.Name, q.Label, q.Path = values.Get("device"), values.Get("name"), values.Get("label"), values.Get("path")
	if err = number(values, "channel", &q.Channel); err == nil {
		err = number(values, "last", &q.Last)
	}
	if err == nil {
		err = moment(values, "from", &q.From)
	}
	if err == nil {
		err = moment(values, "till", &q.Till)
	}
	return q, err
}

// ArchiveNote is the first line of a list that lacks pictures.
type ArchiveNote struct {
	Incomplete string `json:"incomplete"` // why
}

// listArchive is GET /api/archive/pictures.
func listArchive(a *API, w http.ResponseWriter, r *http.Request) error {
	q, err := readArchiveQuery(r)
	if err != nil {
		return err
	}
	zone := a.conf.Host.Zone()
	return a.stream(w, r, func(ctx context.Context, out *lines) error {
		return a.conf.Host.UseArchives(ctx, func(archives []runtime.OpenArchive) error {
			for _, one := range archives {
				if note := Incomplete(one.Index.Problem()); note != "" {
					if err := out.send(ArchiveNote{note}); err != nil {
						return err
					}
				}
			}
			all := batch{out: out}
			err := q.FindIn(ctx, archives, func(e archive.Entry) error { return all.add(e.Record(zone)) })
			if sent := all.send(); err == nil {
				err = sent
			}
			return err
		})
	})
}

// archiveHead is GET /api/archive/head: where the manifests end.
func (a *API) archiveHead(ctx context.Context) (head index.Head, err error) {
	err = a.conf.Host.UseArchives(ctx, func(archives []runtime.OpenArchive) error {
		x, err := onlyOne(archives)
		if err == nil {
			head, err = x.Head(ctx)
		}
		return err
	})
	return head, err
}
