package cluster

import (
	"context"
	"path/filepath"
	"testing"
	"time"
)

// Pictures have their time on a host that drives nothing any more, too.
func TestPicturesOfAStandbyHaveTheirTime(t *testing.T) {
	notUnderRace(t)
	a := newArena(t, oneDome+"archive: {keep: 1h}\n", map[string]string{
		"scripts/look.lua": `hik.after("1m", function() hik.snapshot("gate"):archive() end)`,
	})
	a.startAll()
	a.run(2 * time.Minute)
	first := a.box(a.holder("site"))
	pictures := func() int {
		found, _ := filepath.Glob(filepath.Join(first.dir, "data/archive/gate/1/*/*.jpg"))
		return len(found)
	}
	if n := pictures(); n != 1 {
		t.Fatalf("%d pictures", n)
	}
	next := "left"
	if next == first.name {
		next = "right"
	}
	var err error
	if a.do(30*time.Second, func() { err = first.process.member.Move(context.Background(), "site", next) }); err != nil {
		t.Fatal(err)
	}
	a.run(15 * time.Minute)
	if n := pictures(); n != 1 || a.holder("site") != next {
		t.Fatalf("%d pictures, and %s holds the share", n, a.holder("site"))
	}
	a.run(time.Hour)
	if n := pictures(); n != 0 {
		t.Errorf("%d pictures have outlived their time on %s\n%s", n, first.name, a.log)
	}
	a.end()
}
