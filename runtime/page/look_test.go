package page

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/hiklua/hiklua/runtime/browsertest"
)

func TestInABrowser(t *testing.T) {
	b := start(t)
	b.Part("look", func(t *testing.T) { testLook(t, b) })
	b.Part("needs", func(t *testing.T) { testNeeds(t, b) })
	b.Part("archive", func(t *testing.T) { testArchive(t, b) })
	b.Part("pictures", func(t *testing.T) { testPictures(t, b) })
	b.Part("actions", func(t *testing.T) { testActions(t, b) })
	b.Part("readonly", func(t *testing.T) { testReadOnly(t, b) })
	b.Part("keys", func(t *testing.T) { testKeys(t, b) })
	b.Part("focus", func(t *testing.T) { testFocus(t, b) })
	b.Part("lost", func(t *testing.T) { testLost(t, b) })
	b.Part("refused", func(t *testing.T) { testRefused(t, b) })
	b.Part("lines", func(t *testing.T) { testLines(t, b) })
	b.Part("large", func(t *testing.T) { testLarge(t, b) })
	b.Part("names", func(t *testing.T) { testNames(t, b) })
	b.Part("cluster", func(t *testing.T) { testCluster(t, b) })
	b.Part("login", func(t *testing.T) { testLogin(t, b) })
	b.Part("access", func(t *testing.T) { testAccess(t, b) })
}

// shown is what an element of the page says to those who see it.
func shown(b *browser, selector string) string {
	b.T.Helper()
	return eval[string](b, `document.querySelector(%q).innerText`, selector)
}

// screens are all that the page is made for.
func screens() []screen {
	all := []screen{browsertest.Wide(), browsertest.Narrow()}
	for _, s := range all {
		s.Dark = true
		all = append(all, s)
	}
	return all
}

// tooWide is by how many pixels the page, or the text in one of its parts, does
// not fit, and which.
const tooWide = `(() => {
	const page = document.documentElement.scrollWidth - document.documentElement.clientWidth;
	const parts = [...document.querySelectorAll("main, section, .card, .controls, table, #lines")].filter((e) => e.scrollWidth > e.clientWidth + 1);
	return page > 0 ? "the page by " + page : parts.map((e) => (e.id || e.className || e.tagName) + " by " + (e.scrollWidth - e.clientWidth)).join();
})()`

func testLook(t *testing.T, b *browser) {
	h := newFakeHost(t, stateOf(t, yard()))
	sampleLines(h)
	for _, on := range screens() {
		b.open(h, on)
		b.Until(`document.querySelector(".card img").naturalWidth > 0 || [...document.images].some((i) => i.naturalWidth > 0)`)
		if got := eval[string](b, tooWide); got != "" {
			t.Errorf("%+v: too wide: %s", on, got)
		}
		ground := eval[string](b, `getComputedStyle(document.body).backgroundColor`)
		if dark := ground == "rgb(15, 19, 23)"; dark != on.Dark {
			t.Errorf("%+v: the ground is %s", on, ground)
		}
		if on.Width > 600 {
			continue
		}
		small := eval[string](b, `[...document.querySelectorAll("button, select, input[type=search], nav a")].filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 43.5).map((e) => e.outerHTML).join()`)
		if small != "" {
			t.Errorf("too small for a finger: %s", small)
		}
	}
	for _, width := range []int64{320, 601, 768, 1001, 1920} {
		b.Do(chromedp.EmulateViewport(width, 900))
		if got := eval[string](b, tooWide); got != "" {
			t.Errorf("%d px: too wide: %s", width, got)
		}
	}
	b.Show(browsertest.Narrow())
	if got := shown(b, "#bar"); !strings.Contains(got, "north-yard") || !strings.Contains(got, "20:27:2") || !strings.Contains(got, "Europe/Berlin · up 3d04h") {
		t.Errorf("%q", got)
	}
	if got := shown(b, "#devices h2"); got != "Devices 3 of 6 online · 3 simulated" {
		t.Errorf("%q", got)
	}
	names := eval[string](b, `[...document.querySelectorAll(".card h3")].map((e) => e.textContent).join()`)
	if names != "barn,door,fence,gate,nvr-hall,ramp" {
		t.Errorf("%s", names)
	}
	gate := shown(b, ".card:nth-child(4)")
	for _, want := range []string{"gate", "SIMULATED", "online", "DS-2DE4425IWG-E", "events flowing", "3 waiting", "yard moves: patrol/look round#3", "Stop head"} {
		if !strings.Contains(gate, want) {
			t.Errorf("no %q in %q", want, gate)
		}
	}
	if barn := shown(b, ".card:nth-child(1)"); !strings.Contains(barn, "offline for 3h12m") || !strings.Contains(barn, "connection refused") {
		t.Errorf("%q", barn)
	}
	if eval[bool](b, `document.querySelector(".card:nth-child(1) .picture").checkVisibility()`) {
		t.Error("a device that is offline has a picture")
	}
}

func testNeeds(t *testing.T, b *browser) {
	h := newFakeHost(t, stateOf(t, yard()))
	b.open(h, browsertest.Wide())
	got := eval[string](b, `[...document.querySelectorAll("#needs li")].map((e) => e.textContent.replace(/\s+/g, " ").trim()).join("\n")`)
	want := strings.Join([]string{
		`state is not kept data/state.db: permission deniedgive the file to the user that the host runs as`,
		`barn offline for 3h12mconnection refused (nothing listens there: check port and scheme)also: patrol/barn picture`,
		`ramp locked until 20:48:27the account is locked after wrong passwordsput the right password into site.yaml; then hiklua login ramp`,
		`broken does not run no device "gaet"did you mean "gate"?scripts/broken.lua:2`,
		`weekend set aside for 1d02hits jobs do not begin"Let go" lets it run again`,
	}, "\n")
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if title := eval[string](b, `document.title`); title != "(5) north-yard · hiklua" {
		t.Errorf("%s", title)
	}
	b.Do(chromedp.Click(chromedp.CSS("#needs li:nth-child(2) a")))
	b.Until(`document.querySelector(".card:target h3")?.textContent === "barn"`)
	// What is mended goes, and with the last cause all of it.
	h.change(map[string]any{"state_error": nil, "device/barn": nil, "device/ramp": nil, "script/broken": nil, "script/weekend": nil, "job/patrol/barn picture": nil})
	b.Until(`document.getElementById("needs").hidden && document.title === "north-yard · hiklua"`)
	// Events that are lost for a moment are nothing.
	door := h.state["device/door"].(map[string]any)
	door["events"], door["events_since"] = "stale", stamp(-2*time.Second)
	h.change(map[string]any{"device/door": door})
	b.Until(`document.querySelector(".card:nth-child(1) [data-events=stale]") !== null`)
	if !eval[bool](b, `document.getElementById("needs").hidden`) {
		t.Error("a moment without events needs somebody")
	}
	door["events_since"] = stamp(time.Minute)
	h.change(map[string]any{"device/door": door})
	b.Until(`document.querySelector("#needs li:first-child")?.textContent.startsWith("door events stale for 1m")`)
	// A head that does not stop comes before all else.
	gate := h.state["device/gate"].(map[string]any)
	gate["heads"] = []any{map[string]any{"channel": 1, "moving": true, "stopping": true, "refused": "timeout: no answer within 5s"}}
	h.change(map[string]any{"device/gate": gate, "site": map[string]any{"dir": "/srv/north-yard", "timezone": "Europe/Berlin", "error": map[string]any{"message": "site.yaml:3: unknown key"}}})
	b.Until(`document.querySelector("#needs li.worst .who")?.textContent === "gate, yard"`)
}

func testArchive(t *testing.T, b *browser) {
	h := newFakeHost(t, stateOf(t, yard()))
	sampleLines(h)
	b.open(h, browsertest.Wide())
	b.Do(chromedp.ScrollIntoView(chromedp.CSS("#happens")))
	b.Until(`document.querySelectorAll("#archive tbody tr").length === 3`)
	if head := eval[string](b, `[...document.querySelectorAll("#archive thead th")].map((e) => e.textContent).join()`); head != "Channel,Tue 24,Wed 25,Thu 26,Fri 27,Sat 28,Sun 29,Mon 30,Missing" {
		t.Errorf("%s", head)
	}
	day := func(row, column int) string {
		return eval[string](b, `document.querySelector("#archive tbody tr:nth-child(%d)").cells[%d].textContent`, row, column)
	}
	// barn was away from 2:10 to 6:10, and is since 17:15.
	if got := day(1, 4); got != "02:00 to 03:00 some missing: offline; 03:00 to 06:00 all missing: offline; 06:00 to 07:00 some missing: offline" {
		t.Errorf("%s", got)
	}
	if got := day(1, 7); got != "17:00 to 18:00 some missing: offline; 18:00 to 20:30 all missing: offline" {
		t.Errorf("%s", got)
	}
	if got := day(2, 4); got != "no gap" {
		t.Errorf("%s", got)
	}
	if cells := eval[int](b, `document.querySelectorAll("#archive tbody tr:nth-child(2) td:nth-child(3) .cell.kept").length`); cells != 24 {
		t.Errorf("a day of %d hours", cells)
	}
	if title := eval[string](b, `document.querySelector("#archive .missing[title]").title`); title != "barn/yard, Fri 27 03:00: all missing: offline" {
		t.Errorf("%s", title)
	}
}

func testAccess(t *testing.T, b *browser) {
	axe := browsertest.NewAxe(t)
	h := newFakeHost(t, stateOf(t, yard()))
	sampleLines(h)
	check := func(where string, on screen, rules int) {
		if found := axe.Violations(b.Browser, rules); found != "" {
			t.Errorf("%s %+v: %s", where, on, found)
		}
	}
	for _, on := range []screen{browsertest.Wide(), browsertest.Narrow()} {
		on.Dark = on.Touch // each width and each scheme once: it takes its time
		b.open(h, on)
		b.Do(chromedp.ScrollIntoView(chromedp.CSS("#happens")))
		b.Until(`document.querySelectorAll("#archive tbody tr").length === 3`)
		check("page", on, 25)
		b.Do(chromedp.Click(chromedp.CSS("#scripts tbody tr:first-child .source")))
		b.Until(`document.querySelector("#source mark") !== null`)
		check("source", on, 10)
		b.Do(chromedp.Navigate(h.URL + "/login"))
		check("login", on, 10)
	}
}
