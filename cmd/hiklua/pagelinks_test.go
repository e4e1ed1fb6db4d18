package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestPagesNameNoMachine keeps paths of whoever wrote them out of the pages.
func TestPagesNameNoMachine(t *testing.T) {
	for _, page := range pages(t) {
		source, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/home/", "/root/", "/work/", "/Users/", "/tmp/"} {
			if bytes.Contains(source, []byte(path)) {
				t.Errorf("%s names %s", page, path)
			}
		}
	}
}

// TestPagesLinks follows the links between the pages.
func TestPagesLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#: ]*)(?:#([^)]*))?\)`)
	headings := make(map[string][]string) // by page
	for _, page := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(fenced.ReplaceAllString(read(t, page), ""), -1) {
			target := page
			if m[1] != "" {
				target = filepath.Join(filepath.Dir(page), m[1])
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: a link to %s, which is not there", page, m[1])
				continue
			}
			if m[2] != "" && headings[target] == nil {
				headings[target] = anchors(read(t, target))
			}
			if m[2] != "" && !slices.Contains(headings[target], m[2]) {
				t.Errorf("%s: a link to %s#%s: no such heading", page, m[1], m[2])
			}
		}
	}
}

var fenced = regexp.MustCompile("(?ms)^```.*?^```$")

// anchors are what links can name of a page: its headings, as GitHub and others
// write them.
func anchors(page string) []string {
	var all []string
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(fenced.ReplaceAllString(page, ""), -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		all = append(all, strings.ReplaceAll(name, " ", "-"))
	}
	return all
}

// TestREADMENamesEveryPage: what lies in docs/ is in the README's list.
func TestREADMENamesEveryPage(t *testing.T) {
	readme := read(t, "../../README.md")
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		if name := "docs/" + filepath.Base(file); !strings.Contains(readme, "("+name+")") {
			t.Errorf("the README does not name %s", name)
		}
	}
}

// TestCookbookPage: docs/cookbook.md shows the files of examples/cookbook as
// they are, and all of them.
func TestCookbookPage(t *testing.T) {
	page := read(t, "../../docs/cookbook.md")
	shown := regexp.MustCompile("(?ms)^[^\n]*?\\]\\(\\.\\./(examples/cookbook/\\w+/[\\w-]+\\.lua)\\)[^\n]*\n\n```lua\n(.*?)^```$").FindAllStringSubmatch(page, -1)
	var names []string
	for _, m := range shown {
		names = append(names, m[1])
		if read(t, "../../"+m[1]) != m[2] {
			t.Errorf("docs/cookbook.md shows %s otherwise than it is", m[1])
		}
	}
	files, err := filepath.Glob("../../examples/cookbook/*/*.lua")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		if name := strings.TrimPrefix(filepath.ToSlash(file), "../../"); !slices.Contains(names, name) {
			t.Errorf("docs/cookbook.md does not show %s", name)
		}
	}
}

// TestTroubleshootingQuotes: every message that docs/troubleshooting.md quotes in
// the first column of its tables is one that the program prints, piece by piece
// between the "...".
func TestTroubleshootingQuotes(t *testing.T) {
	code := ""
	for _, pattern := range []string{"*.go", "../../isapi/*.go", "../../luaapi/*.go", "../../runtime/*.go", "../../runtime/*/*.go", "../../runtime/archive/*/*.go", "../../scripts/hik/*.lua"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				code += read(t, file)
			}
		}
	}
	quoted := 0
	for line := range strings.Lines(read(t, "../../docs/troubleshooting.md")) {
		row, is := strings.CutPrefix(line, "| ")
		if !is {
			continue
		}
		first, _, _ := strings.Cut(row, " | ")
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(first, -1) {
			for _, piece := range strings.Split(m[1], "...") {
				piece = strings.TrimSpace(piece)
				quoted++
				if !strings.Contains(strings.ReplaceAll(code, "%%", "%"), piece) {
					t.Errorf("docs/troubleshooting.md quotes %q, which the program does not print", piece)
				}
			}
		}
	}
	if quoted < 40 {
		t.Errorf("%d pieces of messages", quoted)
	}
}
