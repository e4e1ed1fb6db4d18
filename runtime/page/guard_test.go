package page

import (
	"net/http"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/site"
)

// TestGuards sends what each kind of caller would, right and wrong.
func TestGuards(t *testing.T) {
	w := newWorld(t)
	at := w.serve(func(web *site.Web) { web.Hosts = []string{"cams.example.org", "192.0.2.7"}; withHooks(web) })
	port := w.page.front.port()
	cookie := login(t, at)
	in := []string{"Cookie", cookie}
	key := []string{"Authorization", "Bearer " + secret}
	js := []string{"Content-Type", "application/json"}
	with := func(headers ...[]string) (all []string) {
		for _, h := range headers {
			all = append(all, h...)
		}
		return all
	}
	navigation := []string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}
	for _, tt := range []struct {
		request string
		headers []string
		status  int
		kind    string
	}{
		// Who asks.
		{"GET /", nil, 303, ""},
		{"GET /", in, 200, ""},
		{"HEAD /", in, 200, ""},
		{"GET /app.js", nil, 401, "login"},
		{"GET /app.js", in, 200, ""},
		{"GET /app.css", nil, 200, ""},
		{"GET /icon.svg", nil, 200, ""},
		{"GET /login", nil, 200, ""},
		{"GET /login", in, 303, ""},
		{"GET /login.html", in, 404, "not_found"},
		{"GET /none.css", nil, 404, "not_found"},
		{"GET /healthz", nil, 200, ""},
		{"GET /api/status", nil, 401, "login"},
		{"GET /api/status", in, 200, ""},
		{"GET /api/status", key, 200, ""},
		{"GET /api/status", []string{"Authorization", "bearer " + secret}, 200, ""},
		{"GET /api/status", []string{"Authorization", "Basic " + secret}, 401, "login"},
		{"GET /api/status", []string{"Cookie", cookie[:len(cookie)-2] + "xx"}, 401, "login"},
		{"GET /api/status", []string{"Cookie", strings.Split(cookie, "=")[0] + "="}, 401, "login"},
		{"GET /api/status", []string{"Cookie", "hiklua_1=" + strings.Split(cookie, "=")[1]}, 401, "login"},
		{"GET /metrics", nil, 401, "login"},
		{"GET /metrics", key, 200, ""},
		{"GET /api/stream", nil, 401, "login"},
		{"GET /api/devices/gate/channels/1/picture", nil, 401, "login"},
		{"GET /nothing", nil, 401, "login"},
		{"GET /nothing/at/all", in, 404, "not_found"},
		{"POST /hooks/door", nil, 401, "login"},
		{"POST /hooks/none", nil, 404, "not_found"},
		{"GET /hooks/door", nil, 405, "method"},
		{"POST /hooks/door/", []string{"Authorization", "Bearer token"}, 404, "not_found"},

		// By which name.
		{"GET /healthz", []string{"Host", "localhost:" + port}, 200, ""},
		{"GET /healthz", []string{"Host", "LocalHost."}, 200, ""},
		{"GET /healthz", []string{"Host", "[::1]:" + port}, 200, ""},
		{"GET /healthz", []string{"Host", "cams.example.org"}, 200, ""},
		{"GET /healthz", []string{"Host", "192.0.2.7:99"}, 200, ""},
		{"GET /healthz", []string{"Host", "192.0.2.8"}, 421, "host"},
		{"GET /healthz", []string{"Host", "evil.example"}, 421, "host"},
		{"GET /api/status", with(in, []string{"Host", "127.0.0.1.evil.example:" + port}), 421, "host"},
		{"GET /api/status", with(key, []string{"Host", "evil.example"}), 421, "host"},
		{"POST /hooks/door", []string{"Host", "evil.example"}, 421, "host"},
		{"POST /login", []string{"Host", "evil.example"}, 421, "host"},

		// From which page.
		{"POST /api/jobs/run", with(in, js, []string{"Origin", at}), 200, ""},
		{"POST /api/jobs/run", with(in, js, []string{"Sec-Fetch-Site", "same-origin"}), 200, ""},
		{"POST /api/jobs/run", with(in, js, []string{"Origin", "http://evil.example"}), 403, "origin"},
		{"POST /api/jobs/run", with(in, js, []string{"Origin", "http://127.0.0.1:1"}), 403, "origin"},
		{"POST /api/jobs/run", with(in, js, []string{"Origin", "null"}), 403, "origin"},
		{"POST /api/jobs/run", with(in, js, []string{"Sec-Fetch-Site", "cross-site"}), 403, "origin"},
		{"POST /api/jobs/run", with(in, js, []string{"Sec-Fetch-Site", "same-site"}), 403, "origin"},
		{"POST /api/jobs/run", with(in, js, []string{"Sec-Fetch-Site", "cross-site"}, navigation), 403, "origin"},
		{"POST /login", with([]string{"Origin", "http://evil.example", "Content-Type", "application/x-www-form-urlencoded"}), 403, "origin"},
		{"POST /logout", with(in, []string{"Origin", "http://evil.example"}), 403, "origin"},
		{"DELETE /api/jobs", with(in, []string{"Origin", "http://evil.example"}), 403, "origin"},
		{"GET /api/status", with(in, []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "cors"}), 403, "origin"},
		{"GET /api/stream", with(in, []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "cors"}), 403, "origin"},
		{"GET /api/devices/gate/channels/1/picture", with(in, []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"}), 403, "origin"},
		{"GET /app.js", with(in, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "script"}), 403, "origin"},
		{"GET /", with(in, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}), 403, "origin"},
		{"GET /", with(in, []string{"Sec-Fetch-Site", "same-site"}, navigation), 200, ""},
		{"GET /", with([]string{"Sec-Fetch-Site", "cross-site"}, navigation), 200, ""}, // to our own page first, which has the cookie sent
		{"OPTIONS /api/jobs/run", []string{"Origin", "http://evil.example", "Access-Control-Request-Method", "POST"}, 401, "login"},

		// With what.
		{"POST /login", []string{"Content-Type", "application/json"}, 415, "misuse"},
		{"POST /healthz", nil, 405, "method"},
		{"POST /", in, 405, "method"},
		{"DELETE /login", nil, 405, "method"},
		{"GET /logout", in, 405, "method"},
		{"POST /api/stream", in, 405, "method"},
		{"PUT /metrics", key, 405, "method"},
		{"POST /enter", nil, 405, "method"},
		{"GET /enter", nil, 403, ""},
		{"GET /enter?key=AAAA", nil, 403, ""},
	} {
		method, path, _ := strings.Cut(tt.request, " ")
		r := ask(t, method, at+path, "", tt.headers...)
		if r.StatusCode != tt.status {
			t.Errorf("%s %v: %s, want %d: %s", tt.request, tt.headers, r.Status, tt.status, text(t, r))
			continue
		}
		if got := kind(t, r); got != tt.kind {
			t.Errorf("%s %v: kind %q, want %q", tt.request, tt.headers, got, tt.kind)
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
			"Access-Control-Allow-Origin": "", "Access-Control-Allow-Methods": "",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q", tt.request, name, got)
			}
		}
	}
	if n := w.page.Counts().Refused; n["origin"] < 10 || n["host"] != 6 || n["login"] < 5 {
		t.Errorf("counted: %v", n)
	}
}

func TestActionsOff(t *testing.T) {
	w := newWorld(t)
	at := w.serve(func(web *site.Web) { web.Actions = false })
	cookie := login(t, at)
	if r := ask(t, "POST", at+"/api/jobs/run", "{}", "Cookie", cookie, "Content-Type", "application/json"); r.StatusCode != 403 || kind(t, r) != "denied" {
		t.Error(r.Status)
	}
	if r := ask(t, "GET", at+"/api/status", "", "Cookie", cookie); r.StatusCode != 200 {
		t.Error(r.Status)
	}
}

// TestHosts has the names that a page goes by, for each kind of address.
func TestHosts(t *testing.T) {
	for _, tt := range []struct {
		listen    string
		good, bad []string
	}{
		{"127.0.0.1:8333", []string{"127.0.0.1:8333", "127.0.0.1", "localhost:8333", "[::1]", "127.0.0.2"}, []string{"192.0.2.1", "host", "", "localhost.evil.example"}},
		{"localhost:8333", []string{"127.0.0.1:8333", "localhost"}, []string{"192.0.2.1", "host"}},
		{":8333", []string{"127.0.0.1:8333", "192.0.2.1", "[2001:db8::1]:8333", "localhost"}, []string{"evil.example", "", "192.0.2.1.evil.example"}},
		{"0.0.0.0:8333", []string{"192.0.2.1:1"}, []string{"evil.example"}},
		{"[::]:8333", []string{"192.0.2.1:1"}, []string{"evil.example"}},
		{"192.0.2.1:8333", []string{"192.0.2.1:8333", "[::ffff:192.0.2.1]"}, []string{"192.0.2.2", "127.0.0.1", "localhost", "evil.example"}},
		{"cams.example.org:8333", []string{"cams.example.org", "CAMS.example.org.:8333"}, []string{"192.0.2.2", "127.0.0.1", "evil.example"}},
	} {
		f := &front{web: &site.Web{Listen: tt.listen, Password: isapi.NewSecret(secret)}}
		for _, host := range tt.good {
			if !f.knownHost(host) {
				t.Errorf("%s: %q is refused", tt.listen, host)
			}
		}
		for _, host := range tt.bad {
			if f.knownHost(host) {
				t.Errorf("%s: %q is taken", tt.listen, host)
			}
		}
		f.web.Hosts = []string{"host", "2001:db8::5"}
		if !f.knownHost("host:1") || !f.knownHost("[2001:db8::5]:1") {
			t.Errorf("%s: hosts are not taken", tt.listen)
		}
	}
}

// A request with headers of 20 kB is none.
func TestLargeHeaders(t *testing.T) {
	w := newWorld(t)
	at := w.serve(nil)
	if r := ask(t, "GET", at+"/healthz", "", "X-Large", strings.Repeat("x", 40<<10)); r.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Error(r.Status)
	}
}
