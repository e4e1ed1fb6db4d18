package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/runtime/site"
)

// ScriptShares says where a script of a cluster runs.
type ScriptShares struct {
	Script string   // "tour" for scripts/tour.lua
	Shares []string // in the order of site.yaml, never empty: it runs once with the holder of each
	Why    string   // "names gate", "goes over all devices", "names no device"
}

// Shares says in which shares of a site the scripts in a folder run, in the order
// of their names: one that names devices in the share of these, one that goes over
// hik.devices() in each, one that names none in the first. The folder has scripts/
// and lib/; s may be from elsewhere. A script that cannot be read, and one that
// names devices of two shares, which [Site] refuses, runs in the first of them.
func Shares(source string, s *site.Site) []ScriptShares {
	c := newChecker(source, s.Dir)
	if len(s.ShareNames()) > 1 {
		c.look(s)
	} else {
		c.scripts = c.files("scripts", false)
	}
	return c.placed(s)
}

// placed says where each script runs.
func (c *checker) placed(s *site.Site) (all []ScriptShares) {
	for _, file := range c.scripts {
		shares, why := c.useOf(file).shares(s)
		all = append(all, ScriptShares{scriptOf(file), shares, why})
	}
	return all
}

func scriptOf(file string) string {
	return strings.TrimSuffix(strings.TrimPrefix(file, "scripts/"), ".lua")
}

// useOf is what a script and the modules that it requires say together.
func (c *checker) useOf(file string) *mentions {
	all := &mentions{}
	seen := map[string]bool{}
	for files := []string{file}; len(files) > 0; files = files[1:] {
		m := c.mentions[files[0]]
		if m == nil || seen[files[0]] {
			continue
		}
		seen[files[0]] = true
		all.add(m)
		for _, name := range m.requires {
			path := "lib/" + strings.ReplaceAll(name, ".", "/")
			files = append(files, path+".lua", path+"/init.lua")
		}
	}
	return all
}

// add puts what another file says behind what m has.
func (m *mentions) add(other *mentions) {
	for _, list := range []struct {
		to   *[]mention
		from []mention
	}{
		{&m.devices, other.devices}, {&m.loose, other.loose}, {&m.all, other.all}, {&m.unknown, other.unknown},
		{&m.opened, other.opened}, {&m.emits, other.emits}, {&m.listens, other.listens}, {&m.shared, other.shared},
	} {
		*list.to = append(*list.to, slices.SortedStableFunc(slices.Values(list.from), byPlace)...)
	}
}

// named are the devices of the site that are named. Where it can't be seen which
// device a call means, the strings count that may come there, unless they are names
// of channels as well.
func (m *mentions) named(s *site.Site) (list []mention) {
	for _, d := range m.devices {
		if s.ShareOf(d.name) != "" {
			list = append(list, d)
		}
	}
	if len(m.unknown) == 0 {
		return list
	}
	for _, d := range m.loose {
		if s.ShareOf(d.name) != "" && !isChannel(s, d.name) {
			list = append(list, d)
		}
	}
	return list
}

func isChannel(s *site.Site, name string) bool {
	return slices.ContainsFunc(s.Devices, func(d site.Device) bool {
		return slices.ContainsFunc(d.Channels, func(ch site.Channel) bool { return ch.Name == name })
	})
}

// shares are those in which a script runs, and why.
func (m *mentions) shares(s *site.Site) (shares []string, why string) {
	all := s.ShareNames()
	switch named := m.named(s); {
	case len(all) == 1:
		return all, "there is one share"
	case len(named) > 0:
		return []string{s.ShareOf(named[0].name)}, "names " + named[0].name
	case len(m.all) > 0:
		return all, "goes over all devices"
	}
	return all[:1], "names no device"
}

// shareScripts tells where scripts run, and what of them does not go together with
// the shares of the site.
func (c *checker) shareScripts(s *site.Site) {
	if s == nil || len(s.ShareNames()) < 2 {
		return
	}
	c.report.Shares = c.placed(s)
	uses := make(map[string]*mentions)
	for _, script := range c.report.Shares {
		file := "scripts/" + script.Script + ".lua"
		uses[script.Script] = c.useOf(file)
		c.checkShares(s, file, script.Shares, uses[script.Script])
	}
	c.checkBetween(uses)
}

// checkShares refuses a script that names devices of two shares, and warns of what
// is not as it seems.
func (c *checker) checkShares(s *site.Site, file string, shares []string, m *mentions) {
	tell := func(at mention, warning bool, format string, args ...any) {
		c.add(site.Problem{File: at.file, Line: at.at.line, Col: at.at.col, Message: fmt.Sprintf(format, args...)}, warning)
	}
	about := func(at mention) string { // in a module it has to be said which script
		if at.file == file {
			return "the script"
		}
		return file
	}
	named := m.named(s)
	for _, d := range named {
		if share := s.ShareOf(d.name); share != shares[0] {
			first := named[0]
			tell(d, false, "%s names devices of two shares: %q of share %s here, and %q of share %s at %s; it runs where one share is held, so make it two scripts",
				about(d), d.name, share, first.name, shares[0], first)
			return
		}
	}
	switch {
	case len(named) > 0 && len(m.all) > 0:
		tell(m.all[0], true, "%s names %q at %s and runs with share %s alone: what goes over all devices gets those of that share", about(m.all[0]), named[0].name, named[0], shares[0])
	case len(named) == 0 && len(m.all) == 0 && len(m.unknown) > 0:
		tell(m.unknown[0], true, "it can't be seen which device is meant here: %s runs with share %s, and gets no other devices", about(m.unknown[0]), shares[0])
	}
	if len(shares) > 1 && len(m.opened) > 0 {
		tell(m.opened[0], true, "%s runs once with each of %d shares, and each run opens this device", about(m.opened[0]), len(shares))
	}
}

// checkBetween warns of scripts that count on one another and run in different
// shares.
func (c *checker) checkBetween(uses map[string]*mentions) {
	warned := make(map[mention]bool)
	warn := func(at mention, format string, args ...any) {
		if !warned[at] {
			warned[at] = true
			c.add(site.Problem{File: at.file, Line: at.at.line, Col: at.at.col, Message: fmt.Sprintf(format, args...)}, true)
		}
	}
	for _, from := range c.report.Shares {
		for _, to := range c.report.Shares {
			if slices.Equal(from.Shares, to.Shares) {
				continue
			}
			for _, e := range uses[from.Script].emits {
				for _, l := range uses[to.Script].listens {
					if l.name == e.name && !covers(to.Shares, from.Shares) {
						warn(e, "%q is told in share %s only, and %s listens to it in share %s: events stay within a share",
							e.name, strings.Join(from.Shares, ", "), l, strings.Join(to.Shares, ", "))
					}
				}
			}
			if a, b := uses[from.Script].shared, uses[to.Script].shared; from.Script < to.Script && len(a) > 0 && len(b) > 0 {
				warn(b[0], "hik.shared_state is that of a share: scripts/%s.lua has the one of %s, and scripts/%s.lua that of %s",
					from.Script, strings.Join(from.Shares, ", "), to.Script, strings.Join(to.Shares, ", "))
			}
		}
	}
}

// covers reports whether each of some shares is among others.
func covers(others, some []string) bool {
	return !slices.ContainsFunc(some, func(share string) bool { return !slices.Contains(others, share) })
}
