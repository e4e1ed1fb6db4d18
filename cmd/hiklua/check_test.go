package main

import (
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/check"
	"github.com/hiklua/hiklua/runtime/site"
)

// Of the sites that we ship there is nothing to be said.
func TestCheckOfShippedSites(t *testing.T) {
	dirs := map[string]string{}
	for name, files := range map[string]fs.FS{"newsite": newSite, "demosite": demoSite} {
		dir := t.TempDir()
		inner, err := fs.Sub(files, name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(dir, inner); err != nil {
			t.Fatal(err)
		}
		dirs[name] = dir
	}
	examples, err := filepath.Glob(filepath.Join("..", "..", "examples", "*", site.FileName))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range examples {
		dirs[filepath.Base(filepath.Dir(file))] = filepath.Dir(file)
	}
	for name, dir := range dirs {
		t.Run(name, func(t *testing.T) {
			for _, f := range check.Site(dir, func(string) (string, bool) { return "", false }, true).Findings {
				t.Error(f)
			}
		})
	}
}

// The names that check takes for globals are those that a script really has.
func TestCheckKnowsTheGlobals(t *testing.T) {
	s := newSession(t)
	dir := t.TempDir()
	write(t, dir, map[string]string{"site.yaml": "timezone: UTC\n"})
	var names []string
	s.do(func() {
		conf, err := site.Load(dir, s.app.env)
		if err != nil {
			t.Fatal(err)
		}
		h, err := s.newHost(conf, hostOptions{log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		h.Open()
		repl, err := h.NewSession(runtime.Output{})
		if err != nil {
			t.Fatal(err)
		}
		all, err := repl.Outline(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range all.Keys {
			if _, device := conf.Device(name); !device && !strings.HasPrefix(name, "_") {
				names = append(names, name)
			}
		}
		repl.Close()
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
	})
	if len(names) < 20 {
		t.Fatalf("only %v", names)
	}
	var script strings.Builder
	for _, name := range names {
		fmt.Fprintf(&script, "print(%s)\n", name)
	}
	write(t, dir, map[string]string{"scripts/a.lua": script.String()})
	for _, f := range check.Site(dir, s.app.env, false).Findings {
		t.Error(f)
	}
}
