package page

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/browsertest"

	"github.com/hiklua/hiklua/runtime/timeline"
)

// What the script makes of the data is what was written, for each track.
func testReading(t *testing.T, b *browser) {
	week := patrols(t, 4, 4_000, 5)
	change(week, func(i int, a *timeline.Action) {
		if i == 17 {
			a.Duration, a.Open = 400*24*time.Hour, true // more than 32 bits
		}
	})
	b.open(week, Options{}, browsertest.Wide(), "")
	h, all := decoded(t, write(t, week, Options{}))
	var want []string
	for _, s := range all {
		task := s.Task
		if task == "" {
			task = strings.TrimSuffix(s.Script+"/"+s.Job, "/")
		}
		want = append(want, fmt.Sprint(s.Lane, " ", s.Kind, " ", s.Failed, " ", s.Start, " ", s.Start+s.Length, " ", s.Open, " ", s.Label.Text, " ", s.Path, " ", task))
	}
	got := strings.Split(eval[string](b, `readData().then((d) => d.tracks.flatMap((t) => Array.from({length: t.count}, (_, n) => {
		const i = t.begin + n;
		return [d.lanes[t.lane].name, t.kind, !!t.failed, d.start[i], d.end[i], d.open[i] === 1, d.labels[d.label[i]].text, d.path[i] ? d.paths[d.path[i] - 1] : "", giverOf(d, i)].join(" ");
	})).join("\n"))`), "\n")
	slices.Sort(got)
	slices.Sort(want)
	if len(h.Lanes) == 0 || !slices.Equal(got, want) {
		t.Errorf("%d and %d lines; %q\nwant %q", len(got), len(want), got[0], want[0])
	}
}

// In columns, what lasts has the share of their time in which it went on, and
// moments have their number: as counted one by one.
func testColumns(t *testing.T, b *browser) {
	week := patrols(t, 3, 3_000, 5)
	change(week, func(_ int, a *timeline.Action) { a.Script, a.Job = "all", "" }) // many lanes in one: they overlap
	b.open(week, Options{By: timeline.ByScript}, browsertest.Wide(), "")
	wrong := eval[string](b, `readData().then((d) => {
		const wrong = [];
		for (const t of d.tracks) for (const [from, step] of [[0, d.span / 500], [d.span / 3 + 0.5, 12345.5], [d.span - 1e6, 9000], [-5e6, 7777]]) {
			const columns = 500;
			const actions = Array.from({ length: t.count }, (_, n) => [d.start[t.begin + n], d.end[t.begin + n]]);
			const share = new Float64Array(columns), number = new Uint32Array(columns);
			for (let c = 0; c < columns; c++) {
				const a = from + c * step, b = a + step;
				let covered = a;
				for (const [s, e] of actions) {
					if (s >= a && s < b) number[c]++;
					if (Math.min(e, b) > Math.max(s, covered)) {
						share[c] += Math.min(e, b) - Math.max(s, covered);
						covered = Math.min(e, b);
					}
				}
			}
			counts(d, t, from, step, columns, (c, n) => { number[c] -= n; });
			if (number.some((n) => n !== 0)) wrong.push(t.kind + " numbers from " + from);
			if (!lasting(t.kind)) continue;
			shares(t, from, step, columns, (c, s) => { share[c] -= s * step; });
			const off = Math.max(...share.map(Math.abs));
			if (off > 1e-3) wrong.push(t.kind + " shares from " + from + " off by " + off + " ms");
		}
		return wrong.join(", ");
	})`)
	if wrong != "" {
		t.Error(wrong)
	}
}

// The page tells time as Go does, in any zone, whatever zone the browser is in.
func testTime(t *testing.T, b *browser) {
	b.open(&timeline.Timeline{Site: "x", From: time.Unix(0, 0), To: time.Unix(60, 0), Zone: time.UTC}, Options{}, browsertest.Wide(), "")
	for _, c := range []struct{ zone, from string }{
		{"Europe/Berlin", "2026-03-28"}, {"Europe/Berlin", "2026-10-24"}, {"Australia/Lord_Howe", "2026-04-04"}, {"Australia/Lord_Howe", "2026-10-03"},
		{"Asia/Kathmandu", "2026-03-28"}, {"Pacific/Apia", "2011-12-29"}, {"America/New_York", "2026-11-01"}, {"Africa/Casablanca", "2026-02-14"},
	} {
		tl := span(t, c.zone, c.from, 72*time.Hour)
		h, _, _ := encode(tl, Options{})
		text, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		var want, ticks []string
		for at := tl.From; at.Before(tl.To); at = at.Add(97 * time.Second) {
			want = append(want, at.Format("Mon 2 Jan 15:04:05"))
		}
		for at := tl.From; at.Before(tl.To); at = at.Add(time.Minute) {
			if wall := at.In(tl.Zone); wall.Hour()%6 == 0 && wall.Minute() == 0 {
				ticks = append(ticks, wall.Format("Mon 2 Jan 15:04:05"))
			}
		}
		got := eval[[]string](b, `(() => { const c = new Clock(%s), all = []; for (let t = 0; t < c.span; t += 97000) all.push(c.moment(t, SECOND)); return all; })()`, text)
		if !slices.Equal(got, want) {
			t.Errorf("%s %s: times differ: %q, want %q", c.zone, c.from, got[:5], want[:5])
		}
		got = eval[[]string](b, `(() => { const c = new Clock(%s), all = []; c.ticks(0, c.span, 6 * HOUR, (t) => all.push(c.moment(t, SECOND))); return all; })()`, text)
		if !slices.Equal(got, ticks) {
			t.Errorf("%s %s: ticks %q, want %q", c.zone, c.from, got, ticks)
		}
	}
}
