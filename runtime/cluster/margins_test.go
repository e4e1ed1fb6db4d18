package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/hold"
)

// Run ends when another host may have the shares, and not before; the next one takes
// them at its next look.
func TestRunEndsWithTheHandOver(t *testing.T) {
	a := newArena(t, manyShares(4), nil)
	a.startAll()
	a.run(30 * time.Second)
	first := a.box(a.holder("s0"))
	had := a.holders(4)[first.name]
	stopped := a.clk.Now()
	first.process.stop()
	a.until(10*time.Second, "Run has ended", func() bool { return first.process.ended })
	for _, s := range first.process.member.all() {
		var r hold.Record
		if data, _ := a.engine.Value("lease." + s.name); json.Unmarshal(data, &r) != nil || r.Host == first.name && !r.Free {
			t.Errorf("Run has ended, and %s has %s", s.name, data)
		}
	}
	a.until(10*time.Second, "the others hold all", func() bool { return a.holders(4)[""] == 0 })
	if took := a.clk.Now().Sub(stopped); took > 2500*time.Millisecond {
		t.Errorf("%d shares went to the others after %v", had, took)
	}
}

// An end in order that leaves a head moving says so.
func TestRunTellsOfAHeadThatMayStillMove(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/sweep.lua": sweeping})
	a.startAll()
	a.run(30 * time.Second)
	first := a.box(a.holder("site"))
	a.until(20*time.Second, "the head moves", func() bool { return a.cameras["gate"].Driven(1) })
	first.cut = true
	first.process.stop()
	a.until(time.Minute, "Run has ended", func() bool { return first.process.ended })
	if err := first.process.err; err == nil || !strings.Contains(err.Error(), "gate") {
		t.Errorf("Run ended with %v", err)
	}
	a.run(20 * time.Second)
}

// Abort has the end of Run wait for no task.
func TestAbort(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/long.lua": `
hik.on_stop(function() hik.sleep("8s") end)`})
	a.startAll()
	a.run(30 * time.Second)
	first := a.box(a.holder("site"))
	first.process.stop()
	a.run(2 * time.Second)
	if first.process.ended {
		t.Fatal("Run has not waited for the script")
	}
	first.process.member.Abort()
	a.until(2*time.Second, "Run has ended", func() bool { return first.process.ended })
}

// Each share that was moved by hand stays where it was moved to, and goes back there
// when that host has been away.
func TestEachMoveIsKept(t *testing.T) {
	notUnderRace(t)
	const n = 3
	a := newArena(t, manyShares(n), nil)
	a.startAll()
	a.run(30 * time.Second)
	to := make(map[string]string)
	for i, share := range []string{"s0", "s1", "s2"} {
		from := a.holder(share)
		to[share] = a.another(from).name
		by := a.boxes[i]
		var err error
		a.do(30*time.Second, func() { err = by.process.member.Move(context.Background(), share, to[share]) })
		if err != nil {
			t.Fatal(err)
		}
	}
	a.run(3 * time.Minute)
	for share, host := range to {
		if now := a.holder(share); now != host {
			t.Errorf("%s was moved to %s, and is on %s", share, host, now)
		}
	}
	away := a.box(to["s0"])
	away.kill()
	a.run(20 * time.Second)
	for _, s := range a.another(away.name).process.member.Status().Shares {
		if s.Holder == away.name || s.Wanted != "" {
			t.Errorf("while %s is away: %+v", away.name, s)
		}
	}
	away.restart()
	a.run(20 * time.Second)
	if now := a.holder("s0"); now != away.name {
		t.Errorf("20 s after %s is back s0 is on %s", away.name, now)
	}
}

// A host that comes to lead tries to hand that on every 10 s, not at each look.
func TestAHolderDoesNotStepAsideAllTheTime(t *testing.T) {
	a := newArena(t, oneDome, nil)
	a.startAll()
	a.run(30 * time.Second)
	holder := a.box(a.holder("site"))
	for _, b := range a.boxes {
		if b != holder {
			b.process.m.Pause()
		}
	}
	a.engine.Lead(holder.name)
	before := holder.process.engine.asides
	a.run(25 * time.Second)
	if n := holder.process.engine.asides - before; n < 1 || n > 3 {
		t.Errorf("tried %d times in 25 s", n)
	}
}

// A host that is started while the engine does not answer knows the site that it ran.
func TestAHostKnowsItsReleaseWithoutTheEngine(t *testing.T) {
	a := newArena(t, oneDome, nil)
	a.startAll()
	a.run(30 * time.Second)
	b := a.another(a.holder("site"))
	b.process.stop()
	a.run(10 * time.Second)
	for _, other := range a.boxes {
		if other != b {
			other.kill()
		}
	}
	b.restart()
	a.run(5 * time.Second)
	if st := b.process.member.Status(); st.Release.Number != 1 {
		t.Errorf("it knows %+v", st.Release)
	}
}

// The host that released something may be gone before any other has heard of it from
// that host: the others find out by themselves, if later.
func TestAReleaseWhoseHostIsGone(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/say.lua": says("one")})
	a.startAll()
	a.run(30 * time.Second)
	by := a.another(a.holder("site"))
	_, before := a.engine.Value(releaseCell)
	by.write("scripts/say.lua", says("two"))
	m := by.process.member
	a.clk.Go(func() { _, _, _ = m.Release(context.Background()) })
	for now := before; now == before; _, now = a.engine.Value(releaseCell) {
		a.run(100 * time.Microsecond) // the host itself has no answer yet
	}
	by.kill()
	a.run(askRelease + 10*time.Second)
	for _, b := range a.boxes {
		if n := b.process.member.Status().Release.Number; b != by && n != 2 {
			t.Errorf("%s runs release %d", b.name, n)
		}
	}
}

// Each minute a host tries whether it reaches the devices that another one drives.
func TestUnreachedDevices(t *testing.T) {
	a := newArena(t, clusterOf+`  shares: {east: [gate, barn], west: [yard]}
devices:
  gate: {ip: 192.0.2.1, username: u, password: p}
  barn: {ip: 192.0.2.2, username: u, password: p}
  yard: {ip: 192.0.2.3, username: u, password: p, port: 8080}
`, nil)
	tried := make(map[string][]string)
	a.dial = func(host, address string) error {
		tried[host] = append(tried[host], address)
		if address == "192.0.2.2:80" || address == "192.0.2.3:8080" {
			return errors.New("no route")
		}
		return nil
	}
	a.startAll()
	a.run(80 * time.Second)
	for _, b := range a.boxes {
		var want, others []string
		if a.holder("east") != b.name {
			want, others = append(want, "barn"), append(others, "192.0.2.1:80", "192.0.2.2:80")
		}
		if a.holder("west") != b.name {
			want, others = append(want, "yard"), append(others, "192.0.2.3:8080")
		}
		for _, h := range a.another(b.name).process.member.Status().Hosts {
			if h.Name == b.name && !slices.Equal(h.Unreached, want) && len(h.Unreached)+len(want) > 0 {
				t.Errorf("%s does not reach %q, the others think %q", b.name, want, h.Unreached)
			}
		}
		slices.Sort(tried[b.name])
		if got := slices.Compact(tried[b.name][:len(tried[b.name]):len(tried[b.name])]); !slices.Equal(got, others) {
			t.Errorf("%s has tried %q, others drive %q", b.name, got, others)
		}
	}
}

// A site without shares is moved, too, by whichever host is asked.
func TestMoveOfTheOnlyShare(t *testing.T) {
	a := newArena(t, oneDome, nil)
	a.startAll()
	a.run(30 * time.Second)
	for _, by := range a.boxes {
		from := a.holder("site")
		to := a.another(from, by.name)
		if by.name == from {
			to = a.another(from)
		}
		began := a.clk.Now()
		var err error
		a.do(30*time.Second, func() { err = by.process.member.Move(context.Background(), "site", to.name) })
		if now := a.holder("site"); err != nil || now != to.name {
			t.Fatalf("%s had %s move site to %s, and %q holds it: %v\n%s", by.name, from, to.name, now, err, a.log)
		}
		if took := a.clk.Now().Sub(began); took > 3*time.Second {
			t.Errorf("it took %v", took)
		}
		a.do(time.Second, func() { err = by.process.member.Move(context.Background(), "site", to.name) })
		if err != nil {
			t.Errorf("moved to where it is: %v", err)
		}
	}
	a.judge()
}

// A move to a host that can't take the share, and one that can't be noted, change
// nothing, and say why; and so does a host that is asked to leave and is not there.
func TestMoveThatCannotBe(t *testing.T) {
	a := newArena(t, manyShares(2), map[string]string{"scripts/say.lua": says("one")})
	a.box("third").write("data/cluster/s0", "no folder")
	a.startAll()
	a.run(40 * time.Second)
	member := a.box("left").process.member
	move := func(to, says string) {
		t.Helper()
		holder := a.holder("s0")
		var err error
		a.do(time.Minute, func() { err = member.Move(context.Background(), "s0", to) })
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("a move to %s: %v", to, err)
		}
		if now := a.holder("s0"); now != holder && says != "does not answer" {
			t.Errorf("s0 went from %s to %q", holder, now)
		}
	}
	a.until(time.Minute, "a start on third has failed", func() bool {
		if a.box("third").process.member.share("s0").able() {
			a.box("third").process.member.share("s0").gaveUp(errors.New("as a test has it"))
		}
		return !a.box("third").process.member.share("s0").able()
	})
	a.run(1500 * time.Millisecond)
	move("third", "could not start")
	if a.holder("s0") != "right" {
		a.do(30*time.Second, func() { _ = member.Move(context.Background(), "s0", "right") })
	}
	for _, asked := range []*Member{a.box("left").process.member, a.box("right").process.member} {
		if _, err := asked.answerMove(context.Background(), []byte(`{"share":"nothing","to":"third"}`)); err == nil {
			t.Error("a share that there is not can be moved")
		}
		if _, err := asked.answerMove(context.Background(), []byte(`{"share":"s0","to":"third"}`)); (err == nil) != asked.share("s0").held() {
			t.Errorf("a host is asked to hand over s0, which it holds: %v: %v", asked.share("s0").held(), err)
		}
		if _, err := asked.answerMove(context.Background(), []byte("{")); err == nil {
			t.Error("half a question is answered")
		}
	}
	a.run(20 * time.Second)
	a.box("third").kill()
	a.run(5 * time.Second)
	move("third", "is not heard")
	var err error
	a.do(time.Minute, func() { err = member.Leave(context.Background(), "third") })
	if err == nil || !strings.Contains(err.Error(), "is not heard") {
		t.Errorf("leave of a host that does not run: %v", err)
	}
	a.do(time.Minute, func() { err = a.box("left").process.member.Leave(context.Background(), "left") })
	a.run(15 * time.Second)
	if count := a.holders(2); err != nil || count["left"] != 0 {
		t.Errorf("left has left: %v, %v", err, count)
	}
	member = a.box("right").process.member
	move("left", "has left")
	member = a.box("left").process.member
	move("left", "has left")
}

// Many devices that are not reached are tried some at a time, all of them.
func TestManyUnreachedDevices(t *testing.T) {
	const n = 3 * reachAtOnce
	yaml := clusterOf + "devices:\n"
	for i := range n {
		yaml += fmt.Sprintf("  gate%02d: {ip: 192.0.2.%d, username: u, password: p}\n", i, i+1)
	}
	a := newArena(t, yaml, nil)
	a.dial = func(string, string) error { return errors.New("no route") }
	a.startAll()
	a.run(80 * time.Second)
	b := a.another(a.holder("site"))
	for _, h := range b.process.member.Status().Hosts {
		if h.Name == b.name && (len(h.Unreached) != n || !slices.IsSorted(h.Unreached)) {
			t.Errorf("%d of %d devices are not reached: %q", len(h.Unreached), n, h.Unreached)
		}
	}
}

// leading is an engine that says that this member leads it, beside others, and notes
// which of them is to lead.
type leading struct {
	Engine
	st EngineStatus
	to []string
}

func (e *leading) Status() EngineStatus { return e.st }

func (e *leading) StepAside(_ context.Context, to ...string) error {
	e.to = to
	return nil
}

// A witness is to lead rather than a host, and no member that is down, or holds a share.
func TestWhoIsToLead(t *testing.T) {
	a := newArena(t, oneDome, nil)
	a.startAll()
	a.run(30 * time.Second)
	holder := a.holder("site")
	next := a.another(holder)
	last := a.another(holder, next.name)
	m := next.process.member
	e := &leading{Engine: m.conf.Engine, st: EngineStatus{Leader: next.name, Members: []MemberStatus{
		{Name: last.name, Role: RoleHost, Up: true}, {Name: holder, Role: RoleHost, Up: true}, {Name: next.name, Role: RoleHost, Up: true},
		{Name: "down", Role: RoleWitness}, {Name: "box", Role: RoleWitness, Up: true},
	}}}
	m.conf.Engine = e
	a.do(time.Second, m.stepAside)
	if want := []string{"box", last.name}; !slices.Equal(e.to, want) {
		t.Errorf("%q are to lead, not %q", e.to, want)
	}
	e.st.Leader, e.to = last.name, nil
	a.do(time.Second, m.stepAside)
	if e.to != nil {
		t.Error("a member that does not lead steps aside")
	}
}

// After the engine had no leader for so long that heads were stopped the same term goes
// on, and what waits is sent.
func TestTheHostGoesOnAfterItHasWaned(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/sweep.lua": sweeping})
	a.startAll()
	a.run(30 * time.Second)
	of := a.box(a.holder("site")).process.member.share("site")
	term := of.latest()
	a.engine.Least, a.engine.Most = 6200*time.Millisecond, 6200*time.Millisecond
	a.until(2*time.Second, "the lease was confirmed", func() bool { return of.holder.Status().Renewed < 20*time.Millisecond })
	a.engine.Stall()
	a.until(8*time.Second, "the share wanes", func() bool { return of.holder.Status().State == hold.Waning })
	a.until(4*time.Second, "the share is held again", func() bool { return of.holder.Status().State == hold.Held })
	if of.latest() != term {
		t.Fatal("another term has begun")
	}
	a.until(10*time.Second, "the head moves", func() bool { return a.cameras["gate"].Driven(1) })
}

// A term that did not end in order is no such to the lease, either: the next host
// waits for what may still be on its way.
func TestATermThatDoesNotEndInOrder(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/sweep.lua": sweeping})
	a.startAll()
	a.run(30 * time.Second)
	b := a.box(a.holder("site"))
	a.until(20*time.Second, "the head moves", func() bool { return a.cameras["gate"].Driven(1) })
	b.cut = true
	var err error
	a.do(time.Minute, func() { err = b.process.member.share("site").End(context.Background()) })
	if err == nil || b.process.member.share("site").endError() == nil {
		t.Error("the end of a term that left a head moving is in order")
	}
}
