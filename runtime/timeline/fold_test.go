package timeline

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

var berlin = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return zone
}()

// at is a time of March 2026 in Berlin: the clocks change on the 29th.
func at(day, hour, minute, second int) time.Time {
	return time.Date(2026, time.March, day, hour, minute, second, 0, berlin)
}

// shown is the text of actions on one head by one job, without its heads.
func shown(actions ...Action) string {
	for i := range actions {
		a := &actions[i]
		a.Device, a.Channel, a.Place = "gate", 1, "gate/yard"
		if a.Script == "" {
			a.Script, a.Job = "night", "tour"
		}
		if a.Kind == "" {
			a.Kind = Preset
		}
	}
	t := Timeline{From: at(1, 0, 0, 0), To: at(31, 0, 0, 0), Zone: berlin, Actions: NewActions(berlin, actions...)}
	var b strings.Builder
	t.Text(&b, TextOptions{Brief: true})
	_, lines, _ := strings.Cut(b.String(), "gate/yard\n")
	return strings.ReplaceAll(lines, "  [night/tour]", "")
}

// each gives an action for each time.
func each(text string, times ...time.Time) (all []Action) {
	for _, when := range times {
		all = append(all, Action{Time: when, Text: text})
	}
	return all
}

func every(step time.Duration, n int, from time.Time) (all []time.Time) {
	for i := range n {
		all = append(all, from.Add(time.Duration(i)*step))
	}
	return all
}

func TestFold(t *testing.T) {
	round := func(from time.Time, n int) (all []Action) {
		for i := range n {
			begin := from.Add(time.Duration(i) * 80 * time.Second)
			all = append(all,
				Action{Time: begin, Text: "one"},
				Action{Time: begin.Add(2 * time.Second), Kind: Snapshot, Text: "takes a picture"},
				Action{Time: begin.Add(22 * time.Second), Text: "two"},
				Action{Time: begin.Add(44 * time.Second), Text: "one"},
				Action{Time: begin.Add(64 * time.Second), Text: "three"})
		}
		return all
	}
	join := func(lists ...[]Action) (all []Action) {
		for _, l := range lists {
			all = append(all, l...)
		}
		return all
	}
	for _, c := range []struct {
		name    string
		actions []Action
		want    string
	}{
		{"two are two", each("a", every(time.Hour, 2, at(2, 8, 0, 0))...), `
  Mon 02 Mar 08:00:00  a
  Mon 02 Mar 09:00:00  a
`},
		{"even steps", each("a", every(15*time.Minute, 96, at(2, 0, 0, 0))...), `
  Mon 02 Mar 00:00:00  a, every 15 min, 96 times until 23:45
`},
		{"about even steps", each("a", at(2, 8, 0, 0), at(2, 8, 10, 20), at(2, 8, 20, 10), at(2, 8, 30, 40)), `
  Mon 02 Mar 08:00:00  a, about every 10 min 10 s, 4 times until 08:30:40
`},
		{"by day, each day", each("a", append(append(every(time.Hour, 4, at(2, 6, 0, 0)), every(time.Hour, 4, at(3, 6, 0, 0))...), every(time.Hour, 4, at(4, 6, 0, 0))...)...), `
  Mon 02 Mar 06:00:00  a, every 1 h, 4 times until 09:00; every day, 3 times until Wed 04 Mar
`},
		{"each day over the change", each("a", at(27, 6, 0, 0), at(28, 6, 0, 0), at(29, 6, 0, 0), at(30, 6, 0, 0)), `
  Fri 27 Mar 06:00:00  a, every day, 4 times until Mon 30 Mar
`},
		{"with the sun", each("a", at(26, 18, 30, 0), at(27, 18, 31, 50), at(28, 18, 33, 30), at(29, 19, 35, 10)), `
  Thu 26 Mar 18:30:00  a, every day, 4 times until Sun 29 Mar
`},
		{"a tour", round(at(2, 20, 0, 0), 30), `
  Mon 02 Mar 20:00:00  5 steps, every 1 min 20 s, 30 times until 20:38:40
                       +0:00  one
                       +0:02  takes a picture
                       +0:22  two
                       +0:44  one
                       +1:04  three
`},
		{"nights of a tour that grow", join(round(at(2, 20, 0, 0), 30), round(at(3, 20, 0, 0), 31), round(at(4, 20, 0, 0), 32)), `
  Mon 02 Mar 20:00:00  5 steps, every 1 min 20 s, 30 to 32 times until 20:38:40; every day, 3 times until Wed 04 Mar
                       +0:00  one
                       +0:02  takes a picture
                       +0:22  two
                       +0:44  one
                       +1:04  three
`},
		{"a night that is shorter stands alone", join(round(at(2, 20, 0, 0), 30), round(at(3, 20, 0, 0), 30), round(at(4, 20, 0, 0), 9)), `
  Mon 02 Mar 20:00:00  5 steps, every 1 min 20 s, 30 times until 20:38:40
                       +0:00  one
                       +0:02  takes a picture
                       +0:22  two
                       +0:44  one
                       +1:04  three
  Tue 03 Mar 20:00:00  5 steps, every 1 min 20 s, 30 times until 20:38:40
                       +0:00  one
                       +0:02  takes a picture
                       +0:22  two
                       +0:44  one
                       +1:04  three
  Wed 04 Mar 20:00:00  5 steps, every 1 min 20 s, 9 times until 20:10:40
                       +0:00  one
                       +0:02  takes a picture
                       +0:22  two
                       +0:44  one
                       +1:04  three
`},
		{"now and then", each("a", at(2, 8, 0, 0), at(2, 8, 3, 0), at(2, 9, 0, 0), at(2, 11, 0, 0), at(2, 11, 1, 0), at(2, 15, 0, 0)), `
  Mon 02 Mar 08:00:00  a, 6 times until 15:00, 1 min to 3 h 59 min apart
`},
		{"others do not join", join(each("a", every(time.Minute, 3, at(2, 8, 0, 0))...), each("b", at(2, 8, 3, 0)), each("a", every(time.Minute, 3, at(2, 8, 4, 0))...)), `
  Mon 02 Mar 08:00:00  a, every 1 min, 3 times until 08:02
  Mon 02 Mar 08:03:00  b
  Mon 02 Mar 08:04:00  a, every 1 min, 3 times until 08:06
`},
		{"what fails is another thing", join(each("a", every(time.Minute, 4, at(2, 8, 0, 0))...), []Action{{Time: at(2, 8, 4, 0), Text: "a", Failed: "timeout", Message: "no answer", Line: 7}}), `
  Mon 02 Mar 08:00:00  a, every 1 min, 4 times until 08:03
  Mon 02 Mar 08:04:00  a: timeout: no answer (scripts/night.lua:7)
`},
		{"lengths are a range", []Action{
			{Time: at(2, 8, 0, 0), Kind: Run, Text: "runs", Duration: 3 * time.Second},
			{Time: at(2, 9, 0, 0), Kind: Run, Text: "runs", Duration: 5 * time.Second},
			{Time: at(2, 10, 0, 0), Kind: Run, Text: "runs", Duration: 4 * time.Second},
		}, `
  Mon 02 Mar 08:00:00  runs for 3 s to 5 s, every 1 h, 3 times until 10:00
`},
	} {
		if got := shown(c.actions...); got != strings.TrimPrefix(c.want, "\n") {
			t.Errorf("%s:\n%s", c.name, got)
		}
	}
}

// A week of a hundred cameras is folded in a moment.
func TestFoldIsQuick(t *testing.T) {
	if testing.Short() {
		t.Skip("a million lines")
	}
	var all []Action
	texts := []string{"one", "two", "three", "four", "five", "six", "seven"}
	for i := range 200_000 {
		n := i * i % 7 // no round that lasts
		if i%1000 > 900 {
			n = (i * 31) % (i%6 + 1)
		}
		all = append(all, Action{Time: at(2, 0, 0, i*20), Text: texts[n], Place: "gate/yard", Script: "a"})
	}
	watch := clock.NewStopwatch()
	items := fold(slices.Values(all))
	if took := watch.Elapsed(); took > 20*time.Second {
		t.Error(took)
	}
	total := 0
	for _, it := range items {
		total += it.lines()
	}
	if total != len(all) {
		t.Errorf("%d of %d lines are in what is folded", total, len(all))
	}
}

// lines is how many lines an item stands for, where each round has the same.
func (it *item) lines() int {
	if it.n == 1 {
		return 1
	}
	n := 0
	for _, one := range it.block {
		n += one.lines()
	}
	return n * it.n
}
