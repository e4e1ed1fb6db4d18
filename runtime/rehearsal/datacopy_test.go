package rehearsal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Scripts find their files and go on with them, and those of the site stay as
// they are. Pictures, what is the host's own, and what is no plain file are not
// there.
func TestFilesAreCopies(t *testing.T) {
	s := newSite(t, oneHead+"archive: {}\n", map[string]string{"list": `
		local list = hik.file.read("lists/guards.txt")
		print("guards: " .. list)
		hik.every("10m", {name = "round"}, function()
			hik.file.append("rounds.csv", "x\n")
			hik.file.write("lists/guards.txt", "none")
			hik.file.remove("old.txt")
			print("rounds: " .. #hik.file.read("rounds.csv"))
			for _, path in ipairs{"old.txt", "a.jpg", "huge.csv", "archive/x.txt", "out.txt", "lists/link.txt", "empty"} do
				print(path, hik.file.exists(path))
			end
		end)`})
	data := filepath.Join(s.Dir, "data")
	for name, text := range map[string]string{
		"lists/guards.txt": "ann, bob", "rounds.csv": "a\nb\n", "old.txt": "old", "a.jpg": "picture", "hiklua.log": "log", "archive/x.txt": "x", "empty/": "",
	} {
		path := filepath.Join(data, filepath.FromSlash(name))
		os.MkdirAll(filepath.Dir(path), 0o755)
		if strings.HasSuffix(name, "/") {
			os.MkdirAll(path, 0o755)
		} else if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	outside := filepath.Join(t.TempDir(), "out.txt")
	os.WriteFile(outside, []byte("secret"), 0o644)
	os.Symlink(outside, filepath.Join(data, "out.txt"))
	os.Symlink("guards.txt", filepath.Join(data, "lists", "link.txt"))
	if err := os.Truncate(filepath.Join(data, "rounds.csv"), 4); err != nil {
		t.Fatal(err)
	}
	huge, err := os.Create(filepath.Join(data, "huge.csv"))
	if err != nil || huge.Truncate(17<<20) != nil || huge.Close() != nil {
		t.Fatal(err)
	}
	before := tree(t, s.Dir)
	r, err := Run(Options{Site: s, From: from, For: 11 * time.Minute, Version: "test", Device: head, Data: data, Scratch: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	got := text(t, r)
	for _, want := range []string{
		"guards: ann, bob", "rounds: 6", "old.txt false", "a.jpg false", "huge.csv false", "archive/x.txt false", "out.txt false", "lists/link.txt true", "empty true",
	} {
		if !strings.Contains(got, "says: "+want) {
			t.Errorf("lacks %q:\n%s", want, got)
		}
	}
	if len(r.Timeline.Findings) > 0 {
		t.Error(r.Timeline.Findings)
	}
	if tree(t, s.Dir) != before {
		t.Error("the site has changed")
	}
}

// More files than a rehearsal copies are told of.
func TestMoreFilesThanAreCopied(t *testing.T) {
	s := newSite(t, oneHead, nil)
	data := filepath.Join(s.Dir, "data")
	os.MkdirAll(data, 0o755)
	for _, name := range []string{"a", "b", "c", "d", "e"} { // holes: they take no room on the disk
		f, err := os.Create(filepath.Join(data, name))
		if err != nil || f.Truncate(15<<20) != nil || f.Close() != nil {
			t.Fatal(err)
		}
	}
	r, err := Run(Options{Site: s, From: from, For: time.Minute, Version: "test", Device: head, Data: data, Scratch: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if list := r.Timeline.Findings; len(list) != 1 || list[0].Kind != hostWarning || !strings.Contains(list[0].Text, "data/ has more than a rehearsal copies (64 MB, 20000 files)") {
		t.Error(list)
	}
}
