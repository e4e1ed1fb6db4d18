package isapi

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// sized is a picture of a size; each of another one has other bytes.
func sized(t testing.TB, width, height int) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, width, height))
	img.SetGray(1, 1, color.Gray{uint8(width)})
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// recorder gives pictures of the sub stream; larger says what it does where a
// size is asked for.
type recorder struct {
	config  string // of the main stream; "": refused
	small   []byte
	larger  func(w http.ResponseWriter)
	pattern []string // what was asked
}

func (d *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !strings.HasSuffix(r.URL.Path, "/picture"):
		d.pattern = append(d.pattern, "stream")
		if d.config == "" {
			reply(w, 403, xmlStatus(4, "Invalid Operation", "notSupport"))
			return
		}
		reply(w, 200, d.config)
	case r.URL.Query().Has("videoResolutionWidth"):
		d.pattern = append(d.pattern, r.URL.Query().Get("videoResolutionWidth")+"x"+r.URL.Query().Get("videoResolutionHeight"))
		d.larger(w)
	default:
		d.pattern = append(d.pattern, "picture")
		w.Write(d.small)
	}
}

func configOf(width, height int) string {
	return fmt.Sprintf("<StreamingChannel><id>101</id><Video><videoResolutionWidth>%d</videoResolutionWidth>"+
		"<videoResolutionHeight>%d</videoResolutionHeight></Video></StreamingChannel>", width, height)
}

func TestPicturesOfTheSubStreamAreNoticed(t *testing.T) {
	small, whole := sized(t, 640, 360), sized(t, 1920, 1080)
	send := func(data []byte) func(http.ResponseWriter) { return func(w http.ResponseWriter) { w.Write(data) } }
	for _, c := range []struct {
		name   string
		device *recorder
		opt    PictureOptions
		want   []byte
		asked  string // for two pictures
	}{
		{"asked again", &recorder{config: configOf(1920, 1080), small: small, larger: send(whole)}, PictureOptions{}, whole,
			"[picture stream 1920x1080 1920x1080]"},
		{"asking does not help", &recorder{config: configOf(1920, 1080), small: small, larger: send(small)}, PictureOptions{}, small,
			"[picture stream 1920x1080 picture]"},
		{"asking is refused", &recorder{config: configOf(1920, 1080), small: small,
			larger: func(w http.ResponseWriter) { reply(w, 400, xmlStatus(5, "Invalid Format", "badParameters")) }}, PictureOptions{}, small,
			"[picture stream 1920x1080 1920x1080 picture]"}, // by both paths
		{"it is the main stream's", &recorder{config: configOf(640, 360), small: small}, PictureOptions{}, small, "[picture stream picture]"},
		{"the stream is not told", &recorder{small: small}, PictureOptions{}, small, "[picture stream picture]"},
		{"the sub stream is wanted", &recorder{config: configOf(1920, 1080), small: small}, PictureOptions{Stream: Sub}, small, "[picture picture]"},
		{"a size is wanted", &recorder{config: configOf(1920, 1080), larger: send(small)}, PictureOptions{Width: 640, Height: 360}, small, "[640x360 640x360]"},
		{"large enough", &recorder{config: configOf(3840, 2160), small: whole}, PictureOptions{}, whole, "[picture picture]"},
		{"quality goes along", &recorder{config: configOf(1920, 1080), small: small, larger: send(whole)}, PictureOptions{Quality: 90}, whole,
			"[picture stream 1920x1080 1920x1080]"},
	} {
		client := newFake(c.device.ServeHTTP).client(t)
		for range 2 {
			p, err := client.Picture(bg, 1, c.opt)
			if err != nil || !bytes.Equal(p.Data, c.want) {
				t.Fatalf("%s: %v", c.name, err)
			}
		}
		if got := fmt.Sprint(c.device.pattern); got != c.asked {
			t.Errorf("%s: asked %s, want %s", c.name, got, c.asked)
		}
	}
}

// What was learned is doubted when pictures become smaller than they were.
func TestPicturesThatBecomeSmaller(t *testing.T) {
	small, whole := sized(t, 640, 360), sized(t, 1280, 720)
	d := &recorder{config: configOf(1280, 720), small: whole, larger: func(w http.ResponseWriter) { w.Write(whole) }}
	c := newFake(d.ServeHTTP).client(t)
	take := func(want []byte) {
		t.Helper()
		if p, err := c.Picture(bg, 1, PictureOptions{}); err != nil || !bytes.Equal(p.Data, want) {
			t.Fatal(err)
		}
	}
	take(whole)
	d.small = small
	take(whole)
	d.larger = func(w http.ResponseWriter) { w.Write(small) }
	take(small)
	d.config = configOf(640, 360) // it was set to that meanwhile
	take(small)
	want := "[picture stream picture stream 1280x720 1280x720 stream picture]"
	if got := fmt.Sprint(d.pattern); got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
}

// A writer is told what comes before it comes, and never gets two pictures.
func TestTheBeginningOfAPicture(t *testing.T) {
	small, whole := sized(t, 640, 360), sized(t, 1920, 1080)
	at := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	d := &recorder{config: configOf(1920, 1080), small: small, larger: func(w http.ResponseWriter) { w.Write(whole) }}
	c := newFake(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", at.Format(http.TimeFormat))
		w.Header().Set("Content-Type", "application/octet-stream")
		at = at.Add(time.Second)
		d.ServeHTTP(w, r)
	}).client(t)
	var out bytes.Buffer
	var begun []string
	n, _, err := c.PictureTo(bg, &out, 1, PictureOptions{Begun: func(p Picture) {
		begun = append(begun, fmt.Sprint(p.ContentType, p.Time.Format(" 05 "), out.Len()))
	}})
	if err != nil || n != int64(len(whole)) || !bytes.Equal(out.Bytes(), whole) {
		t.Errorf("%d bytes, %v", n, err)
	}
	if len(begun) != 2 || !strings.HasSuffix(begun[0], " 0") || !strings.HasSuffix(begun[1], " 0") || begun[0] == begun[1] ||
		!strings.HasPrefix(begun[0], "image/jpeg ") {
		t.Errorf("%q", begun)
	}
	p, err := c.Picture(bg, 1, PictureOptions{})
	if err != nil || !p.Time.Equal(at.Add(-time.Second)) {
		t.Errorf("%v, %v; the device's time is %v", p, err, at)
	}
}

// A small picture that breaks off is asked for again, and nothing of it is left.
func TestADoubtfulPictureThatBreaksOff(t *testing.T) {
	small := sized(t, 640, 360)
	tries := 0
	c := newFake(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/picture") {
			reply(w, 404, "")
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(small)))
		if tries++; tries == 1 {
			w.Write(small[:len(small)/2])
			return
		}
		w.Write(small)
	}).client(t)
	var out bytes.Buffer
	if n, _, err := c.PictureTo(bg, &out, 1, PictureOptions{}); err != nil || n != int64(len(small)) || !bytes.Equal(out.Bytes(), small) {
		t.Errorf("%d bytes, %v", n, err)
	}
	full := fullDisk{}
	if _, _, err := c.PictureTo(bg, full, 1, PictureOptions{}); !errors.Is(err, errFull) {
		t.Error(err)
	}
}

func TestSizeOfAPicture(t *testing.T) {
	whole := sized(t, 640, 360)
	width, height, ok := jpegSize(whole)
	if !ok || width != 640 || height != 360 {
		t.Error(width, height, ok)
	}
	frame := bytes.Index(whole, []byte{0xFF, 0xC0})
	for n := range frame + 9 {
		if _, _, ok := jpegSize(whole[:n]); ok {
			t.Errorf("known after %d bytes", n)
		}
	}
	// A preview in front, with its own size and end.
	preview := append([]byte{0xFF, 0xE1, 0, 0}, sized(t, 64, 48)...)
	preview[2], preview[3] = byte((len(preview)-2)>>8), byte(len(preview)-2)
	if width, _, _ := jpegSize(slices.Concat(whole[:2], preview, []byte{0xFF}, whole[2:])); width != 640 {
		t.Errorf("width %d", width)
	}
}
