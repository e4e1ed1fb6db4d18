package page

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/hiklua/hiklua/runtime/browsertest"
)

// A picture is asked for only where it can be seen.
func testPictures(t *testing.T, b *browser) {
	h := newFakeHost(t, stateOf(t, large(60, 0)))
	asked := func() map[string]int {
		h.mu.Lock()
		defer h.mu.Unlock()
		all := h.pictures
		h.pictures = make(map[string]int)
		return all
	}
	b.open(h, browsertest.Wide())
	b.Until(`document.querySelectorAll(".picture img:not([hidden])").length > 3 && document.querySelector(".age:not([hidden])") !== null`)
	all := asked()
	if all["cam1/1"] == 0 || all["cam60/1"] > 0 || all["cam8/1"] > 0 || len(all) > 16 {
		t.Errorf("in sight are cam1 ...; cam8 is offline; asked for were %v", all)
	}
	if age := shown(b, ".card .age"); age != "2s old" && age != "3s old" && age != "4s old" {
		t.Errorf("%q", age)
	}
	b.Do(chromedp.ScrollIntoView(chromedp.CSS(".card:last-child")))
	b.Until(`document.querySelector(".card:last-child img:not([hidden])") !== null`)
	// A tab that is not seen asks for nothing, also where cards come into sight.
	eval[bool](b, `(() => { Object.defineProperty(document, "hidden", {get: () => true}); document.dispatchEvent(new Event("visibilitychange")); return true; })()`)
	paths := eval[string](b, `new Promise((done) => {
		const paths = [], card = document.querySelector(".card:nth-child(30)");
		window.fetch = (path) => { paths.push(path); return new Promise(() => {}); };
		new IntersectionObserver((all) => { if (all.at(-1).isIntersecting) setTimeout(() => done(paths.join()), 50); }).observe(card);
		card.scrollIntoView();
	})`)
	if paths != "" {
		t.Errorf("the tab is hidden, and it asks for %s", paths)
	}
}

func testLost(t *testing.T, b *browser) {
	h := newFakeHost(t, stateOf(t, yard()))
	sampleLines(h)
	b.open(h, browsertest.Wide())
	b.Until(`document.querySelectorAll("#lines li").length === 6`)
	h.setAway(true)
	b.Until(`document.getElementById("link").textContent === "the host does not answer: what you see is old" && document.body.classList.contains("old")`)
	if got := shown(b, "#clock"); got[:9] != "as of 20:" {
		t.Errorf("%q", got)
	}
	b.press("Stop head of gate")
	b.Until(`document.querySelector(".card:nth-child(4) .outcome.bad")?.textContent.endsWith(" the host does not answer")`)
	// What went in the meantime is gone, what is new is there, and no line twice.
	h.mu.Lock()
	delete(h.state, "device/ramp")
	h.lines["log"] = append(h.lines["log"], map[string]any{"time": stamp(0), "level": "INFO", "msg": "the host is back"})
	h.mu.Unlock()
	h.setAway(false)
	b.Until(`document.getElementById("link").textContent === "live" && !document.body.classList.contains("old")`)
	b.Until(`document.querySelectorAll(".card").length === 5 && document.querySelectorAll("#lines li").length === 7`)
	// The end of the host is told as such.
	h.send("bye", map[string]any{"reason": "stop"})
	b.Until(`document.getElementById("link").textContent === "the host has ended: what you see is old"`)
	h.setAway(true)
	eval[bool](b, `dispatchEvent(new Event("pageshow"))`)
	eval[bool](b, `new Promise((done) => setTimeout(() => done(true), 100))`)
	if got := shown(b, "#link"); got != "the host has ended: what you see is old" {
		t.Errorf("after a try in vain: %q", got)
	}
	b.Said() // the browser writes there that requests failed
}

// Where the session is over, the page goes to the login; why the stream is refused
// is told.
func testRefused(t *testing.T, b *browser) {
	h := newFakeHost(t, stateOf(t, yard()))
	b.open(h, browsertest.Wide())
	h.send("bye", map[string]any{"reason": "session"})
	b.Until(`location.pathname === "/login" && document.getElementById("password") === document.activeElement`)
	b.open(h, browsertest.Wide())
	// again has the page try again at once, as when it comes out of the history.
	again := func() bool { return eval[bool](b, `dispatchEvent(new Event("pageshow"))`) }
	h.refuse(`503 {"error":{"kind":"busy","message":"32 pages look at this host already"}}`)
	b.Until(`document.body.classList.contains("old")`)
	again()
	b.Until(`document.getElementById("link").textContent === "32 pages look at this host already: what you see is old"`)
	h.refuse(`401 {"error":{"kind":"login","message":"the session is over"}}`)
	again()
	b.Until(`location.pathname === "/login"`)
	h.refuse("")
	h.answers["POST /api/reload {}"] = `401 {"error":{"kind":"login","message":"the session is over"}}`
	b.open(h, browsertest.Wide())
	b.press("Reload")
	b.Until(`location.pathname === "/login"`)
	b.Said()
}

func testLines(t *testing.T, b *browser) {
	h := newFakeHost(t, stateOf(t, yard()))
	sampleLines(h)
	b.open(h, browsertest.Wide())
	b.Until(`document.querySelectorAll("#archive tbody tr").length === 3`) // what is below stays where it is from now on
	h.send("missed", map[string]any{"log": 12, "command": 0, "event": 0})
	for n := range 12 {
		var lines []any
		for i := range 100 {
			lines = append(lines, map[string]any{"time": stamp(-time.Second), "level": "INFO", "msg": fmt.Sprintf("line %d", n*100+i)})
		}
		h.send("log", lines)
	}
	b.Until(`document.querySelector("#lines li:last-child .what").textContent.trim() === "line 1199"`)
	const atEnd = `(() => { const e = document.getElementById("lines"); return e.scrollHeight - e.scrollTop - e.clientHeight < 2; })()`
	if n, said := eval[int](b, `document.querySelectorAll("#lines li").length`), shown(b, "#shown"); n != 1000 || said != "1000 lines" || !eval[bool](b, atEnd) {
		t.Errorf("%d lines, it says %s", n, said)
	}
	// Whoever scrolls back is left there.
	eval[bool](b, `(document.getElementById("lines").scrollTop -= 300) > 0`)
	b.Until(`!document.getElementById("follow").checked`)
	h.send("log", []any{map[string]any{"time": stamp(-time.Second), "level": "WARN", "msg": "one more", "device": "gate", "channel": 1, "size": 7}})
	b.Until(`document.querySelector("#lines li:last-child").textContent.includes("gate/yardwarning: one more size 7")`)
	if eval[bool](b, atEnd) {
		t.Error("it followed")
	}
	b.Do(chromedp.Click(chromedp.CSS("#follow")))
	b.Until(atEnd)
	b.Do(chromedp.Click(chromedp.CSS("#tab-command")))
	b.Until(`document.querySelectorAll("#lines li").length === 4`)
	got := eval[string](b, `[...document.querySelectorAll("#lines li")].map((e) => [...e.children].map((c) => c.textContent).join(" | ")).join("\n")`)
	want := `20:27:19 | gate/yard | preset 2 “door” 41ms, patrol/look round#3
20:27:24 | gate/yard | snapshot 312ms, waited 200ms, 184 kB, patrol/look round#3
20:27:25 | barn | error: snapshot: connection refused (nothing listens there: check port and scheme) 2ms, patrol/barn picture#12
20:27:26 | patrol/barn picture#12 | error: failed: barn: snapshot: offline 40ms`
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	b.Do(chromedp.Click(chromedp.CSS("#tab-event")))
	b.Until(`document.querySelector("#lines").innerText.includes("motion (human, region 2)")`)
}

// On a large site a change touches what changed, and nothing else.
func testLarge(t *testing.T, b *browser) {
	h := newFakeHost(t, stateOf(t, large(60, 140)))
	b.open(h, browsertest.Wide())
	if got := eval[string](b, `[document.querySelectorAll(".card").length, document.querySelectorAll("#jobs tbody tr").length, document.querySelectorAll("#scripts tbody tr").length].join()`); got != "60,140,47" {
		t.Errorf("%s", got)
	}
	if got := eval[string](b, tooWide); got != "" {
		t.Errorf("too wide: %s", got)
	}
	eval[bool](b, `(() => {
		window.touched = 0;
		window.made = 0;
		window.watcher = new MutationObserver((all) => { for (const m of all) {
			if (m.target.closest?.(".age, .time, .quiet, h2, select")) continue; // words of time, and presets
			window.touched++;
			for (const n of m.addedNodes) if (n.nodeType === 1) window.made++;
		} });
		watcher.observe(document.querySelector("main"), {subtree: true, childList: true, attributes: true, characterData: true});
		return true;
	})()`)
	for i := range 20 {
		d := h.state[fmt.Sprintf("device/cam%d", i+9)].(map[string]any)
		d["queue"] = 9
		j := h.state[fmt.Sprintf("job/s1/job %d", i%3+1)].(map[string]any)
		j["runs"] = 1000 + i
		h.change(map[string]any{fmt.Sprintf("device/cam%d", i+9): d, fmt.Sprintf("job/s1/job %d", i%3+1): j})
	}
	b.Until(`document.querySelector(".card:nth-child(27) .queue").textContent === "9 waiting"`)
	b.Until(`[...document.querySelectorAll("#jobs tbody tr")].slice(0, 3).some((e) => e.textContent.includes("1019 runs"))`)
	if made, touched := eval[int](b, `made`), eval[int](b, `touched`); made > 0 || touched > 200 {
		t.Errorf("20 changes made %d elements anew and touched %d", made, touched)
	}
}

// Names are shown as they are, and do nothing.
func testNames(t *testing.T, b *browser) {
	const evil = `<script>window.evil=1</script><img src=x onerror="window.evil=2">"'&lt;` + "\n\u202etxt 🎥 " + `__proto__`
	long := fmt.Sprintf("%0400d", 7)
	state := stateOf(t, yard())
	for n, name := range []string{evil, long, "بوابة", "постоянно/ночь", "constructor"} {
		d := map[string]any{
			"name": name, "address": name, "model": name, "state": "offline", "events": name, "queue": n, "active": 0,
			"heads": []any{map[string]any{"channel": 1, "moving": true, "owner": name}}, "channels": []any{map[string]any{"id": 1, "name": name, "head": true}},
			"error": map[string]any{"kind": "offline", "message": name, "hint": name, "place": "scripts/" + name + ".lua:1"},
		}
		state["device/"+name] = d
		state["script/"+name] = map[string]any{"name": name, "state": "running", "tasks": []any{name}, "jobs": 1, "edit": d["error"]}
		state["job/"+name+"/"+name] = map[string]any{
			"script": name, "job": name, "kind": "every", "when": name, "running": 0, "runs": 1,
			"last": map[string]any{"scheduled": stamp(0), "outcome": "failed", "error": d["error"]},
		}
	}
	h := newFakeHost(t, state)
	for kind := range map[string]bool{"log": true, "command": true, "event": true} {
		h.lines[kind] = []any{map[string]any{"time": stamp(0), "level": evil, "msg": evil, evil: evil, "kind": evil, "what": evil, "task": evil, "device": evil, "__proto__": evil}}
	}
	for _, on := range []screen{browsertest.Wide(), browsertest.Narrow()} {
		b.open(h, on)
		for _, where := range []string{".card h3", "#needs .who", "#jobs .name", "#scripts .name", "#lines .who"} {
			if !eval[bool](b, `[...document.querySelectorAll(%q)].some((e) => e.textContent === %q)`, where, evil) {
				t.Errorf("%s does not say %q", where, evil)
			}
		}
		if eval[bool](b, `"evil" in window || document.querySelectorAll("script").length !== 1 || [...document.images].some((i) => i.getAttribute("src") === "x")`) {
			t.Error("a name is more than text")
		}
		if got := eval[string](b, tooWide); got != "" {
			t.Errorf("%+v: too wide: %s", on, got)
		}
		for _, tab := range []string{"#tab-command", "#tab-event"} {
			b.Do(chromedp.Click(chromedp.CSS(tab)))
		}
	}
}
