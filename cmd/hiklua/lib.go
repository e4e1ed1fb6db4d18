package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime/nearest"
	"github.com/hiklua/hiklua/scripts"
)

func newLibCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "lib list|show NAME [SITE]",
		Short: "The Lua library that comes with hiklua: what there is, its source",
		Long: `The modules that come inside the program, for require: tours, sweeps, time lapse
and what they are made of. A file of the same name in lib/ of the site (default:
the current folder) takes a module's place, for that site.`,
		Example: `  {hiklua} lib list
  {hiklua} lib show hik.tour
  {hiklua} lib show hik.tour > lib/hik/tour.lua`,
		Annotations: next(`docs/api.md has the options of each function, with an example.`),
		Args: func(c *cobra.Command, args []string) error {
			m := &misuse{"lib is followed by list or show", a.name + " lib list"}
			if len(args) > 0 {
				m.problem = fmt.Sprintf("lib has no command %q%s", args[0], nearest.Hint(args[0], []string{"list", "show"}))
			}
			return m
		},
		RunE: func(*cobra.Command, []string) error { return nil }, // Args has refused it
	}
	for _, sub := range []*cobra.Command{newLibListCommand(a), newLibShowCommand(a)} {
		sub.DisableFlagsInUseLine = true
		c.AddCommand(sub)
	}
	return c
}

// jsonModule is a module in the output of lib list --json.
type jsonModule struct {
	Name  string `json:"name"`
	About string `json:"about"`
	File  string `json:"file,omitempty"`
}

func newLibListCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list [SITE] [--json]",
		Short: "The modules, a line each",
		Long: `Lists the modules that come with hiklua, by the names that require takes, and
which of them the site (default: the current folder) has a file of its own for.`,
		Args:        atMost(a, 1),
		Annotations: next(`{hiklua} lib show NAME prints a module.`),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := a.siteOrNone(args)
			if err != nil {
				return err
			}
			modules := []jsonModule{}
			for _, name := range scripts.Names() {
				modules = append(modules, jsonModule{name, scripts.About(name), moduleOfSite(dir, name)})
			}
			if asJSON {
				return a.writeJSON(modules)
			}
			t := table{fixed: 1}
			for _, m := range modules {
				about := m.About
				if m.File != "" {
					about += " (this site has its own: " + m.File + ")"
				}
				t.add(m.Name, about)
			}
			a.writeTable(&t)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON, for programs")
	return c
}

func newLibShowCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME [SITE]",
		Short: "The source of a module",
		Long: `Prints the source of a module as it comes with hiklua: what it does, and the Lua
that does it. NAME is as for require, "hik.tour", or "tour" for short.`,
		Annotations: next(`a copy in lib/hik/ of a site, changed, is what that site requires.`),
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return &misuse{"lib show needs the name of a module", a.name + " lib list"}
			case len(args) > 2:
				return &misuse{fmt.Sprintf("lib show takes a module and a site: %q is too much", args[2]), a.name + " lib show " + shellWord(args[0])}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			name := args[0]
			dir, err := a.siteOrNone(args[1:])
			if err != nil {
				return err
			}
			if !strings.HasPrefix(name, "hik.") {
				name = "hik." + name
			}
			source, ok := scripts.Module(name)
			if !ok {
				m := &misuse{fmt.Sprintf("no module %q%s", args[0], nearest.Hint(name, scripts.Names())), a.name + " lib list"}
				if near := nearest.Word(name, scripts.Names()); near != "" {
					m.try = a.name + " lib show " + near
				}
				return m
			}
			if file := moduleOfSite(dir, name); file != "" {
				fmt.Fprintf(a.stderr, "require %q gives %s in this site; this is what comes with hiklua\n", name, filepath.Join(dir, file))
			}
			_, err = a.stdout.Write(source)
			return err
		},
	}
}

// siteOrNone is the folder of a site that was named, which must be one, or else
// the current folder, which need not.
func (a *app) siteOrNone(args []string) (dir string, err error) {
	dir = siteArg(args)
	if len(args) > 0 && !hasSite(dir) {
		_, err = a.loadNames(dir)
	}
	return dir, err
}

// moduleOfSite is the file of the site in dir that takes a module's place, as
// require looks for it; "": there is none.
func moduleOfSite(dir, name string) string {
	path := "lib/" + strings.ReplaceAll(name, ".", "/")
	for _, file := range []string{path + ".lua", path + "/init.lua"} {
		if info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(file))); err == nil && info.Mode().IsRegular() {
			return file
		}
	}
	return ""
}
