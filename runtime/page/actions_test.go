package page

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/hiklua/hiklua/runtime/browsertest"
)

// press presses the button of that label.
func (b *browser) press(label string) {
	b.T.Helper()
	if !eval[bool](b, `(() => { const b = [...document.querySelectorAll("button")].find((b) => b.ariaLabel === %q || b.textContent === %q); b?.click(); return Boolean(b); })()`, label, label) {
		b.T.Fatalf("there is no button %q", label)
	}
}

// at is the time of day before the last error that is shown.
func at(b *browser) string {
	b.T.Helper()
	return eval[string](b, `/^\d\d:\d\d:\d\d /.exec([...document.querySelectorAll(".outcome.bad:not([hidden])")].at(-1)?.textContent ?? "")?.[0] ?? ""`)
}

func testActions(t *testing.T, b *browser) {
	h := newFakeHost(t, stateOf(t, yard()))
	sampleLines(h)
	h.answers["POST /api/reload {}"] = `200 [{"what":"patrol","did":"reloaded"},{"what":"broken","did":"not loaded","error":{"message":"no device \"gaet\""}}]`
	h.answers[`POST /api/jobs/run {"job":"patrol/look round"}`] = `409 {"error":{"kind":"busy","message":"patrol/look round runs already"}}`
	h.answers["GET /api/devices/ramp/channels/1/presets"] = `409 {"error":{"kind":"locked","message":"ramp is locked"}}`
	h.answers[`POST /api/heads/stop {"device":"ramp","channel":1}`] = `409 {"error":{"kind":"locked","message":"ramp is locked","hint":"wait"}}`
	b.open(h, browsertest.Wide())
	near := func(row string) string {
		b.Until(`[...document.querySelectorAll(%q)].some((e) => !e.hidden)`, row+" .outcome")
		return strings.TrimPrefix(shown(b, row+" .outcome:not([hidden])"), at(b))
	}

	b.press("Run now: patrol/on motion")
	if got, want := near("#jobs tr:nth-child(5)"), "started"; got != want || h.took() != `POST /api/jobs/run {"job":"patrol/on motion"}` {
		t.Errorf("%q", got)
	}
	b.press("Run now: patrol/look round")
	if got, want := near("#jobs tr:nth-child(4)"), "patrol/look round runs already"; got != want {
		t.Errorf("%q", got)
	}
	b.Until(`document.getElementById("said").textContent.endsWith(" patrol/look round runs already")`)
	h.took()

	b.press("Stop head of gate")
	if got, took := near(".card:nth-child(4)"), h.took(); got != "the head is stopped" || took != `POST /api/heads/stop {"device":"gate","channel":1}` {
		t.Errorf("%q, %s", got, took)
	}
	b.press("Stop head of ramp")
	if got := near(".card:nth-child(6)"); got != "ramp is locked — wait" {
		t.Errorf("%q", got)
	}
	h.took()

	// Presets are asked for when somebody comes near.
	b.press("Go to the preset of gate")
	if got, took := near(".card:nth-child(4)"), h.took(); got != "choose a preset first" || took != "" {
		t.Errorf("%q, %s", got, took)
	}
	b.Until(`document.querySelector(".card:nth-child(4) .recall select").length === 4`)
	eval[bool](b, `(document.querySelector(".card:nth-child(4) .recall select").value = "2") === "2"`)
	b.press("Go to the preset of gate")
	b.Until(`document.querySelector(".card:nth-child(4) .outcome").textContent === "goes to 2 door"`)
	if took := h.took(); took != `POST /api/presets/recall {"device":"gate","channel":1,"preset":2}` {
		t.Errorf("%s", took)
	}

	// Another channel has another picture, and perhaps no head.
	b.Do(chromedp.ScrollIntoView(chromedp.CSS(".card:nth-child(5)")))
	b.Until(`document.querySelector(".card:nth-child(5) img:not([hidden])") !== null`)
	if !eval[bool](b, `(() => { const s = document.querySelector(".card:nth-child(5) select"); s.value = "7"; s.dispatchEvent(new Event("change")); return document.querySelector(".card:nth-child(5) img").hidden; })()`) {
		t.Error("the picture of one channel stands for another")
	}
	b.Until(`!document.querySelector(".card:nth-child(5) .stop").checkVisibility() && document.querySelector(".card:nth-child(5) img").alt === "Picture of nvr-hall, east corridor behind the lift"`)

	b.press("Set aside: patrol")
	if got, took := near("#scripts tr:nth-child(3)"), h.took(); !strings.HasPrefix(got, "set aside") || took != `POST /api/scripts/hold {"script":"patrol"}` {
		t.Errorf("%q, %s", got, took)
	}
	b.press("Let go: weekend")
	if got, took := near("#scripts tr:nth-child(4)"), h.took(); got != "let go" || took != `POST /api/scripts/release {"script":"weekend"}` {
		t.Errorf("%q, %s", got, took)
	}

	b.press("Reload")
	b.Until(`document.querySelector("main > .outcome.bad:not([hidden])") !== null`)
	if got, took := strings.TrimPrefix(shown(b, "main > .outcome"), at(b)), h.took(); got != `patrol reloaded; broken not loaded: no device "gaet"` || took != "POST /api/reload {}" {
		t.Errorf("%q, %s", got, took)
	}
	b.Said() // the browser writes there that answers were 409
}

// Where actions are forbidden there are no buttons for them.
func testReadOnly(t *testing.T, b *browser) {
	state := stateOf(t, yard())
	state["page"] = map[string]any{"actions": false, "pictures": 0}
	h := newFakeHost(t, state)
	b.open(h, browsertest.Wide())
	got := eval[string](b, `[...document.querySelectorAll("button, select")].filter((e) => e.checkVisibility()).map((e) => e.ariaLabel ?? e.textContent).join()`)
	if got != "Log out,scripts/broken.lua:2,Channel of nvr-hall,broken,night,patrol,weekend,Log,Commands,Events" {
		t.Errorf("%s", got)
	}
	if eval[bool](b, `[...document.querySelectorAll(".picture")].some((e) => e.checkVisibility())`) || len(h.pictures) > 0 {
		t.Error("pictures are off, and there are some")
	}
}
