package site

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// PassedOver lists what lies in scripts/ of a site as if it were a script, and
// is none: Lua in a folder, and files whose names end almost in .lua.
func PassedOver(dir string) Problems {
	root := filepath.Join(dir, "scripts")
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil // who loads the scripts says why
	}
	var list Problems
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") { // switched off
			continue
		}
		switch end := strings.ToLower(name); {
		case e.IsDir():
			if file := anyLua(filepath.Join(root, name)); file != "" {
				list = append(list, Problem{File: "scripts/" + name + "/" + file,
					Message: "is in a folder of scripts/ and is not run, as is all that lies there: scripts lie right in scripts/, modules in lib/"})
			}
		case !strings.HasSuffix(name, ".lua") && strings.HasSuffix(end, ".lua"), strings.HasSuffix(end, ".lua.txt"):
			list = append(list, Problem{File: "scripts/" + name,
				Message: fmt.Sprintf("is not run: the name of a script ends in .lua, not in %s", name[strings.LastIndex(end, ".lua"):])})
		}
	}
	return list
}

// anyLua is the first Lua file below a folder, "" if there is none.
func anyLua(folder string) (file string) {
	_ = filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || !strings.EqualFold(filepath.Ext(path), ".lua") {
			return nil // what cannot be read is not told of
		}
		if relative, err := filepath.Rel(folder, path); err == nil {
			file = filepath.ToSlash(relative)
		}
		return fs.SkipAll
	})
	return file
}
