// Package browsertest drives a browser in tests of pages. It is for tests only.
//
// A Browser belongs to the test that starts it: the process, and the goroutine
// that collects what its console says, end with that test.
package browsertest

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

	"github.com/hiklua/hiklua/runtime/clock"
)

const (
	// Patience is how long a browser may take for one thing, on a machine that has
	// much else to do.
	Patience = 60 * time.Second
	// allPatience is how long it may take for all tests.
	allPatience = 5 * time.Minute
)

// OtherName is a name of this machine that is to the browser one of another: a page
// there is not trusted as one at 127.0.0.1 is, unless it has TLS.
const OtherName = "cams.example"

// Browser is a browser with one page open.
type Browser struct {
	T   *testing.T // the part that runs
	Ctx context.Context

	mu      sync.Mutex
	console []string
}

// Screen is what a page is shown on: its size in CSS pixels, and how many of its
// own make one.
type Screen struct {
	Width, Height int64
	Scale         float64
	Dark, Touch   bool
}

// Wide is the screen of a desk.
func Wide() Screen { return Screen{Width: 1280, Height: 900, Scale: 1} }

// Narrow is the screen of a phone.
func Narrow() Screen { return Screen{Width: 390, Height: 844, Scale: 2, Touch: true} }

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

// Start starts a browser. What pages write to its console fails the part that runs.
func Start(t *testing.T) *Browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.DisableGPU, chromedp.WSURLReadTimeout(Patience),
		chromedp.Flag("host-resolver-rules", "MAP "+OtherName+" 127.0.0.1"))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := clock.WithTimeout(clock.Real(), t.Context(), allPatience)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &Browser{T: t, Ctx: ctx}
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
			if strings.Contains(m.String(), "Cross-Origin-Opener-Policy header has been ignored") {
				continue // as for any page at OtherName without TLS
			}
			b.mu.Lock()
			b.console = append(b.console, m.String())
			b.mu.Unlock()
		}
	}()
	return b
}

// Part runs a part of a test.
func (b *Browser) Part(name string, f func(t *testing.T)) {
	whole := b.T
	whole.Run(name, func(t *testing.T) {
		b.T = t
		defer func() { b.T = whole }()
		f(t)
		// A page that looks at a host of a part before would speak of its end.
		b.Do(chromedp.Navigate("about:blank"))
		if said := b.Said(); said != "" {
			t.Error("the page wrote to the console:", said)
		}
	})
}

// Said is what pages wrote to the console since it was asked the last time.
func (b *Browser) Said() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := strings.Join(b.console, "\n")
	b.console = nil
	return all
}

// Show sets the screen.
func (b *Browser) Show(on Screen) {
	b.T.Helper()
	scheme := "light"
	if on.Dark {
		scheme = "dark"
	}
	viewport := []chromedp.EmulateViewportOption{chromedp.EmulateScale(on.Scale)}
	if on.Touch {
		viewport = append(viewport, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	b.Do(chromedp.EmulateViewport(on.Width, on.Height, viewport...))
	ctx, cancel := clock.WithTimeout(clock.Real(), b.Ctx, Patience)
	defer cancel()
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	}); err != nil {
		b.T.Fatal(err)
	}
}

// Do does things one after another.
func (b *Browser) Do(actions ...chromedp.Action[chromedp.Void]) {
	b.T.Helper()
	ctx, cancel := clock.WithTimeout(clock.Real(), b.Ctx, Patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.T.Fatal(err)
	}
}

// Eval runs a piece of script in the page; a promise is waited for.
func Eval[T any](b *Browser, format string, args ...any) T {
	b.T.Helper()
	ctx, cancel := clock.WithTimeout(clock.Real(), b.Ctx, Patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](fmt.Sprintf(format, args...), chromedp.EvalAwaitPromise))
	if err != nil {
		b.T.Fatal(err)
	}
	return v
}

// Until waits until something is true in the page, also in one that comes in its
// place.
func (b *Browser) Until(format string, args ...any) {
	b.T.Helper()
	ctx, cancel := clock.WithTimeout(clock.Real(), b.Ctx, Patience)
	defer cancel()
	condition := fmt.Sprintf(format, args...)
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](condition))
		switch {
		case ok:
			return
		case ctx.Err() != nil:
			b.T.Fatalf("never was true: %s (%v); the page says:\n%s", condition, err, Eval[string](b, `document.body.innerText.slice(0, 3000)`))
		}
		_ = clock.Sleep(ctx, clock.Real(), 10*time.Millisecond)
	}
}
