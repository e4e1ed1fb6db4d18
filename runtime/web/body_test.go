package web

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http/httptest"
	"testing"
)

// A picture is sent from where it lies, and any number of times.
func TestBodyHoldsWhatItSendsOnce(t *testing.T) {
	picture := bytes.Repeat([]byte("jpeg"), 1000)
	body, contentType := Multipart(
		[]Field{{"text", "Tür"}, {"text", "a\r\nb"}},
		[]File{{Field: "photo", Name: "a\"\r\nb.jpg", ContentType: "image/jpeg", Data: picture}, {Field: "x", Name: "x"}})
	held := false
	for _, piece := range body {
		held = held || len(piece) > 0 && &piece[0] == &picture[0]
	}
	if !held {
		t.Error("the picture was copied")
	}
	r := httptest.NewRequest("POST", "/", nil)
	body.Attach(r)
	for range 2 {
		_, params, _ := mime.ParseMediaType(contentType)
		form, err := multipart.NewReader(r.Body, params["boundary"]).ReadForm(1 << 20)
		if err != nil {
			t.Fatal(err)
		}
		photo := form.File["photo"][0]
		if form.Value["text"][0] != "Tür" || form.Value["text"][1] != "a\r\nb" || photo.Size != int64(len(picture)) || photo.Header.Get("Content-Type") != "image/jpeg" || len(photo.Header) != 2 {
			t.Errorf("%+v %+v", form.Value, photo)
		}
		r.Body, _ = r.GetBody()
	}
	all, _ := io.ReadAll(r.Body)
	if int64(len(all)) != r.ContentLength {
		t.Errorf("%d bytes, announced as %d", len(all), r.ContentLength)
	}
}

func TestPictureName(t *testing.T) {
	for want, got := range map[string]string{
		"gate-1-s.jpg":   PictureName("gate", 1, "s", "image/jpeg"),
		"my_tür-2-s.png": PictureName("my tür", 2, "s", "image/png"),
		"gate-3-s.jpg":   PictureName("gate", 3, "s", "image/../x"),
	} {
		if got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
