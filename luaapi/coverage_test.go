package luaapi

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// A command without a test may do anything: each name of the API is used in a
// script of testdata. A command counts as one in its three forms (hik.f(dev),
// dev:f(), ch:f()), which are made of one entry.
func TestEveryNameIsTested(t *testing.T) {
	used := usedNames(t, "testdata/*.lua")
	for _, e := range API() {
		name := e.Name
		switch e.Owner {
		case "hik", "device", "channel":
		case "snapshot", "job", "task":
		default: // a library
			_, library, _ := strings.Cut(e.Owner, ".")
			name = library + "." + e.Name
		}
		if e.Kind != "library" && !used[name] {
			t.Errorf("no script in testdata uses %s.%s", e.Owner, e.Name)
		}
	}
}

// usedNames are the names that scripts call, pass on or read: x for a.x and
// a:x(), and a.x too, by their syntax: words in texts and comments don't count.
func usedNames(t *testing.T, pattern string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal(err, "no scripts at", pattern)
	}
	used := make(map[string]bool)
	for _, file := range files {
		source, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		chunk, err := parse.Parse(source, file)
		source.Close()
		if err != nil {
			t.Fatal(err)
		}
		walk(reflect.ValueOf(chunk), func(node any) {
			switch node := node.(type) {
			case *ast.FuncCallExpr:
				used[node.Method] = true
			case *ast.AttrGetExpr:
				key, ok := node.Key.(*ast.StringExpr)
				if !ok {
					return
				}
				used[key.Value] = true
				switch object := node.Object.(type) {
				case *ast.IdentExpr: // local json = hik.json
					used[object.Value+"."+key.Value] = true
				case *ast.AttrGetExpr:
					if library, ok := object.Key.(*ast.StringExpr); ok {
						used[library.Value+"."+key.Value] = true
					}
				}
			}
		})
	}
	return used
}

// walk visits every node of a syntax tree.
func walk(v reflect.Value, visit func(node any)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return
		}
		if v.Kind() == reflect.Pointer && v.CanInterface() {
			visit(v.Interface())
		}
		walk(v.Elem(), visit)
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			walk(v.Field(i), visit)
		}
	}
}
