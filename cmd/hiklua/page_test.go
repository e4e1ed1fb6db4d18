package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// browser keeps cookies, and follows redirects.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
}

// visit gives the status and the body of what is at an address.
func visit(t *testing.T, c *http.Client, address string) (status int, body string) {
	t.Helper()
	r, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

// press sends what a button of the page does.
func press(t *testing.T, c *http.Client, address, body string) (status int, answer string) {
	t.Helper()
	r, err := c.Post(address, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

var pageAt = regexp.MustCompile(`page at (http://127\.0\.0\.1:\d+)`)

// pageOf is where the page is that the log named last.
func (p *process) pageOf() string {
	p.t.Helper()
	p.logs("page at http://")
	all := pageAt.FindAllStringSubmatch(p.stderr(), -1)
	if len(all) == 0 {
		p.t.Fatal(p.stderr())
	}
	return all[len(all)-1][1]
}

const webSite = `devices:
  gate: {ip: 127.0.0.1, port: PORT, username: admin, password: "${HIKLUA_PASSWORD}", channels: {yard: {address: 1}}}
`

// TestPage opens the page of a running host by the link, has something done,
// changes web of site.yaml meanwhile, and comes back after a restart.
func TestPage(t *testing.T) {
	t.Parallel()
	p := start(t, map[string]string{
		"site.yaml":      webSite + "web: {listen: \"127.0.0.1:0\", password: open sesame}\n",
		"scripts/go.lua": `hik.cron("0 3 * * *", {name = "night"}, function() print("the job runs") end)`,
	}, "run")
	at := p.pageOf()
	p.logs("1 script live")
	link, note, code := p.ask("", "page")
	link = strings.TrimSpace(link)
	if code != statusOK || !strings.HasPrefix(link, at+"/enter?key=") || note != "it logs in once, within a minute\n" {
		t.Fatal(code, link, note)
	}
	b := browser(t)
	if code, body := visit(t, b, link); code != 200 || !strings.Contains(body, "/app.js") {
		t.Error(code, body)
	}
	if code, _ := visit(t, browser(t), link); code != 403 {
		t.Error("the link works twice:", code)
	}
	if code, body := visit(t, b, at+"/api/status"); code != 200 || !strings.Contains(body, `"name":"gate"`) {
		t.Error(code, body)
	}
	if code, body := press(t, b, at+"/api/jobs/run", `{"job": "night"}`); code != 200 {
		t.Error(code, body)
	}
	p.logs("the job runs")
	for limit := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) { // until it is written down
		code, body := visit(t, b, at+"/timeline")
		if code == 200 && strings.Contains(body, `http-equiv="Content-Security-Policy"`) && strings.Contains(body, "<canvas") {
			break
		}
		if time.Now().After(limit) {
			t.Fatal("no timeline:", code, body)
		}
	}
	for _, path := range []string{"/api/exec", "/api/repl", "/api/login", "/api/page/link", "/api/emit", "/api/archive/prune"} {
		if code, body := press(t, b, at+path, `{}`); code != 403 || !strings.Contains(body, `"kind":"denied"`) {
			t.Error(path, code, body)
		}
	}
	if code, _ := press(t, b, at+"/api/reload", `{}`); code != 200 {
		t.Error(code)
	}

	// A page that only shows, on the port that it has, after a save.
	listen := strings.TrimPrefix(at, "http://")
	_, port, _ := net.SplitHostPort(p.server.Addr())
	yaml := strings.ReplaceAll(webSite, "PORT", port) + "web: {listen: \"" + listen + "\", password: open sesame, actions: false}\n"
	write(t, p.cmd.Dir, map[string]string{"site.yaml": yaml})
	if again := p.pageOf(); again != at {
		t.Error(again, at)
	}
	if code, body := press(t, b, at+"/api/jobs/run", `{"job": "night"}`); code != 403 {
		t.Error(code, body)
	}
	p.signal(syscall.SIGTERM)
	if code := p.ends(); code != statusOK {
		t.Error(code, p.stderr())
	}
	lacks(t, p.stderr(), "key=", "open sesame")

	// Whoever was logged in still is.
	p.launch(p.cmd.Dir, []string{"run"})
	if again := p.pageOf(); again != at {
		t.Error(again, at)
	}
	if code, body := visit(t, b, at+"/api/status"); code != 200 {
		t.Error("after a restart:", code, body)
	}
	write(t, p.cmd.Dir, map[string]string{"site.yaml": strings.Replace(yaml, "open sesame", "another one", 1)})
	p.pageOf()
	if code, _ := visit(t, b, at+"/api/status"); code != 401 {
		t.Error("with another password:", code)
	}
	write(t, p.cmd.Dir, map[string]string{"site.yaml": strings.ReplaceAll(webSite, "PORT", port)})
	p.logs("no page any more")
	if _, errs, code := p.ask("", "page"); code != statusFailure || !strings.Contains(errs, "the site has no page") {
		t.Error(code, errs)
	}
	p.signal(syscall.SIGTERM)
	p.ends()
}

// TestPageThatCannotBe starts hosts whose page cannot be served: each says why in
// one line, and runs.
func TestPageThatCannotBe(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	dir := t.TempDir()
	write(t, dir, map[string]string{"cert.pem": "no certificate", "key.pem": "no key"})
	for name, tt := range map[string]struct {
		web  string
		args []string
		says string
	}{
		"port":   {`{listen: "` + taken.Addr().String() + `"}`, nil, taken.Addr().String() + ": another program listens there"},
		"open":   {`{listen: "0.0.0.0:0"}`, nil, "that needs password or password_file"},
		"flag":   {`{actions: false}`, []string{"--listen", ":0"}, "that needs password or password_file"},
		"cert":   {`{listen: "127.0.0.1:0", cert: "` + dir + `/cert.pem", key: "` + dir + `/key.pem"}`, nil, "web.cert and web.key do not fit"},
		"none":   {`{listen: "127.0.0.1:0", cert: cert.pem, key: key.pem}`, nil, "web.cert: "},
		"not us": {`{listen: "192.0.2.1:8333", password: open sesame}`, nil, "192.0.2.1:8333 is no address of this machine"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, map[string]string{
				"site.yaml":      webSite + "web: " + tt.web + "\n",
				"scripts/go.lua": `hik.cron("0 3 * * *", {name = "night"}, function() end)`,
			}, append([]string{"run"}, tt.args...)...)
			p.logs("no page is served; the host runs on")
			p.logs("1 script live")
			wants(t, p.stderr(), tt.says)
			if n := strings.Count(p.stderr(), "no page is served"); n != 1 {
				t.Errorf("%d lines:\n%s", n, p.stderr())
			}
			if _, errs, code := p.ask("", "page"); code != statusFailure || !strings.Contains(errs, tt.says) {
				t.Error(code, errs)
			}
			p.signal(syscall.SIGTERM)
			if code := p.ends(); code != statusOK {
				t.Error(code)
			}
		})
	}
}

func TestPageCommandLine(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".", map[string]string{
		"site.yaml":      "devices: {gate: {simulate: ptz}}\nweb: {listen: \":8333\"}\n",
		"good/site.yaml": "devices: {gate: {simulate: ptz}}\nweb: {listen: \"127.0.0.1:8333\"}\n",
	})
	for _, tt := range []struct {
		line   string
		status int
		says   string
	}{
		{"run --listen 8333", statusMisuse, `--listen "8333" is a port alone: "127.0.0.1:8333" is for this machine`},
		{"run --listen http://127.0.0.1:8333", statusMisuse, "scheme or a path"},
		{"page a b", statusMisuse, "page takes"},
		{"page nowhere", statusFailure, "nowhere"},
		{"page", statusFailure, "no host runs the site in this folder"},
		{"page --json", statusFailure, "no host runs the site in this folder"},
		{"check", statusFailure, `site.yaml:2:15: web: listen ":8333" is open to other machines, and that needs password`},
		{"check good", statusOK, ""},
	} {
		s := newSession(t)
		status := s.run(context.Background(), strings.Fields(tt.line)...)
		if text := s.out.String() + s.err.String(); status != tt.status || !strings.Contains(text, tt.says) {
			t.Errorf("%s: %d\n%s", tt.line, status, text)
		}
	}
	if _, err := os.Stat(filepath.Join("data", "page.key")); err == nil {
		t.Error("a command that serves no page has made a key")
	}
}
