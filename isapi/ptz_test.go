package isapi

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// ptzDevice takes PUTs on the given base paths and notes them.
type ptzDevice struct {
	heads  []string // base paths that work
	gets   map[string]string
	refuse string // sub code elsewhere
	moves  []string
	limit  func(body string) bool // nil: every body is taken
}

func (p *ptzDevice) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.Method == "GET" {
		if a, ok := p.gets[r.URL.Path]; ok {
			reply(w, 200, a)
			return
		}
	}
	i := slices.IndexFunc(p.heads, func(h string) bool { return strings.HasPrefix(r.URL.Path, h+"/") })
	if i < 0 || r.Method != "PUT" {
		sub := p.refuse
		if sub == "" {
			sub = "notSupport"
		}
		reply(w, 403, xmlStatus(4, "Invalid Operation", sub))
		return
	}
	text := strings.TrimPrefix(string(body), xmlProlog)
	if p.limit != nil && !p.limit(text) {
		reply(w, 400, xmlStatus(6, "Invalid XML Content", "badXmlContent"))
		return
	}
	p.moves = append(p.moves, r.URL.Path+" "+text)
	reply(w, 200, okStatus)
}

func TestPTZPathIsFoundAndRemembered(t *testing.T) {
	nvr := map[string]string{"/ISAPI/ContentMgmt/InputProxy/channels": proxyList(1, 2)}
	for _, tt := range []struct {
		name    string
		channel int
		device  ptzDevice
		mode    PTZIDMode
		path    string
	}{
		{"plain", 1, ptzDevice{heads: []string{"/ISAPI/PTZCtrl/channels/1"}}, PTZIDAuto, "/ISAPI/PTZCtrl/channels/1"},
		{"stream id", 1, ptzDevice{heads: []string{"/ISAPI/PTZCtrl/channels/101"}}, PTZIDAuto, "/ISAPI/PTZCtrl/channels/101"},
		{"both, plain first", 1, ptzDevice{heads: []string{"/ISAPI/PTZCtrl/channels/101", "/ISAPI/PTZCtrl/channels/1"}}, PTZIDAuto, "/ISAPI/PTZCtrl/channels/1"},
		{"listed as 101", 1, ptzDevice{heads: []string{"/ISAPI/PTZCtrl/channels/101", "/ISAPI/PTZCtrl/channels/1"},
			gets: map[string]string{"/ISAPI/PTZCtrl/channels": "<PTZChannelList><PTZChannel><id>101</id></PTZChannel></PTZChannelList>"}}, PTZIDAuto, "/ISAPI/PTZCtrl/channels/101"},
		{"forced stream", 1, ptzDevice{heads: []string{"/ISAPI/PTZCtrl/channels/101", "/ISAPI/PTZCtrl/channels/1"}}, PTZIDStream, "/ISAPI/PTZCtrl/channels/101"},
		{"forced channel", 1, ptzDevice{heads: []string{"/ISAPI/PTZCtrl/channels/1"}}, PTZIDChannel, "/ISAPI/PTZCtrl/channels/1"},
		{"nvr proxy first", 2, ptzDevice{gets: nvr, heads: []string{"/ISAPI/PTZCtrl/channels/2", "/ISAPI/ContentMgmt/PTZCtrlProxy/channels/2"}}, PTZIDAuto, "/ISAPI/ContentMgmt/PTZCtrlProxy/channels/2"},
		{"nvr without proxy", 2, ptzDevice{gets: nvr, heads: []string{"/ISAPI/PTZCtrl/channels/2"}}, PTZIDAuto, "/ISAPI/PTZCtrl/channels/2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newFake(tt.device.ServeHTTP)
			c := d.client(t, func(c *Config) { c.PTZID = tt.mode })
			if err := c.Continuous(bg, tt.channel, Velocity{Pan: 40, Tilt: -10}); err != nil {
				t.Fatal(err)
			}
			d.reset()
			if err := c.StopPTZ(bg, tt.channel); err != nil {
				t.Fatal(err)
			}
			if requests, _ := d.counts(); requests != 1 {
				t.Errorf("the stop took %d requests", requests)
			}
			want := []string{
				tt.path + "/continuous <PTZData><pan>40</pan><tilt>-10</tilt><zoom>0</zoom></PTZData>",
				tt.path + "/continuous <PTZData><pan>0</pan><tilt>0</tilt><zoom>0</zoom></PTZData>",
			}
			if !slices.Equal(tt.device.moves, want) {
				t.Errorf("got %q", tt.device.moves)
			}
		})
	}
}

// The first thing after a crash is a stop: it asks nothing beforehand.
func TestStopAsksNothingFirst(t *testing.T) {
	dev := ptzDevice{heads: []string{"/ISAPI/PTZCtrl/channels/1"}}
	d := newFake(dev.ServeHTTP)
	if err := d.client(t).StopPTZ(bg, 1); err != nil {
		t.Fatal(err)
	}
	if requests, _ := d.counts(); requests != 2 {
		t.Errorf("%d requests, want challenge and stop: %v", requests, d.paths())
	}
}

func TestHeadThatWantsAxesApart(t *testing.T) {
	dev := ptzDevice{heads: []string{"/ISAPI/PTZCtrl/channels/1"}, limit: func(body string) bool {
		return !strings.Contains(body, "<pan>") || !strings.Contains(body, "<zoom>")
	}}
	d := newFake(dev.ServeHTTP)
	c := d.client(t)
	if err := c.Continuous(bg, 1, Velocity{Pan: 5, Zoom: 3}); err != nil {
		t.Fatal(err)
	}
	d.reset()
	if err := c.StopPTZ(bg, 1); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"<PTZData><pan>5</pan><tilt>0</tilt></PTZData>", "<PTZData><zoom>3</zoom></PTZData>",
		"<PTZData><pan>0</pan><tilt>0</tilt></PTZData>", "<PTZData><zoom>0</zoom></PTZData>",
	}
	for i := range want {
		want[i] = "/ISAPI/PTZCtrl/channels/1/continuous " + want[i]
	}
	if requests, _ := d.counts(); requests != 2 || !slices.Equal(dev.moves, want) {
		t.Errorf("%d requests, %q", requests, dev.moves)
	}
}

func TestPTZWithoutRightSaysSo(t *testing.T) {
	dev := ptzDevice{refuse: "lowPrivilege"}
	d := newFake(dev.ServeHTTP)
	err := d.client(t).Continuous(bg, 1, Velocity{Pan: 1})
	if e := wantKind(t, err, "forbidden"); !strings.Contains(e.Hint, "PTZ permission") {
		t.Error(e)
	}
	dev.refuse = "notSupport"
	wantKind(t, d.client(t).Continuous(bg, 1, Velocity{Pan: 1}), "unsupported")
}

func TestGotoPreset(t *testing.T) {
	dev := ptzDevice{heads: []string{"/ISAPI/PTZCtrl/channels/1"}}
	d := newFake(dev.ServeHTTP)
	if err := d.client(t).GotoPreset(bg, 1, 3); err != nil || dev.moves[0] != "/ISAPI/PTZCtrl/channels/1/presets/3/goto " {
		t.Error(err, dev.moves)
	}
}

// A refusal of one half is no refusal of the move: the head turns, and the
// caller has to know.
func TestHalfAMoveIsNoRefusal(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		pan, zoom := strings.Contains(string(body), "<pan>"), strings.Contains(string(body), "<zoom>")
		switch {
		case r.Method != "PUT":
			reply(w, 404, xmlStatus(4, "Invalid Operation", "notSupport"))
		case pan && zoom:
			reply(w, 400, xmlStatus(6, "Invalid XML Content", "badXmlContent"))
		case pan:
			reply(w, 200, okStatus)
		default:
			reply(w, 403, xmlStatus(4, "Invalid Operation", "lowPrivilege"))
		}
	})
	c, err := New(Config{Host: "192.0.2.10", Username: "admin", Password: NewSecret("x"), Transport: memory{h}})
	if err != nil {
		t.Fatal(err)
	}
	e := wantKind(t, c.Continuous(bg, 1, Velocity{Pan: 10, Zoom: 5}), "bad_answer")
	if e.HTTPStatus != 0 || !strings.Contains(e.Error(), "the head turns") {
		t.Errorf("%v, status %d", e, e.HTTPStatus)
	}
	// Nothing turns if it was only the zoom that was wanted.
	if e := asError(c.Continuous(bg, 1, Velocity{Zoom: 5})); e == nil || e.HTTPStatus == 0 {
		t.Errorf("%v", e)
	}
}

// Of several paths the one that may have moved the head is the one to tell of.
func TestFaultOfOnePathIsTold(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/ISAPI/PTZCtrl/channels/101/") {
			reply(w, 500, "")
			return
		}
		reply(w, 404, xmlStatus(4, "Invalid Operation", "notSupport"))
	})
	c, err := New(Config{Host: "192.0.2.10", Username: "admin", Password: NewSecret("x"), Transport: memory{h}})
	if err != nil {
		t.Fatal(err)
	}
	if e := asError(c.Continuous(bg, 1, Velocity{Pan: 10})); e == nil || e.HTTPStatus != 500 {
		t.Errorf("%v", e)
	}
}

// A stop does not ask which path is the right one; what it finds must not decide for
// the moves after it.
func TestStopDecidesNoPath(t *testing.T) {
	d := &ptzDevice{heads: []string{"/ISAPI/PTZCtrl/channels/101", "/ISAPI/PTZCtrl/channels/1"},
		gets: map[string]string{"/ISAPI/PTZCtrl/channels": "<PTZChannelList><PTZChannel><id>101</id></PTZChannel></PTZChannelList>"}}
	c, err := New(Config{Host: "192.0.2.10", Username: "admin", Password: NewSecret("x"), Transport: memory{d}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.StopPTZ(bg, 1); err != nil {
		t.Fatal(err)
	}
	if err := c.Continuous(bg, 1, Velocity{Pan: 1}); err != nil {
		t.Fatal(err)
	}
	if last := d.moves[len(d.moves)-1]; !strings.HasPrefix(last, "/ISAPI/PTZCtrl/channels/101/") {
		t.Error(last)
	}
}
