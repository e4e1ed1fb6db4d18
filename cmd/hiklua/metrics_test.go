package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// measuredSite has something of everything that metrics tell of.
var measuredSite = map[string]string{
	"site.yaml": "devices:\n  gate: {simulate: ptz, channels: {yard: {address: 1}}}\narchive: {keep: 30d}\nweb: {listen: \"127.0.0.1:0\", password: open sesame}\n",
	"scripts/a.lua": `
		hik.every("200ms", {name = "look"}, function() hik.device("gate"):channel("yard"):snapshot():archive() end)
		hik.on("gate:motion", {name = "sees"}, function() end)`,
}

// bearer asks with a password; "": without.
func bearer(t *testing.T, url, password string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if password != "" {
		r.Header.Set("Authorization", "Bearer "+password)
	}
	c := &http.Client{Timeout: patience}
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// TestMetrics: a host with a page counts from its beginning, one that gets a page
// from then on, one that has none not at all.
func TestMetrics(t *testing.T) {
	t.Parallel()
	p := start(t, measuredSite, "run")
	at := p.pageOf()
	p.logs("1 script live")
	if code, body := bearer(t, at+"/metrics", ""); code != http.StatusUnauthorized || strings.Contains(body, "gate") {
		t.Error(code, body)
	}
	p.status()
	code, body := bearer(t, at+"/metrics", "open sesame")
	if code != http.StatusOK {
		t.Error(code, body)
	}
	wants(t, body, `hiklua_commands_total{class="status",device="gate",result="ok"}`, `hiklua_page_refused_total{reason="login"} 1`,
		`hiklua_log_lines_total{level="info"}`, `hiklua_journal_dropped_total 0`, `hiklua_build_info{version="`, "\ngo_goroutines ")
	lacks(t, body, "127.0.0.1", "sesame", p.cmd.Dir, `hiklua_log_lines_total{level="info"} 0`)
	p.signal(os.Interrupt)
	if code := p.ends(); code != statusOK {
		t.Error(code, p.stderr())
	}

	yaml := "devices:\n  gate: {simulate: ptz}\n"
	p = start(t, map[string]string{"site.yaml": yaml}, "run")
	p.logs("no scripts")
	socket := filepath.Join(p.cmd.Dir, "data", "control.sock")
	if answer := curl(t, socket, "curl http://hiklua/metrics"); answer.status != http.StatusNotFound || !strings.Contains(string(answer.body), "has no page") {
		t.Errorf("%d %s", answer.status, answer.body)
	}
	write(t, p.cmd.Dir, map[string]string{"site.yaml": yaml + "web: {listen: \"127.0.0.1:0\"}\n"})
	p.pageOf()
	if answer := curl(t, socket, "curl http://hiklua/metrics"); answer.status != http.StatusOK || !strings.Contains(string(answer.body), `hiklua_device_state{device="gate",state="online"} `) {
		t.Errorf("%d %s", answer.status, answer.body)
	}
	p.signal(os.Interrupt)
	p.ends()
}

// notSoon are names that need minutes to come.
var notSoon = []string{"hiklua_archive_missing_pictures_total"}

// TestPrometheus has a Prometheus scrape a host as docs/metrics.md says, with the
// alert rules, and asks it what the rules, the dashboard and the page ask.
func TestPrometheus(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("prometheus")
	if err != nil {
		t.Skip("prometheus is not here (apt-get install prometheus): rules, dashboard and the configuration of docs/metrics.md are not tested against it")
	}
	p := start(t, measuredSite, "run", "--simulate", "--listen", "127.0.0.1:0")
	at := p.pageOf()
	p.logs("1 script live")
	bearer(t, at+"/metrics", "") // one that is refused
	if out, errs, code := p.ask("", "emit", "gate", "motion"); code != statusOK {
		t.Error(out, errs)
	}

	page := read(t, "../../docs/metrics.md")
	dir := t.TempDir()
	write(t, dir, map[string]string{"password": "open sesame\n", "alerts.yaml": read(t, "../../docs/alerts.yaml")})
	config := regexp.MustCompile("(?s)```text\n(# prometheus.yml\n.*?)```").FindStringSubmatch(page)[1]
	for from, to := range map[string]string{
		"/etc/prometheus/hiklua-alerts.yaml": filepath.Join(dir, "alerts.yaml"), "/etc/prometheus/hiklua-password": filepath.Join(dir, "password"),
		"127.0.0.1:8333": strings.TrimPrefix(at, "http://"), "15s": "1s",
	} {
		if !strings.Contains(config, from) {
			t.Fatalf("docs/metrics.md: the configuration has no %s", from)
		}
		config = strings.ReplaceAll(config, from, to)
	}
	write(t, dir, map[string]string{"prometheus.yml": "global: {evaluation_interval: 1s}\n" + config})
	server := runPrometheus(t, program, dir)

	// Several scrapes, and each rule was evaluated.
	deadline := time.Now().Add(patience)
	for server.number("sum(count_over_time(up[1m]))") < 4 || server.number("count(hiklua_archive_last_picture_timestamp_seconds)") < 1 ||
		server.number(`count(hiklua_events_total{type="motion"})`) < 1 || strings.Contains(server.get("/api/v1/rules", nil), `"health":"unknown"`) {
		if time.Now().After(deadline) {
			t.Fatalf("%s\n%s", server.get("/api/v1/targets", nil), server.get("/api/v1/rules", nil))
		}
		time.Sleep(100 * time.Millisecond)
	}
	if rules := server.get("/api/v1/rules", nil); strings.Count(rules, `"health":"ok"`) < 10 || strings.Contains(rules, `"lastError":"`) {
		t.Error(rules)
	}
	selector := regexp.MustCompile(`(?:hiklua|process)_\w+(?:\{[^}]*\})?`)
	for where, expressions := range expressionsOf(t, page) {
		if len(expressions) < 5 {
			t.Errorf("%s has %d expressions", where, len(expressions))
		}
		for _, expr := range expressions {
			if got := server.get("/api/v1/query", url.Values{"query": {expr}}); !strings.Contains(got, `"status":"success"`) {
				t.Errorf("%s: %s\n%s", where, expr, got)
			}
			for _, s := range selector.FindAllString(expr, -1) {
				name, _, _ := strings.Cut(s, "{")
				if strings.Contains(s, "!=") {
					s = name
				}
				if strings.HasPrefix(name, "hiklua_cluster_") { // of hosts with a cluster alone: runtime/metrics compares them with the page
					if !strings.Contains(page, "`"+name) {
						t.Errorf("%s: the page does not have %s", where, name)
					}
					continue
				}
				if !slices.Contains(notSoon, name) && server.number("count("+s+")") < 1 {
					t.Errorf("%s: nothing is %s", where, s)
				}
			}
		}
	}
	// How full the disk is where the tests run is not the host's doing.
	if n := server.number(`count(ALERTS{alertname!="HikluaArchiveDiskFull"})`); n > 0 {
		t.Errorf("%v alerts of a host that is well: %s", n, server.get("/api/v1/alerts", nil))
	}
	p.signal(os.Interrupt)
	p.ends()
}

// expressionsOf are those that the rules, the dashboard and the page ask.
func expressionsOf(t *testing.T, page string) map[string][]string {
	t.Helper()
	all := make(map[string][]string)
	for _, m := range regexp.MustCompile(`(?m)^ +expr: (.*)$`).FindAllStringSubmatch(read(t, "../../docs/alerts.yaml"), -1) {
		all["docs/alerts.yaml"] = append(all["docs/alerts.yaml"], m[1])
	}
	_, questions, _ := strings.Cut(page, "| question |")
	for _, m := range regexp.MustCompile("(?m)^\\| [^`]* \\| `(.*)` \\|$").FindAllStringSubmatch(questions, -1) {
		all["docs/metrics.md"] = append(all["docs/metrics.md"], m[1])
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, "../../docs/grafana-dashboard.json")), &board); err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("$instance", ".*", "$device", ".*", "$__rate_interval", "1m")
	for _, panel := range board.Panels {
		if len(panel.Targets) == 0 {
			t.Errorf("docs/grafana-dashboard.json: %s asks nothing", panel.Title)
		}
		for _, target := range panel.Targets {
			all["docs/grafana-dashboard.json"] = append(all["docs/grafana-dashboard.json"], fill.Replace(target.Expr))
		}
	}
	return all
}

// prometheus is a server that runs.
type prometheus struct {
	t  *testing.T
	at string
}

// runPrometheus starts a server with the configuration in dir, until the test ends.
func runPrometheus(t *testing.T, program, dir string) *prometheus {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	l.Close()
	var log bytes.Buffer
	cmd := exec.Command(program, "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(dir, "tsdb"), "--web.listen-address="+at)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("prometheus said\n%s", &log)
		}
	})
	c := &http.Client{Timeout: time.Second}
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if answer, err := c.Get("http://" + at + "/-/ready"); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return &prometheus{t, "http://" + at}
			}
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("prometheus ended: %v", err)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("prometheus is not ready")
		}
	}
}

func (p *prometheus) get(path string, query url.Values) string {
	p.t.Helper()
	_, body := bearer(p.t, p.at+path+"?"+query.Encode(), "")
	return body
}

// number is the value of an expression that gives one; 0: it gives none.
func (p *prometheus) number(expr string) (n float64) {
	p.t.Helper()
	var answer struct {
		Data struct {
			Result []struct{ Value [2]any }
		}
	}
	body := p.get("/api/v1/query", url.Values{"query": {expr}})
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		p.t.Fatalf("%s: %v: %s", expr, err, body)
	}
	if len(answer.Data.Result) > 0 {
		fmt.Sscan(fmt.Sprint(answer.Data.Result[0].Value[1]), &n)
	}
	return n
}
