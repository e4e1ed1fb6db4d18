package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/index"
)

func (c *Client) get(ctx context.Context, path string, query url.Values, into any) error {
	return c.call(ctx, http.MethodGet, path, query, nil, one(into))
}

func (c *Client) post(ctx context.Context, path string, body, into any) error {
	return c.call(ctx, http.MethodPost, path, nil, body, one(into))
}

// Status asks how everything is.
func (c *Client) Status(ctx context.Context) (st runtime.Status, err error) {
	err = c.callWithin(ctx, c.status, http.MethodGet, "/api/status", nil, nil, one(&st))
	return st, err
}

// RunJob starts a run of a job: NAME, or SCRIPT/NAME; with wait it waits for the
// end of that.
func (c *Client) RunJob(ctx context.Context, name string, wait bool) (run JobRun, err error) {
	err = c.post(ctx, "/api/jobs/run", RunJob{Job: name, Wait: wait}, &run)
	return run, err
}

// HoldScript sets a script aside.
func (c *Client) HoldScript(ctx context.Context, name string) error {
	return c.post(ctx, "/api/scripts/hold", Script{name}, &Nothing{})
}

// ReleaseScript lets a script run that was set aside. The error says why it does
// not.
func (c *Client) ReleaseScript(ctx context.Context, name string) error {
	return c.post(ctx, "/api/scripts/release", Script{name}, &Nothing{})
}

// Reload has the host look at its site.
func (c *Client) Reload(ctx context.Context) (all []Reloaded, err error) {
	err = c.post(ctx, "/api/reload", Nothing{}, &all)
	return all, err
}

// Emit has something happen: see Config.Emit.
func (c *Client) Emit(ctx context.Context, name, valueOrWords string) (done Emitted, err error) {
	in := Emission{Name: name, What: valueOrWords}
	if json.Valid([]byte(valueOrWords)) {
		in.Value, in.What = json.RawMessage(valueOrWords), ""
	}
	err = c.post(ctx, "/api/emit", in, &done)
	return done, err
}

// LoginCost asks what a new try of a device's login costs.
func (c *Client) LoginCost(ctx context.Context, device string) (cost runtime.LoginCost, err error) {
	err = c.get(ctx, "/api/login", url.Values{"device": {device}}, &cost)
	return cost, err
}

// Login tries the login of a device once more.
func (c *Client) Login(ctx context.Context, device string) (report runtime.LoginReport, err error) {
	err = c.post(ctx, "/api/login", Login{device}, &report)
	return report, err
}

// Log gives lines of the host's log to line, and to note what it has to say
// about them.
func (c *Client) Log(ctx context.Context, r LogRequest, line func([]byte) error, note func(LogNote) error) error {
	return c.call(ctx, http.MethodGet, "/api/log", r.query(), nil, func(text []byte) error {
		var about struct {
			Time *json.RawMessage
			LogNote
		}
		if err := json.Unmarshal(text, &about); err == nil && about.Time == nil {
			return note(about.LogNote)
		}
		return line(text)
	})
}

// Exec runs a program in the host, and gives what it writes to show. The host
// ends it when ctx ends.
func (c *Client) Exec(ctx context.Context, p Program, show func(Piece) error) (result *Result, err error) {
	err = c.call(ctx, http.MethodPost, "/api/exec", nil, p, each(func(l ExecLine) error {
		if l.Result != nil {
			result = l.Result
		}
		return show(l.Piece)
	}))
	return result, err
}

// Archive asks how much there is of each channel.
func (c *Client) Archive(ctx context.Context) (all *Archive, err error) {
	err = c.get(ctx, "/api/archive", nil, &all)
	return all, err
}

// Pictures gives the pictures that are asked for to picture, the oldest first,
// after why some are missing to note.
func (c *Client) Pictures(ctx context.Context, q ArchiveQuery, picture func(archive.Record) error, note func(ArchiveNote) error) error {
	return c.call(ctx, http.MethodGet, "/api/archive/pictures", q.query(), nil, each(func(l struct {
		ArchiveNote
		archive.Record
	}) error {
		if l.Incomplete != "" {
			return note(l.ArchiveNote)
		}
		return picture(l.Record)
	}))
}

// ArchiveHead asks where the manifests end.
func (c *Client) ArchiveHead(ctx context.Context) (head index.Head, err error) {
	err = c.get(ctx, "/api/archive/head", nil, &head)
	return head, err
}

// Prune has what has had its time removed, and gives it to removed.
func (c *Client) Prune(ctx context.Context, p Prune, removed func(Removed) error) (sum Pruned, err error) {
	err = c.call(ctx, http.MethodPost, "/api/archive/prune", nil, p, func(line []byte) error {
		var r Removed
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		if r.Path == "" {
			return json.Unmarshal(line, &sum)
		}
		return removed(r)
	})
	return sum, err
}

// Rebuild has the index made anew, and tells progress how far that is.
func (c *Client) Rebuild(ctx context.Context, progress func(done, of int64)) (report index.Report, err error) {
	err = c.call(ctx, http.MethodPost, "/api/archive/rebuild", nil, Nothing{}, each(func(r Rebuilt) error {
		if r.Report != nil {
			report = *r.Report
		} else {
			progress(r.Done, r.Of)
		}
		return nil
	}))
	return report, err
}
