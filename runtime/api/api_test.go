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
	if !strings.Contains(w.log.String(), `msg="job run by hand" job=a/night`) {
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
		{`POST /api/jobs/run {"job": 7}`, nil, 400, "misuse", "does not fit"},
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
