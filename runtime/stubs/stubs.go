package stubs

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/scripts"
)

// Folder is where the stubs lie in a site.
const Folder = ".stubs"

// SchemaFile is the JSON Schema of site.yaml, in Folder.
const SchemaFile = "site.schema.json"

// SavedSchemaFile is the JSON Schema of devices.yaml, in Folder.
const SavedSchemaFile = "devices.schema.json"

// Modeline is the comment by which site.yaml names its schema.
const Modeline = "# yaml-language-server: $schema=" + Folder + "/" + SchemaFile

// SettingsFile is the editor's settings file in a site.
const SettingsFile = ".luarc.json"

//go:embed luarc.json
var settings []byte

// Files are the stubs for a site; nil: for no site, then every name of a device
// is right.
func Files(s *site.Site) []scripts.File {
	return append(scripts.ForEditors(), scripts.File{Name: SchemaFile, Text: site.Schema()}, scripts.File{Name: SavedSchemaFile, Text: site.SavedSchema()},
		scripts.File{Name: "site.lua", Text: siteTypes(s)})
}

// Write brings the stubs of the site in dir up to date, and returns the files
// that it wrote, relative to dir. The settings file is only written where there
// is none.
func Write(dir string, s *site.Site) (written []string, err error) {
	for _, f := range Files(s) {
		name := filepath.Join(Folder, filepath.FromSlash(f.Name))
		changed, err := writeFile(filepath.Join(dir, name), f.Text)
		if err != nil {
			return written, err
		}
		if changed {
			written = append(written, name)
		}
	}
	path := filepath.Join(dir, SettingsFile)
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return written, err
	}
	if _, err := writeFile(path, settings); err != nil {
		return written, err
	}
	return append(written, SettingsFile), nil
}

// Stale reports whether the site in dir has stubs that Write would change:
// site.yaml or the program is newer. A site without any is not stale.
func Stale(dir string, s *site.Site) bool {
	if _, err := os.Stat(filepath.Join(dir, Folder)); err != nil {
		return false
	}
	for _, f := range Files(s) {
		have, err := os.ReadFile(filepath.Join(dir, Folder, filepath.FromSlash(f.Name)))
		if err != nil || !bytes.Equal(have, f.Text) {
			return true
		}
	}
	return false
}

// writeFile leaves a file alone that is right already.
func writeFile(path string, text []byte) (changed bool, err error) {
	if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, text) {
		return false, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return false, fmt.Errorf("stubs: %w", err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return false, fmt.Errorf("stubs: %w", err)
	}
	return true, nil
}
