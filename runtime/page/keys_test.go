package page

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/hiklua/hiklua/runtime/browsertest"
)

// focused is what has the focus.
func (b *browser) focused() string {
	b.T.Helper()
	return eval[string](b, `(() => { const e = document.activeElement; return e.ariaLabel ?? (e.id || e.textContent); })()`)
}

// tabTo presses the tab key until something has the focus. Each stop on the way
// must be seen to have it.
func (b *browser) tabTo(want string) {
	b.T.Helper()
	for range 80 {
		b.Do(chromedp.KeyEvent(kb.Tab))
		if !eval[bool](b, `(() => { const e = document.activeElement; return e !== document.body && e.checkVisibility() && parseFloat(getComputedStyle(e).outlineWidth) >= 1 && getComputedStyle(e).outlineStyle !== "none"; })()`) {
			b.T.Errorf("no focus is seen on %q", b.focused())
		}
		if b.focused() == want {
			return
		}
	}
	b.T.Fatalf("80 times the tab key, and %q has no focus", want)
}

// All can be reached and done with keys.
func testKeys(t *testing.T, b *browser) {
	h := newFakeHost(t, stateOf(t, yard()))
	sampleLines(h)
	b.open(h, browsertest.Wide())
	b.Do(chromedp.KeyEvent(kb.Tab))
	if got := b.focused(); got != "Skip to what matters" {
		t.Errorf("the first stop is %q", got)
	}
	b.Do(chromedp.KeyEvent(kb.Enter))
	b.Until(`location.hash === "#main"`)
	b.tabTo("scripts/broken.lua:2")
	b.Do(chromedp.KeyEvent(kb.Enter))
	b.Until(`document.querySelector("#source mark")?.textContent === 'local gate = hik.device("gaet")'`)
	if got := shown(b, "#source-title"); got != "scripts/broken.lua, line 2" {
		t.Errorf("%q", got)
	}
	if got := shown(b, "#source .outcome"); got != `no device "gaet"` {
		t.Errorf("%q", got)
	}
	if first, marked := eval[float64](b, `document.querySelector("#source .line").getBoundingClientRect().bottom`), eval[float64](b, `document.querySelector("#source mark").getBoundingClientRect().bottom`); marked-first < 10 || marked-first > 40 {
		t.Errorf("line 2 ends %v px below line 1", marked-first)
	}
	b.Do(chromedp.KeyEvent(kb.Escape))
	b.Until(`!document.getElementById("source").open`)
	if got := b.focused(); got != "scripts/broken.lua:2" {
		t.Errorf("after the source %q has the focus", got)
	}

	b.tabTo("Preset of gate")
	b.Until(`document.activeElement.length === 4`)
	b.Do(chromedp.KeyEvent("2"))
	b.tabTo("Go to the preset of gate")
	b.Do(chromedp.KeyEvent(kb.Enter))
	b.Until(`document.getElementById("said").textContent === "goes to 2 door"`)
	b.tabTo("Stop head of gate")
	b.Do(chromedp.KeyEvent(" "))
	b.Until(`document.getElementById("said").textContent === "the head is stopped"`)
	if got := h.took(); got != "POST /api/presets/recall {\"device\":\"gate\",\"channel\":1,\"preset\":2}\nPOST /api/heads/stop {\"device\":\"gate\",\"channel\":1}" {
		t.Errorf("%s", got)
	}
	if got := b.focused(); got != "Stop head of gate" {
		t.Errorf("an action gave the focus to %q", got)
	}

	b.tabTo("tab-log")
	b.Do(chromedp.KeyEvent(kb.ArrowRight))
	b.Until(`document.activeElement.id === "tab-command" && document.querySelectorAll("#lines li").length === 4`)
	b.Do(chromedp.KeyEvent(kb.ArrowRight + kb.ArrowRight))
	b.Until(`document.activeElement.id === "tab-log" && document.querySelectorAll("#lines li").length === 6`)
	b.tabTo("filter")
	b.Do(chromedp.KeyEvent("BARN"))
	b.Until(`document.querySelectorAll("#lines li").length === 2 && document.getElementById("shown").textContent === "2 of 6 lines"`)
	b.tabTo("lines") // so that keys can scroll it
}

// What changes does not take the focus away, nor move the button under it.
func testFocus(t *testing.T, b *browser) {
	h := newFakeHost(t, stateOf(t, yard()))
	b.open(h, browsertest.Wide())
	eval[bool](b, `(() => { document.querySelector("[aria-label='Run now: patrol/look round']").focus(); return true; })()`)
	where := func() float64 {
		return eval[float64](b, `document.activeElement.getBoundingClientRect().top`)
	}
	top := where()
	job := h.state["job/patrol/look round"].(map[string]any)
	job["next"], job["runs"], job["running"] = stamp(-5e9), 413, 0
	gate := h.state["device/gate"].(map[string]any)
	gate["heads"], gate["queue"] = []any{}, 0
	h.change(map[string]any{"job/patrol/look round": job, "device/gate": gate})
	b.Until(`document.querySelector(".card:nth-child(4) .heads").textContent.includes("yard at rest")`)
	if got := b.focused(); got != "Run now: patrol/look round" || where() != top {
		t.Errorf("%q has the focus, %v px from where it was", got, where()-top)
	}
	// A row that goes away gives it to its neighbour.
	h.change(map[string]any{"job/patrol/look round": nil})
	b.Until(`document.activeElement.ariaLabel === "Run now: patrol/on motion"`)
}
