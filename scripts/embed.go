// Package scripts holds the Lua that ships inside the binary: modules that
// scripts require as "hik.NAME", and the stubs that editors read.
package scripts

import (
	"embed"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed hik
var library embed.FS

// Stubs describes the hik module to editors, in the notation of
// lua-language-server.
//
//go:embed stubs/hik.lua
var Stubs []byte

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

// Names lists the modules as require takes them, sorted.
func Names() []string {
	var names []string
	fs.WalkDir(library, "hik", func(file string, e fs.DirEntry, err error) error {
		if err == nil && path.Ext(file) == ".lua" {
			names = append(names, strings.ReplaceAll(strings.TrimSuffix(file, ".lua"), "/", "."))
		}
		return nil
	})
	slices.Sort(names)
	return names
}
