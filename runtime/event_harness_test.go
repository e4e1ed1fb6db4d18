package runtime

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/device"
)

// onEvents is a script that prints "3.5 motion start ch1" for each event.
func onEvents(device string, words ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "local began = %d\n", noon.Unix())
	for _, word := range words {
		fmt.Fprintf(&b, `
			hik.device(%q):on(%q, {state = "both", overlap = "allow"}, function(ev)
				print(("%%.4g"):format(hik.now() - began), ev.type, ev.state, ev.channel and "ch" .. ev.channel)
			end)`, device, word)
	}
	return b.String()
}

// at lets time pass until so long after the start.
func (w *world) at(d time.Duration) { w.clk.Run(w.began.Add(d)) }

func (w *world) fault(device, text string) {
	w.t.Helper()
	f, err := sim.ParseFault(text)
	if err != nil {
		w.t.Fatal(err)
	}
	w.devices[device].SetFaults(f)
}

// streams lists when a device's event stream was opened, and what it answered.
func (w *world) streams(device string) []string {
	var all []string
	for _, e := range w.devices[device].Journal() {
		if strings.HasSuffix(e.Path, "/alertStream") && e.Status != 401 {
			all = append(all, fmt.Sprintf("%v %d", e.Start.Sub(w.began), e.Status))
		}
	}
	return all
}

// canned plays the event stream of a device in the place of the simulated one:
// one list of pieces for each connection, the last for all that follow.
type canned struct {
	clk   clock.Clock
	next  http.RoundTripper
	lives [][]piece
	opens int
}

// piece is what comes some time after the one before. An empty text ends the
// connection.
type piece struct {
	after time.Duration
	text  string
}

// can plays lives as the event stream of a device. It comes before start.
func (w *world) can(device string, lives ...[]piece) *canned {
	w.t.Helper()
	c := &canned{clk: w.clk, lives: lives}
	w.via[device] = func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		c.next = next
		return c.RoundTrip(r)
	}
	return c
}

func (w *world) dev(name string) *device.Ref {
	w.t.Helper()
	for _, d := range w.host.Devices() {
		if d.Name() == name {
			return d
		}
	}
	w.t.Fatalf("no device %q", name)
	return nil
}

func (c *canned) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/alertStream") {
		return c.next.RoundTrip(r)
	}
	life := c.lives[min(c.opens, len(c.lives)-1)]
	c.opens++
	if len(life) > 0 && strings.HasPrefix(life[0].text, "status ") {
		var status int
		fmt.Sscanf(life[0].text, "status %d", &status)
		return &http.Response{StatusCode: status, ProtoMajor: 1, Header: http.Header{}, Request: r, Body: http.NoBody}, nil
	}
	return &http.Response{
		StatusCode: 200, ProtoMajor: 1, Request: r, ContentLength: -1,
		Header: http.Header{"Content-Type": {"multipart/mixed; boundary=boundary"}},
		Body:   &cannedBody{c: c, ctx: r.Context(), life: life},
	}, nil
}

type cannedBody struct {
	c    *canned
	ctx  context.Context
	life []piece
	rest string
}

func (b *cannedBody) Read(p []byte) (int, error) {
	for b.rest == "" {
		if len(b.life) == 0 {
			return 0, clock.WaitFor(b.ctx, b.c.clk.NewWaiter())
		}
		next := b.life[0]
		b.life = b.life[1:]
		if err := clock.Sleep(b.ctx, b.c.clk, next.after); err != nil {
			return 0, err
		}
		if b.rest = next.text; b.rest == "" {
			return 0, io.ErrUnexpectedEOF
		}
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

func (b *cannedBody) Close() error { return nil }

// message is one part of a stream, of a device whose clock shows at. Fields
// are further elements.
func message(kind, state string, channel int, at time.Time, fields ...string) string {
	body := fmt.Sprintf("<EventNotificationAlert version=\"2.0\"><channelID>%d</channelID><dateTime>%s</dateTime>"+
		"<activePostCount>1</activePostCount><eventType>%s</eventType><eventState>%s</eventState><eventDescription>x</eventDescription>%s</EventNotificationAlert>",
		channel, at.Format(time.RFC3339), kind, state, strings.Join(fields, ""))
	return fmt.Sprintf("--boundary\r\nContent-Type: application/xml; charset=\"UTF-8\"\r\nContent-Length: %d\r\n\r\n%s\r\n", len(body), body)
}

func beat(at time.Time) string { return message("videoloss", "inactive", 1, at) }

func pictureHead(size int) string {
	return fmt.Sprintf("--boundary\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n", size)
}

// picture passes for a JPEG.
var picture = "\xff\xd8\xff\xe0" + strings.Repeat("x", 3000) + "\xff\xd9"

var dateTimes = regexp.MustCompile(`<dateTime>([^<]*)</dateTime>`)

// shiftTimes is text as a device writes it whose clock is ahead.
func shiftTimes(text string, ahead time.Duration) string {
	if ahead == 0 {
		return text
	}
	shifted := dateTimes.ReplaceAllStringFunc(text, func(s string) string {
		at, err := time.Parse(time.RFC3339, dateTimes.FindStringSubmatch(s)[1])
		if err != nil {
			return s
		}
		return "<dateTime>" + at.Add(ahead).Format(time.RFC3339) + "</dateTime>"
	})
	return shifted
}

// short leaves time, type and state of what onEvents prints.
func short(lines []string) []string {
	var all []string
	for _, line := range lines {
		all = append(all, strings.Join(strings.Fields(line)[:3], " "))
	}
	return all
}

func wantLines(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s:\n  %s\nwant\n  %s", what, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}
