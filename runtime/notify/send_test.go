package notify

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

const marker = "hunter2-marker"

// asked is a request as a test server got it.
type asked struct {
	path, contentType string
	header            http.Header
	body              string
	form              map[string][]string
	files             map[string]string // content
	names             map[string]string
}

// serve is a web server that answers what reply says, and tells what it got.
func serve(t *testing.T, reply func(rw http.ResponseWriter, r asked)) (url string, got *[]asked) {
	t.Helper()
	got = new([]asked)
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		a := asked{path: r.URL.Path, contentType: r.Header.Get("Content-Type"), header: r.Header, files: map[string]string{}, names: map[string]string{}}
		if strings.HasPrefix(a.contentType, "multipart/") {
			if err := r.ParseMultipartForm(1 << 20); err != nil {
				t.Error(err)
			} else {
				a.form = r.MultipartForm.Value
				for field, list := range r.MultipartForm.File {
					f, _ := list[0].Open()
					data, _ := io.ReadAll(f)
					a.files[field], a.names[field] = string(data), list[0].Filename
				}
			}
		} else {
			data, _ := io.ReadAll(r.Body)
			a.body = string(data)
		}
		*got = append(*got, a)
		reply(rw, a)
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

// send delivers a letter by the one way of a target, now.
func send(t *testing.T, conf site.Target, l letter) error {
	t.Helper()
	conf.Name, conf.MaxPerHour = "ops", 20
	n := New(Config{Clock: clock.Real(), Log: slog.New(slog.DiscardHandler), Version: "test", HTTP: http.DefaultTransport, Targets: []site.Target{conf}, Zone: time.UTC})
	l.target, l.time, l.id = "ops", noon, "1"
	ctx, cancel := clock.WithTimeout(clock.Real(), context.Background(), 60*time.Second)
	defer cancel()
	err := n.ways[0].sender.send(ctx, &l)
	if err != nil && strings.Contains(err.Error()+err.(*Error).Hint, marker) {
		t.Errorf("the secret comes out: %v", err)
	}
	return err
}

// failure is an error of send as an *Error.
func failure(t *testing.T, err error) *Error {
	t.Helper()
	e, ok := err.(*Error)
	if !ok {
		t.Fatalf("%v", err)
	}
	return e
}

var picture = &Picture{Name: "Tür-1.jpg", ContentType: "image/jpeg", Data: []byte("\xff\xd8jpeg\xff\xd9")}

func TestWebhook(t *testing.T) {
	status := 204
	url, got := serve(t, func(rw http.ResponseWriter, _ asked) {
		rw.Header().Set("Retry-After", "17")
		rw.Header().Set("Location", "/elsewhere")
		rw.WriteHeader(status)
	})
	conf := site.Target{Webhook: &site.Webhook{
		URL:     isapi.NewSecret(strings.Replace(url, "http://", "http://u:"+marker+"@", 1) + "/hook?key=" + marker),
		Headers: []site.WebhookHeader{{Name: "X-Key", Value: isapi.NewSecret(marker)}},
	}}
	if err := send(t, conf, letter{title: "Gate", text: "Tür \"offen\"\n", script: "a"}); err != nil {
		t.Fatal(err)
	}
	var body map[string]string
	if err := json.Unmarshal([]byte((*got)[0].body), &body); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"target": "ops", "title": "Gate", "text": "Tür \"offen\"\n", "script": "a", "time": "2026-03-04T12:00:00Z"}
	for k, v := range want {
		if body[k] != v {
			t.Errorf("%s: %q", k, body[k])
		}
	}
	if r := (*got)[0]; r.contentType != "application/json" || r.header.Get("X-Key") != marker || !strings.HasPrefix(r.header.Get("Authorization"), "Basic ") || r.header.Get("User-Agent") != "hiklua/test" {
		t.Errorf("%+v", r)
	}
	if err := send(t, conf, letter{text: "see", picture: picture}); err != nil {
		t.Fatal(err)
	}
	if r := (*got)[1]; r.form["text"][0] != "see" || r.files["picture"] != string(picture.Data) || r.names["picture"] != picture.Name {
		t.Errorf("%+v", r)
	}
	for _, c := range []struct {
		status                     int
		refused, picture, answered bool
		after                      time.Duration
		hint                       string
	}{
		{500, false, false, true, 17 * time.Second, ""}, {503, false, false, true, 17 * time.Second, ""}, {429, false, false, true, 17 * time.Second, ""},
		{400, true, false, true, 17 * time.Second, ""}, {401, true, false, true, 17 * time.Second, "site.yaml"}, {404, true, false, true, 17 * time.Second, "site.yaml"},
		{413, true, true, true, 0, ""}, {302, true, false, true, 17 * time.Second, "redirect"},
	} {
		status = c.status
		e := failure(t, send(t, conf, letter{text: "x"}))
		if e.Refused != c.refused || e.Picture != c.picture || e.Answered != c.answered || e.After != c.after || !strings.Contains(e.Hint, c.hint) {
			t.Errorf("%d: %+v", c.status, e)
		}
	}
	if last := (*got)[len(*got)-1]; last.path != "/hook" {
		t.Error("a redirect was followed")
	}
	conf.Webhook.URL = isapi.NewSecret("http://127.0.0.1:1/" + marker)
	if e := failure(t, send(t, conf, letter{text: "x"})); e.Refused || e.Answered || !strings.Contains(e.Message, "connection refused") {
		t.Errorf("%+v", e)
	}
}

// The protocol of https://docs.ntfy.sh/publish/.
func TestNtfy(t *testing.T) {
	status, said := 200, `{"id":"x"}`
	url, got := serve(t, func(rw http.ResponseWriter, _ asked) {
		rw.WriteHeader(status)
		io.WriteString(rw, said)
	})
	conf := site.Target{Ntfy: &site.Ntfy{Server: url, Topic: isapi.NewSecret(marker), Token: isapi.NewSecret("tk_" + marker)}}
	if err := send(t, conf, letter{title: "Straße", text: "Tür\noffen"}); err != nil {
		t.Fatal(err)
	}
	decode := func(text string) string {
		plain, err := new(mime.WordDecoder).DecodeHeader(text)
		if err != nil {
			t.Error(err)
		}
		return plain
	}
	if r := (*got)[0]; r.path != "/"+marker || r.body != "Tür\noffen" || decode(r.header.Get("X-Title")) != "Straße" || r.header.Get("Authorization") != "Bearer tk_"+marker {
		t.Errorf("%+v", r)
	}
	long := strings.Repeat("ü\n", 50_000)
	if err := send(t, conf, letter{title: "a", text: long, picture: picture}); err != nil {
		t.Fatal(err)
	}
	if r := (*got)[1]; r.body != string(picture.Data) || r.header.Get("X-Filename") != "T_r-1.jpg" || len(decode(r.header.Get("X-Message"))) > ntfyMost || !strings.HasPrefix(decode(r.header.Get("X-Message")), "ü\nü") {
		t.Errorf("%+v", r)
	}
	if err := send(t, conf, letter{text: long}); err != nil || len((*got)[2].body) > ntfyMost {
		t.Error(err, len((*got)[2].body))
	}
	status, said = 403, `{"code":40301,"http":403,"error":"forbidden `+marker+`"}`
	if e := failure(t, send(t, conf, letter{text: "x"})); !e.Refused || e.Picture || !strings.Contains(e.Message, "403 Forbidden: forbidden ***") || !strings.Contains(e.Hint, "token") {
		t.Errorf("%+v", e)
	}
	status, said = 400, `{"code":40014,"http":400,"error":"attachments not allowed"}`
	if e := failure(t, send(t, conf, letter{text: "x", picture: picture})); !e.Refused || !e.Picture {
		t.Errorf("%+v", e)
	}
}

// A server that behaves as the Bot API does.
func TestTelegram(t *testing.T) {
	status, said := 200, `{"ok":true,"result":{}}`
	url, got := serve(t, func(rw http.ResponseWriter, r asked) {
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(status)
		io.WriteString(rw, said)
	})
	conf := site.Target{Telegram: &site.Telegram{Server: url, Token: isapi.NewSecret("123:" + marker), Chat: "-100123"}}
	if err := send(t, conf, letter{title: "Gate", text: "a<b>_*"}); err != nil {
		t.Fatal(err)
	}
	if r := (*got)[0]; r.path != "/bot123:"+marker+"/sendMessage" || r.body != `{"chat_id":"-100123","text":"Gate\n\na\u003cb\u003e_*"}` || r.contentType != "application/json" {
		t.Errorf("%+v", r)
	}
	long := strings.Repeat("🚪", 50_000)
	if err := send(t, conf, letter{text: long, picture: picture}); err != nil {
		t.Fatal(err)
	}
	if r := (*got)[1]; r.path != "/bot123:"+marker+"/sendPhoto" || r.form["chat_id"][0] != "-100123" || len([]rune(r.form["caption"][0])) > 513 || r.files["photo"] != string(picture.Data) {
		t.Errorf("%+v", r.form)
	}
	if err := send(t, conf, letter{picture: &Picture{Name: "x.jpg", Data: make([]byte, telegramPhoto+1)}}); err != nil || (*got)[2].path != "/bot123:"+marker+"/sendDocument" {
		t.Error(err, (*got)[2].path)
	}
	for _, c := range []struct {
		status  int
		said    string
		refused bool
		picture bool
		after   time.Duration
		message string
		hint    string
	}{
		{429, `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 35","parameters":{"retry_after":35}}`, false, false, 35 * time.Second, "Too Many Requests", ""},
		{400, `{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}`, true, false, 0, "chat not found", "write /start"},
		{400, `{"ok":false,"error_code":400,"description":"Bad Request: PHOTO_INVALID_DIMENSIONS"}`, true, true, 0, "PHOTO_INVALID_DIMENSIONS", ""},
		{400, `{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-100777}}`, true, false, 0, "upgraded", "chat: -100777"},
		{401, `{"ok":false,"error_code":401,"description":"Unauthorized"}`, true, false, 0, "401 Unauthorized", "BotFather"},
		{403, `{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}`, true, false, 0, "blocked", "/start"},
		{502, `<html>`, false, false, 0, "502 Bad Gateway", ""},
		{200, `<html>login page</html>`, true, false, 0, "not from the Bot API", "server"},
	} {
		status, said = c.status, c.said
		e := failure(t, send(t, conf, letter{text: "x", picture: picture}))
		if e.Refused != c.refused || e.Picture != c.picture || e.After != c.after || !strings.Contains(e.Message, c.message) || !strings.Contains(e.Hint, c.hint) {
			t.Errorf("%s: %+v", c.said, e)
		}
	}
}

func TestTexts(t *testing.T) {
	if got := clean("a\x00b\xffc\r\nd"); got != "ab\uFFFDc\nd" {
		t.Errorf("%q", got)
	}
	if got := oneLine("Subject\r\nBcc: x@example.org\x1b[31m"); got != "Subject Bcc: x@example.org[31m" {
		t.Errorf("%q", got)
	}
	if got := cutUTF16("🚪🚪🚪", 5); got != "🚪 …" {
		t.Errorf("%q", got)
	}
	if got := cutBytes("üüü", 6); got != "üüü" {
		t.Errorf("%q", got)
	}
	if got := cutBytes("üüüü", 7); got != "ü …" {
		t.Errorf("%q", got)
	}
}
