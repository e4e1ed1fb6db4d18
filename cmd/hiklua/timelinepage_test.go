package main

import (
	"compress/flate"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const shownSite = `timezone: Europe/Berlin
location: {lat: 52.5, lon: 13.4}
vars: {hook: "token-swordfish8"}
devices:
  gate: {ip: 192.0.2.1, username: admin, password: "${SECRET}", simulate: ptz, channels: {yard: {address: 1}}}
`

const shownScript = `
	print("quetzal", hik.vars.hook)
	hik.every("10m", {name = "look"}, function()
		hik.preset("gate", "yard", "door", {wait = true})
		hik.ptz_pan_tilt("gate", "yard", 40, 0, {duration = 1})
		hik.snapshot("gate", 77)
	end)`

// readPage reads a page, and what its data says.
func readPage(t *testing.T, file string) (page, data string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), `<script id="data" type="application/octet-stream">`)
	packed, _, _ := strings.Cut(rest, "<")
	plain, err := io.ReadAll(flate.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(packed))))
	if err != nil {
		t.Fatal(err)
	}
	return string(b), string(plain)
}

func TestRehearseAsAPage(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"shop/site.yaml": shownSite, "shop/scripts/tour.lua": shownScript})
	s := newSession(t)
	s.env["SECRET"] = "swordfish7"
	var first string
	for range 2 {
		s.out.Reset()
		s.err.Reset()
		if status := s.run(context.Background(), "rehearse", "shop", "--from", "2026-03-29 00:00", "--for", "4h", "--html", "week.html"); status != statusOK {
			t.Fatal(s.err.String())
		}
		wants(t, s.out.String(), "gate/yard", `goes to preset 2 "door"`)
		wants(t, s.err.String(), "week.html shows it: open it in a browser")
		page, data := readPage(t, "week.html")
		wants(t, page, "<h1><bdi>shop</bdi></h1>", "What would happen from Sun 29 Mar 2026 00:00:00 to Sun 29 Mar 2026 05:00:00 (4h, Europe/Berlin)",
			"The clocks change on Sun 29 Mar 2026 at 02:00:00 (from CET to CEST): +60 min.", "hiklua rehearse shop --from &#39;2026-03-29 00:00:00&#39; --for 4h --seed 1")
		wants(t, data, `goes to preset 2 \"door\"`, "gate/yard", "tour/look#", "turns right at 40 %", `"nights":[[0,`)
		for _, secret := range []string{"swordfish7", "swordfish8", "quetzal", "192.0.2.1"} {
			if strings.Contains(page+data, secret) {
				t.Errorf("the page has %q", secret)
			}
		}
		if first == "" {
			first = page
		} else if first != page {
			t.Error("two rehearsals of one span give two pages")
		}
	}
	// What scripts print is there where all is asked for.
	if status := s.run(context.Background(), "rehearse", "shop", "--from", "2026-03-29 00:00", "--for", "1h", "--full", "--by", "script", "--html", "full.html"); status != statusOK {
		t.Fatal(s.err.String())
	}
	_, data := readPage(t, "full.html")
	wants(t, data, "quetzal", `"name":"tour/look"`, `"place":"gate/yard"`)
	if strings.Contains(data, `"name":"gate/yard"`) {
		t.Error("by script there is no lane of a device that only scripts use")
	}
}

func TestJournalAsAPage(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"site.yaml": shownSite, "scripts/tour.lua": shownScript})
	s := newSession(t)
	s.env["SECRET"] = "swordfish7"
	if status := s.run(context.Background(), "journal", "--html", "night.html"); status != statusOK || !strings.Contains(s.err.String(), "on record") {
		t.Error(status, s.err.String())
	}
	if _, err := os.Stat("night.html"); err == nil {
		t.Error("a page of nothing")
	}
	s.runFor(t, 25*time.Minute)
	if status := s.run(context.Background(), "journal", "--html", "night.html"); status != statusOK {
		t.Fatal(s.err.String())
	}
	wants(t, s.out.String(), "gate/yard", `goes to preset 2 "door"`)
	page, data := readPage(t, "night.html")
	wants(t, page, "What happened from Wed 4 Mar 2026 13:", "Made by hiklua", "hiklua journal . --since")
	wants(t, data, `goes to preset 2 \"door\"`, "gate/yard", "turns right at 40 %", `"name":"tour/look"`, "unsupported")
	if strings.Contains(page, "with seed") || strings.Contains(page+data, "swordfish") {
		t.Error("what the page does not tell:", page)
	}
	// The flags that choose lines choose actions, too.
	if status := s.run(context.Background(), "journal", "--device", "gate", "--since", "13:10", "--html", "night.html"); status != statusOK {
		t.Fatal(s.err.String())
	}
	page, data = readPage(t, "night.html")
	wants(t, page, "What happened from Wed 4 Mar 2026 13:10:00")
	if strings.Contains(data, `"name":"tour/look"`) {
		t.Error("--device gate shows a run of a job")
	}
}

// A page is there whole or not at all, and that it cannot be written is said
// before anything is rehearsed.
func TestPagesThatCannotBeWritten(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{"site.yaml": shownSite, "scripts/tour.lua": shownScript, "old.html": "old"})
	s := newSession(t)
	s.env["SECRET"] = "swordfish7"
	for file, want := range map[string]string{"none/week.html": "there is no folder none", "scripts": "that is a folder"} {
		for _, args := range [][]string{{"rehearse", "--for", "400d", "--html", file}, {"journal", "--html", file}} {
			s.err.Reset()
			if status := s.run(context.Background(), args...); status != statusFailure || !strings.Contains(s.err.String(), want) {
				t.Errorf("%v: %d %s", args, status, s.err.String())
			}
		}
	}
	if status := s.run(context.Background(), "journal", "--json", "--html", "x.html"); status != statusMisuse {
		t.Error(status)
	}
	broken := errors.New("broken")
	if err := writeWhole("old.html", func(w io.Writer) error { io.WriteString(w, "half"); return broken }); err != broken {
		t.Error(err)
	}
	if b, err := os.ReadFile("old.html"); err != nil || string(b) != "old" {
		t.Errorf("%q %v", b, err)
	}
	if left, err := filepath.Glob(".old*"); err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}
