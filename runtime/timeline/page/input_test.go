package page

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/hiklua/hiklua/runtime/timeline"

	"github.com/hiklua/hiklua/runtime/browsertest"
)

func testKeys(t *testing.T, b *browser, week *timeline.Timeline) {
	b.open(week, Options{}, screen{Width: 1280, Height: 500, Scale: 1}, "") // not all lanes are in sight
	// The keyboard alone gets there.
	for n := 0; b.state().Focus != "stage"; n++ {
		if n > 20 {
			t.Fatal("20 times the tab key, and the picture has no focus")
		}
		b.Do(chromedp.KeyEvent(kb.Tab))
	}
	s := b.keys("n")
	if s.Range != "Mon 23 Mar 05:12 to Mon 23 Mar 05:22 (10m), finding 1 of 12" || s.Current != "Mon 23 Mar 2026 05:17:00" || s.Hash != "#t=2026-03-23T04:17:00.000Z&w=600&f=1" {
		t.Errorf("n: %+v", s)
	}
	if s = b.keys("nn"); !strings.Contains(s.Hash, "&f=3") {
		t.Errorf("nnn: %+v", s)
	}
	if s = b.keys("p"); !strings.Contains(s.Hash, "&f=2") {
		t.Errorf("p: %+v", s)
	}
	// The lane of a finding comes into sight.
	b.keys("nnnnnnnn")
	if y := eval[float64](b, `document.getElementById("stage").scrollTop`); y == 0 {
		t.Error("the lanes were not scrolled")
	}
	middle, width := b.state().view(t)
	if m, w := b.keys(kb.ArrowRight).view(t); w != width || !m.After(middle) {
		t.Errorf("right: %v %v", m, w)
	}
	b.keys(kb.ArrowLeft)
	if _, w := b.keys("+").view(t); w != width/2 {
		t.Errorf("+: %v, not %v", w, width/2)
	}
	if m, w := b.keys("-").view(t); w != width || m.Sub(middle).Abs() > time.Second {
		t.Errorf("-: %v %v", m, w)
	}
	if s := b.keys("0"); !strings.HasPrefix(s.Range, "Mon 23 Mar 00:00 to Mon 30 Mar 00:00") {
		t.Errorf("0: %+v", s)
	}
	for range 30 {
		b.Do(chromedp.KeyEvent("+"))
	}
	b.settled()
	if _, w := b.state().view(t); w != time.Second {
		t.Errorf("the shortest view is %v", w)
	}
}

func testLinks(t *testing.T, b *browser, week *timeline.Timeline) {
	b.open(week, Options{}, browsertest.Wide(), "#t=2026-03-29T01:00:00.000Z&w=7200")
	s := b.state()
	// The hour from 2 to 3 is not there.
	if s.Range != "Sun 29 Mar 01:00 to Sun 29 Mar 04:00 (2h)" {
		t.Errorf("%+v", s)
	}
	b.Do(chromedp.Click(chromedp.CSS("#findings li:nth-child(5) a")))
	b.settled()
	if s = b.state(); !strings.Contains(s.Hash, "w=600&f=5") || s.Focus != "stage" || s.Current != "Wed 25 Mar 2026 09:17:00" {
		t.Errorf("%+v", s)
	}
	for _, hash := range []string{"#t=nonsense&w=5", "#f=99", "#t=2026-03-25T00:00:00Z", "#&&&=%zz", "#t=2026-03-25T00:00:00Z&w=-1"} {
		b.open(week, Options{}, browsertest.Wide(), hash)
		if s = b.state(); !strings.HasPrefix(s.Range, "Mon 23 Mar 00:00 to Mon 30 Mar") || s.Trouble != "" {
			t.Errorf("%s: %+v", hash, s)
		}
	}
	b.open(week, Options{}, browsertest.Wide(), "#f=2")
	if s = b.state(); !strings.Contains(s.Range, "finding 2 of 12") {
		t.Errorf("%+v", s)
	}
}

func testMouse(t *testing.T, b *browser, week *timeline.Timeline) {
	b.open(week, Options{}, browsertest.Wide(), "#t=2026-03-25T12:00:00.000Z&w=86400")
	left, top, width, _ := b.stage()
	// The time at the pointer stays there: here it is the end of what is shown.
	middle, was := b.state().view(t)
	b.Do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseWheel, left+width-2, top+100, func(p *input.DispatchMouseEventParams) { p.DeltaX, p.DeltaY = 0.001, -240 }))
	b.settled()
	m, now := b.state().view(t)
	if now >= was || m.Add(now/2).Sub(middle.Add(was/2)).Abs() > was/400 {
		t.Errorf("wheel: %v around %v, then %v around %v", was, middle, now, m)
	}
	x := left + width - 250
	m1, w1 := b.state().view(t)
	b.Do(chromedp.DragAndDropXY(x, top+100, x-200, top+100))
	b.settled()
	if m2, w2 := b.state().view(t); w2 != w1 || !m2.After(m1.Add(w1/10)) || m2.After(m1.Add(w1/4)) {
		t.Errorf("drag by 200: from %v to %v, %v and %v wide", m1, m2, w1, w2)
	}
	// The tip says what lies at the pointer.
	b.load(filepath.Join(b.dir, "timeline.html"), browsertest.Wide(), "#t=2026-03-25T05:00:00.000Z&w=60")
	left, top, width, _ = b.stage()
	for y := top + 40; y < top+300; y += 5 {
		b.Do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, left+width/2, y))
		if eval[bool](b, `!document.getElementById("tip").hidden`) {
			break
		}
	}
	if tip := eval[string](b, `document.getElementById("tip").textContent`); !strings.Contains(tip, "cam") && !strings.Contains(tip, "tour") {
		t.Errorf("tip: %q", tip)
	}
}

func testTouch(t *testing.T, b *browser, week *timeline.Timeline) {
	b.open(week, Options{}, browsertest.Narrow(), "#t=2026-03-25T12:00:00.000Z&w=86400")
	left, top, width, _ := b.stage()
	x, y := left+width/2, top+120
	touch := func(kind input.DispatchTouchEventType, xs ...float64) {
		points := make([]*input.TouchPoint, 0)
		for _, x := range xs {
			points = append(points, &input.TouchPoint{X: x, Y: y, ID: new(float64(len(points) + 1))})
		}
		if _, err := chromedp.Call(b.Ctx, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: points}); err != nil {
			t.Fatal(err)
		}
	}
	touch(input.DispatchTouchEventTypeTouchStart, x-30, x+30)
	for apart := 40.0; apart <= 120; apart += 10 {
		touch(input.DispatchTouchEventTypeTouchMove, x-apart, x+apart)
	}
	touch(input.DispatchTouchEventTypeTouchEnd)
	b.settled()
	m1, w1 := b.state().view(t)
	if w1 > 7*time.Hour || w1 < 5*time.Hour {
		t.Errorf("pinched to a quarter of a day: %v", w1)
	}
	touch(input.DispatchTouchEventTypeTouchStart, x)
	for by := 10.0; by <= 100; by += 10 {
		touch(input.DispatchTouchEventTypeTouchMove, x-by)
	}
	touch(input.DispatchTouchEventTypeTouchEnd)
	b.settled()
	if m2, w2 := b.state().view(t); w2 != w1 || !m2.After(m1) {
		t.Errorf("moved by a finger: from %v to %v", m1, m2)
	}
}

func testButtons(t *testing.T, b *browser, week *timeline.Timeline) {
	b.open(week, Options{}, browsertest.Wide(), "")
	shown := eval[string](b, `[...document.querySelectorAll("#tools button")].filter((b) => !b.hidden).map((b) => b.textContent).join(" ")`)
	if shown != "All Day Hour Minute Second + − ◂ Finding Finding ▸" {
		t.Errorf("%q", shown)
	}
	for button, want := range map[string]time.Duration{"Day": 24 * time.Hour, "Hour": time.Hour, "Minute": time.Minute, "Second": time.Second} {
		eval[chromedp.Void](b, `[...document.querySelectorAll("#tools button")].find((b) => b.textContent === %q).click()`, button)
		b.settled()
		if _, w := b.state().view(t); w != want {
			t.Errorf("%s shows %v", button, w)
		}
	}
	b.Do(chromedp.SendKeys(chromedp.CSS("#filter"), "CAM03"))
	eval[chromedp.Void](b, `document.querySelector("#tools button").click()`)
	b.settled()
	if s := b.state(); !strings.Contains(s.Count, "in 1 lane,") || s.First[1] != "cam03/yard" {
		t.Errorf("%+v", s)
	}
	// A finding of a lane that the filter hides brings it back.
	b.focus()
	if s := b.keys("n"); !strings.Contains(s.Hash, "f=1") || eval[string](b, `document.getElementById("filter").value`) != "" {
		t.Errorf("%+v", s)
	}
}
