package hosts

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/control"
)

// ask sends a request to an API before the Group: "GET /api/status", and the body of a
// POST behind it.
func (w *world) ask(request string) (status int, lines []string) {
	w.t.Helper()
	a := api.New(api.Config{
		Host: w.group, Version: "1.2.3", Log: slog.DiscardHandler, Ring: control.NewRing(),
		LogLines: func(to io.Writer, level slog.Level) slog.Handler { return slog.NewJSONHandler(to, nil) },
	})
	method, rest, _ := strings.Cut(request, " ")
	path, body, _ := strings.Cut(rest, " ")
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if method == "POST" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer := httptest.NewRecorder()
	a.Handler(api.Socket).ServeHTTP(answer, r)
	return answer.Code, strings.Split(strings.TrimSpace(answer.Body.String()), "\n")
}

// TestAPIOfAStandby: what a standby cannot do is refused with the host that can.
func TestAPIOfAStandby(t *testing.T) {
	w := newWorld(t, true, nil)
	w.held("site", "right")
	for request, want := range map[string]string{
		`POST /api/heads/stop {"device": "east", "channel": 1}`:                  `"kind":"elsewhere"`,
		`POST /api/presets/recall {"device": "east", "channel": 1, "preset": 1}`: `"kind":"elsewhere"`,
		`GET /api/devices/east/channels/1/presets`:                               `"kind":"elsewhere"`,
		`POST /api/jobs/run {"job": "tour"}`:                                     `"kind":"elsewhere"`,
		`POST /api/scripts/hold {"script": "tour"}`:                              `"kind":"elsewhere"`,
		`POST /api/login {"device": "east"}`:                                     `"kind":"elsewhere"`,
		`GET /api/login?device=east`:                                             `"kind":"elsewhere"`,
		`POST /api/repl {}`:                                                      `"kind":"elsewhere"`,
		`GET /api/archive`:                                                       `"kind":"elsewhere"`,
		`GET /api/archive/pictures`:                                              `"kind":"elsewhere"`,
		`GET /api/archive/gaps`:                                                  `"kind":"elsewhere"`,
		`POST /api/archive/prune {}`:                                             `"kind":"elsewhere"`,
		`POST /api/reload {}`:                                                    `hiklua cluster release`,
	} {
		if status, lines := w.ask(request); status != http.StatusConflict || !strings.Contains(lines[0], want) {
			t.Errorf("%s: %d %s", request, status, lines)
		}
	}
	if status, lines := w.ask(`POST /api/exec {"source": "print(1)"}`); status != http.StatusOK || !strings.Contains(lines[0], `"kind":"elsewhere"`) || !strings.Contains(lines[0], "held by right") {
		t.Errorf("exec: %d %s", status, lines)
	}
	var st runtime.Status
	if status, lines := w.ask("GET /api/status"); status != http.StatusOK || json.Unmarshal([]byte(lines[0]), &st) != nil || st.Cluster == nil || st.PID == 0 || len(st.Devices) != 2 {
		t.Errorf("%d %s", status, lines)
	}
	if status, lines := w.ask("GET /api/jobs"); status != http.StatusOK || lines[0] != "[]" {
		t.Errorf("%d %s", status, lines)
	}
}

// TestArchivesOfShares: pictures of several shares are one list, by time, with the
// folder of their share in their paths.
func TestArchivesOfShares(t *testing.T) {
	w := newWorld(t, false, map[string]string{"scripts/all.lua": `
		hik.every("20ms", {name = "look", overlap = "skip"}, function() hik.devices()[1]:channel("yard"):snapshot():archive() end)
	`})
	w.take("east")
	w.take("west")
	w.online("east")
	w.online("west")
	pictures := func(query string) (paths []string, times []time.Time) {
		status, lines := w.ask("GET /api/archive/pictures" + query)
		if status != http.StatusOK {
			t.Fatalf("%d %s", status, lines)
		}
		for _, line := range lines {
			var p struct {
				Path  string
				Taken time.Time
			}
			if line == "" {
				continue
			}
			if err := json.Unmarshal([]byte(line), &p); err != nil {
				t.Fatal(err, line)
			}
			paths, times = append(paths, p.Path), append(times, p.Taken)
		}
		return paths, times
	}
	count := func(share string) (n int) {
		paths, _ := pictures("")
		for _, p := range paths {
			if strings.HasPrefix(p, share+"/") {
				n++
			}
		}
		return n
	}
	until(t, "pictures of both", func() bool { return count("east") > 3 && count("west") > 3 })
	if err := w.group.HoldScript("all"); err != nil {
		t.Fatal(err)
	}
	paths, times := pictures("")
	if !slices.IsSortedFunc(times, time.Time.Compare) || count("east")+count("west") != len(paths) {
		t.Errorf("%q %v", paths, times)
	}
	if last, _ := pictures("?last=3"); !slices.Equal(last, paths[len(paths)-3:]) {
		t.Errorf("the last three are %q of %q", last, paths)
	}
	if one, _ := pictures("?path=" + paths[1]); !slices.Equal(one, paths[1:2]) {
		t.Errorf("%q is %q", paths[1], one)
	}
	if of, _ := pictures("?device=west"); len(of) != count("west") {
		t.Errorf("of west: %q", of)
	}
	var all api.Archive
	if _, lines := w.ask("GET /api/archive"); json.Unmarshal([]byte(lines[0]), &all) != nil || all.Pictures != len(paths) || len(all.Channels) != 2 || !strings.HasSuffix(all.Path, "archive") {
		t.Errorf("%s", lines)
	}
	st := w.group.Status().Archive
	if st == nil || st.Files != int64(len(paths)) || st.Path != all.Path || st.Oldest == nil || st.Newest == nil {
		t.Errorf("%+v", st)
	}
	if status, lines := w.ask(`POST /api/archive/prune {"dry_run": true}`); status != http.StatusOK || !strings.Contains(lines[len(lines)-1], `"dry_run":true`) {
		t.Errorf("%d %s", status, lines)
	}
	for _, request := range []string{"GET /api/archive/head", "POST /api/archive/rebuild {}"} {
		if _, lines := w.ask(request); !strings.Contains(lines[0], "an archive for each share") {
			t.Errorf("%s: %s", request, lines)
		}
	}
	w.lose("west")
	if status, lines := w.ask("GET /api/archive/head"); status != http.StatusOK {
		t.Errorf("of one share: %d %s", status, lines)
	}
	if now, _ := pictures(""); len(now) != len(paths)-len(slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return !strings.HasPrefix(p, "west/") })) {
		t.Errorf("%q of %q", now, paths)
	}
}
