package runtime

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const copySite = `timezone: UTC
devices:
  gate: {simulate: ptz, channels: {yard: {address: 1}}}
archive: {layout: "{device}/{date}/{time}.jpg", copy_to: %s}
`

const takeMany = `hik.every("20ms", function() hik.snapshot("gate", "yard", {width = 160, height = 90}):archive() end)`

// below counts the pictures below a folder of the site.
func (r *running) below(dir string) (n int) {
	filepath.WalkDir(filepath.Join(r.dir, dir), func(path string, e os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".jpg") {
			n++
		}
		return nil
	})
	return n
}

// Every picture of a running host comes to be in the second place; another one
// gets all of them; one that is away holds up neither pictures nor the end.
func TestSecondPlaceOfARunningHost(t *testing.T) {
	r := newRunning(t, fmt.Sprintf(copySite, "copies"), map[string]string{"scripts/a.lua": takeMany, "copies/here": ""})
	second := func() *SecondPlaceStatus {
		if a := r.host.Status().Archive; a != nil {
			return a.Copy
		}
		return nil
	}
	r.until("copies", func() bool { return r.below("copies") > 5 })
	r.write("other/here", "")
	r.write("site.yaml", fmt.Sprintf(copySite, "other"))
	r.until("another place", func() bool { return second() != nil && second().Place == "other" })
	taken := r.below("data/archive")
	r.until("all of them there", func() bool { return r.below("other") > taken })

	// As a mount that is gone.
	if err := os.Rename(filepath.Join(r.dir, "other"), filepath.Join(r.dir, "gone")); err != nil {
		t.Fatal(err)
	}
	r.until("an error", func() bool {
		s := second()
		return s.Error != nil && s.Waiting > 5 && s.Oldest != nil && strings.Contains(s.Error.Message, "not the folder that pictures were copied to before")
	})
	now := r.below("data/archive")
	r.until("pictures all the same", func() bool { return r.below("data/archive") > now+5 })
	if e := second().Error; e == nil || e.Hint == "" || e.Time == nil {
		t.Errorf("%+v", e)
	}
	began := time.Now()
	r.end()
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("the end took %v", took)
	}
	if n := r.below("other"); n != 0 {
		t.Errorf("%d pictures were written to the mount point", n)
	}
}
