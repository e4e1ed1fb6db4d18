// Package scripts holds the Lua that ships inside the binary: modules that
// scripts require as "hik.NAME", and the stubs that editors read.
package scripts

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed hik
var library embed.FS

// Module returns the source of a module by the name that require takes:
// "hik.tour".
func Module(name string) ([]byte, bool) {
	rest, ok := strings.CutPrefix(name, "hik.")
	if !ok {
		return nil, false
	}
	source, err := fs.ReadFile(library, "hik/"+strings.ReplaceAll(rest, ".", "/")+".lua")
	return source, err == nil
}
