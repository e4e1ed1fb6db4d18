package upload

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// await fails after 60 s, with what it saw.
func (d *desk) await(what string, u *Uploader, ok func(Status) bool) {
	d.Helper()
	for end := time.Now().Add(60 * time.Second); !ok(u.Status()); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			d.Fatalf("%s: not within 60 s: %+v\nlog: %s", what, u.Status(), d.log)
		}
	}
}

func copied(n int) func(Status) bool {
	return func(s Status) bool { return s.Copied == n && s.Waiting == 0 }
}

func failing(text string) func(Status) bool {
	return func(s Status) bool { return s.Failing != nil && strings.Contains(s.Failing.Error(), text) }
}

// tree lists the files below a folder but for the marker.
func tree(t testing.TB, dir string) []string {
	t.Helper()
	var all []string
	must(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && e.Name() != markerName {
			rel, _ := filepath.Rel(dir, path)
			all = append(all, filepath.ToSlash(rel))
		}
		if errors.Is(err, fs.ErrNotExist) && path != dir {
			return nil // what is old has just gone
		}
		return err
	}))
	slices.Sort(all)
	return all
}

func TestFolder(t *testing.T) {
	d := newDesk(t, clock.Real())
	for i := range 10 {
		d.take(i, time.Now())
	}
	dir := filepath.Join(d.dir, "copies")
	must(t, os.MkdirAll(filepath.Join(dir, "gate/1"), 0o755))
	// What a crash left, what another has put there, and what was copied before.
	must(t, os.WriteFile(filepath.Join(dir, "gate/1/0000.jpg.18a2b3c4d5e6f708.tmp"), []byte("half"), 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "gate/1/0001.jpg"), []byte("another's"), 0o644))
	data, err := os.ReadFile(d.path("gate/1/0002.jpg"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "gate/1/0002.jpg"), data, 0o600))

	u := d.start(d.config(site.CopyTo{Address: "copies", Folder: "copies"}, nil))
	d.await("copies", u, copied(10))
	u.Close(context.Background())
	want := append(names(0, 10), beside("gate/1/0001.jpg", Sum{SHA256: d.index[1].SHA256}))
	slices.Sort(want)
	if got := tree(t, dir); !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	if data, _ := os.ReadFile(filepath.Join(dir, "gate/1/0001.jpg")); string(data) != "another's" {
		t.Error("another's file was overwritten")
	}
}

// A folder that is not there, an empty mount point in its place, one that cannot
// be written to.
func TestFolderThatIsGone(t *testing.T) {
	d := newDesk(t, clock.Real())
	dir := filepath.Join(d.dir, "copies")
	d.take(0, time.Now())
	conf := d.config(site.CopyTo{Address: "file://" + dir, Folder: dir}, nil)
	u := d.start(conf)
	d.await("no folder", u, failing("the folder is not there"))
	must(t, os.Mkdir(dir, 0o755))
	d.await("a folder", u, copied(1))

	must(t, os.Rename(dir, dir+".away"))
	must(t, os.Mkdir(dir, 0o755))
	u.Add(d.take(1, time.Now()))
	d.await("a mount point", u, failing("not the folder that pictures were copied to before"))
	if hint := u.Status().Failing.(*Error).Hint; !strings.Contains(hint, "mount its disk") {
		t.Error(hint)
	}
	if got := tree(t, dir); len(got) != 0 {
		t.Errorf("written to the mount point: %v", got)
	}
	u.Close(context.Background())
	u = d.start(conf)
	d.await("a mount point after a restart", u, failing("not the folder that pictures were copied to before"))
	must(t, os.Remove(dir))
	must(t, os.Rename(dir+".away", dir))
	d.await("mounted again", u, copied(1))
	u.Close(context.Background())
	if got := tree(t, dir); !slices.Equal(got, names(0, 2)) {
		t.Error(got)
	}
	if d.log.count("level=ERROR") > 0 {
		t.Error(d.log)
	}
}

// A copy that breaks off leaves nothing behind.
func TestFolderHalfAPicture(t *testing.T) {
	d := newDesk(t, clock.Real())
	dir := filepath.Join(d.dir, "copies")
	must(t, os.Mkdir(dir, 0o755))
	p := d.take(0, time.Now())
	ctx, cancel := clock.WithCancel(context.Background())
	f, err := openFolder("copies", dir, "", &pace{clk: clock.Real(), ctx: ctx, rate: 1000})
	must(t, err)
	defer f.Close()
	file, err := os.Open(d.path(p.Path))
	must(t, err)
	defer file.Close()
	sum, err := sumOf(file)
	must(t, err)
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := f.Put(context.Background(), p.Path, file, sum); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if got := tree(t, dir); len(got) != 0 {
		t.Error(got)
	}
}

// A disk that goes while a copy is written: nothing stays on its mount point.
func TestFolderThatGoesInTheMiddle(t *testing.T) {
	d := newDesk(t, clock.Real())
	dir := filepath.Join(d.dir, "copies")
	must(t, os.Mkdir(dir, 0o755))
	f, err := openFolder("copies", dir, "", &pace{clk: clock.Real(), ctx: context.Background()})
	must(t, err)
	defer f.Close()
	p := d.take(0, time.Now())
	file, err := os.Open(d.path(p.Path))
	must(t, err)
	defer file.Close()
	sum, err := sumOf(file)
	must(t, err)
	write := f.bucket.write
	f.bucket.write = func(ctx context.Context, key string, from *os.File) error {
		must(t, os.Rename(dir, dir+".away"))
		return write(ctx, key, from)
	}
	if _, err := f.Put(context.Background(), p.Path, file, sum); !strings.Contains(fmt.Sprint(err), "not the folder that pictures were copied to before") {
		t.Error(err)
	}
	if got := append(tree(t, dir), tree(t, dir+".away")...); len(got) != 0 {
		t.Error(got)
	}
}
