package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/control"
	"github.com/hiklua/hiklua/runtime/owner"
	"github.com/hiklua/hiklua/runtime/site"
)

// reachHost reaches the host that runs the site in dir.
func (a *app) reachHost(ctx context.Context, dir string) (*api.Client, error) {
	if err := a.notFolder(dir); err != nil {
		return nil, err
	}
	if !hasSite(dir) {
		return nil, &failure{fmt.Sprintf("no site.yaml in %s", dir)}
	}
	client, err := api.Dial(ctx, dataFolder(dir), version())
	if errors.Is(err, control.ErrNoHost) {
		return nil, a.noHost(dir)
	}
	return client, err
}

// noHost is the error of a command that needs the host of the site in dir. On the
// machine of a witness there is none.
func (a *app) noHost(dir string) error {
	s, err := a.loadNames(dir)
	if err != nil || s.Cluster == nil {
		return &failure{fmt.Sprintf(`no host runs %s: "%s run %s" starts one`, siteWord(dir), a.name, shellWord(dir))}
	}
	var places []string
	for _, m := range s.Cluster.Hosts {
		places = append(places, fmt.Sprintf("%s (%s)", m.Name, m.Address))
	}
	return &failure{fmt.Sprintf(`no host runs %s on this machine: "%s" starts one; or ask on %s`,
		siteWord(dir), a.runAs(s, s.Cluster.Hosts[0].Name), strings.Join(places, " or "))}
}

// hostAround reaches the host that runs the site in dir, or without one the
// site that the current folder lies in. nil: none does.
func (a *app) hostAround(ctx context.Context, dir string) (*api.Client, error) {
	if dir == "" {
		dir = siteAround()
	}
	if _, virtual := a.clk.(*clock.Virtual); virtual || !hasSite(dir) {
		return nil, nil
	}
	data := dataFolder(dir)
	client, err := api.Dial(ctx, data, version())
	switch {
	case errors.Is(err, control.ErrNoHost):
		return nil, nil
	case errors.Is(err, fs.ErrPermission):
		text := "the host that runs " + siteWord(dir) + " belongs to another user"
		if _, err := os.ReadDir(data); err != nil {
			text = fmt.Sprintf("the folder %s belongs to another user: it can't be seen whether a host runs %s", data, siteWord(dir))
		}
		try := "give the command as that user"
		if user := owner.Name(filepath.Join(data, "control.sock"), data); user != "" {
			try = fmt.Sprintf("sudo -u %s %s ... gives the command as that user", user, a.name)
		}
		return nil, &failure{text + "\n  " + try + "; --alone runs it past the host"}
	}
	return client, err
}

func siteWord(dir string) string {
	if dir == "." {
		return "the site in this folder"
	}
	return "the site " + dir
}

// dataFolder is where a site's host keeps its socket and its lock.
func dataFolder(dir string) string { return (&site.Site{Dir: dir}).Path("data") }

// askHost asks one thing of the host that runs the site in dir.
func askHost[T any](ctx context.Context, a *app, dir string, ask func(*api.Client) (T, error)) (answer T, err error) {
	client, err := a.reachHost(ctx, dir)
	if err != nil {
		return answer, err
	}
	defer client.Close()
	answer, err = ask(client)
	return answer, fromHost(err)
}

// statusOf asks the host that runs the site in dir how everything is.
func (a *app) statusOf(ctx context.Context, dir string) (runtime.Status, error) {
	return askHost(ctx, a, dir, func(c *api.Client) (runtime.Status, error) { return c.Status(ctx) })
}

// fromHost makes an error of a call ready to be reported.
func fromHost(err error) error {
	if other, ok := errors.AsType[*api.OtherVersionError](err); ok {
		return &failure{other.Error()}
	}
	switch {
	case errors.Is(err, api.ErrGone):
		return &failure{"the host has stopped meanwhile"}
	case errors.Is(err, api.ErrSilent):
		return &failure{api.ErrSilent.Error()}
	case errors.Is(err, os.ErrPermission):
		return &failure{"the host belongs to another user"}
	}
	return err
}

func (a *app) writeJSON(v any) error {
	out, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		_, err = fmt.Fprintf(a.stdout, "%s\n", out)
	}
	return err
}

// errorLines is an error below what it is about, its hint on a line of its
// own.
func errorLines(e *runtime.ErrorStatus) string {
	text := ""
	for i, line := range strings.Split(e.Message, "\n") {
		if i == 0 && e.Place != "" {
			line = e.Place + ": " + line
		}
		text += "  " + line + "\n"
	}
	if e.Hint != "" {
		text += "    " + e.Hint + "\n"
	}
	return text
}
