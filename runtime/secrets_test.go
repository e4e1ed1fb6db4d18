package runtime

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/site"
)

// hostile is a device that gives back whatever it was sent, in many forms.
func hostile(t *testing.T, answer func(rw http.ResponseWriter, r *http.Request, sent string)) *httptest.Server {
	return quietServer(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" && !strings.HasPrefix(r.URL.Path, "/http") {
			rw.Header().Set("WWW-Authenticate", `Digest realm="x", nonce="n", qop="auth"`)
			rw.Header().Add("WWW-Authenticate", `Basic realm="x"`)
			rw.WriteHeader(http.StatusUnauthorized)
			return
		}
		var sent bytes.Buffer
		r.Write(&sent)
		user, password, _ := r.BasicAuth()
		answer(rw, r, strings.ReplaceAll(sent.String()+" "+user+":"+password, "\r\n", " "))
	}))
}

func quietServer(t *testing.T, h http.Handler) *httptest.Server {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	s.Start()
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

// patient is a device with a fault.
func patient(t *testing.T, fault string, tune ...func(*sim.Options)) *httptest.Server {
	o := sim.Options{Model: sim.PTZ, Username: "op", Password: marker}
	for _, f := range tune {
		f(&o)
	}
	d := sim.New(o)
	if fault != "" {
		f, err := sim.ParseFault(fault)
		if err != nil {
			t.Fatal(err)
		}
		d.SetFaults(f)
	}
	s := quietServer(t, d)
	t.Cleanup(func() { d.SetFaults() })
	return s
}

// provoke runs in one task for each device, whatever is wrong with it.
const provoke = `
	local function show(err)
		if type(err) ~= "table" then print("error", tostring(err)) return end
		print(err.kind, tostring(err), hik.json.encode(err))
		hik.log.error(err, {error = err, kind = err.kind})
		hik.log.warn("caught", err)
	end
	local function try(fn, ...)
		local ok, err = pcall(fn, ...)
		if ok then print("result", tostring(err)) else show(err) end
	end
	hik.spawn(function()
		hik.parallel(hik.devices(), function(dev)
			print(dev, dev.name, dev.state, dev.events, hik.stream_url(dev, 1))
			for _, ch in ipairs{"yard", 9} do
				try(hik.snapshot, dev, ch)
				try(hik.preset, dev, ch, 3)
				if not dev.name:find("slow") then -- its stop would be waited for
					try(hik.ptz_pan_tilt, dev, ch, 10, 10, {duration = 0.01})
					try(hik.ptz_stop, dev, ch)
				end
				try(hik.ptz_status, dev, ch)
			end
			try(hik.info, dev)
			try(hik.time, dev)
			try(hik.channels, dev)
			try(hik.request, dev, "GET", "/ISAPI/none")
			try(hik.request, dev, "PUT", "/ISAPI/System/time", {body = "<bad"})
			try(function() return hik.exclusive(dev, 1, function() error{kind = "own", message = hik.info(dev).model} end) end)
			hik.spawn(function() hik.info(dev) end)
			hik.spawn(function() error{kind = "own", message = "about " .. dev.name, device = dev.name} end)
			try(function() return dev:wait("motion", {timeout = 0.05}) end)
			print(dev.state)
		end)
		for _, spec in ipairs{
			{ip = "192.0.2.1", username = "op", password = MARKER, bogus = 1},
			{ip = "192.0.2.1", password = MARKER}, {username = "op", password = MARKER},
			{ip = "http://op:" .. ESCAPED .. "@192.0.2.1", username = "op", password = MARKER},
			{ip = "192.0.2.1", username = "op", password = {MARKER}}, {ip = "192.0.2.1", username = "op", password = MARKER .. "\0"},
			{ip = "192.0.2.1", username = "op", password = MARKER, channels = {yard = {address = 1, stream_url = "rtsp://op:" .. ESCAPED .. "@x:port/"}}},
			{ip = "192.0.2.1", username = "op", password = MARKER, password_file = "x"},
			{ip = "192.0.2.1", username = "op", password = MARKER, port = "x", scheme = "ftp", tls = "none", timeout = "x"},
		} do try(hik.device, spec) end
		for _, site in ipairs(PLACES) do
			local at = "http://op:" .. ESCAPED .. "@" .. site
			local headers = {headers = {Authorization = "Bearer " .. MARKER, ["X-Key"] = MARKER, Cookie = "k=" .. ESCAPED}, timeout = 0.2}
			for _, path in ipairs{"/http", "/http/moved", "/http/loop", "/http/ftp", "/http/cut", "/http/slow"} do
				try(hik.http.get, at .. path, headers)
				try(hik.http.get, at .. path .. "?token=" .. ESCAPED, {timeout = 0.2})
				try(hik.http.post, at .. path, {body = MARKER, timeout = 0.2})
				hik.spawn(function() error(hik.http.get(at .. path, {timeout = 0.2})) end)
			end
			try(hik.http.get, at:gsub("http", "https"), headers)
			try(hik.http.get, at .. "\0")
			try(hik.http.get, at:gsub("http", "ftp"))
			try(hik.http.get, "http://op:" .. MARKER)
			try(hik.http.get, "http://op:" .. MARKER .. "@" .. site)
			try(hik.http.get, at, {headers = {["X-Key"] = MARKER .. "\n"}})
			try(hik.http.get, at, {headers = MARKER})
			try(hik.http.get, at, {headers = {MARKER}})
		end
		print(os.getenv("PW"))
		print("done")
	end)`

// A site whose devices do everything wrong that a device can do, each with the
// marker as its password: nothing that comes out of hiklua has it.
func TestNoSecretComesOut(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	secure := httptest.NewUnstartedServer(sim.New(sim.Options{Username: "op", Password: marker}))
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	secure.StartTLS()
	defer secure.Close()
	noPTZ := func(o *sim.Options) {
		o.Users, o.Username = []sim.User{{Name: "op", Password: marker, NoPTZ: true}}, "root"
	}

	var yaml strings.Builder
	yaml.WriteString("timezone: UTC\ndevices:\n")
	add := func(name, address, keys string) {
		host, port, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(address, "http://"), "https://"), ":")
		fmt.Fprintf(&yaml, "  %s:\n    ip: %s\n    port: %s\n    username: op\n    password: ${PW}\n    timeout: 250ms\n    status_interval: 1s\n    %s\n"+
			"    channels: {yard: {address: 1, stream_url: \"rtsp://op:%s@192.0.2.9/live?user=op\"}}\n", name, host, port, keys, url.QueryEscape(marker))
	}
	for _, fault := range sim.FaultNames() {
		name := strings.ReplaceAll(fault, "-", "_")
		switch fault {
		case "slow":
			fault = "slow=1s"
		}
		add(name, patient(t, fault).URL, "")
		add(name+"_basic", patient(t, fault, func(o *sim.Options) { o.Auth = sim.AuthBasic }).URL, "auth_mode: basic")
	}
	add("sound", patient(t, "").URL, "")
	add("closed", closed.Addr().String(), "")
	add("no_ptz", patient(t, "", noPTZ).URL, "")
	add("no_isapi", patient(t, "", func(o *sim.Options) { o.NoISAPI = true }).URL, "")
	add("https_only", patient(t, "", func(o *sim.Options) { o.HTTPSOnly = true }).URL, "")
	add("inactive", patient(t, "", func(o *sim.Options) { o.Inactive = true }).URL, "")
	add("tls", secure.URL, "scheme: https")
	add("tls_verify", secure.URL, "scheme: https\n    tls: verify")
	add("tls_to_plain", patient(t, "").URL, "scheme: https")
	add("plain_to_tls", secure.URL, "")

	other := hostile(t, func(rw http.ResponseWriter, _ *http.Request, sent string) { io.WriteString(rw, sent) })
	// What a hostile device gives back of our login, in every place of an answer.
	for name, answer := range map[string]func(rw http.ResponseWriter, r *http.Request, sent string){
		"text": func(rw http.ResponseWriter, _ *http.Request, sent string) {
			rw.WriteHeader(500)
			io.WriteString(rw, sent)
		},
		"page": func(rw http.ResponseWriter, _ *http.Request, sent string) {
			fmt.Fprintf(rw, "<html><title>%s</title>", sent)
		},
		"not_xml": func(rw http.ResponseWriter, _ *http.Request, sent string) { fmt.Fprintf(rw, "<DeviceInfo><%s", sent) },
		"missing": func(rw http.ResponseWriter, r *http.Request, sent string) {
			http.NotFound(rw, r)
			io.WriteString(rw, sent)
		},
		"denied": func(rw http.ResponseWriter, _ *http.Request, sent string) {
			rw.WriteHeader(403)
			io.WriteString(rw, sent)
		},
		"refused": func(rw http.ResponseWriter, _ *http.Request, sent string) { refuses(rw, 403, sent) },
		"again":   func(rw http.ResponseWriter, _ *http.Request, sent string) { refuses(rw, 401, sent) },
		"busy":    func(rw http.ResponseWriter, _ *http.Request, sent string) { refuses(rw, 503, sent) },
		"elsewhere": func(rw http.ResponseWriter, r *http.Request, sent string) {
			http.Redirect(rw, r, other.URL+"/http?"+url.QueryEscape(sent), http.StatusFound)
		},
		"status": func(rw http.ResponseWriter, _ *http.Request, sent string) {
			conn, _, _ := http.NewResponseController(rw).Hijack()
			fmt.Fprintf(conn, "HTTP/1.1 999 %s\r\nContent-Length: 0\r\nContent-Type: %s\r\n\r\n", sent, sent)
			conn.Close()
		},
		"garbage": func(rw http.ResponseWriter, _ *http.Request, sent string) {
			conn, _, _ := http.NewResponseController(rw).Hijack()
			io.WriteString(conn, sent)
			conn.Close()
		},
	} {
		for _, mode := range []string{"digest", "basic", "auto"} {
			add("says_"+name+"_"+mode, hostile(t, answer).URL, "auth_mode: "+mode)
		}
	}
	web := quietServer(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/http/moved":
			http.Redirect(rw, r, "http://"+closed.Addr().String()+"/", http.StatusTemporaryRedirect)
		case "/http/loop":
			http.Redirect(rw, r, r.URL.String(), http.StatusFound)
		case "/http/ftp":
			http.Redirect(rw, r, "ftp://op:"+url.QueryEscape(marker)+"@x/", http.StatusFound)
		case "/http/cut":
			rw.Header().Set("Content-Length", "100")
			io.WriteString(rw, "cut")
		case "/http/slow":
			io.Copy(io.Discard, r.Body) // or nobody would notice that the client is gone
			<-r.Context().Done()
		default:
			rw.WriteHeader(http.StatusForbidden)
		}
	}))
	bare := func(s string) string { return strings.TrimPrefix(strings.TrimPrefix(s, "http://"), "https://") }
	program := fmt.Sprintf("local MARKER, ESCAPED = %q, %q\nlocal PLACES = {%q, %q, %q}\n", marker, url.QueryEscape(marker),
		bare(web.URL), closed.Addr().String(), bare(secure.URL)) + provoke

	w := runSecrets(t, yaml.String(), program)
	for _, kind := range []string{"unauthorized", "locked", "offline", "timeout", "bad_answer", "not_found", "forbidden", "busy", "misuse", "unsupported"} {
		if !strings.Contains(w, "\n"+kind+"\t") {
			t.Errorf("no error of kind %s was provoked", kind)
		}
	}
	if !strings.Contains(w, "\ndone") {
		t.Error("the script did not come to its end")
	}
}

func refuses(rw http.ResponseWriter, status int, sent string) {
	rw.Header().Set("Content-Type", "application/xml")
	rw.WriteHeader(status)
	fmt.Fprintf(rw, "<ResponseStatus><requestURL>%[1]s</requestURL><statusCode>4</statusCode><statusString>%[1]s</statusString><subStatusCode>%[1]s</subStatusCode></ResponseStatus>",
		strings.NewReplacer("<", "&lt;", "&", "&amp;").Replace(sent))
}

// runSecrets runs a program on a site in real time, looks for the marker in all
// that comes out, and returns what was printed.
func runSecrets(t *testing.T, yaml, program string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "site.yaml"), []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	getenv := func(key string) (string, bool) { return marker, key == "PW" }
	conf, err := site.Load(dir, getenv)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var printed, records, text, jsonText strings.Builder
	level := &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}
	log := slog.New(slog.NewMultiHandler(slog.NewTextHandler(&text, level), slog.NewJSONHandler(&jsonText, level)))
	h, err := New(Config{
		Site: conf, Clock: clock.Real(), Log: log, Version: "test", Getenv: getenv,
		Print: func(_, line string) { mu.Lock(); defer mu.Unlock(); printed.WriteString("\n" + line) },
		Record: func(r journal.Entry) {
			mu.Lock()
			defer mu.Unlock()
			fmt.Fprintf(&records, "%v %+v %#v\n%s\n", r, r, r, spelledOut(r.Err))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Open()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	result := h.Exec(ctx, Program{Name: "secrets.lua", Source: []byte(program)})
	if result.Err != nil {
		t.Error(result.Err)
	}
	var states strings.Builder
	for _, d := range h.Devices() {
		fmt.Fprintf(&states, "%s %s %v %s\n", d.Name(), d.State(), d.Info(), spelledOut(d.LastError()))
		fmt.Fprintf(&states, "%v %+v %#v\n", d.Client(), d.Client(), d.Client())
	}
	h.Abort() // some stops will never be answered
	h.Close()
	outputs := map[string]string{
		"text log": text.String(), "JSON log": jsonText.String(), "what was printed": printed.String(), "records": records.String(),
		"devices": states.String(), "result": fmt.Sprintf("%v %+v %#v %s", result, result, result, spelledOut(result.Err)),
		"site": fmt.Sprintf("%v %+v %#v", *conf, *conf, conf.Devices),
	}
	filepath.WalkDir(filepath.Join(dir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			content, _ := os.ReadFile(path)
			outputs[path] = string(content)
		}
		return nil
	})
	for where, output := range outputs {
		for _, line := range strings.Split(output, "\n") {
			if leaks(line) {
				t.Errorf("the password is in %s: %.600s", where, line)
			}
		}
	}
	if text.Len() < 1000 || records.Len() < 1000 {
		t.Errorf("the log has %d bytes, the records have %d: nothing happened", text.Len(), records.Len())
	}
	return printed.String()
}
