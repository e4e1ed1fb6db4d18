package page

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/control"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/journal"
	"github.com/hiklua/hiklua/runtime/site"
)

const secret = "open sesame"

// world is a page before a host that is made up.
type world struct {
	t    *testing.T
	page *Page
	feed *Feed
	ring *control.Ring
	log  *logBuffer
	data string

	mu       sync.Mutex
	status   runtime.Status
	record   []journal.Entry
	asked    map[string]int // pictures, by "gate/1"
	atOnce   int
	most     int           // pictures under way at once
	takes    time.Duration // one picture
	refusing error         // why there is none
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func newWorld(t *testing.T) *world { return newWorldIn(t, t.TempDir()) }

func newWorldIn(t *testing.T, data string) *world {
	t.Helper()
	w := &world{
		t: t, feed: NewFeed(), ring: control.NewRing(), log: &logBuffer{}, data: data, asked: make(map[string]int),
		status: runtime.Status{Version: "1.2.3", Devices: []runtime.DeviceStatus{online("gate"), online("yard")}},
	}
	w.page = New(Config{
		Clock: clock.Real(), Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Data: data,
		Status: w.now, Picture: w.take, Feed: w.feed, Ring: w.ring,
		Record: func(e journal.Entry) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.record = append(w.record, e)
		},
		API: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(rw, "api %s %s\n", r.Method, r.URL.Path)
		}),
		Metrics: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { fmt.Fprintln(rw, "hiklua_up 1") }),
		Hook:    w.hook,
	})
	t.Cleanup(w.page.Close)
	return w
}

func online(name string) runtime.DeviceStatus {
	return runtime.DeviceStatus{
		Status:   device.Status{Name: name, State: device.StateOnline, Heads: []device.HeadStatus{}},
		Channels: []runtime.ChannelStatus{{ID: 1}},
	}
}

func (w *world) now() runtime.Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	st := w.status
	st.Now = clock.Real().Now()
	st.Devices = append([]runtime.DeviceStatus{}, st.Devices...)
	return st
}

func (w *world) change(f func(st *runtime.Status)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(&w.status)
}

// take takes as long as the test says.
func (w *world) take(ctx context.Context, name string, channel int) ([]byte, error) {
	w.mu.Lock()
	w.asked[fmt.Sprintf("%s/%d", name, channel)]++
	w.atOnce++
	w.most = max(w.most, w.atOnce)
	takes, refusing := w.takes, w.refusing
	w.mu.Unlock()
	err := clock.Sleep(ctx, clock.Real(), takes)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.atOnce--
	if err == nil {
		err = refusing
	}
	return []byte("\xff\xd8 " + name), err
}

// serve lets the page listen on a port of its own, and gives its address.
func (w *world) serve(change func(*site.Web)) string {
	w.t.Helper()
	web := site.DefaultWeb()
	web.Listen, web.Password = "127.0.0.1:0", isapi.NewSecret(secret)
	if change != nil {
		change(web)
	}
	w.page.Configure(web)
	if w.page.front == nil {
		w.t.Fatalf("it does not listen: %v", w.page.err)
	}
	return w.page.front.scheme() + "://" + w.page.front.at.String()
}

// ask sends a request; headers are pairs of name and value. Redirects are not
// followed.
func ask(t *testing.T, method, address, body string, headers ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       time.Minute,
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// kind is that of the error in an answer.
func kind(t *testing.T, r *http.Response) string {
	t.Helper()
	var body struct {
		Error struct{ Kind, Message string }
	}
	if json.Unmarshal([]byte(text(t, r)), &body) != nil {
		return ""
	}
	return body.Error.Kind
}

// login logs in by the password, and gives the cookie as a header has it.
func login(t *testing.T, address string) string {
	t.Helper()
	r := ask(t, "POST", address+"/login", url.Values{"password": {secret}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	if r.StatusCode != http.StatusSeeOther || len(r.Cookies()) != 1 {
		t.Fatalf("login: %s %s", r.Status, text(t, r))
	}
	return r.Cookies()[0].Name + "=" + r.Cookies()[0].Value
}
