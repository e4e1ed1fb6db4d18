package retention

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// slots name hours, days, weeks and months by the calendar as package time prints
// it.
var slots = map[site.ThinEvery]func(time.Time) string{
	site.ThinHourly: func(t time.Time) string { return t.Format("2006-01-02 15 -0700") },
	site.ThinDaily:  func(t time.Time) string { return t.Format("2006-01-02") },
	site.ThinWeekly: func(t time.Time) string {
		year, week := t.ISOWeek()
		return fmt.Sprint(year, " ", week)
	},
	site.ThinMonthly: func(t time.Time) string { return t.Format("2006-01") },
}

// expected is what has to be there at a moment of all pictures that were ever
// taken, found without an index and without an order in which things happen.
func expected(all []archive.Entry, p Policy, now time.Time) []archive.Entry {
	keep := make(map[string]time.Duration)
	for _, l := range p.Labels {
		keep[l.Label] = l.Keep
	}
	left := slices.Clone(all)
	slices.SortStableFunc(left, func(a, b archive.Entry) int { return a.Taken.Compare(b.Taken) })
	age := func(e archive.Entry) time.Duration { return now.Sub(e.Taken) }
	own := func(e archive.Entry) bool { return keep[e.Label] > 0 }
	left = slices.DeleteFunc(left, func(e archive.Entry) bool { return own(e) && age(e) >= keep[e.Label] })
	left = slices.DeleteFunc(left, func(e archive.Entry) bool { return !own(e) && p.Keep > 0 && age(e) >= p.Keep })
	for i, thin := range p.Thinning {
		begin := time.Duration(0)
		if i > 0 {
			begin = p.Thinning[i-1].For
		}
		if slot := slots[thin.Every]; slot != nil {
			seen := make(map[string]bool)
			left = slices.DeleteFunc(left, func(e archive.Entry) bool {
				if own(e) || age(e) < begin {
					return false
				}
				key := fmt.Sprint(e.Device, " ", e.Channel, " ", e.Label, " ", slot(e.Taken.In(p.Zone)))
				again := seen[key]
				seen[key] = true
				return again
			})
		}
	}
	if n := len(p.Thinning); n > 0 {
		left = slices.DeleteFunc(left, func(e archive.Entry) bool { return !own(e) && age(e) >= p.Thinning[n-1].For })
	}
	return left
}

// A month and more of pictures, over each change of the clocks, is there file by
// file as the calendar says, whenever it is looked at.
func TestThinningAgainstAModel(t *testing.T) {
	if testing.Short() {
		t.Skip("weeks of virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	for _, c := range []struct {
		zone, start string
	}{
		{"Europe/Berlin", "2026-03-25T22:00:00+01:00"},  // 02:00 to 03:00 on the 29th
		{"Europe/Berlin", "2026-10-21T22:00:00+02:00"},  // 03:00 to 02:00 on the 25th
		{"Asia/Kathmandu", "2026-12-28T00:00:00+05:45"}, // a new year, and hours that begin at a quarter
	} {
		t.Run(strings.ReplaceAll(c.zone, "/", " ")+c.start[:7], func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			start, err := time.Parse(time.RFC3339, c.start)
			if err != nil {
				t.Fatal(err)
			}
			p := Policy{
				Zone: zone,
				Thinning: []site.Thin{
					{Every: site.ThinAll, For: day}, {Every: site.ThinHourly, For: 5 * day}, {Every: site.ThinDaily, For: 12 * day},
					{Every: site.ThinWeekly, For: 25 * day}, {Every: site.ThinMonthly, For: 33 * day},
				},
				Labels: []site.LabelKeep{{Label: "alarm", Keep: 28 * day}, {Label: "test", Keep: 6 * time.Hour}},
			}
			v := newVault(t, start, p)
			ctx, cancel := clock.WithCancel(context.Background())
			v.clk.Go(func() { v.k.Run(ctx) })
			random := rand.New(rand.NewPCG(1, uint64(start.Unix())))
			var all []archive.Entry
			for n := 0; v.clk.Now().Before(start.Add(36 * day)); n++ {
				if random.IntN(40) > 0 { // otherwise a gap
					all = append(all, v.take(v.clk.Now(), 1+n%2, []string{"", "", "alarm", "door", "test"}[random.IntN(5)], 80))
				}
				v.clk.RunFor(time.Duration(8+random.IntN(30)) * time.Minute)
				if n%400 == 0 {
					v.prune()
					v.wantThere(expected(all, p, v.clk.Now())...)
				}
			}
			cancel()
			v.clk.RunFor(0)
			v.prune()
			v.wantThere(expected(all, p, v.clk.Now())...)
			v.wantVerified()
			// A host that was away for long comes to the same.
			v.clk.RunFor(9 * day)
			v.prune()
			v.wantThere(expected(all, p, v.clk.Now())...)
			v.wantVerified()
		})
	}
}

// Hours, days, weeks and months end where the calendar has it, in zones of all
// kinds: with half an hour of summer time, with midnights that do not exist, with
// a day that was left out, and before 1970.
func TestSlotsAreThoseOfTheCalendar(t *testing.T) {
	for _, c := range []struct{ zone, start string }{
		{"Australia/Lord_Howe", "2026-03-30T00:00:00Z"}, {"Australia/Lord_Howe", "2026-09-30T00:00:00Z"},
		{"America/Sao_Paulo", "2018-10-31T00:00:00Z"}, {"America/Sao_Paulo", "2018-02-14T00:00:00Z"},
		{"Pacific/Apia", "2011-12-26T00:00:00Z"}, {"Africa/Casablanca", "2026-02-10T00:00:00Z"},
		{"Europe/Berlin", "2026-10-20T00:00:00Z"}, {"Asia/Kathmandu", "2026-12-25T00:00:00Z"}, {"UTC", "1969-12-20T00:00:00Z"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		start, err := time.Parse(time.RFC3339, c.start)
		if err != nil {
			t.Fatal(err)
		}
		p := Policy{Zone: zone}
		for every, name := range slots {
			numbers, names := make(map[string]int64), make(map[int64]string)
			for at := start; at.Before(start.Add(45 * day)); at = at.Add(10 * time.Minute) {
				slot, text := p.slot(every, at), name(at.In(zone))
				if n, ok := numbers[text]; ok && n != slot {
					t.Fatalf("%s: %s is two of %s", c.zone, text, every)
				}
				if before, ok := names[slot]; ok && before != text {
					t.Fatalf("%s: %s and %s are one of %s", c.zone, before, text, every)
				}
				numbers[text], names[slot] = slot, text
			}
		}
	}
}
