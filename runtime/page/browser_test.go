package page

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
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
	b := &browser{t: t, ctx: ctx}
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
		// A page that looks at a host of a part before would speak of its end.
		b.do(chromedp.Navigate("about:blank"))
		if said := b.said(); said != "" {
			t.Error("the page wrote to the console:", said)
		}
	})
}

// said is what pages wrote to the console since it was asked the last time.
func (b *browser) said() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := strings.Join(b.console, "\n")
	b.console = nil
	return all
}

// open shows the page of a host, and waits until it is live.
func (b *browser) open(h *fakeHost, on screen) {
	b.t.Helper()
	b.show(on)
	b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(h.URL+"/"))
	b.until(`document.getElementById("link").textContent === "live"`)
}

// show sets the screen.
func (b *browser) show(on screen) {
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

// until waits until something is true in the page, also in one that comes in its
// place.
func (b *browser) until(format string, args ...any) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	condition := fmt.Sprintf(format, args...)
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](condition))
		switch {
		case ok:
			return
		case ctx.Err() != nil:
			b.t.Fatalf("never was true: %s (%v); the page says:\n%s", condition, err, eval[string](b, `document.body.innerText.slice(0, 3000)`))
		}
		time.Sleep(10 * time.Millisecond)
	}
}
