package index

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
)

// threeDays is an archive with two pictures on each of three days, of which
// retention has removed the first.
func threeDays(t *testing.T) (*site, []archive.Entry) {
	s := newSite(t)
	var all []archive.Entry
	for day := range 3 {
		s.clk.Jump(noon.AddDate(0, 0, day).Sub(s.clk.Now()))
		for range 2 {
			all = append(all, s.take(entry(s.clk.Now(), "")))
			s.clk.RunFor(time.Hour)
		}
	}
	if left := s.remove("older than 2d", all[0].Path); len(left) != 0 {
		t.Fatal(left)
	}
	s.clk.RunFor(time.Minute)
	s.wantVerified()
	return s, all
}

func TestVerifyFindsWhatIsNotAsItWas(t *testing.T) {
	day := func(n int) string { return ManifestName([]string{"2026-03-04", "2026-03-05", "2026-03-06"}[n]) }
	edit := func(f func(s *site, all []archive.Entry)) func(*site, []archive.Entry) { return f }
	change := func(s *site, name string, f func(text string) string) {
		must(s.t, os.WriteFile(filepath.Join(s.dir, name), []byte(f(s.read(name))), 0o600))
	}
	remove := func(s *site, name string) { must(s.t, os.RemoveAll(filepath.Join(s.dir, name))) }
	for _, c := range []struct {
		name string
		edit func(s *site, all []archive.Entry)
		want string // with P1 to P5 for pictures, D0 to D2 for manifests
	}{
		{"one byte", edit(func(s *site, all []archive.Entry) {
			change(s, all[3].Path, func(text string) string { return strings.Replace(text, "p", "q", 1) })
		}), "changed P3"},
		{"one byte more", edit(func(s *site, all []archive.Entry) {
			change(s, all[1].Path, func(text string) string { return text + "x" })
		}), "changed P1"},
		{"a picture is removed", edit(func(s *site, all []archive.Entry) { remove(s, all[1].Path) }), "missing P1"},
		{"a day is removed", edit(func(s *site, all []archive.Entry) { remove(s, filepath.Dir(all[2].Path)) }), "missing P2\nmissing P3"},
		{"a file comes", edit(func(s *site, all []archive.Entry) {
			must(s.t, os.WriteFile(filepath.Join(s.dir, "gate/new.jpg"), []byte("x"), 0o600))
		}), "added gate/new.jpg"},
		{"a removed picture comes back", edit(func(s *site, all []archive.Entry) { s.place(all[0]) }), "added P0"},
		{"a file in the own folder", edit(func(s *site, all []archive.Entry) {
			must(s.t, os.WriteFile(filepath.Join(s.dir, ".hiklua/x"), []byte("x"), 0o600))
		}), "added .hiklua/x"},
		{"a folder in the place of a picture", edit(func(s *site, all []archive.Entry) {
			remove(s, all[4].Path)
			must(s.t, os.MkdirAll(filepath.Join(s.dir, all[4].Path), 0o700))
		}), "changed P4"},
		{"a link in the place of a picture", edit(func(s *site, all []archive.Entry) {
			must(s.t, os.Rename(filepath.Join(s.dir, all[4].Path), filepath.Join(s.dir, "..", "moved.jpg")))
			must(s.t, os.Symlink(filepath.Join(s.dir, "..", "moved.jpg"), filepath.Join(s.dir, all[4].Path)))
		}), "changed P4"},
		{"a file in the place of a folder", edit(func(s *site, all []archive.Entry) {
			remove(s, filepath.Dir(all[2].Path))
			must(s.t, os.WriteFile(filepath.Join(s.dir, filepath.Dir(all[2].Path)), nil, 0o600))
		}), "added gate/1/2026-03-05\nmissing P2\nmissing P3"},
		{"a line is taken out", edit(func(s *site, all []archive.Entry) {
			change(s, day(0), func(text string) string {
				first, _, _ := strings.Cut(text, all[1].Path)
				return first[:strings.LastIndex(first, "\n")+1]
			})
		}), "added P1\nmanifest D0"},
		{"a line is changed with its picture", edit(func(s *site, all []archive.Entry) {
			e := all[3]
			change(s, e.Path, func(text string) string { return text + "forged" })
			forged := e
			forged.SHA256[0] ^= 1
			change(s, day(1), func(text string) string {
				sum, _ := hashOf(strings.NewReader(s.read(e.Path)))
				return strings.Replace(text, listLine(e.SHA256, e.Path), listLine(sum, e.Path), 1)
			})
		}), "manifest D1"},
		{"a line comes in", edit(func(s *site, all []archive.Entry) {
			must(s.t, os.WriteFile(filepath.Join(s.dir, "gate/new.jpg"), []byte("x"), 0o600))
			change(s, day(1), func(text string) string {
				sum, _ := hashOf(strings.NewReader("x"))
				return text + listLine(sum, "gate/new.jpg")
			})
		}), "manifest D1"},
		{"a comment comes into the newest", edit(func(s *site, all []archive.Entry) {
			change(s, day(2), func(text string) string { return text + "# nothing\n" })
		}), "manifest D2"},
		{"a removal is made up", edit(func(s *site, all []archive.Entry) {
			remove(s, all[3].Path)
			change(s, day(2), func(text string) string {
				return text + goneLine(prefixRemoved, all[3].SHA256, all[3].Path, "older than 2d")
			})
		}), "manifest D2"},
		{"the first manifest is removed", edit(func(s *site, all []archive.Entry) { remove(s, day(0)) }), "added P1\nmanifest D0"},
		{"one in the middle is removed", edit(func(s *site, all []archive.Entry) { remove(s, day(1)) }), "added P2\nadded P3\nmanifest D1"},
		{"the last one is removed", edit(func(s *site, all []archive.Entry) { remove(s, day(2)) }), "added P4\nadded P5\nmanifest D2\nmissing P0"},
		{"a whole day at the end is removed", edit(func(s *site, all []archive.Entry) {
			remove(s, day(2))
			remove(s, filepath.Dir(all[5].Path))
		}), "manifest D2\nmissing P0"},
		{"the newest is cut off", edit(func(s *site, all []archive.Entry) {
			change(s, day(2), func(text string) string { return text[:len(text)-3] })
		}), "manifest D2\nmissing P0"}, // which the next process mends
		{"the newest is empty", edit(func(s *site, all []archive.Entry) {
			change(s, day(2), func(text string) string { return "" })
		}), "added P4\nadded P5\nmanifest D2\nmanifest D2\nmissing P0"},
		{"a manifest of its own", edit(func(s *site, all []archive.Entry) {
			must(s.t, os.WriteFile(filepath.Join(s.dir, ManifestName("2026-03-01")), []byte("# hiklua manifest 2026-03-01 of archive x\n# previous none none\n"), 0o600))
		}), "manifest .hiklua/2026-03-01.sha256\nmanifest D0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, all := threeDays(t)
			c.edit(s, all)
			s.log.Reset()
			got := s.verify()
			for i, e := range all {
				got = strings.ReplaceAll(got, e.Path, "P"+string(rune('0'+i)))
			}
			for i := range 3 {
				got = strings.ReplaceAll(got, day(i), "D"+string(rune('0'+i)))
			}
			if got != c.want {
				t.Errorf("found\n%s\nwant\n%s", got, c.want)
			}
			before, _ := os.ReadFile(filepath.Join(s.dir, day(2)))
			s.reopen()
			if after, _ := os.ReadFile(filepath.Join(s.dir, day(2))); string(after) != string(before) && c.name != "the newest is cut off" {
				t.Error("a manifest that was changed is written to")
			}
			if again := s.verify(); again == "" && c.name != "the newest is cut off" {
				t.Error("opened anew it finds nothing")
			}
		})
	}
}

// Without the index, as while a host has it open, the manifests and what the host
// says of their end are enough.
func TestVerifyBesideAHost(t *testing.T) {
	s, all := threeDays(t)
	var head Head
	s.do(func(ctx context.Context) (err error) {
		head, err = s.x.Head(ctx)
		return err
	})
	o := VerifyOptions{Clock: s.clk, Head: head}
	if got := s.verifyWith(o); got != "" {
		t.Error(got)
	}
	// The host goes on meanwhile.
	all = append(all, s.take(entry(s.clk.Now(), "")))
	now := time.Now()
	must(t, os.Chtimes(filepath.Join(s.dir, all[6].Path), now, s.clk.Now()))
	if got := s.verifyWith(o); got != "" {
		t.Error(got)
	}
	must(t, os.Remove(filepath.Join(s.dir, ManifestName(head.Day))))
	if got := s.verifyWith(o); !strings.Contains(got, "manifest .hiklua/2026-03-06") {
		t.Error(got)
	}
}

// An index that has less, or more, than the manifests is found, and mended by
// Rebuild.
func TestVerifyComparesTheIndex(t *testing.T) {
	s := newSite(t)
	a := s.snap(archive.Entry{Device: "gate", Channel: 1})
	b := s.snap(archive.Entry{Device: "gate", Channel: 2})
	s.clk.RunFor(time.Minute)
	apply := func(f func(*change) error) {
		s.do(func(ctx context.Context) error { return s.x.do(ctx, f) })
	}
	r := s.removal(a.Path)
	apply(func(c *change) error { return c.drop(r.Key, &row{Entry: a, day: "2026-03-04"}) })
	s.wantVerified("index")
	s.rebuild()
	s.wantVerified()
	b.Path = "none.jpg"
	apply(func(c *change) error { return c.insert(row{Entry: b, day: "2026-03-04"}) })
	s.wantVerified("index")
	s.rebuild()
	s.wantVerified()
}

func TestVerifyTellsHowFarItIs(t *testing.T) {
	s, _ := threeDays(t)
	for range 40 {
		s.clk.RunFor(time.Second)
		s.take(entry(s.clk.Now(), ""))
	}
	var looked, of int64
	var r Report
	s.do(func(ctx context.Context) (err error) {
		must(t, s.x.Flush(ctx))
		r, err = Verify(ctx, s.dir, VerifyOptions{Clock: s.clk, Index: s.x, Progress: func(n, all int64) { looked, of = n, all }})
		return err
	})
	if looked < 32 || of < looked || r.Files != 45 || r.Removed != 1 || r.Days != 3 || r.Bytes == 0 {
		t.Error(looked, of, r)
	}
	s.clk.Do(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := Verify(ctx, s.dir, VerifyOptions{Clock: s.clk}); err == nil {
			t.Error("it cannot be interrupted")
		}
	})
}

func TestLinesAreReadAsTheyAreWritten(t *testing.T) {
	sum, _ := hashOf(strings.NewReader("x"))
	for _, name := range []string{"a.jpg", "a b/ü (1).jpg", `back\slash`, "line\nbreak\r", `\`, "a  (b)  (c).jpg", "# removed"} {
		text := strings.TrimSuffix(listLine(sum, name), "\n")
		if l, ok := parseLine(text); !ok || l.kind != "" || l.path != name || l.sum != sum {
			t.Errorf("%q: %+v", text, l)
		}
		text = strings.TrimSuffix(goneLine(prefixRemoved, sum, name, "older than 30d"), "\n")
		if l, ok := parseLine(text); !ok || l.kind != prefixRemoved || l.path != name || l.sum != sum {
			t.Errorf("%q: %+v", text, l)
		}
	}
	for _, text := range []string{"", "x", "# a comment", strings.Repeat("g", 64) + "  a", strings.Repeat("0", 64) + "  ", strings.Repeat("0", 64) + " a"} {
		if l, ok := parseLine(text); ok {
			t.Errorf("%q: %+v", text, l)
		}
	}
}
