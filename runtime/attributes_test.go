package runtime

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	pathpkg "path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/recorded"
	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// execReal runs a program on a site over the machine's own loopback, in real
// time, and returns what it prints.
func execReal(t *testing.T, yaml string, env map[string]string, program string) (string, Result) {
	t.Helper()
	return execRealIn(t, t.TempDir(), yaml, env, program)
}

func execRealIn(t *testing.T, dir, yaml string, env map[string]string, program string) (string, Result) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "site.yaml"), []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	conf, err := site.Load(dir, func(key string) (string, bool) { v, ok := env[key]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var printed []string
	log := new(strings.Builder)
	h, err := New(Config{
		Site: conf, Clock: clock.Real(), Log: slog.New(slog.NewTextHandler(log, nil)), Version: "test",
		Print: func(_, text string) { mu.Lock(); printed = append(printed, text); mu.Unlock() },
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Open()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	result := h.Exec(ctx, Program{Name: "test.lua", Source: []byte(program)})
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	for _, secret := range env {
		if strings.Contains(log.String(), secret) || strings.Contains(fmt.Sprintf("%v %#v %+v", result, result, conf), secret) {
			t.Error("a password is shown")
		}
	}
	return strings.Join(printed, "\n"), result
}

// place is host and port of a test server for site.yaml.
func place(t *testing.T, server *httptest.Server) (host, port string) {
	t.Helper()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Hostname(), u.Port()
}

const askModel = `
	local ok, result = pcall(hik.info, "cam")
	if ok then print(result.model) else print(result.kind, tostring(result)) end`

func TestAddressAndLoginOfADevice(t *testing.T) {
	const password = "marker-password-31415"
	device := func(auth sim.Auth) http.Handler {
		return sim.New(sim.Options{Model: sim.IPC, Username: "op", Password: password, Auth: auth})
	}
	plain := httptest.NewServer(device(sim.AuthDigest))
	defer plain.Close()
	basic := httptest.NewServer(device(sim.AuthBasic))
	defer basic.Close()
	secure := httptest.NewUnstartedServer(device(sim.AuthDigest))
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	secure.StartTLS()
	defer secure.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closedPort := closed.Addr().(*net.TCPAddr).Port
	closed.Close()

	const model = "DS-2CD2145SIM-I"
	for _, test := range []struct {
		name   string
		server *httptest.Server
		keys   string // beside ip, port, username, password
		want   string
	}{
		{"digest by default", plain, "", model},
		{"auto", plain, "auth_mode: auto", model},
		{"basic is never tried by default", basic, "", "auth_mode"},
		{"basic", basic, "auth_mode: basic", model},
		{"auto with basic alone", basic, "auth_mode: auto", model},
		{"self-signed is tolerated", secure, "scheme: https", model},
		{"self-signed is refused with verify", secure, "scheme: https\n    tls: verify", "certificate"},
		{"pinned at first sight", secure, "scheme: https\n    tls: pin", model},
		{"https to an http port", plain, "scheme: https", "check port and scheme"},
	} {
		t.Run(test.name, func(t *testing.T) {
			host, port := place(t, test.server)
			yaml := fmt.Sprintf("devices:\n  cam:\n    ip: %s\n    port: %s\n    username: op\n    password: ${CAM_PW}\n    %s\n", host, port, test.keys)
			got, _ := execReal(t, yaml, map[string]string{"CAM_PW": password}, askModel)
			if !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q in it", got, test.want)
			}
		})
	}
	t.Run("port", func(t *testing.T) {
		yaml := fmt.Sprintf("devices:\n  cam: {ip: 127.0.0.1, port: %d, username: op, password: x}\n", closedPort)
		got, _ := execReal(t, yaml, nil, askModel)
		if !strings.Contains(got, "offline") || !strings.Contains(got, fmt.Sprint(closedPort)) {
			t.Errorf("got %q", got)
		}
	})
}

// The attributes that bound and time commands, and those of channels.
func TestAttributesShowTheirEffect(t *testing.T) {
	w := newWorld(t, `timezone: UTC
devices:
  slow: {simulate: ipc, timeout: 3s}
  one: {simulate: nvr}
  four: {simulate: nvr, concurrency: 4}
  paced: {simulate: nvr, max_rate: 2}
  gate:
    simulate: ptz
    ptz_id: stream
    channels:
      main: {address: "1", stream_url: "rtsp://user:hidden@192.0.2.1:554/Streaming/Channels/101"}
  by1: {simulate: ptz, ptz_id: channel}
  by101: {simulate: ptz, ptz_id: stream}
  cam:
    simulate: ipc
    channels:
      small: {address: 1, stream: sub}
vars: {night: "22:00", dwell: 15s, deep: {list: [1, 2]}}
`, map[string]string{"scripts/a.lua": `
		local function took(fn) local began = hik.now() local ok, err = pcall(fn) return math.floor((hik.now() - began) * 10 + 0.5) / 10, ok or err.kind end
		local function four(name)
			return function() hik.parallel({1, 2, 3, 4, 1, 2}, function() hik.request(name, "GET", "/ISAPI/System/deviceInfo") end) end
		end
		hik.spawn(function()
			print("timeout", took(function() hik.info("slow") end))
			print("one at once", took(four("one")))
			print("four at once", took(four("four")))
			print("two a second", took(four("paced")))
			print("stream_url", hik.device("gate"):channel("main").stream_url)
			hik.device("gate"):channel("main"):preset(1)
			print("not its number", pcall(hik.preset, "by1", 1, 1) or pcall(hik.preset, "by101", 1, 1))
			hik.device("cam"):channel("small"):snapshot()
			hik.device("cam"):snapshot(1, {stream = "main"})
			print("vars", hik.vars.night, hik.vars.dwell, hik.vars.deep.list[2])
		end)
	`}, func(o *sim.Options) {
		o.Latency = 100 * time.Millisecond
		if o.Name == "gate" || o.Name == "by1" {
			o.PTZID = sim.PTZByStream
		}
	})
	w.run(0)
	w.devices["slow"].SetFaults(sim.Fault{Name: "slow", Value: "1h"})
	w.start()
	w.run(time.Minute)
	paths := func(name, part string) (found []string) {
		for _, e := range w.devices[name].Journal() {
			if e.Status == 200 && strings.Contains(e.Path, part) {
				found = append(found, e.Path)
			}
		}
		return found
	}
	// These know their head by the other number, which auto would find out.
	for name, number := range map[string]string{"by1": "/channels/1/", "by101": "/channels/101/"} {
		tried := 0
		for _, e := range w.devices[name].Journal() {
			if strings.Contains(e.Path, "/goto") {
				if tried++; !strings.Contains(e.Path, number) {
					t.Errorf("%s: %s was tried", name, e.Path)
				}
			}
		}
		if tried == 0 {
			t.Errorf("%s: nothing was tried", name)
		}
	}
	if got := fmt.Sprint(paths("gate", "goto")); got != "[/ISAPI/PTZCtrl/channels/101/presets/1/goto]" {
		t.Errorf("ptz_id: stream: %s", got)
	}
	if got := fmt.Sprint(paths("cam", "picture")); got != "[/ISAPI/Streaming/channels/102/picture /ISAPI/Streaming/channels/101/picture]" {
		t.Errorf("stream: sub: %s", got)
	}
	w.wantPrinted(
		"timeout\t3\ttimeout",
		"one at once\t0.6\ttrue",
		"four at once\t0.4\ttrue", // two logins at once, one of which asks for a challenge
		"two a second\t2.6\ttrue",
		"stream_url\trtsp://user@192.0.2.1:554/Streaming/Channels/101",
		"not its number\tfalse",
		"vars\t22:00\t15s\t2",
	)
	if strings.Contains(w.log.String()+strings.Join(w.printed, ""), "hidden") {
		t.Error("a password in a URL is shown")
	}
	w.devices["slow"].SetFaults()
}

// recordings is what the recorded devices say of themselves.
var recordings = map[string]struct {
	model    string
	channels string   // that the device lists, those that it calls offline after a bar
	pictures []string // channels that have a picture
}{
	"DS-2CD2146G2-ISU":    {"DS-2CD2146G2-ISU", "1 |", []string{"1"}},
	"DS-2CD2386G2-IU":     {"DS-2CD2386G2-IU", "1 |", []string{"1"}},
	"DS-2CD2443G0-IW":     {"DS-2CD2443G0-IW", "1 |", []string{"1"}},
	"DS-2CD2T46G2-ISU":    {"DS-2CD2T46G2-ISU/SL", "1 |", []string{"1"}},
	"DS-2SE4C425MWG-E-26": {"DS-2SE4C425MWG-E-26", "1 2 |", []string{"1", "2"}},
	"DS-7608NXI-I2":       {"DS-7608NXI-I2/8P/S", "1 2 3 4 |", []string{"1", "2", "3"}},
	"DS-7616NI-K2":        {"DS-7616NI-K2", "1 2 3 4 5 6 |", []string{"1", "2", "3", "4", "5", "6"}},
	"iDS-7204HUHI-M1":     {"iDS-7204HUHI-M1/E", "1 3 | 2 4", []string{"1", "3"}},
}

// Connect, info, channels and the right picture path work on recorded devices
// through the whole stack: with the channels that the device tells, and with
// those of site.yaml as "devices --yaml" writes them.
func TestRecordedDevices(t *testing.T) {
	dir, ok := recorded.Dir()
	if !ok {
		t.Skip("no recorded devices here")
	}
	for name, want := range recordings {
		t.Run(name, func(t *testing.T) {
			handler, err := recorded.Open(filepath.Join(dir, name), "op", "recorded-password")
			if err != nil {
				t.Fatal(err)
			}
			var pictures []string // streams of which pictures were asked, one after the other
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if path, ok := strings.CutSuffix(r.URL.Path, "/picture"); ok && (len(pictures) == 0 || pictures[len(pictures)-1] != pathpkg.Base(path)) {
					pictures = append(pictures, pathpkg.Base(path))
				}
				handler.ServeHTTP(w, r)
			}))
			defer server.Close()
			host, port := place(t, server)
			login := fmt.Sprintf("devices:\n  cam:\n    ip: %s\n    port: %s\n    username: op\n    password: ${PW}\n", host, port)
			run := func(yaml, program string) string {
				t.Helper()
				pictures = nil
				got, result := execReal(t, yaml, map[string]string{"PW": "recorded-password"}, program)
				if result.Err != nil {
					t.Fatal(result.Err)
				}
				return got
			}
			shown := func() string { return strings.Join(pictures, " ") }

			first, last := want.pictures[0], want.pictures[len(want.pictures)-1]
			got := run(login, `
				local cam = hik.device("cam")
				local info = cam:info()
				print(info.model, info.firmware ~= "", info.serial ~= "", #info.raw > 100)
				local on, off = "", ""
				for _, ch in ipairs(cam:channels()) do
					if ch.online == false then off = off .. " " .. ch.id else on = on .. ch.id .. " " end
				end
				print(on .. "|" .. off)
				print("main", cam:snapshot(`+last+`).content_type)
				print("sub", cam:snapshot(`+first+`, {stream = "sub"}).content_type)
				print(cam.state)
			`)
			text := fmt.Sprintf("%s\ttrue\ttrue\ttrue\n%s\nmain\timage/jpeg\nsub\timage/jpeg\nonline", want.model, want.channels)
			if got != text {
				t.Errorf("got %q, want %q", got, text)
			}
			if streams := last + "01 " + first + "02"; shown() != streams {
				t.Errorf("pictures of %s, want %s", shown(), streams)
			}

			block, text, streams := "    channels:\n", "", ""
			for i, id := range want.pictures {
				block += fmt.Sprintf("      c%s: {address: %s, stream: %s}\n", id, id, []string{"main", "sub"}[i%2])
				text += fmt.Sprintf("c%s\t%s\timage/jpeg\n", id, id)
				streams += fmt.Sprintf("%s0%d ", id, i%2+1)
			}
			got = run(login+block, `
				for _, ch in ipairs(hik.device("cam"):channels()) do
					if ch.name:find("^c%d$") then print(ch.name, ch.id, ch:snapshot().content_type) end
				end
			`)
			if got+"\n" != text || shown()+" " != streams {
				t.Errorf("with channels: got %q and pictures of %s, want %q and %s", got, shown(), text, streams)
			}
		})
	}
}
