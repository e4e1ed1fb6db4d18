package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/runtime"
)

func TestStatusJobsReload(t *testing.T) {
	t.Parallel()
	w := newWorld(t, oneHead, map[string]string{
		"scripts/a.lua": `hik.cron("0 3 * * *", {name = "night"}, function() print("by hand") end)`,
	})
	st := get1[runtime.Status](w, "GET /api/status")
	if st.Version != "1.2.3" || st.PID == 0 || len(st.Devices) != 1 || st.Site.Timezone != "Europe/Berlin" {
		t.Errorf("%+v", st)
	}
	if jobs := get1[[]runtime.JobStatus](w, "GET /api/jobs"); len(jobs) != 1 || jobs[0].Name != "night" {
		t.Errorf("%+v", jobs)
	}
	if run := get1[JobRun](w, `POST /api/jobs/run {"job": "a/night"}`); run.Job != "a/night" {
		t.Errorf("%+v", run)
	}
	if !strings.Contains(w.log.String(), `msg="run of a job by hand" script=a job=night`) {
		t.Errorf("%s", w.log)
	}
	w.write("scripts/b.lua", `hik.evry(1)`)
	all := get1[[]Reloaded](w, "POST /api/reload {}")
	if len(all) != 1 || all[0].What != "b" || all[0].Did != "not loaded" || all[0].Error.Place != "scripts/b.lua:1" {
		t.Errorf("%+v", all)
	}
}

// TestWrongRequests: each gets its status and says what is wrong.
func TestWrongRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, oneHead, map[string]string{
		"scripts/a.lua": `hik.cron("0 3 * * *", {name = "night"}, function() hik.sleep(60) end)`,
	})
	for _, tt := range []struct {
		request string
		headers []string
		status  int
		kind    string
		says    string
	}{
		{"GET /api/nothing", nil, 404, "unknown_path", "hiklua 1.2.3 does not know GET /api/nothing"},
		{"GET /api/statsu", nil, 404, "unknown_path", "did you mean /api/status?"},
		{"GET /", nil, 404, "unknown_path", ""},
		{"POST /api/status {}", nil, 405, "method", "/api/status takes GET, not POST"},
		{"DELETE /api/jobs", nil, 405, "method", ""},
		{"GET /api/jobs/run", nil, 405, "method", "takes POST"},
		{"GET /api/status?all=1", nil, 400, "misuse", `"all"`},
		{"GET /api/status?%zz", nil, 400, "misuse", "the query can't be read"},
		{`POST /api/jobs/run {"job": "night"}`, []string{"Content-Type", "text/plain"}, 415, "misuse", "application/json"},
		{`POST /api/jobs/run {"job": "night"}`, []string{"Content-Type", ""}, 415, "misuse", "application/json"},
		{`POST /api/jobs/run {"job": `, nil, 400, "misuse", "does not fit"},
		{`POST /api/jobs/run {"job": 7}`, nil, 400, "misuse", `"job" is not what /api/jobs/run takes there: it is text, not number`},
		{`POST /api/jobs/run {"job": "night", "wait": "yes"}`, nil, 400, "misuse", "it is true or false, not string"},
		{`POST /api/heads/stop {"device": "gate", "channel": 1e99}`, nil, 400, "misuse", "it is a whole number that is not too large, not number 1e99"},
		{"GET /api/archive/gaps?days=-1", nil, 400, "misuse", "days=-1: it is a whole number, 0 or more"},
		{`POST /api/jobs/run {"jbo": "night"}`, nil, 400, "misuse", `unknown field "jbo"`},
		{`POST /api/jobs/run {"job": "night"} {}`, nil, 400, "misuse", "behind its object"},
		{`POST /api/jobs/run {"job": "night"}]`, nil, 400, "misuse", "behind its object"},
		{`POST /api/jobs/run {}`, nil, 400, "misuse", `lacks "job"`},
		{`POST /api/jobs/run`, nil, 400, "misuse", "takes an object"},
		{`POST /api/jobs/run null`, nil, 400, "misuse", "takes an object"},
		{`POST /api/jobs/run "night"`, nil, 400, "misuse", "takes an object"},
		{`POST /api/jobs/run {"job": "` + strings.Repeat("x", maxBody) + `"}`, nil, 413, "misuse", "over 1 MB"},
		{`POST /api/jobs/run {"job": "nihgt"}`, nil, 404, "misuse", `did you mean "night"?`},
		{`POST /api/jobs/run?wait=1 {"job": "night"}`, nil, 400, "misuse", `"wait"`},
	} {
		answer := w.ask(Page, tt.request, tt.headers...)
		var got struct{ Error *Error }
		if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || got.Error == nil || got.Error.Message == "" {
			t.Errorf("%.60s: %v %s", tt.request, err, answer.Body)
			continue
		}
		if answer.Code != tt.status || got.Error.Kind != tt.kind || !strings.Contains(got.Error.Error(), tt.says) {
			t.Errorf("%.60s: %d %s, want %d %s %s", tt.request, answer.Code, answer.Body, tt.status, tt.kind, tt.says)
		}
		if answer.Header().Get("Content-Type") != "application/json" || answer.Header().Get(VersionHeader) != "1.2.3" {
			t.Errorf("%.60s: %v", tt.request, answer.Header())
		}
	}
	if got := w.ask(Page, "DELETE /api/jobs").Header().Get("Allow"); got != "GET" {
		t.Errorf("Allow: %q", got)
	}
	get1[JobRun](w, `POST /api/jobs/run {"job": "night"}`)
	answer := w.ask(Socket, `POST /api/jobs/run {"job": "night"}`)
	if answer.Code != http.StatusConflict || !strings.Contains(answer.Body.String(), `"kind":"busy"`) {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}

// TestErrorsTravel: what stands in an error comes out of it again.
func TestErrorsTravel(t *testing.T) {
	for place, want := range map[string][3]any{
		"":                   {"", 0, 0},
		"scripts/a.lua":      {"scripts/a.lua", 0, 0},
		"scripts/a.lua:12":   {"scripts/a.lua", 12, 0},
		"scripts/a.lua:12:5": {"scripts/a.lua", 12, 5},
		"-e:1":               {"-e", 1, 0},
	} {
		r := (&Error{Message: "m", Place: place}).Report()
		if got := [3]any{r.File, r.Line, r.Col}; got != want || r.Place() != place {
			t.Errorf("%q: %v", place, got)
		}
	}
}

// TestEveryPath: what each path refuses.
func TestEveryPath(t *testing.T) {
	t.Parallel()
	w := newWorld(t, oneHead, nil)
	session, _ := w.listen()
	live, err := session.OpenSession(t.Context(), "", func(Piece) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	name := strings.TrimPrefix(live.path, "/api/repl/")
	fill := strings.NewReplacer("{session}", name, "{device}", "gate", "{channel}", "1", "{script}", "a")
	for _, r := range Routes() {
		path := fill.Replace(r.Path)
		refused := func(status int, request string, headers ...string) {
			t.Helper()
			answer := w.ask(Socket, request, headers...)
			var got failure
			if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || answer.Code != status || got.Error == nil {
				t.Errorf("%.80s: %d %s, want %d", request, answer.Code, answer.Body, status)
			}
		}
		refused(http.StatusMethodNotAllowed, "PUT "+path+" {}")
		if r.Method == "GET" {
			refused(http.StatusBadRequest, "GET "+path+"?nonsense=1")
			continue
		}
		refused(http.StatusUnsupportedMediaType, "POST "+path+" {}", "Content-Type", "application/x-www-form-urlencoded")
		refused(http.StatusUnsupportedMediaType, "POST "+path+" {}", "Content-Type", "")
		for _, body := range []string{"", "[]", "null", "{", `{"nonsense": 1}`, `{} {}`, `"{}"`, "\x00"} {
			refused(http.StatusBadRequest, "POST "+path+" "+body)
		}
		refused(http.StatusBadRequest, "POST "+path+"?nonsense=1 {}")
		if !strings.HasSuffix(path, "/eval") && path != "/api/exec" {
			refused(http.StatusRequestEntityTooLarge, "POST "+path+" {"+strings.Repeat(" ", maxBody)+"}")
		}
	}
	for request, status := range map[string]int{
		`POST /api/heads/stop {"device": "gaet", "channel": 1}`:                    404,
		`POST /api/heads/stop {"device": "gate", "channel": 7}`:                    404,
		`POST /api/heads/stop {"device": "gate"}`:                                  400,
		`POST /api/heads/stop {"device": "gate", "channel": "1"}`:                  400,
		`POST /api/heads/stop {"channel": 1}`:                                      400,
		`POST /api/presets/recall {"device": "gate", "channel": 1}`:                400,
		`POST /api/presets/recall {"device": "gate", "channel": 1, "preset": 94}`:  409,
		`POST /api/presets/recall {"device": "gate", "channel": 1, "preset": 999}`: 409,
		`POST /api/presets/recall {"device": "gaet", "channel": 1, "preset": 1}`:   404,
		`POST /api/scripts/hold {"script": "nihgt"}`:                               404,
		`POST /api/scripts/release {"script": ""}`:                                 400,
		`GET /api/scripts/none/source`:                                             404,
		`GET /api/scripts/..%2fsite.yaml/source`:                                   404,
		`GET /api/devices/gaet/channels/1/presets`:                                 404,
		`GET /api/devices/gate/channels/yard/presets`:                              404,
		`GET /api/devices/gate/channels/0/picture`:                                 404,
		`GET /api/login`:                                        400,
		`GET /api/login?device=gaet`:                            404,
		`POST /api/login {"device": "gaet"}`:                    404,
		`POST /api/emit {"name": "a", "value": 1, "what": "b"}`: 400,
		`GET /api/archive/gaps?days=0`:                          400,
		`GET /api/archive/gaps?days=1000`:                       400,
		`GET /api/archive/pictures?channel=x`:                   400,
		`GET /api/archive/pictures?from=now`:                    400,
	} {
		if answer := w.ask(Socket, request); answer.Code != status {
			t.Errorf("%s: %d %s, want %d", request, answer.Code, answer.Body, status)
		}
	}
}

// TestSocketOnly: what runs Lua, tries logins or removes pictures is not for a web
// password, nor is what is added later unless it is said.
func TestSocketOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, oneHead, nil)
	page := map[string]bool{
		"/api/status": true, "/api/jobs": true, "/api/log": true, "/api/jobs/run": true, "/api/reload": true, "/api/heads/stop": true, "/api/presets/recall": true,
		"/api/scripts/hold": true, "/api/scripts/release": true, "/api/scripts/{script}/source": true, "/api/devices/{device}/channels/{channel}/presets": true,
		"/metrics": true, "/api/cluster": true, "/api/archive": true, "/api/archive/pictures": true, "/api/archive/gaps": true,
	}
	for _, r := range Routes() {
		if r.Page != page[r.Path] {
			t.Errorf("%s %s is for the page: %v", r.Method, r.Path, r.Page)
		}
		if r.Page {
			continue
		}
		answer := w.ask(Page, r.Method+" "+r.Path+" {}")
		if answer.Code != http.StatusForbidden || !strings.Contains(answer.Body.String(), `"kind":"denied"`) {
			t.Errorf("%s %s: %d %s", r.Method, r.Path, answer.Code, answer.Body)
		}
	}
}

// A host that runs its site alone has no shares to choose from.
func TestNoShares(t *testing.T) {
	w := newWorld(t, oneHead, nil)
	for _, request := range []string{`POST /api/exec {"source": "print(1)", "share": "east"}`, `POST /api/repl {"share": "east"}`} {
		if answer := w.ask(Socket, request); answer.Code != http.StatusBadRequest || !strings.Contains(answer.Body.String(), "in no cluster") {
			t.Errorf("%s: %d %s", request, answer.Code, answer.Body)
		}
	}
}
