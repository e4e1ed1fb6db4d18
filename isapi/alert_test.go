package isapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/text/encoding/unicode"
)

func alertXML(fields string) string {
	return `<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">` + "\r\n" + fields + "\r\n</EventNotificationAlert>"
}

func vmd(channel int, state string) string {
	return alertXML(fmt.Sprintf("<channelID>%d</channelID><dateTime>2021-07-02T14:25:36+08:00</dateTime><activePostCount>1</activePostCount><eventType>VMD</eventType><eventState>%s</eventState><eventDescription>Motion alarm</eventDescription>", channel, state))
}

func framed(doc string) string {
	return fmt.Sprintf("--boundary\r\nContent-Type: application/xml; charset=\"UTF-8\"\r\nContent-Length: %d\r\n\r\n%s\r\n", len(doc), doc)
}

func framedJSON(doc string) string {
	return fmt.Sprintf("--MIME_boundary\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s\r\n", len(doc), doc)
}

func utf16Of(t *testing.T, doc string) string {
	t.Helper()
	out, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(doc)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func framedImage(img []byte) string {
	return fmt.Sprintf("--boundary\r\nContent-Disposition: form-data; name=\"x\"\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n", len(img), img)
}

// stream is a device whose event stream is r.
func streamOf(t *testing.T, ctype string, r io.Reader) *AlertStream {
	t.Helper()
	c, err := New(Config{Name: "gate", Host: "192.0.2.10", Username: "admin", Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		h := http.Header{}
		if ctype != "" {
			h.Set("Content-Type", ctype)
		}
		return &http.Response{StatusCode: 200, Header: h, Body: io.NopCloser(r), ContentLength: -1, Request: req}, nil
	})})
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.OpenAlerts(bg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// summary reads the stream to its end: one word an alert.
func summary(s *AlertStream) string {
	var words []string
	for {
		a, err := s.Next()
		if err != nil {
			return strings.Join(words, " ")
		}
		w := fmt.Sprintf("%s/%s@%d", a.Type, a.State, a.Channel)
		if a.Heartbeat {
			w = "heartbeat"
		}
		if a.Port > 0 {
			w += fmt.Sprintf("#%d", a.Port)
		}
		if a.Image != nil {
			w += fmt.Sprintf("+%d", len(a.Image))
		}
		if a.Attachment {
			w += "late"
		}
		words = append(words, w)
	}
}

const heartbeat = "<channelID>1</channelID><activePostCount>0</activePostCount><eventType>videoloss</eventType><eventState>inactive</eventState>"

// Every dialect of the field, as one stream each.
func TestAlertDialects(t *testing.T) {
	img := testJPEG()
	motion := vmd(1, "active")
	json := `{"ipAddress":"192.0.2.1","channelID":2,"dateTime":"2026-06-05T02:04:41+01:00","eventType":"AccessControllerEvent","eventState":"active","AccessControllerEvent":{"name":"}{\"","list":[1,2]}}`
	imgLen := fmt.Sprint(len(img))
	for _, tt := range []struct{ name, ctype, stream, want string }{
		{"ipc", "multipart/mixed; boundary=boundary", framed(alertXML(heartbeat)) + framed(motion) + framed(vmd(1, "inactive")), "heartbeat motion/active@1 motion/inactive@1"},
		{"announced another boundary", "multipart/mixed; boundary=MIME_boundary", framed(motion) + framed(motion), "motion/active@1 motion/active@1"},
		{"uses what it announced", `multipart/mixed; boundary="frontier"`, strings.ReplaceAll(framed(motion)+framed(motion), "--boundary", "--frontier"), "motion/active@1 motion/active@1"},
		{"double boundary", "multipart/mixed; boundary=boundary", "--boundary\r\n" + framed(motion) + "--boundary\r\n\r\n" + framed(motion), "motion/active@1 motion/active@1"},
		{"no framing at all", "", motion + "\r\n" + motion, "motion/active@1 motion/active@1"},
		{"response glued behind", "", motion + "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 12\r\n\r\n" + motion, "motion/active@1 motion/active@1"},
		{"prolog and blank line", "multipart/mixed; boundary=boundary", framed("\r\n<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\r\n" + motion), "motion/active@1"},
		{"LF only, v1.0", "multipart/mixed; boundary=boundary", strings.ReplaceAll(framed(alertXML("<dynChannelID>16</dynChannelID><eventType>videoloss</eventType><eventState>active</eventState>")), "\r\n", "\n"), "video_loss/active@16"},
		{"no length", "multipart/mixed; boundary=boundary", "--boundary\r\nContent-Type: application/xml\r\n\r\n" + motion + "\r\n--boundary\r\nContent-Type: application/xml\r\n\r\n" + motion, "motion/active@1 motion/active@1"},
		{"length too small", "", "--boundary\r\nContent-Length: 10\r\n\r\n" + motion + "\r\n" + framed(motion), "motion/active@1 motion/active@1"},
		{"length too large", "", "--boundary\r\nContent-Length: 99999\r\n\r\n" + motion + "\r\n" + framed(motion), "motion/active@1 motion/active@1"},
		{"length zero", "", "--boundary\r\nContent-Type: application/xml\r\nContent-Length: 0\r\n\r\n" + framed(motion), "motion/active@1"},
		{"cut document", "", "--boundary\r\nContent-Length: 300\r\n\r\n" + motion[:100] + "\r\n" + framed(motion), "motion/active@1"},
		{"cut without boundary", "", motion[:100] + motion, "motion/active@1"},
		{"not XML inside", "", framed("<EventNotificationAlert><eventType</EventNotificationAlert>") + framed(motion), "motion/active@1"},
		{"empty count", "", framed(alertXML("<activePostCount/><eventType>VMD</eventType><eventState>active</eventState>")), "motion/active@0"},
		{"bare ampersand", "", framed(alertXML("<channelID>1</channelID><channelName>front & back</channelName><eventType>VMD</eventType><eventState>active</eventState>")), "motion/active@1"},
		{"bytes of another charset", "", framed(alertXML("<channelID>1</channelID><channelName>\xc4\xe3\xba</channelName><eventType>VMD</eventType><eventState>active</eventState>")), "motion/active@1"},
		{"picture behind", "multipart/mixed; boundary=boundary", framed(motion) + framedImage(img) + framed(vmd(1, "inactive")), "motion/active@1+" + imgLen + " motion/inactive@1"},
		{"two pictures", "multipart/mixed; boundary=boundary", framed(motion) + framedImage(img) + framedImage(img), "motion/active@1+" + imgLen + " motion/active@1+" + imgLen + "late"},
		{"picture without length", "multipart/mixed; boundary=boundary", framed(motion) + "--boundary\r\nContent-Type: image/jpeg\r\n\r\n" + string(img) + "\r\n" + framed(motion), "motion/active@1+" + imgLen + " motion/active@1"},
		{"json", "multipart/mixed; boundary=MIME_boundary", "--MIME_boundary\r\nContent-Type: application/json; charset=\"UTF-8\"\r\nContent-Length: " + fmt.Sprint(len(json)) + "\r\n\r\n" + json + "\r\n" + framed(motion), "AccessControllerEvent/active@2 motion/active@1"},
		{"json cut off", "multipart/mixed; boundary=MIME_boundary", framedJSON(json[:len(json)-9]) + framedJSON(json) + framed(motion), "AccessControllerEvent/active@2 motion/active@1"},
		{"json cut off within a string", "multipart/mixed; boundary=MIME_boundary", framedJSON(json[:20]) + framedJSON(json) + framed(motion), "AccessControllerEvent/active@2 motion/active@1"},
		{"json cut off, boundary on its line", "multipart/mixed; boundary=MIME_boundary", "--MIME_boundary\r\nContent-Type: application/json\r\n\r\n" + json[:60] + framedJSON(json), "AccessControllerEvent/active@2"},
		{"json cut off, XML behind", "", json[:60] + "\r\n" + motion + "\r\n" + motion, "motion/active@1 motion/active@1"},
		{"cut off, boundary on its line", "multipart/mixed; boundary=boundary", "--boundary\r\nContent-Type: application/xml\r\n\r\n" + motion[:100] + framed(motion), "motion/active@1"},
		{"cut off, boundary of its own", "multipart/mixed; boundary=a", strings.ReplaceAll(framed(motion)+framed(motion[:100])+framed(motion), "--boundary", "--7e13971310878"), "motion/active@1 motion/active@1"},
		{"end tag in another case", "", framed(strings.ReplaceAll(motion, "</EventNotification", "</eventNotification")) + framed(motion), "motion/active@1 motion/active@1"},
		{"bare less-than", "", framed(alertXML("<channelID>1</channelID><channelName>a < b</channelName><eventType>VMD</eventType><eventState>active</eventState>")) + framed(motion), "motion/active@1 motion/active@1"},
		{"a list of alerts", "", framed("<EventNotificationAlertList>"+motion+motion+"</EventNotificationAlertList>") + framed(motion), "motion/active@1 motion/active@1 motion/active@1"},
		{"marks before", "", framed("\xef\xbb\xbf"+motion) + "--boundary\r\n\xef\xbb\xbf" + json + "\r\n" + framed(motion), "motion/active@1 AccessControllerEvent/active@2 motion/active@1"},
		{"utf-16", "", framed(utf16Of(t, motion)) + framed(motion), "motion/active@1 motion/active@1"},
		{"utf-16, cut off", "", framed(utf16Of(t, motion)[:200]) + framed(motion), "motion/active@1"},
		{"json in utf-16", "", framed(utf16Of(t, json)) + framed(motion), "AccessControllerEvent/active@2 motion/active@1"},
		{"picture longer than said", "multipart/mixed; boundary=boundary", framed(motion) + "--boundary\r\nContent-Type: image/jpeg\r\nContent-Length: 90\r\n\r\n" + string(img) + "\r\n" + framed(motion), "motion/active@1+" + imgLen + " motion/active@1"},
		{"picture shorter than said", "multipart/mixed; boundary=boundary", framed(motion) + "--boundary\r\nContent-Type: image/jpeg\r\nContent-Length: 99999\r\n\r\n" + string(img) + "\r\n" + framed(motion) + framed(motion), "motion/active@1+" + imgLen + " motion/active@1 motion/active@1"},
		{"picture without an end", "", framed(motion) + "--x\r\nContent-Type: image/jpeg\r\nContent-Length: 100\r\n\r\n" + string(img[:100]) + "\r\n" + motion + framed(motion), "motion/active@1 motion/active@1 motion/active@1"},
		{"picture cut off", "multipart/mixed; boundary=boundary", framed(motion) + "--boundary\r\nContent-Type: image/jpeg\r\nContent-Length: " + imgLen + "\r\n\r\n" + string(img[:100]) + "\r\n" + framed(motion) + framed(motion), "motion/active@1 motion/active@1 motion/active@1"},
		{"another kind of picture", "multipart/mixed; boundary=boundary", framed(motion) + "--boundary\r\nContent-Type: image/png\r\nContent-Length: 9\r\n\r\n\x89PNG<a>{\n\r\n" + framed(motion), "motion/active@1 motion/active@1"},
		{"junk that looks like a document", "", "--boundary\r\n<\x01\x02 { <a\r\n" + framed(motion), "motion/active@1"},
		{"doorbell heartbeat", "", framed(alertXML("<channelID>0</channelID><eventType>other</eventType><eventState>inactive</eventState><eventDescription>Heartbeat</eventDescription>")), "heartbeat"},
		{"sdk number", "", framed(vmd(34, "active")), "motion/active@2"},
		{"alarm input", "", framed(alertXML("<channelID>1</channelID><eventType>IO</eventType><eventState>active</eventState><inputIOPortID>1</inputIOPortID>")), "io/active@1#1"},
		{"alarm input of a camera behind", "", framed(alertXML("<eventType>IO</eventType><eventState>active</eventState><dynInputIOPortID>501</dynInputIOPortID>")), "io/active@5#501"},
		{"duration", "", framed(alertXML("<channelID>1</channelID><eventType>duration</eventType><eventState>active</eventState><DurationList><Duration><relationEvent>linedetection</relationEvent></Duration></DurationList>")), "line_crossing/active@1"},
		{"unknown type passes", "", framed(alertXML("<channelID>1</channelID><eventType>PIR</eventType><eventState>active</eventState>")), "PIR/active@1"},
		{"subscription answered first", "", framed(`<SubscribeEventResponse><id>1</id></SubscribeEventResponse>`) + framed(motion), "motion/active@1"},
		{"end marker", "", framed(motion) + "--boundary--\r\n" + framed(motion), "motion/active@1 motion/active@1"},
		{"junk lines", "", strings.Repeat("x", 100_000) + "\r\n" + framed(motion), "motion/active@1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := summary(streamOf(t, tt.ctype, strings.NewReader(tt.stream))); got != tt.want {
				t.Errorf("whole:     got %s\n           want %s", got, tt.want)
			}
			// The same a byte at a time: only pictures may then come late.
			got := summary(streamOf(t, tt.ctype, oneByte{strings.NewReader(tt.stream)}))
			if !strings.Contains(tt.want, "+") && got != tt.want {
				t.Errorf("byte-wise: got %s\n           want %s", got, tt.want)
			}
		})
	}
}

type oneByte struct{ r io.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:min(1, len(p))]) }

// An alert is given when its last byte is there, not when the next one comes.
func TestAlertIsNotHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		s := streamOf(t, "multipart/mixed; boundary=boundary", r)
		go func() {
			doc := framed(vmd(1, "active"))
			head, body, _ := strings.Cut(doc, "\r\n\r\n")
			_, _ = io.WriteString(w, head+"\r\n\r\n")
			time.Sleep(9 * time.Second) // headers and body come apart
			_, _ = io.WriteString(w, strings.TrimSuffix(body, "\r\n"))
			time.Sleep(time.Hour)
			_ = w.Close()
		}()
		start := time.Now()
		a, err := s.Next()
		if err != nil || a.Type != "motion" {
			t.Fatal(a, err)
		}
		if took := time.Since(start); took != 9*time.Second {
			t.Errorf("given after %v", took)
		}
		if _, err = s.Next(); err == nil {
			t.Error("the stream goes on")
		}
		wantKind(t, err, "offline")
	})
}

func TestAlertFields(t *testing.T) {
	doc := alertXML(`<channelID>1</channelID><dateTime>2021-07-02T14:25:36+08:00</dateTime><activePostCount>7</activePostCount><eventType>linedetection</eventType><eventState>active</eventState>
<DetectionRegionList><DetectionRegionEntry><regionID>2</regionID><RegionCoordinatesList><RegionCoordinates><positionX>100</positionX><positionY>500</positionY></RegionCoordinates></RegionCoordinatesList><detectionTarget>Human</detectionTarget><TargetRect><X>0.1</X><Y>0.2</Y><width>0.3</width><height>0.4</height></TargetRect></DetectionRegionEntry></DetectionRegionList>`)
	a, err := streamOf(t, "", strings.NewReader(framed(doc))).Next()
	if err != nil {
		t.Fatal(err)
	}
	if a.Type != "line_crossing" || a.Native != "linedetection" || a.Count != 7 || a.Target != "human" ||
		a.Region == nil || a.Region.ID != 2 || a.Region.Points[0] != (Point{0.1, 0.5}) ||
		a.Rect == nil || *a.Rect != (Rect{0.1, 0.2, 0.3, 0.4}) || !bytes.Equal(a.Raw, []byte(doc)) ||
		!a.Time.Equal(time.Date(2021, 7, 2, 6, 25, 36, 0, time.UTC)) {
		t.Errorf("%+v", a)
	}
}

func TestHybridEventChannels(t *testing.T) {
	c := newFake(tree(map[string]string{getProxy: proxyList(1, 2), getInputs: inputList(4)})).client(t)
	if _, err := c.Channels(bg); err != nil {
		t.Fatal(err)
	}
	for in, want := range map[int]int{1: 1, 4: 4, 5: 5, 33: 5, 34: 6} {
		root, _ := ParseXML([]byte(vmd(in, "active")))
		if a := c.readAlert(root, nil); a.Channel != want {
			t.Errorf("channelID %d is channel %d, want %d", in, a.Channel, want)
		}
	}
}

func TestOpenAlerts(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answers map[string]string
		kind    string
	}{
		{"usual", map[string]string{"GET " + alertPath: framed(vmd(1, "active"))}, ""},
		{"before ISAPI", map[string]string{"GET /Event/notification/alertStream": framed(vmd(1, "active"))}, ""},
		{"refusal in 200", map[string]string{"GET " + alertPath: xmlStatus(4, "Invalid Operation", "invalidOperation")}, "device"},
		{"web page", map[string]string{"GET " + alertPath: "<!DOCTYPE html><html><title>x</title></html>"}, "bad_answer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newFake(func(w http.ResponseWriter, r *http.Request) {
				if _, ok := tt.answers[r.Method+" "+r.URL.Path]; !ok {
					http.NotFound(w, r)
					return
				}
				tree(tt.answers)(w, r)
			})
			s, err := d.client(t).OpenAlerts(bg)
			var a *Alert
			if err == nil {
				a, err = s.Next()
			}
			if tt.kind != "" {
				wantKind(t, err, tt.kind)
			} else if err != nil || a.Type != "motion" {
				t.Error(a, err)
			}
		})
	}
	t.Run("subscribe", func(t *testing.T) {
		d := newFake(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if r.Method != "POST" || !bytes.Contains(body, []byte("<SubscribeEvent ")) {
				reply(w, 403, xmlStatus(4, "Invalid Operation", "methodNotAllowed"))
				return
			}
			reply(w, 200, framed("<SubscribeEventResponse/>")+framed(vmd(1, "active")))
		})
		s, err := d.client(t).OpenAlerts(bg)
		if err != nil {
			t.Fatal(err)
		}
		if a, err := s.Next(); err != nil || a.Type != "motion" {
			t.Error(a, err)
		}
	})
	t.Run("slots taken", func(t *testing.T) {
		d := newFake(func(w http.ResponseWriter, r *http.Request) {
			reply(w, 403, xmlStatus(4, "Invalid Operation", "invalidOperation"))
		})
		_, err := d.client(t).OpenAlerts(bg)
		if e := wantKind(t, err, "forbidden"); !strings.Contains(e.Hint, "taken") {
			t.Error(e)
		}
	})
}

func TestAlertStreamEndsWithContext(t *testing.T) {
	d := newFake(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, framed(vmd(1, "active")))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	srv := newServer(t, d)
	ctx, cancel := context.WithCancel(bg)
	s, err := onPort(t, srv).OpenAlerts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Next(); err != nil {
		t.Fatal(err)
	}
	cancel()
	_, err = s.Next()
	wantKind(t, err, "cancelled")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestParseTime(t *testing.T) {
	for in, want := range map[string]string{
		"2021-07-02T14:25:36+08:00":     "2021-07-02T06:25:36Z",
		"2021-07-02T14:25:36Z":          "2021-07-02T14:25:36Z",
		"2021-07-02T14:25:36.123+08:00": "2021-07-02T06:25:36Z",
		"2017-12-01T09:01:18-6:00":      "2017-12-01T15:01:18Z",
		"2021-04-06T18:04:2800:00":      "2021-04-06T18:04:28Z",
		"2021-04-06T18:04:2808:00":      "", // plus or minus eight
		"2021-07-02T14:25:36":           "",
		"2021-02-30T14:25:36Z":          "",
		"1970-13-01T00:00:00Z":          "",
		"":                              "",
		"yesterday":                     "",
	} {
		got, ok := parseTime(in)
		text := ""
		if ok {
			text = got.UTC().Format(time.RFC3339)
		}
		if text != want {
			t.Errorf("%q is %q, want %q", in, text, want)
		}
	}
}

func TestPosixOffset(t *testing.T) {
	for in, want := range map[string]int{
		"CST-1:00:00": 3600, "CST-8:00:00": 8 * 3600, "CST+5:00:00": -5 * 3600, "EST5": -5 * 3600, "IST-5:30:00": 5*3600 + 1800,
		"CST-1:00:00DST01:00:00,M3.5.0/02:00:00,M10.5.0/03:00:00": 3600,
	} {
		if got, ok := posixOffset(in); !ok || got != want {
			t.Errorf("%s is %d, want %d", in, got, want)
		}
	}
	if _, ok := posixOffset("Europe/Berlin"); ok {
		t.Error("a name has no offset")
	}
}
