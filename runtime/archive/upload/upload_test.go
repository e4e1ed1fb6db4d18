package upload

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

var elsewhere = site.CopyTo{Address: "s3://elsewhere"}

// close ends an uploader in virtual time.
func closeIn(v *clock.Virtual, u *Uploader) { v.Do(func() { u.Close(context.Background()) }) }

// Two pictures are taken every four minutes; the place is away for a day, and nothing is
// lost, in the order of taking. The host is restarted meanwhile.
func TestADayWithoutThePlace(t *testing.T) {
	v := clock.NewVirtual(noon)
	d, place := newDesk(t, v), newShelf()
	u := d.start(d.config(elsewhere, place))
	if !u.Oldest().Equal(time.Unix(0, 0)) {
		t.Error("it is known what waits before anything was read")
	}
	n := 0
	four := func() {
		for range 2 {
			n++
			u.Add(d.take(n, v.Now()))
		}
		v.RunFor(4 * time.Minute)
	}
	for range 10 {
		four()
	}
	if got := u.Status(); got.Waiting != 0 || got.Copied != 20 || !u.Oldest().IsZero() || got.Failing != nil {
		t.Fatalf("%+v", got)
	}
	began := v.Now()
	place.away = &Error{Place: "s3://elsewhere", Message: "it cannot be reached: connection refused"}
	for range 12 * 15 {
		four()
	}
	got := u.Status()
	if got.Waiting != 360 || !got.Oldest.Equal(began) || got.Failing == nil || got.Since.Sub(began) > time.Second || got.RetryAt.Sub(v.Now()) > retryMost {
		t.Fatalf("%+v", got)
	}
	if tries := place.tries - 20; tries > 4*12*13 {
		t.Errorf("%d tries in 12 hours", tries)
	}
	if d.log.count("\n") != 1 || d.log.count("level=WARN") != 1 || d.log.count("connection refused") != 1 {
		t.Errorf("log: %s", d.log)
	}
	closeIn(v, u)
	u = d.start(d.config(elsewhere, place))
	v.RunFor(time.Second)
	if got := u.Status(); got.Waiting != 360 || !got.Oldest.Equal(began) {
		t.Fatalf("after the restart: %+v", got)
	}
	for range 12 * 15 {
		four()
	}
	place.away = nil
	v.RunFor(retryMost + time.Second)
	if got := u.Status(); got.Waiting != 0 || got.Failing != nil || got.Copied != 720 || got.Gone+got.Refused != 0 {
		t.Errorf("%+v", got)
	}
	if want := names(1, n); !slices.Equal(place.order, want) {
		t.Errorf("%d of %d pictures, or not in order: %v", len(place.order), n, place.order[:20])
	}
	if d.log.count("copied to the second place again") != 1 {
		t.Errorf("log: %s", d.log)
	}
	closeIn(v, u)
	if v.Live() != 0 || v.Pending() != 0 {
		t.Error(v.Live(), "goroutines", v.Pending(), "timers")
	}
	if entries, _ := filepath.Glob(filepath.Join(d.dir, "data", "archive.copy", "*.jsonl")); len(entries) > 2 {
		t.Errorf("the list is not shortened: %v", entries)
	}
}

// A place that is new gets what the archive has already; another one gets
// everything once more.
func TestANewPlaceGetsEverything(t *testing.T) {
	v := clock.NewVirtual(noon)
	d, first, second := newDesk(t, v), newShelf(), newShelf()
	for i := range 600 {
		d.take(i, noon.Add(time.Duration(i-700)*time.Minute))
	}
	u := d.start(d.config(elsewhere, first))
	u.Add(d.take(600, v.Now()))
	v.RunFor(time.Minute)
	closeIn(v, u)
	if want := names(0, 601); !slices.Equal(first.order, want) {
		t.Errorf("%d pictures", len(first.order))
	}
	to := site.CopyTo{Address: "s3://another"}
	u = d.start(d.config(to, second))
	v.RunFor(time.Minute)
	u.Add(d.take(601, v.Now()))
	v.RunFor(time.Minute)
	closeIn(v, u)
	if want := names(0, 602); !slices.Equal(second.order, want) || len(first.order) != 601 {
		t.Errorf("%d pictures", len(second.order))
	}
}

// A host that is killed soon after a place was new goes on where it was.
func TestKilledSoon(t *testing.T) {
	v := clock.NewVirtual(noon)
	d, place := newDesk(t, v), newShelf()
	u := d.start(d.config(elsewhere, place))
	u.Add(d.take(0, v.Now()))
	v.RunFor(time.Second)
	copyOf := t.TempDir() // what is on the disk at this moment
	must(t, os.CopyFS(copyOf, os.DirFS(filepath.Join(d.dir, "data", "archive.copy"))))
	closeIn(v, u)
	must(t, os.RemoveAll(filepath.Join(d.dir, "data", "archive.copy")))
	must(t, os.CopyFS(filepath.Join(d.dir, "data", "archive.copy"), os.DirFS(copyOf)))
	u = d.start(d.config(elsewhere, place))
	v.RunFor(time.Second)
	closeIn(v, u)
	if log := d.log.String(); log != "" {
		t.Error(log)
	}
}

// The host was killed after a picture got its name and before it was on the
// list, or the list's last lines were lost with the power.
func TestWhatACrashKeptOut(t *testing.T) {
	for name, harm := range map[string]func(t *testing.T, list string){
		"nothing more": func(*testing.T, string) {},
		"half a line": func(t *testing.T, list string) {
			info, err := os.Stat(list)
			must(t, err)
			must(t, os.Truncate(list, info.Size()-30))
		},
		"a line of zeros": func(t *testing.T, list string) {
			data, err := os.ReadFile(list)
			must(t, err)
			copy(data[len(data)-40:], make([]byte, 40))
			must(t, os.WriteFile(list, data, 0o600))
		},
		"no list": func(t *testing.T, list string) { must(t, os.Remove(list)) },
		"no state": func(t *testing.T, list string) {
			must(t, os.Remove(filepath.Join(filepath.Dir(list), "state.json")))
		},
		"a damaged state": func(t *testing.T, list string) {
			must(t, os.WriteFile(filepath.Join(filepath.Dir(list), "state.json"), []byte(`{"pla`), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := clock.NewVirtual(noon)
			d, place := newDesk(t, v), newShelf()
			u := d.start(d.config(elsewhere, place))
			for i := range 10 {
				u.Add(d.take(i, v.Now()))
				v.RunFor(time.Second)
			}
			place.away = errors.New("away")
			for i := range 5 {
				u.Add(d.take(10+i, v.Now()))
				v.RunFor(time.Second)
			}
			closeIn(v, u)
			lists, _ := filepath.Glob(filepath.Join(d.dir, "data", "archive.copy", "*.jsonl"))
			harm(t, lists[len(lists)-1])
			d.take(15, v.Now())
			place.away = nil
			u = d.start(d.config(elsewhere, place))
			v.RunFor(time.Minute)
			u.Add(d.take(16, v.Now()))
			v.RunFor(time.Minute)
			if got := u.Status(); got.Waiting != 0 || got.Failing != nil {
				t.Errorf("%+v", got)
			}
			closeIn(v, u)
			slices.Sort(place.order)
			if want := names(0, 17); !slices.Equal(place.order, want) {
				t.Errorf("got %v\nlog: %s", place.order, d.log)
			}
		})
	}
}

// Pictures that are gone, changed or refused hold up no other; an archive whose
// disk is away holds up all.
func TestPicturesThatCannotBeCopied(t *testing.T) {
	v := clock.NewVirtual(noon)
	d, place := newDesk(t, v), newShelf()
	place.hook = func(name string) error {
		if name == "gate/1/0007.jpg" {
			return &Error{Place: "s3://elsewhere", Message: "the picture is refused: KeyTooLongError", Picture: true}
		}
		return nil
	}
	for i := range 10 {
		d.take(i, noon.Add(-time.Hour))
	}
	must(t, os.Remove(d.path("gate/1/0002.jpg")))
	must(t, os.WriteFile(d.path("gate/1/0003.jpg"), []byte("another"), 0o644))
	archive := filepath.Join(d.dir, "data", "archive")
	must(t, os.Rename(archive, archive+".away"))
	d.away = errors.New("data/archive: its disk is not mounted")
	u := d.start(d.config(elsewhere, place))
	v.RunFor(time.Minute)
	if got := u.Status(); got.Waiting != 10 || got.Gone != 0 || !errors.Is(got.Failing, d.away) {
		t.Fatalf("%+v", got)
	}
	must(t, os.Rename(archive+".away", archive))
	d.away = nil
	v.RunFor(2 * time.Minute)
	if got := u.Status(); got.Waiting != 0 || got.Gone != 1 || got.Refused != 2 || got.Copied != 7 || got.Failing != nil {
		t.Errorf("%+v", got)
	}
	closeIn(v, u)
	want := slices.DeleteFunc(names(0, 10), func(s string) bool { return strings.Contains("0002 0003 0007", s[7:11]) })
	if !slices.Equal(place.order, want) {
		t.Error(place.order)
	}
}

// What is old goes at the second place, after the restart too; what others have
// put there stays, and so does a picture whose name was taken.
func TestKeep(t *testing.T) {
	v := clock.NewVirtual(noon)
	d, place := newDesk(t, v), newShelf()
	place.files["notes.txt"] = [32]byte{1}
	place.files["gate/1/0003.jpg"] = [32]byte{2}
	conf := d.config(elsewhere, place)
	conf.Keep = 24 * time.Hour
	u := d.start(conf)
	for i := range 30 {
		u.Add(d.take(i, v.Now()))
		v.RunFor(time.Hour)
	}
	closeIn(v, u)
	// 0..5 are older than a day; the last look was at most ten minutes ago.
	if len(place.files) != 2+24 {
		t.Errorf("%d files", len(place.files))
	}
	u = d.start(conf)
	v.RunFor(25 * time.Hour)
	closeIn(v, u)
	if len(place.files) != 2 || place.files["notes.txt"] != [32]byte{1} || place.files["gate/1/0003.jpg"] != [32]byte{2} {
		t.Errorf("left: %v", place.files)
	}
}

// A place that was away for longer than copies are kept there gets all of them,
// and what is too old then goes.
func TestKeepWhileAway(t *testing.T) {
	v := clock.NewVirtual(noon)
	d, place := newDesk(t, v), newShelf()
	conf := d.config(elsewhere, place)
	conf.Keep = time.Hour
	u := d.start(conf)
	place.away = errors.New("away")
	for i := range 30 {
		u.Add(d.take(i, v.Now()))
		v.RunFor(6 * time.Minute)
	}
	place.away = nil
	v.RunFor(30 * time.Minute)
	closeIn(v, u)
	if len(place.order) != 30 || u.Status().Copied != 30 {
		t.Errorf("%d arrived", len(place.order))
	}
	// The last was taken 36 minutes ago; one look may be ten minutes late.
	if n := len(place.files); n < 5 || n > 7 {
		t.Errorf("%d files are left", n)
	}
}

// A picture is taken and copied while the list's disk fails for a while.
func TestTheListsDiskFails(t *testing.T) {
	v := clock.NewVirtual(noon)
	d, place := newDesk(t, v), newShelf()
	list := filepath.Join(d.dir, "data", "archive.copy")
	must(t, os.WriteFile(list, nil, 0o600))
	u := d.start(d.config(elsewhere, place))
	u.Add(d.take(0, v.Now()))
	v.RunFor(time.Minute)
	if got := u.Status(); got.Waiting != 1 || got.Failing == nil {
		t.Errorf("%+v", got)
	}
	must(t, os.Remove(list))
	v.RunFor(2 * time.Minute)
	must(t, os.RemoveAll(list)) // while it runs
	u.Add(d.take(1, v.Now()))
	v.RunFor(2 * time.Minute)
	closeIn(v, u)
	if !slices.Contains(place.order, "gate/1/0000.jpg") {
		t.Error(place.order, d.log)
	}
}

// The rate is that of all transfers together.
func TestPace(t *testing.T) {
	v := clock.NewVirtual(noon)
	p := &pace{clk: v, ctx: context.Background(), rate: 1000}
	v.Do(func() {
		g := clock.NewGroup(v)
		for range 4 {
			g.Go(func() {
				for range 10 {
					must(t, p.wait(250))
				}
			})
		}
		g.Wait()
	})
	if took := v.Now().Sub(noon); took != 10*time.Second {
		t.Error(took)
	}
}
