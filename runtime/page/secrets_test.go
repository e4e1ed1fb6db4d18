package page

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/runtime/site"
)

// TestNoSecretIsAnswered asks for every path, right and wrong, with the password
// and the cookie in every place where a caller could put them: no answer and no
// log line has them, nor the key that cookies are signed with.
func TestNoSecretIsAnswered(t *testing.T) {
	w := newWorld(t)
	at := w.serve(func(web *site.Web) { web.Hosts = []string{"cams"} })
	cookie := login(t, at)
	key, err := os.ReadFile(filepath.Join(w.data, keyName))
	if err != nil {
		t.Fatal(err)
	}
	_, value, _ := strings.Cut(cookie, "=")
	secrets := map[string]string{
		"password": secret, "password in base64": base64.StdEncoding.EncodeToString([]byte(secret)), "cookie": value,
		"key": string(key), "key in hex": hex.EncodeToString(key), "key in base64": base64.RawStdEncoding.EncodeToString(key)[:40],
	}
	look := func(what, text string) {
		for name, s := range secrets {
			if strings.Contains(text, s) {
				t.Errorf("%s has the %s:\n%s", what, name, text)
			}
		}
	}
	paths := []string{"/", "/login", "/enter?key=x", "/app.js", "/page.key", "/data/page.key", "/../data/page.key", "/..%2fpage.key", "/nothing", "/healthz", "/metrics",
		"/api/status", "/api/devices/gate/channels/1/picture", "/api/devices/" + strings.ReplaceAll(secret, " ", "%20") + "/channels/1/picture", "/hooks/door", "/logout?x=1"}
	for _, path := range paths {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			for _, headers := range [][]string{
				nil, {"Cookie", cookie}, {"Authorization", "Bearer " + secret}, {"Authorization", "Basic " + secret},
				{"Origin", "http://" + value, "Cookie", cookie}, {"X-Password", secret, "Referer", at + "/?password=" + secret}, {"Content-Type", "application/json; password=" + value},
			} {
				if path == "/logout?x=1" && method == "POST" && len(headers) > 1 && headers[0] == "Cookie" {
					continue
				}
				r := ask(t, method, at+path, "", headers...)
				body := text(t, r)
				if !strings.Contains(path, "sesame") {
					look(method+" "+path+fmt.Sprint(headers), body)
				}
				r.Header.Del("Set-Cookie")
				var head strings.Builder
				r.Header.Write(&head)
				look(method+" "+path+" header", head.String())
			}
		}
	}
	r, err := http.NewRequest("GET", at+"/api/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", cookie)
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	link, _ := w.page.Link()
	secrets["link"] = link.URL[strings.Index(link.URL, "key="):]
	ask(t, "GET", link.URL, "")
	w.page.Close()
	stream, err := io.ReadAll(answer.Body)
	if err != nil || !strings.Contains(string(stream), "event: bye") {
		t.Error(err, string(stream))
	}
	answer.Body.Close()
	look("the stream", string(stream))
	look("the log", w.log.String())
}
