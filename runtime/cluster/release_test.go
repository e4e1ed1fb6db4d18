package cluster

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func aRelease(number uint64, files map[string]string) *release {
	content := make(map[string][]byte)
	for name, text := range files {
		content[name] = []byte(text)
	}
	r := newRelease(content)
	r.Number, r.Host, r.At = number, "left", time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	return r
}

func TestReleaseIsPackedAndRead(t *testing.T) {
	r := aRelease(7, map[string]string{"site.yaml": "devices: {}\n", "scripts/a.lua": "print(1)", "lib/x/y.lua": "return {}", "lib/empty.lua": ""})
	packed, err := r.pack()
	if err != nil {
		t.Fatal(err)
	}
	got, err := unpack(packed)
	if err != nil {
		t.Fatal(err)
	}
	if got.Number != 7 || got.Host != "left" || !got.At.Equal(r.At) || !slices.Equal(got.paths(), r.paths()) || string(got.content["scripts/a.lua"]) != "print(1)" {
		t.Errorf("got %+v", got)
	}
	for i := range packed {
		damaged := bytes.Clone(packed)
		damaged[i] ^= 0x40
		if got, err := unpack(damaged); err == nil && !maps.EqualFunc(got.content, r.content, bytes.Equal) {
			t.Fatalf("with byte %d damaged other files come out", i)
		}
	}
	notUnderRace(t)
	big := aRelease(1, map[string]string{"site.yaml": "devices: {}\n"})
	noise := make([]byte, 9<<20)
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	big.content["lib/big.lua"], big.Files["lib/big.lua"] = noise, sumOf(noise)
	if _, err := big.pack(); err == nil || !strings.Contains(err.Error(), "8 MB at most") {
		t.Errorf("a release that is too large: %v", err)
	}
}

// pressed makes a release as an enemy would who has the cluster's secret.
func pressed(t *testing.T, manifest *release, put func(w *tar.Writer)) []byte {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	w := tar.NewWriter(z)
	if manifest != nil {
		data, err := json.Marshal(manifest)
		if err != nil {
			t.Fatal(err)
		}
		entry(w, manifestName, data)
	}
	put(w)
	w.Close()
	z.Close()
	return packed.Bytes()
}

func entry(w *tar.Writer, name string, data []byte) {
	w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(data))})
	w.Write(data)
}

func TestReleaseWithAnythingElseIsRefused(t *testing.T) {
	good := func() *release { return aRelease(1, map[string]string{"site.yaml": "devices: {}\n"}) }
	put := func(r *release) func(w *tar.Writer) {
		return func(w *tar.Writer) {
			for _, name := range r.paths() {
				entry(w, name, r.content[name])
			}
		}
	}
	for _, name := range []string{
		"../site.yaml", "/etc/passwd", "scripts/../../x", "data/state.db", "secrets/cluster", "scripts", "scripts/", "scripts//a.lua",
		"scripts/.hidden", "lib/a\\b.lua", "lib/c:x.lua", "lib/a\x00.lua", "scripts/nul.lua", "lib/COM1", "lib/x.", "lib/x ", "lib/ x",
		"devices.yaml", "Scripts/a.lua", "scripts/\xff.lua", "lib/" + strings.Repeat("x", 300),
	} {
		r := aRelease(1, map[string]string{"site.yaml": "devices: {}\n", name: "x"})
		if _, err := unpack(pressed(t, r, put(r))); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
	for _, name := range []string{"scripts/a.lua", "scripts/Tür zu.lua", "lib/a/b-c_d.lua", "lib/data.json"} {
		r := aRelease(1, map[string]string{"site.yaml": "devices: {}\n", name: "x"})
		if _, err := unpack(pressed(t, r, put(r))); err != nil {
			t.Errorf("%q was refused: %v", name, err)
		}
	}
	link := pressed(t, good(), func(w *tar.Writer) {
		put(good())(w)
		w.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: "scripts/a.lua", Linkname: "/etc/passwd"})
	})
	extra := pressed(t, good(), func(w *tar.Writer) {
		put(good())(w)
		entry(w, "scripts/extra.lua", []byte("x"))
	})
	other := pressed(t, good(), func(w *tar.Writer) { entry(w, "site.yaml", []byte("devices: {a: {}}\n")) })
	missing := pressed(t, good(), func(*tar.Writer) {})
	bare := pressed(t, nil, put(good()))
	future := good()
	future.Format = formatNow + 1
	for what, packed := range map[string][]byte{
		"a link": link, "a file that the manifest lacks": extra, "a file with another sum": other, "a missing file": missing,
		"no manifest": bare, "nothing": nil, "another form": pressed(t, future, put(good())),
	} {
		if _, err := unpack(packed); err == nil {
			t.Errorf("%s was taken", what)
		}
	}
}

// tree is a folder of files.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		put(t, dir, name, text)
	}
	return dir
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if os.IsNotExist(err) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestSourceOfAReleaseHasPlainFilesAlone(t *testing.T) {
	dir := tree(t, map[string]string{
		"site.yaml": "devices: {}\n", "scripts/a.lua": "a", "scripts/.a.lua.swp": "x", "scripts/a.lua~": "x", "lib/sub/b.lua": "b",
		"data/state.db": "x", "secrets/cluster": "x", "notes.txt": "x", "lib/.git/config": "x",
	})
	files, err := readSource(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, []string{"lib/sub/b.lua", "scripts/a.lua", "site.yaml"}) {
		t.Errorf("a release would have %q", got)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "lib", "p.lua")); err != nil {
		t.Skip(err)
	}
	if _, err := readSource(dir); err == nil || !strings.Contains(err.Error(), "lib/p.lua is a link") {
		t.Errorf("with a link: %v", err)
	}
}

func TestFolderFollowsReleasesAndKeepsWhatWasEdited(t *testing.T) {
	dir := tree(t, map[string]string{"site.yaml": "one", "scripts/mine.lua": "mine", "scripts/same.lua": "same"})
	f := openFolder(dir, filepath.Join(dir, "data/cluster/folder.json"))
	follow := func(r *release, edited ...string) {
		t.Helper()
		got, err := f.follow(r)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, edited) {
			t.Errorf("edited are %q, want %q", got, edited)
		}
	}
	want := func(name, text string) {
		t.Helper()
		if got := get(t, dir, name); got != text {
			t.Errorf("%s is %q, want %q", name, got, text)
		}
	}
	// Another host's folder: what differs stays, what is missing comes.
	one := aRelease(1, map[string]string{"site.yaml": "released", "scripts/same.lua": "same", "lib/m.lua": "m1", "lib/n.lua": "n1"})
	follow(one, "scripts/mine.lua", "site.yaml")
	want("site.yaml", "one")
	want("lib/m.lua", "m1")

	// The next one changes, adds and removes; an edit of m stays.
	put(t, dir, "lib/m.lua", "m by hand")
	two := aRelease(2, map[string]string{"site.yaml": "one", "scripts/new.lua": "new", "lib/m.lua": "m2", "lib/n.lua": "n2"})
	follow(two, "lib/m.lua", "scripts/mine.lua")
	want("scripts/same.lua", "")
	want("scripts/new.lua", "new")
	want("lib/n.lua", "n2")
	want("lib/m.lua", "m by hand")
	want("site.yaml", "one")
	want("scripts/mine.lua", "mine")

	// m was edited from what release 1 had: releasing it would undo release 2's.
	files, err := readSource(dir)
	if err != nil {
		t.Fatal(err)
	}
	changed, conflicts := f.changes(files, two)
	if !slices.Equal(changed, []string{"lib/m.lua", "scripts/mine.lua"}) || !slices.Equal(conflicts, []string{"lib/m.lua"}) {
		t.Errorf("changed %q, conflicts %q", changed, conflicts)
	}
	// It is refused as often as it is tried, and not when it was edited after that.
	if _, conflicts = f.changes(files, two); !slices.Equal(conflicts, []string{"lib/m.lua"}) {
		t.Errorf("tried again, conflicts %q", conflicts)
	}
	files["lib/m.lua"] = []byte("m2 by hand")
	if changed, conflicts = f.changes(files, two); !slices.Equal(changed, []string{"lib/m.lua", "scripts/mine.lua"}) || conflicts != nil {
		t.Errorf("edited again, changed %q, conflicts %q", changed, conflicts)
	}
	other := aRelease(3, map[string]string{"site.yaml": "one", "scripts/new.lua": "new", "lib/m.lua": "m3", "lib/n.lua": "n2"})
	if _, conflicts = f.changes(files, other); !slices.Equal(conflicts, []string{"lib/m.lua"}) {
		t.Errorf("another release, conflicts %q", conflicts)
	}
	// Who takes it away gets that of the release, also after a restart.
	os.Remove(filepath.Join(dir, "lib/m.lua"))
	f = openFolder(dir, filepath.Join(dir, "data/cluster/folder.json"))
	follow(two, "scripts/mine.lua")
	want("lib/m.lua", "m2")
	// A file that was as released, and is deleted, stays deleted: that is an edit.
	os.Remove(filepath.Join(dir, "lib/n.lua"))
	follow(two, "lib/n.lua", "scripts/mine.lua")
	want("lib/n.lua", "")

	// A file is for those whom it was for, and a folder takes the place of a file.
	if err := os.Chmod(filepath.Join(dir, "site.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	follow(aRelease(3, map[string]string{"site.yaml": "other", "scripts/new.lua": "new", "lib/m.lua/init.lua": "i", "lib/n.lua": "n2"}), "lib/n.lua", "scripts/mine.lua")
	if info, err := os.Stat(filepath.Join(dir, "site.yaml")); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("site.yaml, which was for its owner alone, has mode %v, %v", info.Mode(), err)
	}
	want("lib/m.lua/init.lua", "i")
	back := aRelease(4, map[string]string{"site.yaml": "one", "scripts/new.lua": "new", "lib/m.lua": "m2", "lib/n.lua": "n2"})
	_, _ = f.follow(back) // the folder has to be empty first
	follow(back, "lib/n.lua", "scripts/mine.lua")
	want("lib/m.lua", "m2")

	// A link in the place of a file is left alone, and nothing is written past it.
	outside := tree(t, map[string]string{"target": "t"})
	os.Remove(filepath.Join(dir, "scripts/new.lua"))
	if err := os.Symlink(filepath.Join(outside, "target"), filepath.Join(dir, "scripts/new.lua")); err == nil {
		three := aRelease(5, map[string]string{"site.yaml": "one", "scripts/new.lua": "newer", "lib/m.lua": "m2", "lib/n.lua": "n2"})
		follow(three, "lib/n.lua", "scripts/mine.lua", "scripts/new.lua")
		if got := get(t, outside, "target"); got != "t" {
			t.Errorf("the target of the link is %q", got)
		}
	}
}

func TestLaidReleaseIsWholeOrNotUsed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "release")
	r := aRelease(3, map[string]string{"site.yaml": "one", "scripts/a.lua": "a"})
	if err := r.lay(dir); err != nil {
		t.Fatal(err)
	}
	got, err := readLaid(dir)
	if err != nil || got.Number != 3 || string(got.content["scripts/a.lua"]) != "a" {
		t.Fatalf("%+v, %v", got, err)
	}
	put(t, dir, "scripts/a.lua", "")
	if _, err := readLaid(dir); err == nil {
		t.Error("a file without its content was taken")
	}
	os.Remove(filepath.Join(dir, "scripts/a.lua"))
	if _, err := readLaid(dir); err == nil {
		t.Error("a release without a file was taken")
	}
}

// Where a folder can't be put into the place of another, that stays: its scripts run.
func TestSwapThatFailsChangesNothing(t *testing.T) {
	place := tree(t, map[string]string{"scripts/a.lua": "x"})
	if err := swapFolder(filepath.Join(t.TempDir(), "none"), place); err == nil {
		t.Error("a folder that is not there was put in its place")
	}
	if _, err := os.Stat(filepath.Join(place, "scripts", "a.lua")); err != nil {
		t.Error(err)
	}
}
