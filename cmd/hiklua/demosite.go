package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// demoSite is what the demo writes. demosite/scripts holds the first Lua that
// most people see of hiklua.
//
//go:embed demosite
var demoSite embed.FS

const (
	demoFolder = "hiklua-demo"
	// The camera that notices something: scripts/alarm.lua listens.
	noticingDevice = "door"
	// What the demo edits half-way: it takes the comment off a stop.
	editedScript = "scripts/patrol.lua"
	editedName   = "tower"
	editedPreset = 7
	editedFrom   = `-- {name = "tower", preset = 7},`
	editedTo     = `{name = "tower", preset = 7},`
)

// newDemoFolder makes the folder that the site is written to: dir, which must
// be new or empty, or without one the first free of hiklua-demo, hiklua-demo-2
// and so on.
func newDemoFolder(dir string) (string, error) {
	if dir != "" {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return "", &failure{err.Error()}
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
			return "", &failure{fmt.Sprintf("%s is not empty: the demo writes to a new folder only", dir)}
		}
		return dir, nil
	}
	for n := 1; ; n++ {
		name := demoFolder
		if n > 1 {
			name = fmt.Sprintf("%s-%d", demoFolder, n)
		}
		switch err := os.Mkdir(name, 0o755); {
		case err == nil:
			return name, nil
		case !errors.Is(err, fs.ErrExist):
			return "", &failure{fmt.Sprintf("%v; --dir names another place", err)}
		}
	}
}

func writeDemoSite(dir string) error {
	files, err := fs.Sub(demoSite, "demosite")
	if err != nil {
		return err
	}
	return os.CopyFS(dir, files)
}

// editDemoScript saves the edit as editors do: beside, then renamed.
func editDemoScript(dir string) error {
	file := filepath.Join(dir, filepath.FromSlash(editedScript))
	before, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	after := strings.Replace(string(before), editedFrom, editedTo, 1)
	if after == string(before) {
		return fmt.Errorf("%s has been edited already", file)
	}
	beside := file + "~"
	if err := os.WriteFile(beside, []byte(after), 0o644); err != nil {
		return err
	}
	return os.Rename(beside, file)
}

// demoScripts lists the scripts with what their first line says.
func demoScripts() (names, about []string) {
	entries, err := demoSite.ReadDir("demosite/scripts")
	if err != nil {
		return nil, nil
	}
	for _, e := range entries {
		source, err := demoSite.ReadFile(path.Join("demosite/scripts", e.Name()))
		if err != nil {
			continue
		}
		first, _, _ := strings.Cut(string(source), "\n")
		names = append(names, e.Name())
		about = append(about, strings.TrimPrefix(first, "-- "))
	}
	return names, about
}
