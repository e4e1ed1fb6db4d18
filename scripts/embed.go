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

//go:embed hik stubs
var files embed.FS

// Module returns the source of a module by the name that require takes:
// "hik.tour".
func Module(name string) ([]byte, bool) {
	rest, ok := strings.CutPrefix(name, "hik.")
	if !ok {
		return nil, false
	}
	source, err := fs.ReadFile(files, "hik/"+strings.ReplaceAll(rest, ".", "/")+".lua")
	return source, err == nil
}

// About is what the first sentence of a module says of it.
func About(module string) string {
	source, _ := Module(module)
	text := strings.ReplaceAll(string(source), "\n-- ", " ")
	line, _, _ := strings.Cut(strings.TrimPrefix(text, "-- "+module+": "), "\n")
	sentence, _, _ := strings.Cut(line, ". ")
	return strings.TrimSuffix(sentence, ".")
}

// Names lists the modules as require takes them, sorted.
func Names() []string {
	var names []string
	for _, f := range list("hik") {
		names = append(names, strings.ReplaceAll(strings.TrimSuffix(f.Name, ".lua"), "/", "."))
	}
	return names
}

// File is a file for an editor to read.
type File struct {
	Name string // with / between folders: "hik.lua", "hik/tour.lua"
	Text []byte
}

// ForEditors are the stubs of the hik module in the notation of
// lua-language-server, and the modules, so that require finds them. The types
// hik.DeviceName, hik.ChannelName and hik.Vars are left to the stubs of a site.
func ForEditors() []File {
	all := list("hik")
	for _, f := range list("stubs") {
		f.Name = path.Base(f.Name)
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// list gives the Lua files of a folder and those in it, by name.
func list(folder string) []File {
	var all []File
	fs.WalkDir(files, folder, func(name string, e fs.DirEntry, err error) error {
		if err == nil && path.Ext(name) == ".lua" {
			text, _ := fs.ReadFile(files, name) // it is in the binary
			all = append(all, File{name, text})
		}
		return nil
	})
	slices.SortFunc(all, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return all
}
