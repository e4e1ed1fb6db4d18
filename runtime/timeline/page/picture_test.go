package page

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/hiklua/hiklua/runtime/timeline"

	"github.com/hiklua/hiklua/runtime/browsertest"
)

// state is what the page says that it shows.
type state struct {
	Range, Hash, Count, Focus, Current, Trouble string
	First                                       []string // row of the table
	Rows                                        int
	Overflow                                    int // pixels by which the page is too wide
}

func (b *browser) state() state {
	b.T.Helper()
	text := eval[string](b, `(() => {
		const text = (id) => document.getElementById(id).textContent;
		const rows = document.querySelectorAll("#inview tbody tr"), current = document.querySelector("#findings [aria-current]");
		return JSON.stringify({
			Range: text("range"), Hash: location.hash, Count: text("inview-count"), Focus: document.activeElement.id, Trouble: text("trouble"),
			Current: current ? current.querySelector("a").textContent : "", Rows: rows.length,
			First: rows.length ? [...rows[0].cells].map((c) => c.textContent) : [],
			Overflow: document.documentElement.scrollWidth - window.innerWidth,
		});
	})()`)
	var s state
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		b.T.Fatal(err)
	}
	return s
}

// colours is how many a canvas has: one that nothing was drawn on has one.
func (b *browser) colours(canvas string) int {
	b.T.Helper()
	return eval[int](b, `(() => {
		const c = document.getElementById(%q);
		return new Set(new Uint32Array(c.getContext("2d").getImageData(0, 0, c.width, c.height).data.buffer)).size;
	})()`, canvas)
}

// keys are typed where the focus is.
func (b *browser) keys(keys string) state {
	b.T.Helper()
	b.Do(chromedp.KeyEvent(keys))
	b.settled()
	return b.state()
}

func (b *browser) focus() {
	b.Do(chromedp.Focus(chromedp.CSS("#stage")))
}

// stage is where the lanes are on the screen.
func (b *browser) stage() (left, top, width, height float64) {
	b.T.Helper()
	b.Do(chromedp.ScrollIntoView(chromedp.CSS("#stage")))
	r := eval[[]float64](b, `(() => { const r = document.getElementById("stage").getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; })()`)
	return r[0], r[1], r[2], r[3]
}

// view is what the link of the page says: from when on, and how long.
func (s state) view(t *testing.T) (middle time.Time, width time.Duration) {
	t.Helper()
	var at string
	var w float64
	if _, err := fmt.Sscanf(strings.ReplaceAll(strings.TrimPrefix(s.Hash, "#t="), "&", " "), "%s w=%g", &at, &w); err != nil {
		t.Fatal(s.Hash, err)
	}
	middle, err := time.Parse(time.RFC3339, at)
	if err != nil {
		t.Fatal(err)
	}
	return middle, time.Duration(w * 1e9)
}

func TestInABrowser(t *testing.T) {
	b := start(t)
	week := patrols(t, 10, 20_000, 7)
	b.Part("first picture", func(t *testing.T) {
		for _, on := range []screen{browsertest.Wide(), browsertest.Narrow()} {
			for _, on.Dark = range []bool{false, true} {
				b.open(week, Options{}, on, "")
				s := b.state()
				if s.Range != "Mon 23 Mar 00:00 to Mon 30 Mar 00:00 (6d23h)" || !strings.Contains(s.Count, " actions in ") || s.Rows != 100 || s.Overflow > 0 {
					t.Errorf("%+v: %+v", on, s)
				}
				if lanes, overview := b.colours("lanes"), b.colours("overview"); lanes < 12 || overview < 6 {
					t.Errorf("%+v: the picture has %d colours, the overview %d", on, lanes, overview)
				}
				if s.First[1] != "cam00/yard" && s.First[1] != "s00/tour" || !strings.HasPrefix(s.First[0], "Mon 23 Mar 00:00:00") {
					t.Errorf("%+v: %q", on, s.First)
				}
			}
		}
	})
	b.Part("keys", func(t *testing.T) { testKeys(t, b, week) })
	b.Part("links", func(t *testing.T) { testLinks(t, b, week) })
	b.Part("mouse", func(t *testing.T) { testMouse(t, b, week) })
	b.Part("touch", func(t *testing.T) { testTouch(t, b, week) })
	b.Part("buttons", func(t *testing.T) { testButtons(t, b, week) })
	b.Part("reading", func(t *testing.T) { testReading(t, b) })
	b.Part("columns", func(t *testing.T) { testColumns(t, b) })
	b.Part("time", func(t *testing.T) { testTime(t, b) })
	b.Part("names", func(t *testing.T) { testNames(t, b) })
	b.Part("access", func(t *testing.T) { testAccess(t, b) })
	b.Part("empty", func(t *testing.T) {
		b.open(&timeline.Timeline{Site: "x", From: week.From, To: week.To, Zone: week.Zone}, Options{}, browsertest.Wide(), "")
		if s := b.state(); s.Count != "0 actions in 0 lanes." || s.Trouble != "" {
			t.Errorf("%+v", s)
		}
	})
	b.Part("damaged", func(t *testing.T) {
		page := write(t, week, Options{})
		data := between(t, page, `type="application/octet-stream">`, "</script>")
		path := filepath.Join(b.dir, "damaged.html")
		if err := os.WriteFile(path, []byte(strings.Replace(page, data, data[:len(data)/8*4], 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		b.load(path, browsertest.Wide(), "")
		if s := b.state(); s.Trouble != "The data is damaged: this file is not whole." {
			t.Errorf("%+v", s)
		}
	})
}

// Names are shown as they are, and do nothing.
func testNames(t *testing.T, b *browser) {
	const evil = `<script>window.evil=1</script><img src=x onerror="window.evil=2">"'&lt;` + "\n\u202etxt"
	from := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	tl := &timeline.Timeline{Site: evil, From: from, To: from.Add(time.Hour), Zone: time.UTC}
	tl.Actions = timeline.NewActions(time.UTC, timeline.Action{
		Time: from, Duration: time.Minute, Kind: timeline.Run, Device: evil, Channel: 1, Place: evil, Script: evil, Job: evil, Task: evil, Text: evil, Failed: evil, Message: evil,
	})
	tl.Findings = []timeline.Finding{{Time: from, Count: 1, Device: evil, Place: evil, Script: evil, Text: evil, Remedy: evil}}
	b.open(tl, Options{Command: evil}, browsertest.Wide(), "")
	s := b.state()
	title := eval[string](b, `document.querySelector("h1").textContent`)
	if title != evil || s.First[1] != evil || !strings.Contains(s.First[2], evil) || s.First[4] != evil {
		t.Errorf("%q, %q", title, s.First)
	}
	if list := eval[string](b, `document.querySelector("#findings ol").textContent`); strings.Count(list, evil) != 4 {
		t.Errorf("%q", list)
	}
	if eval[bool](b, `"evil" in window || document.querySelectorAll("img, script").length !== 2`) {
		t.Error("a name is more than text")
	}
}

func testAccess(t *testing.T, b *browser) {
	axe := browsertest.NewAxe(t)
	week := patrols(t, 10, 20_000, 7)
	for _, on := range []screen{browsertest.Wide(), browsertest.Narrow()} {
		for _, on.Dark = range []bool{false, true} {
			b.open(week, Options{}, on, "#f=2")
			if found := axe.Violations(b.Browser, 20); found != "" {
				t.Errorf("%+v: %s", on, found)
			}
		}
	}
}
