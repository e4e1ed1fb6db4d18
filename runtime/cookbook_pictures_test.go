package runtime

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// otherPicture has a camera answer with another picture than its own.
func otherPicture(t *testing.T, picture string) func(*http.Request, http.RoundTripper) (*http.Response, error) {
	return func(r *http.Request, device http.RoundTripper) (*http.Response, error) {
		resp, err := device.RoundTrip(r)
		if err != nil || resp.StatusCode != http.StatusOK || !strings.HasSuffix(r.URL.Path, "/picture") {
			return resp, err
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
		resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(picture)), int64(len(picture))
		resp.Header.Set("Content-Length", strconv.Itoa(len(picture)))
		return resp, nil
	}
}

// halfAsBig is a picture in so much less detail that its file has half the size.
func halfAsBig(t *testing.T, picture string) string {
	t.Helper()
	img, err := jpeg.Decode(strings.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	for quality := 90; quality > 0; quality -= 5 {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
			t.Fatal(err)
		}
		if b.Len() < len(picture)/2 {
			return b.String()
		}
	}
	t.Fatal("the picture has no detail")
	return ""
}

// grey is a JPEG of one shade.
func grey(t *testing.T, shade uint8) string {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 1280, 720))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.Gray{shade}), image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var pictureRecipes = map[string]recipe{
	"archive-pictures": {"2026-03-04 16:50", func(w *world) {
		w.run(3 * time.Hour) // the sun sets at 17:50:54
		w.wantDid("door", "17:00:00 ch1 picture", "17:15:00 ch1 picture", "17:30:00 ch1 picture", "17:45:00 ch1 picture")
		w.wantFile("archive/door/1/2026-03-04/17-45-00.jpg", "^")
		w.wantQuiet()
	}},
	"timelapse": {"2026-03-06 15:55", func(w *world) { // a Friday
		w.run(24 * time.Hour)
		w.wantDid("gate", "16:25:00 ch1 goto 3", "16:25:02 ch1 picture", "16:55:00 ch1 goto 3", "16:55:00 ch1 picture")
		w.wantQuiet()
	}},
	"same-moment": {"2026-03-04 11:59", func(w *world) {
		w.fault("door", "offline@0s-10m")
		w.run(5 * time.Minute)
		w.wantDid("gate", "12:00:00 ch1 picture")
		w.wantDid("nvr", "12:00:00 ch2 picture", "12:00:00 ch3 picture")
		w.wantFile("moments/2026-03-04_12-00/nvr-store.jpg", "^")
		w.wantLog("no picture of door")
	}},
	"wall": {"2026-03-04 12:00", func(w *world) {
		w.devices["nvr"].SetOnline(3, false)
		w.at(6 * time.Minute)
		w.wantDid("nvr", "12:05:00 ch1 picture", "12:05:00 ch2 picture", "12:05:00 ch4 picture")
		w.wantFile("wall/index.html", `(?s)1\.jpg.*2\.jpg.*4\.jpg`)
		w.wantQuiet()
	}},
	"picture-of-the-day": {"2026-03-04 11:59", func(w *world) {
		w.run(25 * time.Hour)
		w.wantDid("door", "12:00:00 ch1 picture", "12:00:00 ch1 picture")
		w.wantFile("web/today.jpg", "^")
		w.wantFile("web/yesterday.jpg", "^")
		w.wantQuiet()
	}},
	"flaky-link": {"2026-03-04 12:00", func(w *world) {
		w.run(14 * time.Minute)
		w.fault("door", "offline@0s-70s")
		w.run(2 * time.Minute)
		w.wantFile("link/12-15.jpg", "^")
	}},
	"moved-camera": {"2026-03-04 11:59", func(w *world) {
		w.run(25 * time.Hour)
		w.wantNoLog("has changed")
		w.wantDid("door", "12:00:00 ch1 picture", "12:00:00 ch1 picture")
		// Less is to be seen, so the pictures are smaller.
		w.write("scripts/copy.lua", `hik.spawn(function() hik.snapshot("door", 1):save("now.jpg") end)`)
		w.sync()
		w.run(time.Minute)
		w.via["door"] = otherPicture(w.t, halfAsBig(w.t, readFile(w.t, filepath.Join(w.dir, "data/now.jpg"))))
		w.run(24 * time.Hour)
		w.wantLog("the picture of the entrance has changed")
		// Days later the mean has come to what it shows now.
		w.run(7 * 24 * time.Hour)
		before := strings.Count(w.log.String(), "has changed")
		w.run(24 * time.Hour)
		if n := strings.Count(w.log.String(), "has changed"); before < 2 || n > before {
			w.t.Errorf("told %d times in a week, %d times in all\n%s", before, n, w.log)
		}
	}},
	"covered-camera": {"2026-03-04 12:00", func(w *world) {
		w.run(time.Hour)
		w.wantDid("door", "12:10:00 ch1 picture", "12:20:00 ch1 picture", "12:30:00 ch1 picture", "12:40:00 ch1 picture",
			"12:50:00 ch1 picture", "13:00:00 ch1 picture")
		w.wantNoLog("no good picture")
		w.via["door"] = otherPicture(w.t, readFile(w.t, filepath.Join(w.dir, "data/archive/door/1/2026-03-04/12-30-00.jpg")))
		w.run(time.Hour)
		told := func(fault string) {
			if n := strings.Count(w.log.String(), `no good picture" script=covered-camera fault=`+fault); n != 1 {
				w.t.Errorf("told %d times that it is %s\n%s", n, fault, w.log)
			}
		}
		told("frozen")
		w.via["door"] = otherPicture(w.t, grey(w.t, 2))
		w.run(20 * time.Minute)
		told("dark")
	}},
	"holidays": {"2026-04-02 11:59", func(w *world) { // the 3rd is one
		w.run(5 * 24 * time.Hour)
		w.wantDid("gate", "12:00:00 ch1 goto 3", "12:00:02 ch1 picture", "12:00:00 ch1 goto 3", "12:00:00 ch1 picture")
		w.wantPrinted("a holiday: no round")
		w.wantFile("noon/2026-04-06.jpg", "^")
		w.wantQuiet()
	}},
	"site-variables": {"2026-03-04 07:59", func(w *world) {
		w.run(5 * time.Minute)
		w.wantDid("gate", "08:00:00 ch1 goto 2", "08:00:02 ch1 picture", "08:00:02 ch1 goto 4", "08:00:04 ch1 picture",
			"08:00:04 ch1 goto 6", "08:00:06 ch1 picture")
		w.wantQuiet()
	}},
}
