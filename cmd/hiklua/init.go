package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/stubs"
)

// newSite is what init writes.
//
//go:embed newsite
var newSite embed.FS

// newFiles are the files of newSite and where they go. Only the owner may read
// site.yaml: some people write a password into it.
var newFiles = []struct {
	from, to string
	mode     fs.FileMode
}{
	{"site.yaml", site.FileName, 0o600},
	{"scripts/patrol.lua", "scripts/patrol.lua", 0o644},
	{"lib/visit.lua", "lib/visit.lua", 0o644},
	{"tests/patrol_test.lua", "tests/patrol_test.lua", 0o644},
	{"gitignore", ".gitignore", 0o644},
}

func newInitCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "init DIR",
		Short: "Write a new site that runs at once",
		Long: `Writes a new site into DIR: site.yaml with comments and a simulated camera, one
script with its tests, a module, and what an editor needs to complete and check scripts. Files
that are there already are left as they are.`,
		Example: `  {hiklua} init site
  {hiklua} run site`,
		Annotations: next(`{hiklua} run DIR; then put your own camera into DIR/site.yaml.`),
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return &misuse{"init needs a folder for the new site", a.name + " init site"}
			case len(args) > 1:
				return &misuse{fmt.Sprintf("init takes one folder: %q is too much", args[1]), a.name + " init " + shellWord(args[0])}
			}
			return a.init(args[0])
		},
	}
}

func (a *app) init(dir string) error {
	if hasSite(dir) {
		return &failure{fmt.Sprintf("%s is a site already: its site.yaml is left as it is (%q brings its editor stubs up to date)",
			dir, a.name+" stubs "+shellWord(dir))}
	}
	// Passwords in files lie here; site.yaml says how.
	err := errors.Join(os.MkdirAll(dir, 0o755), os.MkdirAll(filepath.Join(dir, "secrets"), 0o700))
	if err != nil {
		return plainFileError(err)
	}
	for _, f := range newFiles {
		text, err := newSite.ReadFile("newsite/" + f.from)
		if err != nil {
			return err
		}
		written, err := writeNew(filepath.Join(dir, filepath.FromSlash(f.to)), text, f.mode)
		if err != nil {
			return plainFileError(err)
		}
		verb := "wrote"
		if !written {
			verb = "kept "
		}
		fmt.Fprintln(a.stdout, verb, filepath.Join(dir, filepath.FromSlash(f.to)))
	}
	s, err := site.LoadSimulated(dir, a.env)
	if err != nil {
		return err
	}
	if _, err := stubs.Write(dir, s); err != nil {
		return plainFileError(err)
	}
	fmt.Fprintf(a.stdout, "wrote %s, for editors with lua-language-server\n", filepath.Join(dir, stubs.Folder))
	fmt.Fprintf(a.stdout, `
Next:
  %s run %s      # a simulated camera patrols; Ctrl-C ends it
  %[1]s check %[2]s    # after an edit: what is wrong, without asking a device
  %[1]s test %[2]s     # its tests, in virtual time
  then put your own camera into %[3]s
`, a.name, shellWord(dir), filepath.Join(dir, site.FileName))
	return nil
}

// writeNew writes a file unless there is one of that name.
func writeNew(path string, text []byte, mode fs.FileMode) (written bool, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return false, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, err = f.Write(text)
	return true, errors.Join(err, f.Close())
}
