package page

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/hiklua/hiklua/runtime/browsertest"
	"github.com/hiklua/hiklua/runtime/timeline"
)

// browser is a browser with a timeline open.
type browser struct {
	*browsertest.Browser
	dir string // of pages
}

type screen = browsertest.Screen

func start(t *testing.T) *browser { return &browser{browsertest.Start(t), t.TempDir()} }

// open shows a timeline.
func (b *browser) open(tl *timeline.Timeline, o Options, on screen, hash string) {
	b.T.Helper()
	path := filepath.Join(b.dir, "timeline.html")
	if err := os.WriteFile(path, []byte(write(b.T, tl, o)), 0o600); err != nil {
		b.T.Fatal(err)
	}
	b.load(path, on, hash)
}

// load shows a page at a place and waits for its picture.
func (b *browser) load(path string, on screen, hash string) {
	b.T.Helper()
	b.Show(on)
	b.Do(chromedp.Navigate("about:blank"), chromedp.Navigate((&url.URL{Scheme: "file", Path: path}).String()+hash))
	b.settled()
}

func eval[T any](b *browser, format string, args ...any) T {
	b.T.Helper()
	return browsertest.Eval[T](b.Browser, format, args...)
}

// settled waits until the picture is drawn and the table below says the same.
func (b *browser) settled() {
	b.T.Helper()
	eval[bool](b, `new Promise((done) => {
		const table = document.getElementById("inview").parentElement, trouble = document.getElementById("trouble");
		const look = () => table.getAttribute("aria-busy") === "false" || !trouble.hidden ? done(true) : setTimeout(look, 20);
		setTimeout(look, 50); // a frame is drawn in between
	})`)
}
