package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// oneDome is a site of one share.
const oneDome = clusterOf + `devices:
  gate:
    simulate: ptz
    channels:
      yard: {address: 1}
`

// sweeping moves the head now and then, and counts in hik.state.
const sweeping = `local yard = hik.device("gate"):channel("yard")
hik.every("4s", function()
  hik.state.n = (hik.state.n or 0) + 1
  hik.sleep("100ms")
  print(hik.state.n)
  yard:ptz_move({pan = 40, duration = 2})
end)
`

// The state of a host that ran the site alone is not lost because another host is
// first to hold the share.
func TestHostThatRanTheSiteAloneIsFirst(t *testing.T) {
	names := []string{"left", "right", "third"}
	for _, alone := range names {
		a := newArena(t, oneDome, nil)
		a.box(alone).write("data/state.db", "")
		a.box(alone).rate = 0.99 // the others could take the share first
		a.startAll()
		a.run(30 * time.Second)
		if now := a.holder("site"); now != alone {
			t.Errorf("%q holds the share and not %s\n%s", now, alone, a.log)
		}
	}
}

func TestHolderIsKilledAndAnotherGoesOn(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/sweep.lua": sweeping})
	a.startAll()
	a.run(30 * time.Second)
	first := a.holder("site")
	if first == "" || len(a.lines("sweep")) == 0 {
		t.Fatalf("held by %q, printed %q\n%s", first, a.lines("sweep"), a.log)
	}
	a.until(20*time.Second, "the head moves", func() bool { return a.cameras["gate"].Driven(1) })
	killed := a.clk.Now()
	a.box(first).kill()
	a.run(15 * time.Second)
	second := a.holder("site")
	if second == "" || second == first {
		t.Fatalf("after %s was killed %q holds the share\n%s", first, second, a.log)
	}
	for i, s := range a.sent {
		if s.at.Before(killed.Add(10 * time.Millisecond)) {
			continue
		}
		if s.what != "stop" || s.host != second || s.at.Sub(killed) > 10500*time.Millisecond {
			t.Errorf("the first command after the death is %+v", a.sent[i:])
		}
		break
	}
	a.box(first).restart()
	a.run(2 * time.Minute)
	if now := a.holder("site"); now != second {
		t.Errorf("the share went from %s to %q although nothing happened", second, now)
	}
	a.judge()
}

func TestHolderIsPausedAndKilledByItsKernel(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/sweep.lua": sweeping})
	a.startAll()
	a.run(30 * time.Second)
	first := a.holder("site")
	a.until(20*time.Second, "the head moves", func() bool { return a.cameras["gate"].Driven(1) })
	a.box(first).process.m.Pause()
	a.run(9 * time.Second)
	if !a.box(first).process.m.Dead() {
		t.Errorf("%s lives 9 s after it was stopped", first)
	}
	a.run(10 * time.Second)
	if second := a.holder("site"); second == "" || second == first {
		t.Errorf("%q holds the share", second)
	}
	a.judge()
}

// A holder that is cut off from the others, and not from the cameras, stops its
// heads and lets go before another takes over; later it is a standby.
func TestHolderIsCutOff(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{
		"scripts/turn.lua": `local yard = hik.device("gate"):channel("yard")
hik.every("30s", function() yard:ptz_move({pan = 10}) hik.sleep("25s") end)`,
	})
	a.startAll()
	a.run(30 * time.Second)
	first := a.holder("site")
	a.engine.Lead(a.another(first).name)
	a.until(20*time.Second, "the head moves", func() bool { return a.cameras["gate"].Driven(1) })
	cut := a.clk.Now()
	a.engine.Cut(first)
	a.run(5 * time.Second)
	if !a.cameras["gate"].Driven(1) {
		t.Error("5 s after the cut the head is at rest")
	}
	a.run(1700 * time.Millisecond)
	if a.cameras["gate"].Driven(1) {
		t.Error("6.7 s after the cut the head moves")
	}
	a.run(8 * time.Second)
	second := a.holder("site")
	if second == "" || second == first {
		t.Errorf("%q holds the share", second)
	}
	a.engine.Mend(first)
	a.run(30 * time.Second)
	if now := a.holder("site"); now != second {
		t.Errorf("%q holds the share, it was %s", now, second)
	}
	for _, s := range a.sent {
		if s.host == first && s.at.Sub(cut) > 8*time.Second {
			t.Errorf("%s still sends: %+v", first, s)
		}
	}
	if st := a.box(first).process.member.Status(); st.Shares[0].Holder != second || st.Shares[0].State != ShareHeld {
		t.Errorf("its status: %+v", st.Shares)
	}
	a.judge()
}

// Where no majority is left nothing is driven, and it goes on when there is one.
func TestNoMajority(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/sweep.lua": sweeping})
	a.startAll()
	a.run(30 * time.Second)
	first := a.holder("site")
	others := []*box{a.another(first), a.another(first, a.another(first).name)}
	for _, b := range others {
		a.engine.Cut(b.name)
	}
	a.run(20 * time.Second)
	if now := a.holder("site"); now != "" || a.cameras["gate"].Driven(1) {
		t.Errorf("%q holds the share without a majority", now)
	}
	for _, b := range others {
		a.engine.Mend(b.name)
	}
	a.run(25 * time.Second)
	if now := a.holder("site"); now == "" {
		t.Errorf("with a majority no host holds the share\n%s", a.log)
	}
	a.judge()
}

// A host that is shut down hands over at once, its heads at rest.
func TestOrderlyStopHandsOver(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/sweep.lua": sweeping})
	a.startAll()
	a.run(30 * time.Second)
	first := a.holder("site")
	a.until(20*time.Second, "the head moves", func() bool { return a.cameras["gate"].Driven(1) })
	stopped := a.clk.Now()
	a.box(first).process.stop()
	a.until(5*time.Second, "another host holds the share", func() bool { now := a.holder("site"); return now != "" && now != first })
	if took := a.clk.Now().Sub(stopped); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
	if p := a.box(first).process; !p.ended || p.err != nil {
		t.Errorf("%s has ended: %v, %v", first, p.ended, p.err)
	}
	a.run(10 * time.Second)
	a.judge()
}

func TestHolderThatComesToLeadStepsAside(t *testing.T) {
	a := newArena(t, oneDome, nil)
	a.startAll()
	a.run(30 * time.Second)
	holder := a.holder("site")
	a.engine.Lead(holder)
	a.run(asideEvery + 3*time.Second)
	if leader := a.engine.Leader(); leader == holder {
		t.Errorf("%s holds the share and leads the engine", holder)
	}
	a.end()
}

// Where two of three hosts hold a share the third is to lead: another holder would have
// to step aside as well.
func TestHostThatHoldsNothingComesToLead(t *testing.T) {
	a := newArena(t, manyShares(2), nil)
	a.startAll()
	a.run(30 * time.Second)
	for i, holder := range []string{"left", "right"} {
		share := fmt.Sprintf("s%d", i)
		if a.holder(share) == holder {
			continue
		}
		var err error
		a.do(30*time.Second, func() { err = a.box("third").process.member.Move(context.Background(), share, holder) })
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, holder := range []string{"left", "right"} {
		a.engine.Lead(holder)
		a.run(asideEvery + 3*time.Second)
		if leader := a.engine.Leader(); leader != "third" {
			t.Errorf("%s leads after %s, and not the host that holds nothing", leader, holder)
		}
	}
	a.end()
}

// The host that a share belongs on is heard, and can't take it: another does.
func TestShareDoesNotWaitForAHostThatCannotTakeIt(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/sweep.lua": sweeping})
	lame := place("site", []candidate{{"left", 1}, {"right", 1}, {"third", 1}})
	a.box(lame).lame = true
	a.startAll()
	a.run(20 * time.Second)
	if now := a.holder("site"); now == "" || now == lame {
		t.Errorf("%q holds the share\n%s", now, a.log)
	}
}

// What was released before a term began is what runs in it, also on a host that has
// heard nothing of that.
func TestTermBeginsWithTheLatestRelease(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/say.lua": says("one")})
	a.startAll()
	a.run(20 * time.Second)
	holder := a.box(a.holder("site"))
	for _, b := range a.boxes {
		b.process.engine.deaf = b != holder
	}
	holder.write("scripts/say.lua", says("two"))
	if number, _, err := holder.release(); err != nil || number != 2 {
		t.Fatalf("release %d, %v", number, err)
	}
	holder.kill()
	a.printed = nil
	a.run(15 * time.Second)
	if got := a.lines("say"); len(got) == 0 || slices.ContainsFunc(got, func(l string) bool { return strings.HasSuffix(l, "one") }) {
		t.Errorf("the next holder printed %q\n%s", got, a.log)
	}
}

// The host that a share belongs on has just been started, and does not know yet when
// the lease of the holder ends: another does not wait for it.
func TestFailoverDoesNotWaitForAHostThatWasJustStarted(t *testing.T) {
	a := newArena(t, oneDome, map[string]string{"scripts/sweep.lua": sweeping})
	a.startAll()
	a.run(20 * time.Second)
	first := a.holder("site")
	var rest []candidate
	for _, b := range a.boxes {
		if b.name != first {
			rest = append(rest, candidate{b.name, 1})
		}
	}
	next := a.box(place("site", rest))
	a.engine.Lead(a.another(first, next.name).name)
	next.process.stop()
	a.run(5 * time.Second)
	killed := a.clk.Now()
	a.box(first).kill()
	a.run(4 * time.Second)
	next.restart()
	a.until(12*time.Second, "another host holds the share", func() bool { return a.holder("site") != "" })
	if took := a.clk.Now().Sub(killed); took > othersWait {
		t.Errorf("it took %v\n%s", took, a.log)
	}
}

// A password that a camera has refused is not tried again by each new holder, or the
// camera locks the account.
func TestRefusedLoginIsNotTriedByEachHolder(t *testing.T) {
	notUnderRace(t)
	yaml := strings.Replace(oneDome, "simulate: ptz", "ip: 192.0.2.1\n    username: admin\n    password: before", 1)
	a := newArena(t, yaml, map[string]string{"scripts/sweep.lua": sweeping})
	a.startAll()
	a.run(20 * time.Second)
	a.cameras["gate"].SetPassword("admin", "after")
	a.run(2 * time.Minute)
	before := a.cameras["gate"].Counts().RejectedLogins
	for range 3 {
		holder := a.box(a.holder("site"))
		holder.kill()
		a.run(12 * time.Second)
		holder.restart()
		a.run(30 * time.Second)
	}
	if n := a.cameras["gate"].Counts().RejectedLogins - before; before == 0 || n > 0 {
		t.Errorf("%d logins were refused, and %d more over three takeovers\n%s", before, n, a.log)
	}
}
