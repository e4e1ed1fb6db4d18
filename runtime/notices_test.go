package runtime

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

const toldSite = oneHead + `notify:
  ops: {webhook: {url: "http://hook.example.org/hunter2"}}
`

// hook answers in the place of a web server.
type hook struct {
	mu     sync.Mutex
	status int    // 0: no answer
	away   string // a host that is
	got    []string
}

func (k *hook) RoundTrip(r *http.Request) (*http.Response, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.status == 0 || r.URL.Host == k.away {
		return noWeb{}.RoundTrip(r)
	}
	var body map[string]string
	json.NewDecoder(r.Body).Decode(&body)
	k.got = append(k.got, body["script"]+": "+body["text"])
	return &http.Response{StatusCode: k.status, Body: http.NoBody, Request: r}, nil
}

// online has notifications go out to k, in virtual time.
func (w *world) online(k *hook) {
	w.host.web, w.host.conf.HTTP = k, k
	w.host.notices = w.host.newNotifier()
}

// In virtual time and with simulated devices nothing is sent; the log says what
// would be.
func TestNoticesStayHere(t *testing.T) {
	w := newWorld(t, toldSite, map[string]string{"scripts/a.lua": `
		hik.spawn(function() require "hik.notify" ("ops", {title = "Gate", text = "opens", picture = hik.snapshot("gate", 1)}) end)`})
	w.start()
	w.run(time.Minute)
	w.end()
	if log := w.log.String(); !strings.Contains(log, "would notify") || !strings.Contains(log, `text="Gate opens"`) || !strings.Contains(log, "gate-1-20260304-") || strings.Contains(log, "hunter2") {
		t.Error(log)
	}
	conf, err := site.Load(w.dir, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(Config{Site: conf, Clock: clock.Real(), Log: slog.New(slog.DiscardHandler), Quiet: true})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if h.notices != nil {
		t.Error("a quiet host has what sends")
	}
}

// A place that is away holds up no script; status tells of it, once it is back
// everything arrives, and site.yaml may change meanwhile.
func TestNoticesOfAScript(t *testing.T) {
	w := newWorld(t, toldSite, map[string]string{"scripts/a.lua": `
		hik.every("10m", function() local began = hik.now() hik.notify("ops", "tick") print(hik.now() - began) end)`})
	k := &hook{}
	w.online(k)
	w.start()
	w.run(25 * time.Minute)
	st := w.host.Status()
	if n := st.Notify; len(n) != 1 || n[0].Waiting != 2 || n[0].Error == nil || !strings.Contains(n[0].Error.Message, "no route") || n[0].RetryAt == nil {
		t.Errorf("%+v", n)
	}
	if text, _ := json.Marshal(st); strings.Contains(string(text), "hunter2") {
		t.Errorf("%s", text)
	}
	k.status = 204
	w.write("site.yaml", strings.Replace(toldSite, "hunter2", "hunter3", 1))
	w.sync()
	w.run(time.Second)
	if len(k.got) != 2 || !strings.HasPrefix(k.got[0], "a: tick\n\n(of 12:10:00, delivered late)") {
		t.Errorf("%q", k.got)
	}
	if n := w.host.Status().Notify; n[0].Waiting != 0 || n[0].Sent != 2 || n[0].Error != nil {
		t.Errorf("%+v", n)
	}
	w.end()
	if strings.Join(w.printed, " ") != "0 0" || strings.Contains(w.log.String(), "hunter") {
		t.Error(w.printed, w.log)
	}
}

// A program waits for its notifications, and fails if one is not delivered.
func TestExecDeliversItsNotices(t *testing.T) {
	for _, c := range []struct {
		status, failed int
		code           string
	}{
		{204, 0, `hik.notify("ops", "x")`}, {403, 1, `hik.notify("ops", "x")`}, {0, 2, `hik.notify("ops", "x") hik.notify("ops", "y") os.exit(0)`},
		{204, 0, `for i = 1, 60 do hik.notify("ops", "x") end`},
	} {
		w := newWorld(t, toldSite, nil)
		k := &hook{status: c.status}
		w.online(k)
		var r Result
		w.clk.Do(func() {
			w.host.Open()
			r = w.host.Exec(context.Background(), Program{Name: "-e", Source: []byte(c.code)})
			w.host.Close()
		})
		if r.Failed != c.failed || r.Err != nil || w.clk.Now().Sub(noon) > time.Minute {
			t.Errorf("%s: %+v after %v\n%s", c.code, r, w.clk.Now().Sub(noon), w.log)
		}
		if got := strings.Count(w.log.String(), "a notification is not delivered"); got != c.failed {
			t.Errorf("%d lines\n%s", got, w.log)
		}
		if strings.Contains(c.code, "60") && (len(k.got) != 20 || !strings.Contains(k.got[19], "and 40 more")) {
			t.Errorf("%d: %q", len(k.got), k.got[len(k.got)-1])
		}
	}
}

// What is said of a refusal is not said of the next one.
func TestExecTellsOfEachNoticeWhatBecomesOfIt(t *testing.T) {
	w := newWorld(t, toldSite+`  desk: {webhook: {url: "http://away.example.org/x"}}
`, nil)
	w.online(&hook{status: 403, away: "away.example.org"})
	w.clk.Do(func() {
		w.host.Open()
		w.host.Exec(context.Background(), Program{Name: "-e", Source: []byte(`hik.notify("ops", "x") hik.notify("desk", "y")`)})
		w.host.Close()
	})
	hints := make(map[string]string)
	for line := range strings.Lines(w.log.String()) {
		if strings.Contains(line, "a notification is not delivered") {
			_, target, _ := strings.Cut(line, "target=")
			_, hint, _ := strings.Cut(line, "hint=")
			hints[strings.Fields(target)[0]] = strings.TrimSpace(hint)
		}
	}
	if len(hints) != 2 || hints["ops"] == hints["desk"] || hints["desk"] != `"it is lost: the program has ended"` {
		t.Errorf("%q\n%s", hints, w.log)
	}
}

// What only a target needs is not for scripts.
func TestScriptsDoNotSeeSecretsOfTargets(t *testing.T) {
	w := newWorld(t, toldSite, nil)
	w.host.conf.Getenv = func(name string) (string, bool) {
		return map[string]string{"HOOK": "http://hook.example.org/hunter2", "OTHER": "x"}[name], true
	}
	if v, ok := w.host.scriptEnv("HOOK"); ok {
		t.Error(v)
	}
	if v, _ := w.host.scriptEnv("OTHER"); v != "x" {
		t.Error(v)
	}
}
