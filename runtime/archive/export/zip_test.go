package export

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
)

func TestZip(t *testing.T) {
	s := newShelf(t)
	s.fill(morning, time.Minute, 4)
	gone, other := s.entries[1], s.entries[2]
	if err := os.Remove(s.file(&gone)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.file(&other), []byte("not what it was"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.entries[3].SHA256 = [32]byte{} // the index does not know it
	s.entries[3].Device = "door"     // a zip may have several channels
	own := filepath.Join(s.dir, archive.OwnFolder)
	if err := os.Mkdir(own, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"2026-03-27.sha256", "2026-03-28.sha256", "2026-03-29.sha256", "2026-03-30.sha256", "archive"} {
		if err := os.WriteFile(filepath.Join(own, name), []byte("# "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := s.out("days.zip")
	r, err := s.source().Zip(t.Context(), Options{File: file})
	if err != nil {
		t.Fatal(err)
	}
	if r.Pictures != 3 || r.Changed != 1 || r.Left != 1 || r.LeftOut[0] != (LeftOut{gone.Path, "it is missing"}) {
		t.Errorf("%+v", r)
	}
	alone(t, file)
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	content := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if content[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		if !f.Modified.Equal(morning) && f.Name == s.entries[0].Path {
			t.Errorf("%s is of %s", f.Name, f.Modified)
		}
	}
	for _, name := range []string{"2026-03-28.sha256", "2026-03-29.sha256"} { // a picture may be on record the day after
		if string(content["manifests/"+name]) != "# "+name {
			t.Errorf("manifest %s is %q", name, content["manifests/"+name])
		}
	}
	if len(content) != 7 || !bytes.Equal(content[s.entries[0].Path], painted(t, 160, 96, 0)) {
		t.Errorf("%d files", len(content))
	}
	sum := func(data []byte) string { b := sha256.Sum256(data); return hex.EncodeToString(b[:]) }
	was := hex.EncodeToString(other.SHA256[:])
	wantSums := sum(content[s.entries[0].Path]) + "  " + s.entries[0].Path + "\n" +
		was + "  " + other.Path + "\n" + // as it was archived: sha256sum -c tells that it has changed
		sum(content[s.entries[3].Path]) + "  " + s.entries[3].Path + "\n"
	if got := string(content[sumsName]); got != wantSums {
		t.Errorf("got\n%swant\n%s", got, wantSums)
	}
	var list []listed
	if err := json.Unmarshal(content[manifestName], &list); err != nil || len(list) != 4 {
		t.Fatalf("%v: %s", err, content[manifestName])
	}
	if !strings.Contains(string(content[manifestName]), `"taken":"2026-03-28T06:00:00+01:00"`) {
		t.Errorf("times are not the site's: %s", content[manifestName])
	}
	if list[1].Missing == "" || list[2].SHA256 != was || list[2].Now != sum(content[other.Path]) || list[0].Now != "" {
		t.Errorf("%+v", list)
	}
}
