package isapi_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/recorded"
)

// openRecorded gives a client for one of the recorded devices.
func openRecorded(t *testing.T, model string) *isapi.Client {
	t.Helper()
	dir, ok := recorded.Dir()
	if !ok {
		t.Skip("no recorded devices here; HIKLUA_DEVICES may name their folder")
	}
	h, err := recorded.Open(filepath.Join(dir, model), "operator", "secret")
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	var port int
	if _, err := fmt.Sscanf(srv.URL, "http://127.0.0.1:%d", &port); err != nil {
		t.Fatal(err)
	}
	c, err := isapi.New(isapi.Config{Name: model, Host: "127.0.0.1", Port: port, Username: "operator", Password: isapi.NewSecret("secret")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func describe(list []isapi.Channel) string {
	var words []string
	for _, ch := range list {
		online := "?"
		if ch.Online != nil {
			online = map[bool]string{true: "+", false: "-"}[*ch.Online]
		}
		s := fmt.Sprintf("%d %s %s", ch.ID, ch.Name, online)
		if ch.Analog {
			s += " analog"
		}
		if ch.PTZ {
			s += " ptz"
		}
		words = append(words, s)
	}
	return strings.Join(words, "; ")
}

var recordings = []struct {
	model, modelSaid, firmware, typ, channels string
}{
	{"DS-2CD2146G2-ISU", "DS-2CD2146G2-ISU", "V5.7.17 build 240606", "IPCamera", "1 Terrasse +"},
	{"DS-2CD2386G2-IU", "DS-2CD2386G2-IU", "V5.7.15 build 240201", "IPCamera", "1 yard +"},
	{"DS-2CD2443G0-IW", "DS-2CD2443G0-IW", "V5.6.5 build 200316", "IPCamera", "1 Camera 01 +"},
	{"DS-2CD2T46G2-ISU", "DS-2CD2T46G2-ISU/SL", "V5.7.18 build 240826", "IPCamera", "1 Cour +"},
	{"DS-2SE4C425MWG-E-26", "DS-2SE4C425MWG-E-26", "V5.8.1 build 240929", "IPDome", "1 DS-2SE4C425MWG-E-26(FC2493386) + ptz; 2 IPdome 02 +"},
	{"DS-7608NXI-I2", "DS-7608NXI-I2/8P/S", "V4.62.210 build 230619", "NVR", "1 garden ?; 2 home ?; 3 road ?; 4 gate ?"},
	{"DS-7616NI-K2", "DS-7616NI-K2", "V4.74.210 build 240108", "NVR", "1 tagahoov ?; 2 garaazh ?; 3 eeshoov ?; 4 sauna uks ?; 5 terrass ?; 6 uksekell ?"},
	{"iDS-7204HUHI-M1", "iDS-7204HUHI-M1/E", "V4.75.011 build 240625", "DVR", "1 Entrada + analog; 2 Camera 02 - analog; 3 Terraza - Taller + analog; 4 Camera 04 - analog"},
}

func TestRecordedDevices(t *testing.T) {
	for _, tt := range recordings {
		t.Run(tt.model, func(t *testing.T) {
			c := openRecorded(t, tt.model)
			ctx := context.Background()
			info, err := c.DeviceInfo(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if info.Model != tt.modelSaid || info.Firmware != tt.firmware || info.Type != tt.typ || info.Serial == "" || info.MAC == "" || !strings.Contains(info.Raw, "<DeviceInfo") {
				t.Errorf("info %+v", info)
			}
			list, err := c.Channels(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(list); got != tt.channels {
				t.Errorf("channels\ngot  %s\nwant %s", got, tt.channels)
			}
			for _, stream := range []isapi.Stream{isapi.Main, isapi.Sub} {
				p, err := c.Picture(ctx, 1, isapi.PictureOptions{Stream: stream})
				if err != nil || p.ContentType != "image/jpeg" || len(p.Data) < 100 {
					t.Errorf("picture of 1 %v: %v", stream, err)
				}
			}
			if c.Login() != isapi.LoginOK {
				t.Error(c.LoginError())
			}
		})
	}
}

func TestRecordedOfflineChannel(t *testing.T) {
	c := openRecorded(t, "DS-7608NXI-I2")
	_, err := c.Picture(context.Background(), 4, isapi.PictureOptions{})
	if err == nil || !strings.Contains(err.Error(), "list the channels") {
		t.Error(err)
	}
}

func TestRecordingMissing(t *testing.T) {
	if _, err := recorded.Open(filepath.Join(t.TempDir(), "no-such-device"), "u", "p"); err == nil {
		t.Error("a recording that is not there opens")
	}
}

// Probe and every read call on all recordings: the class comes from answers.
func TestRecordedProbe(t *testing.T) {
	want := map[string]string{
		"DS-2CD2146G2-ISU":    "camera in=1- out=1- disks=offline/0/0",
		"DS-2CD2386G2-IU":     "camera in= out= disks=ok/30436/27392 ok/122346/119296",
		"DS-2CD2443G0-IW":     "camera in= out= disks=ok/15359/512",
		"DS-2CD2T46G2-ISU":    "camera in=1- out=1- disks=ok/121942/0",
		"DS-2SE4C425MWG-E-26": "camera in=1- out=1- disks=ok/237708/213093 unformatted/119460/0",
		"DS-7608NXI-I2":       "nvr in=1- 2? 3? 4? out=1- disks=ok/1907729/0",
		"DS-7616NI-K2":        "nvr in=1- 2? 3? 4? out=1- disks=ok/7630885/0",
		"iDS-7204HUHI-M1":     "dvr in= out= disks=ok/953869/814080",
	}
	ports := func(list []isapi.IOPort) string {
		var words []string
		for _, p := range list {
			state := "?"
			if p.Active != nil {
				state = map[bool]string{true: "+", false: "-"}[*p.Active]
			}
			words = append(words, fmt.Sprint(p.ID)+state)
		}
		return strings.Join(words, " ")
	}
	for _, tt := range recordings {
		t.Run(tt.model, func(t *testing.T) {
			c := openRecorded(t, tt.model)
			ctx := context.Background()
			p, err := c.Probe(ctx)
			if err != nil {
				t.Fatal(err)
			}
			var disks []string
			for _, d := range p.Disks {
				disks = append(disks, fmt.Sprintf("%s/%d/%d", d.Status, d.Capacity, d.Free))
			}
			got := fmt.Sprintf("%v in=%s out=%s disks=%s", p.Class, ports(p.Inputs), ports(p.Outputs), strings.Join(disks, " "))
			if got != want[tt.model] {
				t.Errorf("got  %s\nwant %s", got, want[tt.model])
			}
			if p.Capabilities == nil || p.Capabilities.Raw == "" {
				t.Error("no capabilities")
			}
			triggers, err := c.EventTriggers(ctx)
			if err != nil || len(triggers) == 0 {
				t.Error("triggers", err)
			}
			motion := false
			for _, tr := range triggers {
				motion = motion || tr.Type == "motion" && tr.Channel > 0
			}
			if !motion {
				t.Errorf("no motion rule among %d", len(triggers))
			}
			ports, err := c.Accesses(ctx)
			if err != nil || len(ports) < 4 {
				t.Error("ports", ports, err)
			}
			// No recording has a head's paths: the error must say so, not lie.
			if _, err := c.Presets(ctx, 1); err == nil || !strings.Contains(err.Error(), "PTZ") && !strings.Contains(err.Error(), "ptz") {
				t.Error("presets", err)
			}
			if c.Login() != isapi.LoginOK {
				t.Error(c.LoginError())
			}
		})
	}
}
