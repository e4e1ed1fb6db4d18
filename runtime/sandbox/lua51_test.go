package sandbox

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// errSlow ends a file that hangs.
var errSlow = errors.New("still running after two minutes")

// The tests of Lua 5.1 that come with gopher-lua's sources pass, but for the lines that docs/guide.md lists.
func TestLua51Suite(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/yuin/gopher-lua").Output()
	if err != nil {
		t.Skip("no sources of gopher-lua: ", err)
	}
	files, _ := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "_lua5.1-tests", "*.lua"))
	if len(files) == 0 {
		t.Skip("this gopher-lua comes without tests")
	}
	left := leftOut(t)
	for _, file := range files {
		name := filepath.Base(file)
		lines := left[name]
		delete(left, name)
		if len(lines) == 1 && lines[0] == "all" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name != "pm.lua" && name != "strings.lua" {
				t.Skip("takes seconds")
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			L := New(Options{})
			defer L.Close()
			flag := new(Flag)
			defer time.AfterFunc(2*time.Minute, func() { flag.Stop(errSlow) }).Stop()
			th := NewThread(L, flag)
			if _, err := Call(th, load(t, L, cutLines(t, string(source), lines), name), lua.MultRet); err != nil {
				f := err.(*Fault)
				t.Fatalf("%s\n%s\n%s", f.Message, f.Traceback, f.GoStack)
			}
		})
	}
	for name := range left {
		t.Errorf("docs/guide.md leaves lines of %s out, which is no file of these tests", name)
	}
}

// leftOut reads the table of docs/guide.md: the lines of each file, "12", "12-15" or "all".
func leftOut(t *testing.T) map[string][]string {
	guide, err := os.ReadFile("../../docs/guide.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(guide), "| test of Lua 5.1 | lines left out | why |\n")
	if !found {
		t.Fatal("docs/guide.md has no table of what is left out")
	}
	left := make(map[string][]string)
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if len(cells) != 3 {
			continue // the line below the head
		}
		left[cells[0]] = append(left[cells[0]], strings.Split(cells[1], ", ")...)
	}
	return left
}

// cutLines empties lines of a source, so that the others keep their numbers.
func cutLines(t *testing.T, source string, ranges []string) string {
	lines := strings.Split(source, "\n")
	for _, r := range ranges {
		var from, to int
		if n, _ := fmt.Sscanf(r, "%d-%d", &from, &to); n == 1 {
			to = from
		} else if n != 2 {
			t.Fatalf("%q is no line", r)
		}
		for i := from; i <= to; i++ {
			lines[i-1] = ""
		}
	}
	return strings.Join(lines, "\n")
}
