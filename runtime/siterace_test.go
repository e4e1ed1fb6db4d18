package runtime

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// In real time, for the race detector: a site that is edited over and over
// while its scripts command devices and others ask how it fares.
func TestSiteEditedAllTheTime(t *testing.T) {
	dir := t.TempDir()
	save := func(path, content string) {
		t.Helper()
		full := filepath.Join(dir, path)
		os.MkdirAll(filepath.Dir(full), 0o755)
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	edit := func(i int) string {
		yaml := "timezone: UTC\nlimits: {motion: 20s}\ndevices:\n"
		yaml += fmt.Sprintf("  gate: {ip: 192.0.2.1, username: admin, password: secret12, timeout: %ds}\n", 5+i%2)
		yaml += fmt.Sprintf("  yard: {ip: 192.0.2.%d, username: admin, password: secret12}\n", 2+i%3)
		if i%4 < 2 {
			yaml += "  nvr: {simulate: nvr}\n"
		}
		return yaml + fmt.Sprintf("vars: {n: %d}\n", i/5)
	}
	save("site.yaml", edit(0))
	save("scripts/a.lua", `
		local names = {"gate", "yard", "nvr"}
		for _, name in ipairs(names) do
			hik.spawn(function()
				while true do
					pcall(function() hik.device(name):ptz_pan_tilt(1, 40, 0, {duration = 0.001}) end)
					pcall(function() hik.snapshot(name, 1) end)
					hik.sleep(0.001)
				end
			end)
		end`)
	conf, err := site.Load(dir, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(Config{
		Site: conf, Clock: clock.Real(), Log: slog.New(slog.DiscardHandler), Version: "test",
		Reload: func() (*site.Site, error) { return site.Load(dir, noEnv) },
		Transport: func(d site.Device) (http.RoundTripper, error) {
			return sim.New(sim.Options{Name: d.Name, Model: sim.PTZ, Clock: clock.Real(), Username: d.Username, Password: d.Password.Reveal()}).Transport(), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Open()
	h.Sync(context.Background())
	done := make(chan struct{})
	var asking sync.WaitGroup
	for range 2 {
		asking.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					h.Status()
				}
			}
		})
	}
	for i := 1; i <= 60; i++ {
		save("site.yaml", edit(i))
		for _, c := range h.Sync(context.Background()) {
			if c.Err != nil {
				t.Error(c.Err)
			}
		}
	}
	close(done)
	asking.Wait()
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}
