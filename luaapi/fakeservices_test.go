package luaapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// The fake host's files lie in a map, its sun never changes, and its network
// is fakeWeb.

func (h *fakeHost) ReadFile(_ context.Context, path string) ([]byte, error) {
	data, ok := h.files[path]
	if !ok {
		return nil, &Failure{Kind: "not_found", Message: fmt.Sprintf("no file %q in the data folder", path)}
	}
	return []byte(data), nil
}

func (h *fakeHost) AppendFile(_ context.Context, path string, data []byte) error {
	h.files[path] += string(data)
	return nil
}

func (h *fakeHost) ListFiles(_ context.Context, folder string) ([]FileInfo, error) {
	var list []FileInfo
	for _, name := range sortedKeys(h.files) {
		if rest, ok := strings.CutPrefix(name, folder); ok {
			list = append(list, FileInfo{Name: strings.TrimPrefix(rest, "/"), Size: int64(len(h.files[name])), Time: began})
		}
	}
	return list, nil
}

func (h *fakeHost) RemoveFile(ctx context.Context, path string) error {
	_, err := h.ReadFile(ctx, path)
	delete(h.files, path)
	return err
}

func (h *fakeHost) FileExists(_ context.Context, path string) (bool, error) {
	_, ok := h.files[path]
	return ok, nil
}

func (h *fakeHost) RenameFile(ctx context.Context, from, to string) (string, error) {
	data, err := h.ReadFile(ctx, from)
	if err != nil {
		return "", err
	}
	delete(h.files, from)
	h.files[to] = string(data)
	return "data/" + to, nil
}

// The fake archive has four pictures of gate, an hour apart, and one of a device
// that site.yaml does not have.
func (h *fakeHost) ListArchive(_ context.Context, q ArchiveQuery) ([]ArchivedPicture, error) {
	all := []ArchivedPicture{{Path: "data/archive/old/1/a.jpg", Device: "old", Channel: 1, Name: "mast", Taken: began.Add(-24 * time.Hour), Size: 5, SHA256: "00ff"}}
	for i := range 4 {
		all = append(all, ArchivedPicture{
			Path: fmt.Sprintf("data/archive/gate/1/%d.jpg", i), Device: "gate", Channel: 1, Name: "yard", Label: []string{"routine", "alarm"}[i%2], Event: "motion",
			Taken: began.Add(time.Duration(i-4) * time.Hour), DeviceTime: began, Head: &ArchivedHead{10, -5, 2, "door"},
			Size: 1000, Width: 1920, Height: 1080, SHA256: "ab",
		})
	}
	var list []ArchivedPicture
	for _, p := range all {
		if (q.Device == "" || q.Device == p.Device) && (q.Channel == 0 || q.Channel == p.Channel) && (q.Name == "" || q.Name == p.Name) && (q.Label == "" || q.Label == p.Label) &&
			!p.Taken.Before(q.From) && (q.Till.IsZero() || p.Taken.Before(q.Till)) {
			list = append(list, p)
		}
	}
	return list[max(len(list)-q.Limit, 0):], nil
}

func (h *fakeHost) PruneArchive(_ context.Context, dryRun bool) (ArchivePruned, error) {
	if dryRun {
		return ArchivePruned{Pictures: 3, Bytes: 3000}, nil
	}
	return ArchivePruned{Pictures: 2, Bytes: 2000, Left: 1}, nil
}

func (h *fakeHost) Notify(_ context.Context, target string, n Notice) error {
	if target != "ops" {
		return UnknownTarget(target, []string{"ops"})
	}
	h.logged = append(h.logged, fmt.Sprintf("notify %s %q %q %s %s %d", target, n.Title, n.Text, n.PictureName, n.ContentType, len(n.Picture)))
	return nil
}

func (h *fakeHost) Broker() error {
	if h.noBroker {
		return NoBroker()
	}
	return nil
}

func (h *fakeHost) Hook(name string) error {
	if name != "door" && name != "alarm_2" {
		return NoHook(name, []string{"door", "alarm_2"})
	}
	return nil
}

func (h *fakeHost) Publish(_ context.Context, m Message) (bool, error) {
	h.logged = append(h.logged, fmt.Sprintf("publish %s %q %d %v", m.Topic, m.Payload, m.QoS, m.Retain))
	return m.Topic != "away", nil
}

func (h *fakeHost) Sun(date time.Time) (SunTimes, error) {
	switch date.Month() {
	case time.June:
		return SunTimes{AlwaysUp: true}, nil
	case time.December:
		return SunTimes{AlwaysDown: true}, nil
	case time.November:
		return SunTimes{}, &Failure{Kind: "misuse", Message: "sun: the site has no location"}
	}
	y, m, d := date.Date()
	return SunTimes{Rise: time.Date(y, m, d, 7, 0, 0, 0, date.Location()), Set: time.Date(y, m, d, 18, 0, 0, 0, date.Location())}, nil
}

func (h *fakeHost) HTTP() http.RoundTripper { return &fakeWeb{h} }

// fakeWeb answers by path, at any host but those that say otherwise.
type fakeWeb struct{ h *fakeHost }

func (w *fakeWeb) RoundTrip(r *http.Request) (*http.Response, error) {
	resp := &http.Response{StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"text/plain"}}, Request: r}
	send := func(body string) (*http.Response, error) {
		resp.Body = io.NopCloser(strings.NewReader(body))
		return resp, nil
	}
	switch r.URL.Hostname() {
	case "unknown.example":
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: r.URL.Hostname()}}
	case "closed.example":
		return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	case "odd.example":
		return nil, errors.New("something about " + r.URL.String() + r.Header.Get("Authorization"))
	}
	switch path := strings.Trim(r.URL.Path, "/"); {
	case path == "echo":
		var body []byte
		if r.Body != nil {
			body, _ = io.ReadAll(r.Body)
		}
		var lines []string
		for _, name := range sortedKeys(r.Header) {
			if name != "User-Agent" {
				lines = append(lines, name+": "+strings.Join(r.Header[name], ","))
			}
		}
		return send(strings.Join(slices.Concat([]string{r.Method + " " + r.URL.RequestURI()}, lines, []string{string(body)}), "\n"))
	case path == "json":
		resp.Header.Set("Content-Type", "application/json; charset=utf-8")
		resp.Header["X-Two"] = []string{"a", "b"}
		return send(`{"list":[1,null],"name":"door"}`)
	case path == "nojson":
		resp.Header.Set("Content-Type", "application/problem+json")
		return send("{")
	case path == "slow":
		if err := clock.Sleep(r.Context(), w.h.clk, 10*time.Second); err != nil {
			return nil, err
		}
		return send("late")
	case path == "big":
		resp.Body = io.NopCloser(io.LimitReader(zeros{}, maxHTTPBody+2))
		return resp, nil
	case path == "cut":
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader("half"), failing{}))
		return resp, nil
	case strings.HasPrefix(path, "status/"):
		fmt.Sscanf(path, "status/%d", &resp.StatusCode)
		return send("")
	case strings.HasPrefix(path, "to/"): // to/307/http://other/path
		var where string
		fmt.Sscanf(path, "to/%d/%s", &resp.StatusCode, &where)
		resp.Header.Set("Location", where)
		return send("")
	case strings.HasPrefix(path, "loop"):
		resp.StatusCode = 302
		n := len(path) - len("loop")
		resp.Header.Set("Location", "/echo")
		if n > 1 {
			resp.Header.Set("Location", "/"+path[:len(path)-1])
		}
		return send("")
	}
	resp.StatusCode = 404
	return send("nothing here")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// fakeTester keeps what a test asks for.
type fakeTester struct {
	cases    []TestCase
	events   []TestEvent
	faults   []string
	commands []TestCommand
}

func (f *fakeTester) Case(c TestCase) error {
	f.cases = append(f.cases, c)
	return nil
}

func (f *fakeTester) Raise(e TestEvent) (bool, error) {
	f.events = append(f.events, e)
	return e.Channel != 9, nil
}

func (f *fakeTester) Message(m Message) (bool, error) {
	f.faults = append(f.faults, fmt.Sprintf("message %s %q", m.Topic, m.Payload))
	return m.Topic != "unheard", nil
}

func (f *fakeTester) Call(_ context.Context, r HookRequest) (HookAnswer, error) {
	f.faults = append(f.faults, fmt.Sprintf("call %s %s %q form %q query %q", r.Name, r.ContentType, r.Body, r.Form.Encode(), r.Query.Encode()))
	return HookAnswer{Status: 200, ContentType: "application/json; charset=utf-8", Body: []byte(`{"ok": [1]}`)}, nil
}

func (f *fakeTester) Fault(device, fault string, lasts time.Duration) error {
	f.faults = append(f.faults, fmt.Sprint(device, " ", fault, " ", lasts))
	return nil
}

func (f *fakeTester) Left() time.Duration { return 24 * time.Hour }

func (f *fakeTester) Reload(_ context.Context, script string) error {
	f.faults = append(f.faults, "reload "+script)
	return nil
}

func (f *fakeTester) Restart(_ context.Context, down time.Duration) error {
	f.faults = append(f.faults, "restart "+down.String())
	return nil
}

func (f *fakeTester) Commands() []TestCommand { return f.commands }

func (f *fakeTester) Head(device string, channel int) (isapi.Pose, bool, error) {
	if channel == 9 {
		return isapi.Pose{}, false, errors.New("channel 9 of gate has no head")
	}
	return isapi.Pose{Pan: 10, Tilt: -5, Zoom: 2}, true, nil
}

func (f *fakeTester) Lines() []TestLine {
	return []TestLine{
		{began, "print", "night", "door open", nil},
		{began, "warn", "", "disk full", []slog.Attr{slog.Int("left", 3), slog.Bool("own", true), slog.Any("share", json.Number("0.5")), slog.String("by", "x")}},
	}
}

func (f *fakeTester) Notices() []TestNotice {
	return []TestNotice{{began, "night", "ops", "Alarm", "motion", true}}
}

func (f *fakeTester) Requests() []TestRequest {
	return []TestRequest{{began, "night", "POST", "https://example.org/hook", `{"a":1}`}}
}
