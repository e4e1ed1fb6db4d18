package isapi

import (
	"net/http"
	"testing"
)

// A camera of before ISAPI serves much of the same tree without the prefix, or
// under /PSIA.
func TestBeforeISAPI(t *testing.T) {
	for _, prefix := range []string{"", "/PSIA"} {
		answers := tree(map[string]string{
			"GET " + prefix + "/System/deviceInfo":            infoDoc,
			"GET " + prefix + "/Streaming/channels":           streamList(1),
			"GET " + prefix + "/Streaming/channels/1/picture": "jpeg",
			"GET " + prefix + "/Streaming/channels/2/picture": "jpeg",
		})
		device := newFake(func(w http.ResponseWriter, r *http.Request) {
			if len(r.URL.Path) > 7 && r.URL.Path[:7] == "/ISAPI/" {
				http.NotFound(w, r)
				return
			}
			answers(w, r)
		})
		c := device.client(t)
		info, err := c.DeviceInfo(bg)
		if err != nil || info.Model != "DS-1" {
			t.Fatalf("%q: %+v, %v", prefix, info, err)
		}
		list, err := c.Channels(bg)
		if err != nil || short(list) != "1:s1+" {
			t.Errorf("%q: %s, %v", prefix, short(list), err)
		}
		for _, s := range []Stream{Main, Sub} {
			if p, err := c.Picture(bg, 1, PictureOptions{Stream: s}); err != nil || len(p.Data) == 0 {
				t.Errorf("%q: picture of stream %v: %v", prefix, s, err)
			}
		}
		device.reset()
		if _, err := c.DeviceInfo(bg); err != nil {
			t.Error(err)
		}
		if requests, rejected := device.counts(); requests != 1 || rejected != 0 {
			t.Errorf("%q: %d requests, %d rejected: it is not remembered", prefix, requests, rejected)
		}
	}
	// A device that has neither costs three questions, and says what it said.
	device := newFake(http.NotFound)
	_, err := device.client(t).DeviceInfo(bg)
	wantKind(t, err, "not_found")
	if e := asError(err); e.Path != deviceInfoPath {
		t.Errorf("path %s", e.Path)
	}
}
