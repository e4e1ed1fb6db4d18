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
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/control"
	"github.com/hiklua/hiklua/runtime/owner"
	"github.com/hiklua/hiklua/runtime/site"
)

// reachHost reaches the host that runs the site in dir.
func (a *app) reachHost(ctx context.Context, dir string) (*control.Client, error) {
	if err := a.notFolder(dir); err != nil {
		return nil, err
	}
	if !hasSite(dir) {
		return nil, &failure{fmt.Sprintf("no site.yaml in %s", dir)}
	}
	client, err := control.Dial(ctx, dataFolder(dir))
	if errors.Is(err, control.ErrNoHost) {
		return nil, &failure{fmt.Sprintf(`no host runs %s: "%s run %s" starts one`, siteWord(dir), a.name, shellWord(dir))}
	}
	return client, err
}

// hostAround reaches the host that runs the site in dir, or without one the
// site that the current folder lies in. nil: none does.
func (a *app) hostAround(ctx context.Context, dir string) (*control.Client, error) {
	if dir == "" {
		dir = siteAround()
	}
	if _, virtual := a.clk.(*clock.Virtual); virtual || !hasSite(dir) {
		return nil, nil
	}
	data := dataFolder(dir)
	client, err := control.Dial(ctx, data)
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

// askHost asks one thing of the host that runs the site in dir. into may be
// nil.
func (a *app) askHost(ctx context.Context, dir, op string, args, into any) error {
	client, err := a.reachHost(ctx, dir)
	if err != nil {
		return err
	}
	defer client.Close()
	return fromHost(client.Get(ctx, op, args, into))
}

// each is for the values of a call.
func each[T any](do func(T) error) func(json.RawMessage) error {
	return func(value json.RawMessage) error { return with(value, do) }
}

// fromHost makes an error of a call ready to be reported.
func fromHost(err error) error {
	if fault, ok := errors.AsType[*control.Fault](err); ok {
		if taskError, ok := errors.AsType[*runtime.TaskError](fromFault(fault)); ok {
			return &failure{taskError.Report.String()}
		}
		return &failure{fault.Message}
	}
	switch {
	case errors.Is(err, control.ErrGone):
		return &failure{"the host has stopped meanwhile"}
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
