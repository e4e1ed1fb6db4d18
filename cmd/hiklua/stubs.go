package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/stubs"
)

func newStubsCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "stubs [SITE]",
		Short: "Bring the editor's knowledge of hik and of a site up to date",
		Long: `Writes what editors need to complete and check the scripts of a site (default:
the current folder) into its folder .stubs: the hik module with units and
ranges, the library, and the names of this site's devices, channels and vars, so
that a wrong one is underlined while it is typed. For every editor with
lua-language-server; .luarc.json, its settings, is written if there is none.
Beside them lies the JSON Schema of site.yaml, for yaml-language-server. To be
done again after an update of hiklua, and after devices were added.`,
		Args:        atMost(a, 1),
		Annotations: next(`open the folder of the site in the editor; {hiklua} check says the same without one.`),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := siteArg(args)
			if !hasSite(dir) {
				_, err := a.loadSite(dir, false)
				return err
			}
			// Passwords are of no use here; what else is wrong is check's matter.
			s, err := site.LoadSimulated(dir, a.env)
			if err != nil {
				return err
			}
			written, err := stubs.Write(dir, s)
			for _, name := range written {
				fmt.Fprintln(a.stdout, "wrote", filepath.Join(dir, name))
			}
			if err != nil {
				return plainFileError(err)
			}
			if len(written) == 0 {
				fmt.Fprintf(a.stdout, "up to date: %s\n", filepath.Join(dir, stubs.Folder))
			}
			if text, err := os.ReadFile(filepath.Join(dir, site.FileName)); err == nil && !bytes.Contains(text, []byte("$schema=")) {
				fmt.Fprintf(a.stdout, "%s names no schema: with this as its first line editors check it, too:\n%s\n", filepath.Join(dir, site.FileName), stubs.Modeline)
			}
			return nil
		},
	}
}

// plainFileError is an error of a file, without the name of Go's function.
func plainFileError(err error) error {
	if refused, ok := errors.AsType[*fs.PathError](err); ok {
		return &failure{fmt.Sprintf("%s: %v", refused.Path, refused.Err)}
	}
	return err
}
