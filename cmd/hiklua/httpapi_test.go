package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/archive/index"
)

// apiSite is the site of docs/http-api.md.
var apiSite = map[string]string{
	"site.yaml": "timezone: Europe/Berlin\ndevices:\n  gate: {simulate: ptz, channels: {yard: {address: 1}}}\narchive: {keep: 30d}\nweb: {listen: \"127.0.0.1:0\"}\n",
	"scripts/night.lua": `hik.cron("0 3 * * *", {name = "tour"}, function()
		hik.snapshot("gate", "yard", {width = 320, height = 180}):archive()
	end)`,
	"scripts/door.lua": `hik.on("closing", function(value) print("closed by " .. value.by) end)`,
}

// TestHTTPAPIPage compares docs/http-api.md with the table of paths, gives each of
// its commands to a host and compares what comes with what it shows.
func TestHTTPAPIPage(t *testing.T) {
	t.Parallel()
	p := start(t, apiSite, "run")
	p.logs("2 scripts live")
	p.status()
	p.ask("", "job", "run", "tour", "--wait") // a picture for the archive
	page := make(map[string]section)
	var order []string
	for _, s := range sections(t, "../../docs/http-api.md") {
		page[s.names[0]] = s
		order = append(order, s.names[0])
	}
	for _, r := range api.Routes() {
		s, there := page[r.Method+" "+r.Path]
		switch {
		case !there:
			t.Errorf("docs/http-api.md lacks %s %s", r.Method, r.Path)
		case r.Page != strings.HasPrefix(strings.TrimSpace(s.text), "*page.*"):
			t.Errorf("docs/http-api.md: %s %s is for the page: %v", r.Method, r.Path, r.Page)
		}
	}
	if len(order) != len(api.Routes()) {
		t.Errorf("docs/http-api.md has %d paths, there are %d", len(order), len(api.Routes()))
	}
	socket := filepath.Join(p.cmd.Dir, "data", "control.sock")
	session := openSession(t, socket)
	for _, name := range order {
		commands := blockOf(page[name].text, "sh")
		if commands == "" {
			t.Errorf("%s has no example", name)
		}
		for i, command := range strings.Split(strings.TrimSpace(commands), "\n") {
			if name == "POST /api/repl" {
				continue // openSession has done it
			}
			answer := curl(t, socket, strings.ReplaceAll(command, "$SESSION", session))
			if strings.Contains(name, " /api/cluster") { // TestHTTPAPIPageCluster has their answers
				if answer.status != http.StatusConflict || !strings.Contains(string(answer.body), "no_cluster") {
					t.Errorf("%s of a host that is in no cluster: %d %s", command, answer.status, answer.body)
				}
				continue
			}
			if answer.method+" " != name[:len(answer.method)+1] || answer.status != http.StatusOK {
				t.Errorf("%s: %d %s", command, answer.status, answer.body)
				continue
			}
			shown := blockOf(page[name].text, "json")
			switch {
			case i > 0:
			case shown == "" && (answer.kind == "application/json" || len(answer.body) == 0):
				t.Errorf("%s: %s %q", command, answer.kind, answer.body)
			default:
				for _, want := range values(t, shown) {
					if !anyFits(want, values(t, string(answer.body))) {
						t.Errorf("%s\nanswers\n%s\nand not as\n%s", command, answer.body, shown)
					}
				}
			}
		}
	}
	p.logs("closed by hand")
	log, _, _ := p.ask("", "log", "--lines", "1000")
	wants(t, log, "run of a job by hand", "reload by hand", "stop of a head by hand", "preset by hand", "script set aside by hand", "script released by hand",
		"event by hand: closing", "login tried by hand", "index of the archive made anew by hand")
	p.signal(syscall.SIGTERM)
	p.ends()
}

// TestHTTPAPIKeys: docs/http-api.md names each key of what a path takes and answers,
// where json.md does not.
func TestHTTPAPIKeys(t *testing.T) {
	page := make(map[string]string)
	for _, s := range sections(t, "../../docs/http-api.md") {
		page[s.names[0]] = s.text
	}
	for name, all := range map[string][]any{
		"POST /api/jobs/run": {api.RunJob{}, api.JobRun{}}, "POST /api/heads/stop": {api.Head{}}, "POST /api/presets/recall": {api.Recall{}},
		"POST /api/scripts/hold": {api.Script{}}, "POST /api/scripts/release": {api.Script{}},
		"GET /api/devices/{device}/channels/{channel}/presets": {api.Preset{}},
		"GET /api/log": {api.LogNote{}}, "GET /api/archive/pictures": {api.ArchiveNote{}}, "GET /api/archive/head": {index.Head{}},
		"GET /api/login": {runtime.LoginCost{}}, "POST /api/login": {api.Login{}, runtime.LoginReport{}},
		"POST /api/emit": {api.Emission{}, api.Emitted{}}, "POST /api/archive/prune": {api.Prune{}, api.Pruned{}}, "POST /api/archive/rebuild": {api.Rebuilt{}},
		"POST /api/exec": {api.Program{}, api.ExecLine{}, api.Result{}}, "POST /api/repl": {api.SessionLine{}}, "POST /api/repl/{session}/eval": {api.Line{}, api.EvalLine{}},
		"POST /api/repl/{session}/outline": {api.Outlined{}, luaapi.Outline{}}, "POST /api/repl/{session}/stop": {api.Stopped{}},
		"POST /api/page/link": {api.PageLink{}}, "POST /api/cluster/move": {api.Move{}}, "POST /api/cluster/release": {api.Released{}}, "POST /api/cluster/leave": {api.Leave{}},
	} {
		for _, value := range all {
			for _, f := range reflect.VisibleFields(reflect.TypeOf(value)) {
				key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				piece := key == "stdout" || key == "stderr" || key == "log" // told at exec
				if key == "" || piece && name != "POST /api/exec" {
					continue
				}
				if !regexp.MustCompile("[`\"]" + key + "[`\"]").MatchString(page[name]) {
					t.Errorf("docs/http-api.md does not name %s of %s", key, name)
				}
			}
		}
	}
}

// blockOf is the first block of a kind in a text.
func blockOf(text, kind string) string {
	m := regexp.MustCompile("(?s)```" + kind + "\n(.*?)```").FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return m[1]
}

// values are those of JSON, one after another.
func values(t *testing.T, text string) (all []any) {
	t.Helper()
	for dec := json.NewDecoder(strings.NewReader(text)); ; {
		var v any
		err := dec.Decode(&v)
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Errorf("%v: %s", err, text)
			return all
		}
		all = append(all, v)
	}
}

func anyFits(want any, got []any) bool {
	for _, g := range got {
		if fits(want, g) {
			return true
		}
	}
	return false
}

// fits reports whether got has all keys of want, with values of the same kinds.
func fits(want, got any) bool {
	switch want := want.(type) {
	case map[string]any:
		got, ok := got.(map[string]any)
		for key, value := range want {
			there, has := got[key]
			ok = ok && has && fits(value, there)
		}
		return ok
	case []any:
		got, ok := got.([]any)
		for _, value := range want {
			ok = ok && anyFits(value, got)
		}
		return ok
	}
	return fmt.Sprintf("%T", want) == fmt.Sprintf("%T", got)
}

type curled struct {
	method, kind string
	status       int
	body         []byte
}

// curl does what the command does, so that the test needs none.
func curl(t *testing.T, socket, command string) (c curled) {
	t.Helper()
	var address, body string
	c.method = http.MethodGet
	words := regexp.MustCompile(`'[^']*'|\S+`).FindAllString(command, -1)
	for i := 0; i < len(words); i++ {
		switch word := strings.Trim(words[i], "'"); word {
		case "curl", "-N":
		case "-o":
			i++
		case "--unix-socket":
			if i++; words[i] != "data/control.sock" {
				t.Errorf("%s: not in the site's folder", command)
			}
		case "--json":
			i++
			c.method, body = http.MethodPost, strings.Trim(words[i], "'")
		default:
			address = word
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, c.method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := overSocket(socket).Do(r)
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	defer answer.Body.Close()
	c.status, c.kind = answer.StatusCode, answer.Header.Get("Content-Type")
	if c.body, err = io.ReadAll(answer.Body); err != nil {
		t.Errorf("%s: %v", command, err)
	}
	return c
}

func overSocket(socket string) *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}
}

// openSession begins a session that lasts as long as the test.
func openSession(t *testing.T, socket string) (name string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://hiklua/api/repl", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := overSocket(socket).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	first := make(chan string, 1)
	go func() {
		line := make([]byte, 200)
		n, _ := answer.Body.Read(line)
		first <- string(bytes.TrimSpace(line[:n]))
	}()
	select {
	case text := <-first:
		var v api.SessionLine
		if err := json.Unmarshal([]byte(text), &v); err != nil || v.Session == "" {
			t.Fatalf("%v %s", err, text)
		}
		return v.Session
	case <-time.After(patience):
		t.Fatal("no session begins")
		return ""
	}
}
