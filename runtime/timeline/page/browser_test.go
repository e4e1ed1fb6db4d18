package page

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/hiklua/hiklua/runtime/timeline"
)

const (
	// patience is how long a browser may take for one thing, on a machine that has
	// much else to do.
	patience = 60 * time.Second
	// allPatience is how long it may take for all tests.
	allPatience = 5 * time.Minute
)

// browser is a browser with one page open.
type browser struct {
	t   *testing.T
	ctx context.Context
	dir string // of pages

	mu      sync.Mutex
	console []string
}

// screen is what a page is shown on.
type screen struct {
	width, height int64
	scale         float64
	dark, touch   bool
}

var (
	wide   = screen{width: 1280, height: 900, scale: 1}
	narrow = screen{width: 390, height: 844, scale: 2, touch: true}
)

// chromium is the browser's program. Without one the test is skipped.
func chromium(t *testing.T) string {
	if testing.Short() {
		t.Skip("a browser takes its time")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("NOT TESTED in a browser: there is no chromium here (Debian: apt-get install chromium)")
	return ""
}

// start starts a browser. What pages write to its console fails the test.
func start(t *testing.T) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.DisableGPU, chromedp.WSURLReadTimeout(patience))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := context.WithTimeout(t.Context(), allPatience)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx, dir: t.TempDir()}
	// The browser lives as long as the context of its first action.
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			b.mu.Lock()
			b.console = append(b.console, m.String())
			b.mu.Unlock()
		}
	}()
	return b
}

// part runs a part of a test.
func (b *browser) part(name string, f func(t *testing.T)) {
	whole := b.t
	whole.Run(name, func(t *testing.T) {
		b.t = t
		defer func() { b.t = whole }()
		f(t)
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.console) > 0 {
			t.Error("the page wrote to the console:", strings.Join(b.console, "\n"))
			b.console = nil
		}
	})
}

// open shows a timeline.
func (b *browser) open(tl *timeline.Timeline, o Options, on screen, hash string) {
	b.t.Helper()
	path := filepath.Join(b.dir, "timeline.html")
	if err := os.WriteFile(path, []byte(write(b.t, tl, o)), 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.load(path, on, hash)
}

// load shows a page at a place and waits for its picture.
func (b *browser) load(path string, on screen, hash string) {
	b.t.Helper()
	scheme := "light"
	if on.dark {
		scheme = "dark"
	}
	viewport := []chromedp.EmulateViewportOption{chromedp.EmulateScale(on.scale)}
	if on.touch {
		viewport = append(viewport, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	b.do(chromedp.EmulateViewport(on.width, on.height, viewport...))
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	}); err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.Navigate("about:blank"), chromedp.Navigate((&url.URL{Scheme: "file", Path: path}).String()+hash))
	b.settled()
}

func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// eval runs a piece of script in the page; a promise is waited for.
func eval[T any](b *browser, format string, args ...any) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](fmt.Sprintf(format, args...), chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// settled waits until the picture is drawn and the table below says the same.
func (b *browser) settled() {
	b.t.Helper()
	eval[bool](b, `new Promise((done) => {
		const table = document.getElementById("inview").parentElement, trouble = document.getElementById("trouble");
		const look = () => table.getAttribute("aria-busy") === "false" || !trouble.hidden ? done(true) : setTimeout(look, 20);
		setTimeout(look, 50); // a frame is drawn in between
	})`)
}
