package page

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/browsertest"
	"github.com/hiklua/hiklua/runtime/site"
)

const formType = "application/x-www-form-urlencoded"

// try asks for the login without a network.
func (w *world) try(password string) *http.Response {
	r := httptest.NewRequest("POST", "http://127.0.0.1:8333/login", strings.NewReader(url.Values{"password": {password}}.Encode()))
	r.Header.Set("Content-Type", formType)
	rec := httptest.NewRecorder()
	w.page.front.server.Handler.ServeHTTP(rec, r)
	return rec.Result()
}

// A link logs in once, within a minute.
func TestLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.inMemory()
		enter := func(link string) int {
			u, err := url.Parse(link)
			if err != nil {
				t.Fatal(err)
			}
			return w.get(u.RequestURI()).StatusCode
		}
		link, err := w.page.Link()
		if err != nil || !strings.HasPrefix(link.URL, "http://127.0.0.1:8333/enter?key=") || time.Until(link.Until) != time.Minute {
			t.Fatal(link, err)
		}
		if status := enter(link.URL[:len(link.URL)-1]); status != 403 {
			t.Error("half a key:", status)
		}
		w.page.front.server.Handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("HEAD", link.URL, nil))
		if status := enter(link.URL); status != 303 {
			t.Error(status)
		}
		if status := enter(link.URL); status != 403 {
			t.Error("used twice:", status)
		}
		late, _ := w.page.Link()
		time.Sleep(time.Minute)
		if status := enter(late.URL); status != 403 {
			t.Error("after a minute:", status)
		}
		first, _ := w.page.Link()
		for range maxLinks {
			w.page.Link()
		}
		if status := enter(first.URL); status != 403 {
			t.Error("replaced by others:", status)
		}
		if text := w.log.String(); strings.Contains(text, "key=") {
			t.Error("a key is in the log:", text)
		}
		w.page.Close()
		if _, err := w.page.Link(); err != ErrOff {
			t.Error(err)
		}
	})
}

// A hundred at once use a link once.
func TestLinkRace(t *testing.T) {
	w := newWorld(t)
	at := w.serve(nil)
	link, _ := w.page.Link()
	var mu sync.Mutex
	var all sync.WaitGroup
	in := 0
	for range 30 {
		all.Go(func() {
			r, err := http.DefaultTransport.RoundTrip(httptest.NewRequest("GET", at+"/enter"+link.URL[strings.Index(link.URL, "?"):], nil))
			if err != nil {
				t.Error(err)
				return
			}
			defer r.Body.Close()
			mu.Lock()
			defer mu.Unlock()
			if r.StatusCode == 303 {
				in++
			}
		})
	}
	all.Wait()
	if in != 1 {
		t.Error(in, "logged in by one link")
	}
}

// From a mail or a page of others the link leads on by a page of our own: a
// cookie that a redirect has set is not sent then.
func TestLinkFromElsewhere(t *testing.T) {
	w := newWorld(t)
	at := w.serve(nil)
	link, _ := w.page.Link()
	r := ask(t, "GET", link.URL, "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document")
	if body := text(t, r); r.StatusCode != 200 || len(r.Cookies()) != 1 || !strings.Contains(body, `http-equiv="refresh" content="0; url=/"`) {
		t.Error(r.Status, body)
	}
	if r := ask(t, "GET", at+"/", "", "Cookie", r.Cookies()[0].Name+"="+r.Cookies()[0].Value); r.StatusCode != 200 {
		t.Error(r.Status)
	}
}

func TestCookie(t *testing.T) {
	w := newWorld(t)
	w.serve(nil)
	for _, secure := range []bool{false, true} {
		w.page.front.web.Cert = map[bool]string{true: "x"}[secure]
		c := w.try(secret).Cookies()[0]
		if c.Name != "hiklua_"+w.page.front.port() || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure != secure || c.Path != "/" || c.Domain != "" || c.MaxAge != int(sessionLife.Seconds()) {
			t.Errorf("%+v", c)
		}
		if strings.Contains(c.Value, secret) {
			t.Error(c.Value)
		}
	}
}

// Five wrong passwords are answered in a minute, by the form and by bearers
// together; then none, the right one neither.
func TestWrongPasswords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.inMemory()
		cookie := w.cookie()
		for i := range maxGuesses {
			status := 0
			if i%2 == 0 {
				status = w.try("wrong").StatusCode
			} else {
				status = w.get("/api/status", "Authorization", "Bearer wrong").StatusCode
			}
			if want := []int{403, 401}[i%2]; status != want {
				t.Error(i, status, want)
			}
			time.Sleep(time.Second)
		}
		for _, r := range []*http.Response{w.try("wrong"), w.try(secret), w.get("/api/status"), w.get("/metrics")} {
			if r.StatusCode != 429 || r.Header.Get("Retry-After") != "56" {
				t.Error(r.Status, r.Header)
			}
		}
		if r := w.get("/api/status", "Authorization", "", "Cookie", cookie); r.StatusCode != 200 {
			t.Error("who is logged in already:", r.Status)
		}
		link, _ := w.page.Link()
		if r := w.get(link.URL[strings.Index(link.URL, "/enter"):], "Authorization", ""); r.StatusCode != 303 {
			t.Error("the link:", r.Status)
		}
		time.Sleep(55*time.Second + time.Millisecond)
		if r := w.try("wrong"); r.StatusCode != 403 {
			t.Error(r.Status)
		}
		if r := w.try(secret); r.StatusCode != 429 {
			t.Error(r.Status)
		}
		time.Sleep(time.Minute)
		if r := w.try(secret); r.StatusCode != 303 {
			t.Error(r.Status)
		}
		if text := w.log.String(); strings.Contains(text, secret) || strings.Count(text, "a wrong password") != 6 {
			t.Error(text)
		}
		w.page.Close()
	})
}

// Guesses that come at the same time are counted one by one.
func TestWrongPasswordsAtOnce(t *testing.T) {
	w := newWorld(t)
	w.serve(nil)
	var mu sync.Mutex
	count := make(map[int]int)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			r := w.try("wrong")
			mu.Lock()
			defer mu.Unlock()
			count[r.StatusCode]++
		})
	}
	all.Wait()
	if count[403] != maxGuesses || count[429] != 50-maxGuesses {
		t.Error(count)
	}
}

// What stands in the form: errors, and without a password no form at all.
func TestLoginForm(t *testing.T) {
	w := newWorld(t)
	at := w.serve(nil)
	if body := text(t, ask(t, "GET", at+"/login", "")); !strings.Contains(body, "<form") || strings.Contains(body, `role="alert"`) {
		t.Error(body)
	}
	if body := text(t, w.try("<script>wrong")); !strings.Contains(body, saysWrong) || strings.Contains(body, "<script>wrong") {
		t.Error(body)
	}
	if r := ask(t, "POST", at+"/login", strings.Repeat("x", maxForm+1), "Content-Type", formType); r.StatusCode != 400 {
		t.Error(r.Status)
	}
	if r := ask(t, "POST", at+"/login?password="+url.QueryEscape(secret), "", "Content-Type", formType); r.StatusCode != 403 {
		t.Error("a password in the address:", r.Status)
	}
	at = w.serve(func(web *site.Web) { web.Password = isapi.Secret{} })
	if body := text(t, ask(t, "GET", at+"/login", "")); strings.Contains(body, "<form") || !strings.Contains(body, "hiklua page") {
		t.Error(body)
	}
	for _, password := range []string{"", "x"} {
		if r := w.try(password); r.StatusCode != 403 || len(r.Cookies()) > 0 {
			t.Errorf("%q: %s", password, r.Status)
		}
		if r := ask(t, "GET", at+"/api/status", "", "Authorization", "Bearer "+password); r.StatusCode != 401 {
			t.Errorf("%q: %s", password, r.Status)
		}
	}
}

// A browser on another machine logs in, without TLS too, where it sends less about the
// page that a form is on.
func testLogin(t *testing.T, b *browser) {
	w := newWorld(t)
	at := strings.Replace(w.serve(func(web *site.Web) { web.Hosts = []string{browsertest.OtherName} }), "127.0.0.1", browsertest.OtherName, 1)
	b.Do(chromedp.Navigate(at + "/login"))
	eval[bool](b, `(() => { const word = document.getElementById("password"); word.value = %q; word.form.requestSubmit(); return true; })()`, secret)
	b.Until(`location.pathname === "/" && document.getElementById("link") !== null`)
}

// Sessions outlive the host, and end with another password, another key, and in
// their time.
func TestSessions(t *testing.T) {
	data := t.TempDir()
	w := newWorldIn(t, data)
	at := w.serve(nil)
	port := w.page.front.port()
	cookie := login(t, at)
	status := func(w *world, cookie string) int {
		r := httptest.NewRequest("GET", "http://127.0.0.1/api/status", nil)
		r.Header.Set("Cookie", cookie)
		rec := httptest.NewRecorder()
		w.page.front.server.Handler.ServeHTTP(rec, r)
		return rec.Code
	}
	again := func(password string) *world {
		w.page.Close()
		w = newWorldIn(t, data)
		w.serve(func(web *site.Web) {
			web.Listen = "127.0.0.1:" + port
			web.Password = isapi.NewSecret(password)
		})
		return w
	}
	if code := status(again(secret), cookie); code != 200 {
		t.Error("after a restart:", code)
	}
	if code := status(again("another"), cookie); code != 401 {
		t.Error("with another password:", code)
	}
	w = again(secret)
	if code := status(w, cookie); code != 200 {
		t.Error("with the password again:", code)
	}
	w.serve(func(web *site.Web) { web.Listen, web.Hosts = "127.0.0.1:"+port, []string{"other"} })
	if code := status(w, cookie); code != 200 {
		t.Error("after a change of site.yaml:", code)
	}
	info, err := os.Stat(filepath.Join(data, keyName))
	if err != nil || info.Size() != keySize || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	ask(t, "POST", at+"/logout", "", "Cookie", cookie)
	w.serve(func(web *site.Web) { web.Listen = "127.0.0.1:" + port })
	if code := status(w, cookie); code != 401 {
		t.Error("logged out, and site.yaml changed:", code)
	}
	if err := os.Chmod(filepath.Join(data, keyName), 0o644); err != nil {
		t.Fatal(err)
	}
	cookie = login(t, at)
	if code := status(again(secret), cookie); code != 401 {
		t.Error("with a key that others could read:", code)
	}
	if info, err := os.Stat(filepath.Join(data, keyName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
}

// A session ends a week after it was last used.
func TestSessionLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.inMemory()
		cookie := w.cookie()
		time.Sleep(sessionLife / 4)
		r := w.get("/api/status", "Authorization", "", "Cookie", cookie)
		if r.StatusCode != 200 || len(r.Cookies()) > 0 {
			t.Error(r.Status, r.Cookies())
		}
		time.Sleep(sessionLife / 2)
		r = w.get("/api/status", "Authorization", "", "Cookie", cookie)
		if r.StatusCode != 200 || len(r.Cookies()) != 1 {
			t.Fatal(r.Status, r.Cookies())
		}
		renewed := r.Cookies()[0].Name + "=" + r.Cookies()[0].Value
		time.Sleep(sessionLife / 2)
		if r := w.get("/api/status", "Authorization", "", "Cookie", cookie); r.StatusCode != 401 {
			t.Error(r.Status)
		}
		if r := w.get("/api/status", "Authorization", "", "Cookie", renewed); r.StatusCode != 200 {
			t.Error(r.Status)
		}
		time.Sleep(sessionLife)
		if r := w.get("/api/status", "Authorization", "", "Cookie", renewed); r.StatusCode != 401 {
			t.Error(r.Status)
		}
		w.page.Close()
	})
}
