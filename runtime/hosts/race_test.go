package hosts

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/archive/gaps"
)

// TestHostsComeAndGo: whatever is asked while Hosts come and go is answered, or
// refused because another host has it, and never hangs.
func TestHostsComeAndGo(t *testing.T) {
	w := newWorld(t, false, map[string]string{"scripts/all.lua": `
		hik.every("1h", {name = "round", overlap = "queue"}, function() hik.sleep(0.01) end)
		hik.on("told", function() end)
	`, "scripts/held.lua": `hik.every("1h", function() end)`})
	w.held("west", "right")
	w.held("east", "right")
	g := w.group
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	session := func() error {
		s, err := g.NewSession(runtime.Output{})
		if err != nil {
			return err
		}
		defer s.Close()
		s.Eval(ctx, `hik.devices()[1].name`) // of a share that is lost it ends with the share
		return nil
	}
	asks := map[string]func() error{
		"stop":    func() error { return g.StopHead(ctx, "east", 1) },
		"preset":  func() error { return g.RecallPreset(ctx, "west", 1, 1) },
		"presets": func() error { _, err := g.Presets(ctx, "east", 1); return err },
		"picture": func() error { _, err := g.Picture(ctx, "west", 1); return err },
		"cost":    func() error { _, err := g.LoginCost("east"); return err },
		"login":   func() error { _, err := g.Login(ctx, "east"); return err },
		"job":     func() error { return g.RunJob("all/round") },
		"wait":    func() error { _, err := g.RunJobWait(ctx, "round"); return err },
		"hold": func() error {
			if err := g.HoldScript("held"); err != nil {
				return err
			}
			return g.ReleaseScript("held")
		},
		"source":  func() error { _, err := g.ScriptSource("all"); return err },
		"exec":    func() error { return g.Exec(ctx, runtime.Program{Name: "x", Source: []byte(`hik.sleep(0.005)`)}).Err },
		"session": session,
		"archive": func() error {
			return g.UseArchives(ctx, func(all []runtime.OpenArchive) error {
				for _, one := range all {
					if err := one.Index.List(ctx, archive.Query{}, func(archive.Entry) error { return nil }); err != nil {
						return err
					}
				}
				return nil
			})
		},
		"gaps": func() error { _, err := g.GapReport(gaps.Query{}); return err },
		"emit": func() error { _, err := g.Emit("told", nil); return err },
		"hook": func() error { g.CallHook(ctx, luaapi.HookRequest{Name: "panel"}); return nil },
		"rest": func() error {
			g.Status()
			g.EmittedNames()
			g.Topics()
			g.Deliver(luaapi.Message{Topic: "a"})
			g.MissedPictures()
			_, err := g.InShare("east")
			return err
		},
	}
	var all sync.WaitGroup
	for name, ask := range asks {
		all.Go(func() {
			for ctx.Err() == nil {
				if err := ask(); err != nil && !fair(err) {
					t.Errorf("%s: %v (kind %s)", name, err, runtime.Report(err).Kind)
					return
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	rounds := 6
	if testing.Short() {
		rounds = 3
	}
	for round := range rounds {
		var ends []func()
		for _, share := range []string{"east", "west"} {
			h, end, drop := w.open(share)
			if round%2 == 0 {
				end = drop
			}
			w.held(share, "left")
			g.Set(share, h)
			ends = append(ends, func() {
				g.Remove(share, h)
				w.held(share, "right")
				end()
			})
		}
		time.Sleep(time.Duration(20+10*round) * time.Millisecond)
		for _, end := range ends {
			all.Go(end)
		}
		until(t, "both are gone", func() bool { return len(g.here()) == 0 })
	}
	stop()
	all.Wait()
}

// fair reports whether an error is what people may get while all is well, or that
// another host has it.
func fair(err error) bool {
	if e, ok := err.(*api.Error); ok {
		return e.Kind == "elsewhere"
	}
	switch runtime.Report(err).Kind {
	case "elsewhere", "busy", "offline": // a run goes on; a device has not answered yet
		return true
	}
	return false
}
