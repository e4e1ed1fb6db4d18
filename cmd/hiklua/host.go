package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/store"
)

// siteArg is the folder that a command was given, or the site that the current
// folder lies in.
func siteArg(args []string) string {
	if len(args) > 0 {
		return args[0]
	}
	return siteAround()
}

// siteAround finds the site that the current folder is, or is a part of:
// people type commands in scripts/, too. "." where there is none.
func siteAround() string {
	here, err := os.Getwd()
	if err != nil {
		return "."
	}
	up := "."
	for dir := here; !hasSite(up); dir = filepath.Dir(dir) {
		if dir == filepath.Dir(dir) {
			return "."
		}
		up = filepath.Join(up, "..")
	}
	return up
}

// loadSite reads the site in dir. With simulate it is for a run of simulated
// devices: passwords are not asked for, and devices are as devices.yaml has them.
func (a *app) loadSite(dir string, simulate bool) (*site.Site, error) {
	if !simulate {
		return a.loadSiteBy(dir, site.Load)
	}
	s, err := a.loadNames(dir)
	if err != nil {
		return nil, err
	}
	return withSaved(s, dir)
}

// withSaved is a site of simulated devices, which are as devices.yaml has them.
func withSaved(s *site.Site, dir string) (*site.Site, error) {
	saved, err := site.LoadSaved(dir)
	if err != nil {
		return nil, err
	}
	s.UseSaved(saved)
	return s, nil
}

// loadNames reads the site in dir for what is in it: nothing is asked of its
// devices.
func (a *app) loadNames(dir string) (*site.Site, error) { return a.loadSiteBy(dir, site.LoadSimulated) }

func (a *app) loadSiteBy(dir string, load func(string, func(string) (string, bool)) (*site.Site, error)) (*site.Site, error) {
	if err := a.notFolder(dir); err != nil {
		return nil, err
	}
	if !hasSite(dir) {
		if _, err := os.Stat(filepath.Join(dir, "site.yml")); err != nil {
			return nil, &failure{fmt.Sprintf(`no site.yaml in %s: "%s init %s" writes a site, "%s demo" shows one at work`,
				dir, a.name, shellWord(dir), a.name)}
		}
	}
	return load(dir, a.env)
}

// notFolder refuses a file where the folder of a site is due.
func (a *app) notFolder(dir string) error {
	info, err := os.Stat(dir)
	if err != nil || info.IsDir() {
		return nil
	}
	if filepath.Ext(dir) == ".lua" {
		return &misuse{fmt.Sprintf("%s is a script; the folder of its site is due here", dir), a.name + " exec " + shellWord(dir)}
	}
	return &misuse{fmt.Sprintf("%s is a file; the folder of a site is due here", dir), a.name + " check " + shellWord(filepath.Dir(dir))}
}

// loadSiteOrNone is for exec and the REPL: the site that was named, else the
// one that the current folder lies in, else none. A device that was given by
// its address (alone) needs no site, nor the passwords of one.
func (a *app) loadSiteOrNone(dir string, simulate, alone bool) (*site.Site, error) {
	if around := siteAround(); dir == "" && !alone && hasSite(around) {
		dir = around
	}
	if dir != "" {
		s, err := a.loadSite(dir, simulate)
		if err == nil && s.Cluster != nil && !simulate {
			return nil, &misuse{
				"site.yaml has cluster:, and past its hosts a head could be moved by two at once: exec and repl need the host that runs here, or --simulate",
				a.runAs(s, s.Cluster.HostNames()[0]),
			}
		}
		return s, err
	}
	return &site.Site{
		Dir: ".", Timezone: time.Local, TimezoneName: time.Local.String(),
		Vars: map[string]any{}, Limits: site.DefaultLimits(),
	}, nil
}

func hasSite(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, site.FileName))
	return err == nil
}

// hostOptions are what differs between the commands that open a host.
type hostOptions struct {
	log       *slog.Logger
	transport func(site.Device) (http.RoundTripper, error) // nil: devices are real, but for those of simulate:
	devices   *simulation                                  // the simulated devices are put there; nil: the host's own
	simulate  bool                                         // every device is simulated
	print     func(script, text string)                    // nil: what scripts print is logged
	record    func(journal.Entry)
	publish   func(context.Context, luaapi.Message) (sent bool, err error) // of hik.mqtt; nil: nothing is sent
	outside   func() []runtime.BrokenWay                                   // nil: none is known of
	state     bool                                                         // what scripts keep outlives the command, if it can
	shared    bool                                                         // others may have it meanwhile, and a running host has it already: then it does not
	quiet     bool                                                         // notifications are logged, not sent
	reload    bool                                                         // site.yaml is read anew when it is saved
	taken     func(*site.Site)                                             // nil, or told of each that was taken over
}

// newHost makes the host of a site; the caller opens and closes it.
func (a *app) newHost(s *site.Site, o hostOptions) (*runtime.Host, error) {
	conf := a.hostConf(s, o)
	h, err := runtime.New(conf)
	if o.shared && errors.Is(err, store.ErrLocked) {
		conf.State, conf.StateNote = "", "hik.state begins empty, and ends with this command: the host that runs the site has it"
		return runtime.New(conf)
	}
	return h, err
}

// hostConf is what a host of a site is made of.
func (a *app) hostConf(s *site.Site, o hostOptions) runtime.Config {
	if o.transport == nil {
		if o.devices == nil {
			o.devices = &simulation{}
		}
		o.devices.clk, o.devices.all = a.clk, o.simulate
		o.transport = o.devices.transport
	}
	var reload func() (*site.Site, error)
	if o.reload {
		reload = func() (*site.Site, error) {
			next, err := a.loadSite(s.Dir, o.simulate)
			if err == nil && next.Cluster != nil && s.Cluster == nil {
				next, err = nil, site.Problems{{File: site.FileName, Message: "cluster: this host runs the site alone: stop it, and start it again with --cluster HOST"}}
			}
			tellRunningHost(err)
			return next, err
		}
	}
	data := "" // a site's own
	if !hasSite(s.Dir) {
		data = s.Dir
	}
	conf := runtime.Config{
		Data: data,
		Site: s, Reload: reload, SiteTaken: o.taken, Clock: a.clk, Log: o.log, Version: version(), Getenv: a.env,
		Transport: o.transport, Record: o.record, Publish: o.publish, Print: o.print, Outside: o.outside,
		Stdout: a.output(), Stderr: a.stderr,
		Quiet: o.simulate || o.quiet,
		Seed:  uint64(a.clk.Now().UnixNano()),
	}
	switch {
	case !hasSite(s.Dir):
	case !o.state && !o.simulate:
		conf.StateNote = "hik.state begins empty, and ends with this command: only a running host keeps the site's, and then repl is inside it"
	case o.simulate:
		conf.StateNote = "hik.state begins empty, and ends with this command: with --simulate nothing is kept"
	default:
		conf.State = filepath.Join(dataFolder(s.Dir), "state.db")
	}
	conf.StateShared = o.shared
	if !o.simulate {
		conf.Logins, conf.LoginsCareful, conf.LoginCommand = loginsFolder(s.Dir), !o.reload, a.loginCommand(s)
	}
	if !o.simulate && s.Cluster != nil {
		for _, share := range s.ShareNames() { // what its hosts know, as far as one was told here
			conf.LoginsBeside = append(conf.LoginsBeside, shareFolder(s.Dir, share))
		}
	}
	return conf
}

// tellRunningHost completes what is wrong with a site.yaml that was saved while
// its host runs: the environment of a process does not change.
func tellRunningHost(err error) {
	problems, _ := errors.AsType[site.Problems](err)
	for i := range problems {
		if p := &problems[i]; p.Variable != "" {
			p.Message += " in the environment of the running host: restart it with that variable, or use password_file"
		}
	}
}

// abortOnHurry ends the host at once when the operator asks a second time.
func abortOnHurry(ctx context.Context, h *runtime.Host) (stop func() bool) {
	return clock.OnDone(hurried(ctx), h.Abort)
}
