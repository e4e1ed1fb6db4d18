package isapi

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestPictureStreams(t *testing.T) {
	d := newFake(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(testJPEG()) })
	c := d.client(t)
	p, err := c.Picture(bg, 18, PictureOptions{Stream: Sub, Width: 640, Height: 480, Quality: 90})
	if err != nil || !bytes.Equal(p.Data, testJPEG()) || p.ContentType != "image/jpeg" {
		t.Fatal(p, err)
	}
	want := "GET /ISAPI/Streaming/channels/1802/picture?imageQuality=best&snapShotImageType=JPEG&videoResolutionHeight=480&videoResolutionWidth=640"
	if got := d.paths(); got[len(got)-1] != want {
		t.Errorf("asked %s", got)
	}
	var w bytes.Buffer
	n, ctype, err := c.PictureTo(bg, &w, 1, PictureOptions{})
	if err != nil || n != int64(w.Len()) || ctype != "image/jpeg" {
		t.Error(n, ctype, err)
	}
}

// A recorder that wants the proxy path is asked on the plain one once per channel.
func TestPictureProxyIsRemembered(t *testing.T) {
	for name, refusal := range map[string]func(http.ResponseWriter){
		"400": func(w http.ResponseWriter) { reply(w, 400, xmlStatus(6, "Invalid XML Content", "badXmlContent")) },
		"200": func(w http.ResponseWriter) { reply(w, 200, xmlStatus(6, "Invalid XML Content", "badXmlContent")) },
		"403": func(w http.ResponseWriter) { reply(w, 403, xmlStatus(4, "Invalid Operation", "notSupport")) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newFake(func(w http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.URL.Path, "StreamingProxy") {
					_, _ = w.Write(testJPEG())
					return
				}
				refusal(w)
			})
			c := d.client(t)
			for range 5 {
				if _, err := c.Picture(bg, 2, PictureOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := c.Sibling().Picture(bg, 2, PictureOptions{Stream: Sub}); err != nil {
				t.Fatal(err)
			}
			plain := 0
			for _, p := range d.paths() {
				if strings.Contains(p, "/Streaming/") && strings.Contains(p, "/picture") {
					plain++
				}
			}
			if plain > 2 { // the challenge and the question
				t.Errorf("plain path asked %d times", plain)
			}
		})
	}
}

func TestPictureRefusals(t *testing.T) {
	whole := testJPEG()
	page := "<html><title>Login</title></html>"
	for _, tt := range []struct {
		name  string
		serve http.HandlerFunc
		kind  string
		asked int // without the challenge
	}{
		{"empty", func(w http.ResponseWriter, _ *http.Request) {}, "bad_answer", 2},
		{"one byte", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(whole[:1]) }, "bad_answer", 1},
		{"cut", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(whole[:len(whole)-10]) }, "bad_answer", 2},
		{"html", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(page)) }, "bad_answer", 1},
		{"png", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("\x89PNG\r\n")) }, "bad_answer", 1},
		{"error called image", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "image/jpeg")
			_, _ = w.Write([]byte(xmlStatus(3, "Device Error", "deviceError")))
		}, "device", 3},
		{"busy", func(w http.ResponseWriter, _ *http.Request) { reply(w, 503, xmlStatus(2, "Device Busy", "")) }, "busy", 1},
		{"absent on both paths", func(w http.ResponseWriter, _ *http.Request) { reply(w, 404, "") }, "not_found", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newFake(tt.serve)
			_, err := d.client(t).Picture(bg, 1, PictureOptions{})
			wantKind(t, err, tt.kind)
			if requests, _ := d.counts(); requests != tt.asked+1 {
				t.Errorf("asked %d times, want %d", requests-1, tt.asked)
			}
		})
	}
}

func TestPictureFaultPasses(t *testing.T) {
	n := 0
	d := newFake(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/picture") {
			reply(w, 404, "") // it does not tell how large the stream is
			return
		}
		if n++; n < 3 {
			reply(w, 200, xmlStatus(3, "Device Error", "deviceError"))
			return
		}
		_, _ = w.Write(testJPEG())
	})
	if _, err := d.client(t).Picture(bg, 1, PictureOptions{}); err != nil || n != 3 {
		t.Error(err, n)
	}
}

type fullDisk struct{}

var errFull = errors.New("no space left on device")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestPictureToWriterFails(t *testing.T) {
	c := newFake(okTree).client(t)
	if _, _, err := c.PictureTo(bg, fullDisk{}, 1, PictureOptions{}); !errors.Is(err, errFull) {
		t.Error(err)
	}
}
