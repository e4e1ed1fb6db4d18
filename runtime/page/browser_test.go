package page

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/hiklua/hiklua/runtime/browsertest"
)

// browser is a browser with the page of a host open.
type browser struct{ *browsertest.Browser }

type screen = browsertest.Screen

func start(t *testing.T) *browser { return &browser{browsertest.Start(t)} }

// open shows the page of a host, and waits until it is live.
func (b *browser) open(h *fakeHost, on screen) {
	b.T.Helper()
	b.Show(on)
	b.Do(chromedp.Navigate("about:blank"), chromedp.Navigate(h.URL+"/"))
	b.Until(`document.getElementById("link").textContent === "live"`)
}

func eval[T any](b *browser, format string, args ...any) T {
	b.T.Helper()
	return browsertest.Eval[T](b.Browser, format, args...)
}
