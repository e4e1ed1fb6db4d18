package runtime

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/site"
)

// What is no file is not opened, told of once with what to do, and holds up
// nothing.
func TestOnlyFilesAreOpened(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"scripts/a.lua":           `print("a", pcall(require, "pipe"))`,
		"scripts/folder.lua/x":    "",
		"lib/folder.lua/init.lua": "",
		"scripts/b.lua":           `print("b", pcall(require, "folder"))`,
	})
	at := func(path string) string { return filepath.Join(w.dir, filepath.FromSlash(path)) }
	for _, path := range []string{"scripts/pipe.lua", "lib/pipe.lua"} {
		if err := syscall.Mkfifo(at(path), 0o644); err != nil {
			t.Skip(err)
		}
	}
	if err := os.Symlink("nowhere", at("scripts/link.lua")); err != nil {
		t.Skip(err)
	}
	w.start()
	w.run(time.Second)
	for range 5 {
		w.sync()
		w.run(time.Second)
	}
	for _, want := range []string{"scripts/pipe.lua is a pipe, not a file", "scripts/folder.lua is a folder, not a file", "scripts/link.lua is a link to a file that is not there", "hint="} {
		w.wantLog(want)
	}
	if n := strings.Count(w.log.String(), "script not loaded"); n != 3 {
		t.Errorf("%d lines about 3 things\n%s", n, w.log)
	}
	if len(w.printed) != 2 || !strings.Contains(w.printed[0], "lib/pipe.lua is a pipe") || !strings.Contains(w.printed[1], "lib/folder.lua is a folder") {
		t.Errorf("%q", w.printed)
	}
	// A script that becomes a pipe runs on, and one that was a pipe is loaded.
	w.remove("scripts/a.lua")
	if err := syscall.Mkfifo(at("scripts/a.lua"), 0o644); err != nil {
		t.Fatal(err)
	}
	w.remove("scripts/pipe.lua")
	w.write("scripts/pipe.lua", `print("a file now")`)
	w.write("nowhere", "")
	w.write("scripts/nowhere", `print("linked")`)
	w.sync()
	w.run(time.Second)
	if got := strings.Join(w.printed[2:], "|"); got != "linked|a file now" {
		t.Errorf("%s\n%s", got, w.log)
	}
	w.wantLog("scripts/a.lua is a pipe")
	if w.host.find("a") == nil {
		t.Error("a ended")
	}
	w.remove("site.yaml")
	if err := syscall.Mkfifo(at("site.yaml"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		w.sync()
	}
	if n := strings.Count(w.log.String(), "site.yaml is a pipe"); n != 1 {
		t.Errorf("%d lines about site.yaml\n%s", n, w.log)
	}
}

// A site.yaml that is away for a moment is no news; away for good it is told of
// once.
func TestSiteFileAway(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": turnForEver})
	w.start()
	w.run(time.Second)
	w.remove("site.yaml")
	w.clk.Go(func() { w.host.Sync(context.Background()) })
	w.run(goneFor / 2)
	w.write("site.yaml", oneHead+"vars: {a: 1}\n")
	w.run(time.Second)
	w.wantLog(`site.yaml taken over`)
	if strings.Contains(w.log.String(), "level=ERROR") {
		t.Error(w.log)
	}
	w.remove("site.yaml")
	for range 3 {
		w.sync()
		w.run(time.Second)
	}
	if n := strings.Count(w.log.String(), "level=ERROR"); n != 1 || !w.head().Moving(1) {
		t.Errorf("told %d times, moving %v\n%s", n, w.head().Moving(1), w.log)
	}
	w.wantLog("site.yaml not taken over")
}

// A file that is deleted ends its script, with the runs of old versions that were
// to finish.
func TestDeletedScriptEndsWhatFinishes(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.after(1, {on_reload = "finish"}, function()
			hik.after("1h", function() print("never") end)
			hik.device("gate"):ptz_pan_tilt(40, 0)
			hik.sleep("1h")
		end)`})
	w.start()
	w.run(5 * time.Second)
	w.write("scripts/a.lua", `hik.after("1h", function() print("never") end)`)
	w.sync()
	w.run(time.Second)
	if !w.head().Moving(1) {
		t.Error("the run that may finish was ended by a save")
	}
	w.remove("scripts/a.lua")
	w.sync()
	w.run(time.Second)
	if w.head().Moving(1) || len(w.host.alive()) != 0 || len(w.host.loaders) != 0 {
		t.Errorf("moving %v, %d Lua states, %d loaders", w.head().Moving(1), len(w.host.alive()), len(w.host.loaders))
	}
	w.run(2 * time.Hour)
	w.wantPrinted()
}

// The end of the host stops heads at once, also while scripts load, and does
// not wait for a site.yaml that cannot be read.
func TestShutdownWaitsForNoLoad(t *testing.T) {
	turn := `hik.spawn(function() hik.device("gate"):ptz_pan_tilt(40, 0) hik.sleep("1h") end)`
	ends := map[string]time.Duration{"old version ends slowly": onStopLimit, "site.yaml hangs": orderlyStop - hastyStop}
	for name, prepare := range map[string]func(w *world){
		"first load": func(w *world) { w.write("scripts/a.lua", `hik.sleep(29)`) },
		"reload": func(w *world) {
			w.write("scripts/a.lua", `hik.sleep(1)`)
			w.sync()
			w.run(2 * time.Second)
			w.write("scripts/a.lua", `hik.sleep(29)`)
			w.sync()
		},
		"old version ends slowly": func(w *world) {
			w.write("scripts/a.lua", `hik.on_stop(function() hik.device("gate"):ptz_pan_tilt(0, 20) hik.sleep(4) end)`)
			w.sync()
			w.run(2 * time.Second)
			w.write("scripts/a.lua", `print("new")`)
			w.sync()
		},
		"site.yaml hangs": func(w *world) {
			w.host.conf.Reload = func() (*site.Site, error) {
				w.clk.NewWaiter().Wait()
				return nil, nil
			}
			w.run(2 * time.Second)
			w.write("site.yaml", oneHead+"vars: {a: 1}\n")
			w.clk.Go(func() { w.host.Sync(context.Background()) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, oneHead, map[string]string{"scripts/b.lua": turn})
			if name == "first load" {
				prepare(w)
			}
			w.start()
			if name != "first load" {
				w.run(0)
				prepare(w)
			}
			w.run(3 * time.Second)
			if !w.head().Moving(1) {
				t.Fatalf("the head does not turn\n%s", w.log)
			}
			began := w.clk.Now()
			w.stop()
			w.run(100 * time.Millisecond)
			if w.head().Moving(1) {
				t.Errorf("the head turns 100 ms after the end\n%s", w.log)
			}
			for !w.ended && w.clk.Now().Sub(began) < time.Minute {
				w.run(100 * time.Millisecond)
			}
			if took := w.clk.Now().Sub(began); took > ends[name]+200*time.Millisecond || w.err != nil {
				t.Errorf("it took %v, %v", took, w.err)
			}
			if name == "site.yaml hangs" {
				w.t = &testing.T{} // the goroutine that hangs is left behind, as it must be
			}
		})
	}
}

// Some editors move a script aside before they write it anew.
func TestScriptAwayForAMoment(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `hik.on_stop(function() print("stopped") end) print("load")`})
	w.start()
	w.run(time.Second)
	source, err := os.ReadFile(filepath.Join(w.dir, "scripts", "a.lua"))
	if err != nil {
		t.Fatal(err)
	}
	w.remove("scripts/a.lua")
	w.sync()
	w.run(goneFor / 2)
	w.write("scripts/a.lua", string(source))
	w.run(time.Second)
	w.wantPrinted("load")
	w.remove("scripts/a.lua")
	w.sync()
	w.run(2 * goneFor)
	w.wantPrinted("load", "stopped")
}
