package sim_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/isapi/sim"
)

// Whatever comes in, a device answers with a status and stays alive.
func FuzzRequest(f *testing.F) {
	for _, seed := range [][4]string{
		{"PUT", ptz1 + "/continuous", move(1, 2, 3), `Digest username="admin", realm="x", nonce="y", uri="z", qop=auth, nc=00000001, cnonce="c", response="r"`},
		{"PUT", ptz1 + "/presets/1", "<?xml version: \"1.0\"?><PTZPreset><id>1</id></PTZPreset>", ""},
		{"GET", "/ISAPI/Streaming/channels/101/picture", "", "Basic YWRtaW46c2ltdWxhdGVk"},
		{"GET", streamPath + "/", "", "Basic YWRtaW46c2ltdWxhdGVk"},
		{"PUT", "/sim/faults", `["slow=1ms@0s-1s"]`, ""},
		{"POST", "/ISAPI//%2e%2e/", "<a><b>", "Digest =,"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, method, path, body, authorization string) {
		ctx, gone := context.WithCancel(context.Background())
		gone() // an event stream would not end
		r, err := http.NewRequestWithContext(ctx, method, "http://192.0.2.1", strings.NewReader(body))
		if err != nil {
			return
		}
		d := sim.New(sim.Options{Model: sim.PTZ, Auth: sim.AuthBoth})
		r.URL.Path, r.RequestURI, r.RemoteAddr = path, path, "192.0.2.9:1"
		r.Header.Set("Authorization", authorization)
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		if w.Code < 200 || w.Code > 599 {
			t.Errorf("status %d", w.Code)
		}
	})
}
