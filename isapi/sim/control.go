package sim

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// control reports whether a path belongs to the simulator and not to the
// device that it plays.
func control(path string) bool { return path == "/sim" || strings.HasPrefix(path, "/sim/") }

// serveControl answers /sim/...: no login, so only to this machine.
func (d *Device) serveControl(x *exchange) {
	x.set("Content-Type", "application/json")
	if !loopback(x.r.RemoteAddr) {
		x.tell(http.StatusForbidden, map[string]string{"error": "/sim is for this machine only"})
		return
	}
	switch x.r.Method + " " + x.r.URL.Path {
	case "GET /sim/faults":
		x.tell(http.StatusOK, faultTexts(d.Faults()))
	case "PUT /sim/faults":
		faults, err := parseFaults(x.body)
		if err != nil {
			x.tell(http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		d.SetFaults(faults...)
		x.tell(http.StatusOK, faultTexts(faults))
	case "PUT /sim/events":
		x.raise()
	case "GET /sim/journal":
		x.tell(http.StatusOK, d.Journal())
	case "GET /sim/state":
		x.tell(http.StatusOK, d.state())
	default:
		x.tell(http.StatusNotFound, map[string]string{"error": "there are GET and PUT /sim/faults, PUT /sim/events, GET /sim/journal, GET /sim/state"})
	}
}

func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

func (x *exchange) tell(status int, v any) {
	x.status = status
	out, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		x.status, out = http.StatusInternalServerError, []byte(fmt.Sprintf("{%q: %q}", "error", err))
	}
	x.out = append(out, '\n')
}

func faultTexts(list []Fault) []string {
	texts := []string{}
	for _, f := range list {
		texts = append(texts, f.String())
	}
	return texts
}

// parseFaults reads a JSON list of texts, or plain text with one a word. An
// empty body clears all.
func parseFaults(body []byte) ([]Fault, error) {
	text := strings.TrimSpace(string(body))
	words := strings.Fields(text)
	if strings.HasPrefix(text, "[") {
		words = nil
		if err := json.Unmarshal(body, &words); err != nil {
			return nil, fmt.Errorf("no list of texts: %w", err)
		}
	}
	var faults []Fault
	for _, w := range words {
		f, err := ParseFault(w)
		if err != nil {
			return nil, err
		}
		faults = append(faults, f)
	}
	return faults, nil
}

// raise reads {"type": "motion", "channel": 1, "state": "start", "seconds": 5}.
func (x *exchange) raise() {
	var body struct {
		Alert
		State   string  `json:"state"`
		Seconds float64 `json:"seconds"`
	}
	dec := json.NewDecoder(strings.NewReader(string(x.body)))
	dec.DisallowUnknownFields()
	fail := func(err string) { x.tell(http.StatusBadRequest, map[string]string{"error": err}) }
	if err := dec.Decode(&body); err != nil {
		fail(err.Error())
		return
	}
	a := body.Alert
	a.For = time.Duration(body.Seconds * float64(time.Second))
	switch {
	case a.Type == "":
		fail(`"type" is missing, such as "motion" or "VMD"`)
	case a.Channel != 0 && x.d.hasNot(a.Channel):
		fail(fmt.Sprintf("no channel %d", a.Channel))
	case a.For < 0:
		fail(`"seconds" is negative`)
	case body.State == "stop" || body.State == "inactive":
		x.d.Clear(a)
		x.tell(http.StatusOK, map[string]any{"type": a.native().Type, "channel": a.Channel, "state": "stop"})
	case body.State == "" || body.State == "start" || body.State == "active":
		onStream := x.d.Raise(a)
		x.tell(http.StatusOK, map[string]any{"type": a.native().Type, "channel": a.Channel, "state": "start", "on_stream": onStream})
	default:
		fail(fmt.Sprintf("state %q: start or stop", body.State))
	}
}

func (d *Device) hasNot(channel int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.channel(channel) == nil
}

// state is an overview for people and tests.
func (d *Device) state() any {
	type headState struct {
		Channel int     `json:"channel"`
		Name    string  `json:"name"`
		Pan     float64 `json:"pan"`
		Tilt    float64 `json:"tilt"`
		Zoom    float64 `json:"zoom"`
		Moving  bool    `json:"moving"`
	}
	now := d.clk.Now()
	s := struct {
		Name   string      `json:"name"`
		Model  string      `json:"model"`
		Time   time.Time   `json:"time"`
		Faults []string    `json:"faults"`
		Alarms []Alert     `json:"alarms"`
		Heads  []headState `json:"heads"`
		Counts Counts      `json:"counts"`
	}{Name: d.o.Name, Model: string(d.o.Model), Time: now, Faults: faultTexts(d.Faults()), Alarms: d.Alarms(), Heads: []headState{}, Counts: d.Counts()}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.channels {
		if c.head != nil {
			p := c.head.pose(now)
			s.Heads = append(s.Heads, headState{c.o.ID, c.name, tenth(p.Pan), tenth(p.Tilt), tenth(p.Zoom), c.head.moving(now)})
		}
	}
	return s
}
