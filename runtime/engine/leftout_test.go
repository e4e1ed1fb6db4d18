package engine

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestLeftOut: with the tag nofleet there is nothing of NATS in the program, and the
// stub has all that the engine has.
func TestLeftOut(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-tags", "nofleet", "../../cmd/hiklua", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for path := range strings.Lines(string(out)) {
		if strings.Contains(path, "nats-io") || strings.Contains(path, "minio") || strings.Contains(path, "antithesis") {
			t.Errorf("%s is linked", strings.TrimSpace(path))
		}
	}

	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[bool][]string{} // by whether they are left out
	for _, path := range files {
		file, err := parser.ParseFile(gotoken.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		tag := ""
		if len(file.Comments) > 0 {
			tag = file.Comments[0].List[0].Text
		}
		if strings.HasSuffix(path, "_test.go") || !strings.HasPrefix(tag, "//go:build") {
			continue
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Name.IsExported() && (f.Recv == nil || receiver(f) == "Engine") {
				left := tag == "//go:build !nofleet"
				names[left] = append(names[left], f.Name.Name)
			}
		}
	}
	for _, all := range names {
		slices.Sort(all)
	}
	if len(names[true]) < 10 || !slices.Equal(names[true], names[false]) {
		t.Errorf("the engine has %v, its stub %v", names[true], names[false])
	}
}

// receiver is the type of a method.
func receiver(f *ast.FuncDecl) string {
	of := f.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	if name, ok := of.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}
