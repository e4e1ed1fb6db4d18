package runtime

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
)

// Files of a whole site: what a script writes it reads back, and links in the
// data folder that an operator made lead it nowhere.
func TestFilesOfASite(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{
		"outside/secret": "marker",
		"data/state.db":  "state",
		"scripts/a.lua": `
			local function try(fn, ...)
				local ok, v = pcall(fn, ...)
				print(ok and v or v.kind .. ": " .. v.message)
			end
			hik.spawn(function()
				try(hik.file.read, "out/secret")
				try(hik.file.append, "out/secret", "x")
				try(hik.file.list, "out")
				try(hik.file.read, "state.db")
				try(function() hik.device("gate"):snapshot():save("state.db") end)
				try(hik.file.read, "none.txt")
				try(hik.file.read, "sub")
				try(hik.file.remove, "sub")
				hik.file.append("sub/a.txt", "one ")
				hik.file.append("sub/a.txt", "two")
				try(hik.file.read, "sub/a.txt")
				hik.file.write("b.txt", "b")
				for _, f in ipairs(hik.file.list()) do print(f.name, f.size, f.dir) end
				hik.file.remove("sub/a.txt")
				hik.file.remove("sub/")
				print(#hik.file.list("./"))
			end)`,
	})
	if err := os.Symlink("../outside", filepath.Join(w.dir, "data", "out")); err != nil {
		t.Skip("no links here: ", err)
	}
	if err := os.Mkdir(filepath.Join(w.dir, "data", "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.write("data/sub/x", "")
	w.start()
	w.run(time.Second)
	os.Remove(filepath.Join(w.dir, "data", "sub", "x"))
	w.end()
	got := strings.Join(w.printed, "\n")
	for _, want := range []string{
		`misuse: path "out/secret" leads out of the data folder by a link`,
		`misuse: path "out" leads out of the data folder by a link`,
		`misuse: path "state.db" is hiklua's own`,
		`not_found: no file "none.txt" in the data folder`,
		`misuse: path "sub" is a folder`,
		"one two", "b.txt\t1\tfalse\nsub\t0\ttrue",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("nowhere is %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "marker") || strings.Count(got, "hiklua's own") != 2 {
		t.Errorf("printed\n%s", got)
	}
	for path, want := range map[string]string{"outside/secret": "marker", "data/state.db": "state"} {
		if data, err := os.ReadFile(filepath.Join(w.dir, path)); string(data) != want {
			t.Errorf("%s holds %q (%v)", path, data, err)
		}
	}
}

// Whatever hiklua makes in the data folder is its account's alone.
func TestWhatIsWrittenIsPrivate(t *testing.T) {
	if goruntime.GOOS == "windows" {
		t.Skip("modes mean something else here")
	}
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.spawn(function()
			hik.device("gate"):snapshot():save("pictures/today/a.jpg")
			hik.file.write("x/y.txt", "y")
			hik.file.append("z/log.txt", "z")
		end)`})
	w.start()
	w.run(time.Minute)
	w.end()
	files := 0
	err := filepath.WalkDir(filepath.Join(w.dir, "data"), func(path string, d fs.DirEntry, err error) error {
		info, statErr := d.Info()
		if err = errors.Join(err, statErr); err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if !d.IsDir() {
			files++
		}
		return err
	})
	if err != nil || files < 3 {
		t.Errorf("%d files, %v", files, err)
	}
}

// In virtual time nothing reaches the network, and given a transport every
// request goes there.
func TestHTTPInVirtualTime(t *testing.T) {
	script := map[string]string{"scripts/a.lua": `
		hik.spawn(function()
			local ok, v = pcall(hik.http.get, "http://127.0.0.1/x")
			print(ok and v.body or tostring(v))
		end)`}
	w := newWorld(t, oneHead, script)
	w.start()
	w.run(time.Second)
	w.end()
	w.wantPrinted("scripts/a.lua:3: GET http://127.0.0.1: no route to the host")

	w = newWorld(t, oneHead, script)
	w.host.web = roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("from memory " + r.URL.Path)), Request: r}, nil
	})
	w.start()
	w.run(time.Second)
	w.end()
	w.wantPrinted("from memory /x")
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// hik.http asks the same address as a device, with the device logged in: it
// takes nothing of the login along, and keeps no cookies. A device's redirect
// is not followed.
func TestHTTPCarriesNoDeviceCredentials(t *testing.T) {
	var mu sync.Mutex
	var plain, elsewhere []string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		elsewhere = append(elsewhere, r.URL.Path)
	}))
	defer other.Close()
	device := sim.New(sim.Options{Model: sim.IPC, Username: "op", Password: "marker-1", Auth: sim.AuthBoth})
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/plain"):
			mu.Lock()
			defer mu.Unlock()
			plain = append(plain, fmt.Sprint(r.Header["Authorization"], r.Header["Cookie"], r.Header["Referer"]))
			http.SetCookie(rw, &http.Cookie{Name: "session", Value: "1", Path: "/"})
			if r.URL.Path == "/plain/to" {
				http.Redirect(rw, r, "/plain/x?token=1", http.StatusFound)
			}
		case r.URL.Path == "/ISAPI/away" && r.Header.Get("Authorization") != "":
			http.Redirect(rw, r, other.URL+"/stolen", http.StatusTemporaryRedirect)
		default:
			device.ServeHTTP(rw, r)
		}
	}))
	defer server.Close()
	host, port := place(t, server)
	yaml := fmt.Sprintf("devices:\n  cam: {ip: %s, port: %s, username: op, password: \"${PW}\", auth_mode: auto}\n", host, port)
	got, result := execReal(t, yaml, map[string]string{"PW": "marker-1"}, fmt.Sprintf(`
		local cam = hik.device("cam")
		cam:info()
		local answer = hik.http.get("%[1]s/plain")
		print(answer.status, answer.headers["set-cookie"] ~= nil)
		print(hik.http.get("%[1]s/plain/to").status)
		print(hik.http.get("%[1]s/ISAPI/System/deviceInfo").status)
		print(pcall(cam.request, cam, "GET", "/ISAPI/away"))
		cam:info()`, server.URL))
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	if !strings.HasPrefix(got, "200\ttrue\n200\n401\nfalse\t") {
		t.Errorf("printed %s", got)
	}
	for _, headers := range plain {
		if headers != "[] [] []" {
			t.Errorf("hik.http sent along %s", headers)
		}
	}
	if len(plain) != 3 || len(elsewhere) != 0 {
		t.Errorf("%d plain requests; elsewhere %v", len(plain), elsewhere)
	}
}

// The sun is the site's, and without a place it says what is missing.
func TestSunOfASite(t *testing.T) {
	const script = `
		local function show(day)
			local s = hik.sun(day)
			print(s.sunrise and hik.date("%F %H:%M", s.sunrise), s.sunset and hik.date("%H:%M", s.sunset), s.up)
		end
		print(pcall(show)) show("2026-06-21") show("2026-12-21")`
	for place, want := range map[string][]string{
		"timezone: Europe/Berlin\nlocation: {lat: 52.52, lon: 13.40}\n": {
			"2026-03-04 06:46\t17:50\tnil", "true", "2026-06-21 04:43\t21:33\tnil", "2026-12-21 08:14\t15:54\tnil"},
		"timezone: Europe/Oslo\nlocation: {lat: 69.65, lon: 18.96}\n": {
			"2026-03-04 06:56\t16:57\tnil", "true", "nil\tnil\ttrue", "nil\tnil\tfalse"},
	} {
		w := newWorld(t, place, map[string]string{"scripts/a.lua": script})
		w.start()
		w.run(time.Second)
		w.end()
		w.wantPrinted(want...)
	}
	w := newWorld(t, "timezone: UTC\n", map[string]string{"scripts/a.lua": "hik.sun()"})
	w.start()
	w.run(time.Second)
	w.end()
	w.wantLog("the site has no location")
	w.wantLog("scripts/a.lua:1")
	w.wantLog("kind=misuse")
}

// What save and write return names the file that they wrote, also where the site
// lies elsewhere: read, append, list and remove take it, and the folder's own name
// in front makes no folder in it.
func TestPathsOfFilesAreReadAgain(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		hik.spawn(function()
			local picture = hik.device("gate"):snapshot()
			local path = picture:save("a/b.jpg")
			print(path, hik.file.read(path) == picture.bytes, picture:save(path) == path)
			print(picture:save("data/c.jpg"), hik.file.read("c.jpg") == picture.bytes)
			path = hik.file.write("./x//y.txt", "one")
			hik.file.append(path, " two")
			print(path, hik.file.read(path), hik.file.read("x/y.txt"))
			for _, f in ipairs(hik.file.list("data/x")) do print(f.name) end
			for _, f in ipairs(hik.file.list("data")) do print(f.name) end
			hik.file.remove(path)
			print(pcall(hik.file.read, "data/state.db"))
			print(#hik.file.list("data/x/"))
		end)`})
	w.start()
	w.run(time.Second)
	w.wantPrinted("data/a/b.jpg\ttrue\ttrue", "data/c.jpg\ttrue", "data/x/y.txt\tone two\tone two", "y.txt", "a", "c.jpg", "x",
		`false	scripts/a.lua:13: path "data/state.db" is hiklua's own`, "0")
	w.end()
}
