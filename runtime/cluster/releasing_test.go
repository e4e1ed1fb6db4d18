package cluster

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime"
)

// release makes the folder of a host the next release.
func (b *box) release() (number uint64, changed []string, err error) {
	b.a.t.Helper()
	b.a.do(30*time.Second, func() { number, changed, err = b.process.member.Release(context.Background()) })
	return number, changed, err
}

func says(n string) string { return `hik.every("2s", function() print("` + n + `") end)` }

func TestReleaseGoesLiveOnAllHosts(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/say.lua": says("one"), "lib/m.lua": "return 1"})
	// The folders are not alike at the beginning: what is missing comes, what differs
	// stays and does not run.
	left, right, third := a.box("left"), a.box("right"), a.box("third")
	os.Remove(filepath.Join(third.dir, "lib/m.lua"))
	right.write("scripts/mine.lua", says("mine"))
	left.start()
	a.run(time.Second)
	right.start()
	third.start()
	t.Cleanup(a.end)
	a.run(20 * time.Second)
	if third.read("lib/m.lua") != "return 1" {
		t.Error("third has no lib/m.lua")
	}
	st := right.process.member.Status()
	if st.Release.Number != 1 || st.Release.Host != "left" || !slices.Equal(st.Release.Edited, []string{"scripts/mine.lua"}) {
		t.Errorf("right says %+v", st.Release)
	}

	// A file that is saved on the holder is not loaded there.
	holder := a.box(a.holder("site"))
	for _, b := range a.boxes {
		b.write("scripts/say.lua", says("two"))
	}
	a.run(20 * time.Second)
	if got := strings.Join(a.lines(""), " "); !strings.Contains(got, "one") || strings.Contains(got, "two") || strings.Contains(got, "mine") {
		t.Errorf("printed %q", got)
	}
	number, changed, err := right.release()
	if err != nil || number != 2 || !slices.Equal(changed, []string{"scripts/mine.lua", "scripts/say.lua"}) {
		t.Fatalf("release %d, %q, %v", number, changed, err)
	}
	a.run(2 * time.Second)
	a.printed = nil
	a.run(10 * time.Second)
	if got := strings.Join(a.lines(""), " "); strings.Contains(got, "one") || !strings.Contains(got, "two") || !strings.Contains(got, "mine") {
		t.Errorf("after the release %s printed %q\n%s", holder.name, got, a.log)
	}
	for _, b := range a.boxes {
		if st := b.process.member.Status(); st.Release.Number != 2 || len(st.Release.Edited) != 0 || b.read("scripts/mine.lua") == "" {
			t.Errorf("%s: %+v", b.name, st.Release)
		}
	}
	if number, changed, err := left.release(); err != nil || number != 2 || changed != nil {
		t.Errorf("a release of nothing new: %d, %q, %v", number, changed, err)
	}

	// What both have edited since is refused, and nothing is lost.
	left.write("scripts/say.lua", says("left's"))
	right.write("scripts/say.lua", says("right's"))
	a.run(10 * time.Second)
	if number, _, err := left.release(); err != nil || number != 3 {
		t.Fatalf("release %d, %v", number, err)
	}
	a.run(5 * time.Second)
	if _, _, err := right.release(); err == nil || !strings.Contains(err.Error(), "scripts/say.lua") {
		t.Errorf("an edit that a release went past: %v", err)
	}
	if !strings.Contains(right.read("scripts/say.lua"), "right's") || !strings.Contains(third.read("scripts/say.lua"), "left's") {
		t.Errorf("right has %q, third %q", right.read("scripts/say.lua"), third.read("scripts/say.lua"))
	}
	a.judge()
}

func TestReleaseThatIsWrongChangesNothing(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/say.lua": says("one")})
	a.startAll()
	a.run(20 * time.Second)
	left := a.box("left")
	left.process.member.conf.Check = func(string) error { return os.ErrInvalid }
	left.write("scripts/say.lua", says("two"))
	if _, _, err := left.release(); err != os.ErrInvalid {
		t.Errorf("what check refuses: %v", err)
	}
	left.process.member.conf.Check = nil
	left.write("site.yaml", "devices: [")
	if _, _, err := left.release(); err == nil {
		t.Error("a site.yaml that cannot be read was released")
	}
	left.write("site.yaml", "devices: {}\n")
	if _, _, err := left.release(); err == nil || !strings.Contains(err.Error(), "no cluster") {
		t.Errorf("a site.yaml without a cluster: %v", err)
	}
	a.run(10 * time.Second)
	if got := strings.Join(a.lines("say"), " "); strings.Contains(got, "two") {
		t.Errorf("printed %q", got)
	}
	for _, b := range a.boxes {
		if n := b.process.member.Status().Release.Number; n != 1 {
			t.Errorf("%s runs release %d", b.name, n)
		}
	}
	a.judge()
}

// A host that lacks a password of the release says so and takes no share, until it
// is started with it.
func TestHostThatCannotRunTheReleaseHandsOver(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/say.lua": says("one")})
	a.startAll()
	a.run(20 * time.Second)
	holder := a.box(a.holder("site"))
	by := a.another(holder.name)
	for _, b := range a.boxes {
		if b != holder {
			b.env["GATE"] = "secret"
		}
	}
	by.write("site.yaml", clusterOf+"devices:\n  gate:\n    ip: 192.0.2.1\n    username: admin\n    password: ${GATE}\n    channels: {yard: {address: 1}}\n")
	if number, _, err := by.release(); err != nil || number != 2 {
		t.Fatalf("release %d, %v", number, err)
	}
	a.run(15 * time.Second)
	if now := a.holder("site"); now == "" || now == holder.name {
		t.Errorf("%q holds the share\n%s", now, a.log)
	}
	st := holder.process.member.Status()
	if st.Release.Number != 1 || !strings.Contains(st.Release.Refused, "GATE") {
		t.Errorf("%s says %+v", holder.name, st.Release)
	}
	var err error
	a.do(30*time.Second, func() { err = by.process.member.Move(context.Background(), "site", holder.name) })
	if err == nil || !strings.Contains(err.Error(), "GATE") {
		t.Errorf("a move there: %v", err)
	}
	a.judge()
}

// A device may not change its share in one release: two hosts could drive it.
func TestDeviceDoesNotChangeItsShareAtOnce(t *testing.T) {
	a := newArena(t, manyShares(3), nil)
	a.startAll()
	a.run(20 * time.Second)
	left := a.box("left")
	left.write("site.yaml", strings.Replace(manyShares(3), "s0: [gate0], s1: [gate1]", "s0: [gate1], s1: [gate0]", 1))
	if _, _, err := left.release(); err == nil || !strings.Contains(err.Error(), "two hosts could drive it") {
		t.Errorf("the release: %v", err)
	}
	left.write("site.yaml", manyShares(4))
	if number, _, err := left.release(); err != nil || number != 2 {
		t.Errorf("a fourth share: release %d, %v", number, err)
	}
	a.run(30 * time.Second)
	if now := a.holder("s3"); now == "" {
		t.Errorf("no host holds the new share\n%s", a.log)
	}
	left.write("site.yaml", manyShares(2))
	if number, _, err := left.release(); err != nil || number != 3 {
		t.Errorf("two shares: release %d, %v", number, err)
	}
	a.run(30 * time.Second)
	if n := len(left.process.member.all()); n != 2 {
		t.Errorf("left takes part in %d shares", n)
	}
	a.judge()
}

// The host of a device that one release takes out may be slow to give it up when the
// next puts it into another share, or be cut off and not know of either.
func TestDeviceThatWasTakenOutIsNotAddedAtOnce(t *testing.T) {
	a := newArena(t, manyShares(3), nil)
	a.startAll()
	a.run(20 * time.Second)
	holder := a.holder("s2")
	b := a.another(holder)
	a.engine.Lead(b.name)
	a.run(time.Second)
	a.engine.Cut(holder)
	b.write("site.yaml", manyShares(2))
	if number, _, err := b.release(); err != nil || number != 2 {
		t.Fatalf("two shares: release %d, %v", number, err)
	}
	a.run(4 * time.Second)
	moved := strings.Replace(manyShares(3), "s1: [gate1], s2: [gate2]", "s1: [gate1, gate2]", 1)
	b.write("site.yaml", moved)
	if _, _, err := b.release(); err == nil || !strings.Contains(err.Error(), "can't be added for 21s yet") {
		t.Errorf("the device in another share: %v", err)
	}
	a.engine.Mend(holder)
	a.run(25 * time.Second)
	if number, _, err := b.release(); err != nil || number != 3 {
		t.Errorf("later: release %d, %v", number, err)
	}
	a.run(30 * time.Second)
	a.judge()
}

// What people are told of a release, or a move, without a majority is what is missing,
// and not that a time has run out.
func TestReleaseWithoutAMajoritySaysSo(t *testing.T) {
	a := newArena(t, oneDome, nil)
	a.startAll()
	a.run(20 * time.Second)
	left := a.box("left")
	a.engine.Cut("right")
	a.engine.Cut("third")
	left.write("scripts/new.lua", says("new"))
	_, _, err := left.release()
	if report := runtime.Report(err); !strings.Contains(report.Message, "a majority of its hosts and witnesses is needed") {
		t.Errorf("people are told %q of: %v", report.Message, err)
	}
}

// A release that a host can't run may have megabytes, and is not fetched each time that
// the others tell that they run it.
func TestReleaseThatAHostCannotRunIsFetchedNowAndThen(t *testing.T) {
	a := newArena(t, clusterOf+"devices:\n  gate: {ip: 192.0.2.1, username: admin, password: \"${GATE}\"}\n", nil)
	third := a.box("third")
	third.write("site.yaml", oneDome)
	third.founder = false
	a.box("left").env["GATE"], a.box("right").env["GATE"] = "secret", "secret"
	a.startAll()
	a.run(20 * time.Second)
	if st := third.process.member.Status(); !strings.Contains(st.Release.Refused, "GATE") {
		t.Fatalf("third says %+v", st.Release)
	}
	clear(third.process.engine.asked)
	a.run(5 * time.Minute)
	if n := third.process.engine.asked[releaseCell]; n < 4 || n > 6 {
		t.Errorf("asked for %d times in 5 minutes", n)
	}
}

// A host whose engine fails at once, as one with a full disk, waits before it asks again.
func TestReleaseOfAnEngineThatFailsAtOnce(t *testing.T) {
	a := newArena(t, oneDome, nil)
	a.startAll()
	a.run(20 * time.Second)
	engine := a.another(a.holder("site")).process.engine
	engine.down = true
	clear(engine.asked)
	a.run(2 * time.Minute)
	if n := engine.asked[releaseCell]; n < 60 || n > 3000 {
		t.Errorf("asked %d times in 2 minutes", n)
	}
}

// A folder is looked at every few seconds, and what is wrong with it is told once.
func TestFolderThatCannotFollowIsToldOnce(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"lib/deep/m.lua": "return 1"})
	right := a.box("right")
	right.founder = false
	deep := filepath.Join(right.dir, "lib", "deep")
	if err := errors.Join(os.RemoveAll(deep), os.Symlink("nowhere", deep)); err != nil {
		t.Skip(err)
	}
	a.startAll()
	a.run(time.Minute)
	if n := strings.Count(a.log.String(), "can't follow the release"); n != 1 {
		t.Errorf("told %d times in a minute", n)
	}
}

func TestFirstReleaseIsOfTheFolderInWhichTheClusterWasMade(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/tour.lua": says("one")})
	for _, b := range a.boxes {
		if b.founder = b.name == "third"; !b.founder {
			if err := os.RemoveAll(filepath.Join(b.dir, "scripts")); err != nil {
				t.Fatal(err)
			}
			b.start()
		}
	}
	a.run(time.Minute)
	if st := a.box("left").process.member.Status(); st.Release.Number != 0 {
		t.Error("a folder that was only copied for a start is a release")
	} else if !strings.Contains(st.Release.Refused, "cluster init") {
		t.Errorf("it is not said why there is no release: %+v", st.Release)
	}
	if !strings.Contains(a.log.String(), "the cluster has no release yet") {
		t.Errorf("nothing is said of what is waited for:\n%s", a.log)
	}
	a.box("third").start()
	t.Cleanup(a.end)
	a.run(time.Minute)
	for _, b := range a.boxes {
		if got := b.read("scripts/tour.lua"); got != says("one") {
			t.Errorf("%s has %q", b.name, got)
		}
		if st := b.process.member.Status(); st.Release.Refused != "" {
			t.Errorf("%s: %+v", b.name, st.Release)
		}
	}
}

// TestFirstReleaseByHand: without the folder that the cluster was made in, a person
// may make another one the first release.
func TestFirstReleaseByHand(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/tour.lua": says("one")})
	for _, b := range a.boxes {
		b.founder = false
		b.start()
	}
	t.Cleanup(a.end)
	a.run(time.Minute)
	if number, changed, err := a.box("left").release(); err != nil || number != 1 || !slices.Contains(changed, "scripts/tour.lua") {
		t.Errorf("%d %q %v", number, changed, err)
	}
	a.run(time.Minute)
	for _, b := range a.boxes {
		if n := b.process.member.Status().Release.Number; n != 1 {
			t.Errorf("%s runs release %d", b.name, n)
		}
	}
}
