package sim_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
)

// What each class answers where, as recorded.
func TestClassesAnswerAsRecorded(t *testing.T) {
	for _, row := range []struct {
		path               string
		ipc, ptz, nvr, dvr int
	}{
		{"/ISAPI/System/deviceInfo", 200, 200, 200, 200},
		{"/ISAPI/system/DEVICEINFO", 200, 200, 200, 200},
		{"/ISAPI/System/capabilities", 200, 200, 200, 200},
		{"/ISAPI/System/status", 200, 200, 200, 200},
		{"/ISAPI/System/time", 200, 200, 200, 200},
		{"/ISAPI/System/Holidays", 404, 404, 200, 200},
		{"/ISAPI/System/Video/inputs/channels", 200, 200, 403, 200},
		{"/ISAPI/ContentMgmt/InputProxy/channels", 403, 403, 200, 200},
		{"/ISAPI/ContentMgmt/InputProxy/channels/status", 403, 403, 200, 200},
		{"/ISAPI/ContentMgmt/Storage", 200, 200, 200, 200},
		{"/ISAPI/System/IO/inputs/1/status", 200, 200, 200, 403},
		{"/ISAPI/System/IO/outputs/1/status", 200, 200, 200, 403},
		{"/ISAPI/ContentMgmt/IOProxy/inputs/101", 403, 403, 200, 403},
		{"/ISAPI/Security/adminAccesses", 200, 200, 200, 200},
		{"/ISAPI/Security/userCheck", 200, 200, 200, 200},
		{"/ISAPI/Security/users", 200, 200, 200, 200},
		{"/ISAPI/Event/triggers", 200, 200, 200, 200},
		{"/ISAPI/Event/triggers/VMD-1", 200, 200, 200, 200},
		{"/ISAPI/Event/triggers/vmd-9", 403, 403, 403, 403},
		{"/ISAPI/Event/notification/httpHosts", 200, 200, 200, 200},
		{"/ISAPI/Streaming/channels", 200, 200, 200, 200},
		{"/ISAPI/Streaming/channels/101", 200, 200, 200, 200},
		{"/ISAPI/Streaming/channels/103", 200, 200, 403, 400},
		{"/ISAPI/Streaming/channels/104", 200, 200, 403, 403},
		{"/ISAPI/Streaming/channels/401", 403, 403, 200, 200},
		{"/ISAPI/Streaming/channels/101/picture", 200, 200, 200, 200},
		{"/ISAPI/Streaming/channels/1/picture", 200, 200, 403, 403},
		{"/ISAPI/Streaming/channels/901/picture", 404, 404, 403, 403},
		{"/ISAPI/ContentMgmt/StreamingProxy/channels/101/picture", 403, 403, 200, 403},
		{"/ISAPI/PTZCtrl/channels", 403, 200, 200, 200},
		{"/ISAPI/PTZCtrl/channels/1/status", 403, 200, 200, 403},
		{"/ISAPI/PTZCtrl/channels/1/capabilities", 403, 200, 200, 403},
		{"/ISAPI/PTZCtrl/channels/1/absoluteEx/capabilities", 403, 200, 200, 403},
		{"/ISAPI/PTZCtrl/channels/2/status", 403, 400, 403, 403},
		{"/ISAPI/ContentMgmt/PTZCtrlProxy/channels/1/status", 403, 403, 200, 403},
		{"/ISAPI/System/Video/inputs/channels/1/motionDetection", 200, 200, 403, 200},
		{"/ISAPI/ContentMgmt/InputProxy/channels/1/video/motionDetection", 403, 403, 200, 400},
		{"/ISAPI/No/such/thing", 404, 404, 403, 403},
		{"/index.html", 404, 404, 404, 404},
	} {
		for model, want := range map[sim.Model]int{sim.IPC: row.ipc, sim.PTZ: row.ptz, sim.NVR: row.nvr, sim.DVR: row.dvr} {
			virtually(t, sim.Options{Model: model}, func(v *clock.Virtual, d *sim.Device, c *client) {
				if r := c.get(row.path); r.status != want {
					t.Errorf("%s %s: %d, want %d: %.200s", model, row.path, r.status, want, r.body)
				}
			})
		}
	}
}

func TestDocumentsAreChecked(t *testing.T) {
	cont, preset := ptz1+"/continuous", ptz1+"/presets/9"
	for _, row := range []struct {
		path, body, sub string
		status          int
	}{
		{cont, `<?xml version: "1.0" encoding="UTF-8"?><PTZData><pan>1</pan></PTZData>`, "ok", 200},
		{cont, "\r\n<?xml version=\"1.0\" encoding=\"GB2312\" ?>\n<PTZData xmlns=\"urn:x\" version=\"1.0\"><pan>1</pan></PTZData>", "ok", 200},
		{cont, "<PTZData/>", "ok", 200},
		{cont, "", "badXmlFormat", 400},
		{cont, "<PTZData><pan>1</pan>", "badXmlFormat", 400},
		{cont, "pan=1", "badXmlFormat", 400},
		{cont, "<PTZData></PTZData><PTZData></PTZData>", "badXmlFormat", 400},
		{cont, "<Pan>1</Pan>", "badXmlContent", 400},
		{cont, "<PTZData><Pan>1</Pan></PTZData>", "badXmlContent", 400},
		{cont, "<PTZData><pan>1</pan><pan>2</pan></PTZData>", "badXmlContent", 400},
		{cont, "<PTZData>1</PTZData>", "badXmlContent", 400},
		{cont, "<PTZData><pan>101</pan></PTZData>", "badParameters", 400},
		{cont, "<PTZData><pan>1.5</pan></PTZData>", "badParameters", 400},
		{cont, "<PTZData><pan></pan></PTZData>", "badParameters", 400},
		{ptz1 + "/momentary", "<PTZData><pan>1</pan></PTZData>", "badXmlContent", 400},
		{ptz1 + "/absolute", "<PTZData><AbsoluteHigh><elevation>601</elevation></AbsoluteHigh></PTZData>", "badParameters", 400},
		{ptz1 + "/absolute", "<PTZData><AbsoluteHigh></AbsoluteHigh></PTZData>", "badXmlContent", 400},
		{ptz1 + "/absoluteEx", "<PTZAbsoluteEx><azimuth>NaN</azimuth></PTZAbsoluteEx>", "badParameters", 400},
		{preset, "<PTZPreset><id>9</id><presetName>well</presetName></PTZPreset>", "ok", 200},
		{preset, "<PTZPreset><id>8</id></PTZPreset>", "badParameters", 400},
		{preset, "<PTZPreset><presetName>a name of more than twenty bytes</presetName></PTZPreset>", "badParameters", 400},
		{ptz1 + "/presets/94", "<PTZPreset><id>94</id></PTZPreset>", "invalidOperation", 403},
		{ptz1 + "/presets/0/goto", "", "badParameters", 400},
		{ptz1 + "/presets/999/goto", "", "badParameters", 400},
		{ptz1 + "/presets/20/goto", "", "invalidOperation", 403},
		{ptz1 + "/auxcontrols/1", "<PTZAux><id>1</id><type>LIGHT</type><status>on</status></PTZAux>", "ok", 200},
		{ptz1 + "/auxcontrols/1", "<PTZAux><id>1</id><type>LASER</type><status>on</status></PTZAux>", "badParameters", 400},
		{"/ISAPI/System/Video/inputs/channels/1/focus", "<FocusData><focus>-60</focus></FocusData>", "ok", 200},
		{"/ISAPI/System/Video/inputs/channels/1/iris", "<IrisData><iris>160</iris></IrisData>", "badParameters", 400},
		{"/ISAPI/System/IO/outputs/1/trigger", "<IOPortData><outputState>high</outputState></IOPortData>", "ok", 200},
		{"/ISAPI/System/IO/outputs/1/trigger", "<IOPortData><outputState>on</outputState></IOPortData>", "badParameters", 400},
		{"/ISAPI/System/deviceInfo", "", "methodNotAllowed", 403},
		{ptz1 + "/status", "", "methodNotAllowed", 403},
	} {
		virtually(t, sim.Options{Model: sim.PTZ}, func(v *clock.Virtual, d *sim.Device, c *client) {
			r := c.do("PUT", row.path, row.body)
			if r.status != row.status || r.tag("subStatusCode") != row.sub {
				t.Errorf("%s %q: %d %s, want %d %s", row.path, row.body, r.status, r.tag("subStatusCode"), row.status, row.sub)
			}
		})
	}
}

func TestFixedCameraHasNoHead(t *testing.T) {
	virtually(t, sim.Options{Model: sim.IPC}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.do("PUT", ptz1+"/continuous", move(1, 0, 0)).want(t, 403, "notSupport")
		c.do("PUT", ptz1+"/presets/1/goto", "").want(t, 403, "notSupport")
	})
}

func TestPTZByStreamAndByProxy(t *testing.T) {
	virtually(t, sim.Options{Model: sim.PTZ, PTZID: sim.PTZByStream}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.do("PUT", ptz1+"/continuous", move(1, 0, 0)).want(t, 400, "invalidChannel")
		c.put("/ISAPI/PTZCtrl/channels/101/continuous", move(1, 0, 0))
		if r := c.get("/ISAPI/PTZCtrl/channels"); r.tag("id") != "101" {
			t.Errorf("%s", r.body)
		}
	})
	virtually(t, sim.Options{Model: sim.NVR}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.put("/ISAPI/ContentMgmt/PTZCtrlProxy/channels/1/continuous", move(1, 0, 0))
		d.SetOnline(1, false)
		c.do("PUT", ptz1+"/continuous", move(0, 0, 0)).want(t, 503, "reConnectIpc")
	})
	virtually(t, sim.Options{Model: sim.NVR, NoPTZProxy: true}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.do("PUT", "/ISAPI/ContentMgmt/PTZCtrlProxy/channels/1/continuous", move(1, 0, 0)).want(t, 403, "notSupport")
		c.put(ptz1+"/continuous", move(1, 0, 0))
	})
}

func TestSpecialPresets(t *testing.T) {
	virtually(t, sim.Options{Model: sim.PTZ}, func(v *clock.Virtual, d *sim.Device, c *client) {
		if r := c.get(ptz1 + "/presets"); strings.Count(r.body, "<PTZPreset>") != 8+37-8 || !strings.Contains(r.body, "Remote reboot") {
			t.Errorf("%d presets", strings.Count(r.body, "<PTZPreset>"))
		}
		if r := c.get(ptz1 + "/capabilities"); !strings.Contains(r.body, `<specialNo opt="33,34,`) {
			t.Errorf("%s", r.body)
		}
		c.put(ptz1+"/presets/94/goto", "")
		j := d.Journal()
		if what := j[len(j)-1].What; what != "goto 94 (Remote reboot)" {
			t.Errorf("journal: %s", what)
		}
		_, err := c.raw(context.Background(), "GET", infoPath, "", "")
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("it reboots: %v", err)
		}
		pass(v, 41*time.Second)
		c.get(infoPath).want(t, 401, "") // its nonces are forgotten
		c.learn()
		c.get(infoPath).want(t, 200, "")
	})
	virtually(t, sim.Options{Model: sim.PTZ, NoSpecials: true}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.put(ptz1+"/presets/94", "<PTZPreset><id>94</id><presetName>mine</presetName></PTZPreset>")
		c.put(ptz1+"/presets/94/goto", "")
	})
}

func TestHybridNumbering(t *testing.T) {
	o := sim.Options{Model: sim.DVR, Channels: []sim.ChannelOptions{{Analog: true}, {Analog: true, Offline: true}, {Name: "far", PTZ: true}}}
	virtually(t, o, func(v *clock.Virtual, d *sim.Device, c *client) {
		if r := c.get("/ISAPI/ContentMgmt/InputProxy/channels"); r.tag("id") != "3" || r.tag("name") != "far" || !strings.Contains(r.body, `size="1"`) {
			t.Errorf("%s", r.body)
		}
		if r := c.get("/ISAPI/System/Video/inputs/channels"); strings.Count(r.body, "<inputPort>") != 2 || !strings.Contains(r.body, "NO VIDEO") {
			t.Errorf("%s", r.body)
		}
		c.get("/ISAPI/Streaming/channels/301").want(t, 200, "")
		c.put("/ISAPI/PTZCtrl/channels/3/continuous", move(0, 0, 5))
	})
	virtually(t, sim.Options{Model: sim.DVR}, func(v *clock.Virtual, d *sim.Device, c *client) {
		if r := c.get("/ISAPI/ContentMgmt/InputProxy/channels"); !strings.Contains(r.body, `size="2"`) || strings.Contains(r.body, "<id>") {
			t.Errorf("says two, lists none: %s", r.body)
		}
	})
}

func TestOfflineChannelOfARecorder(t *testing.T) {
	o := sim.Options{Model: sim.NVR, Channels: []sim.ChannelOptions{{}, {Offline: true}}}
	virtually(t, o, func(v *clock.Virtual, d *sim.Device, c *client) {
		r := c.get("/ISAPI/ContentMgmt/InputProxy/channels/status")
		if strings.Count(r.body, "<online>true</online>") != 1 || strings.Count(r.body, "<online>false</online>") != 1 {
			t.Errorf("%s", r.body)
		}
		c.get("/ISAPI/Streaming/channels/201").want(t, 403, "notSupport")
		c.get("/ISAPI/Streaming/channels/201/picture").want(t, 500, "deviceError")
	})
}

func TestBrand(t *testing.T) {
	virtually(t, sim.Options{Model: sim.PTZ, Brand: "HiLook"}, func(v *clock.Virtual, d *sim.Device, c *client) {
		r := c.get(infoPath)
		if r.tag("manufacturer") != "HiLook" || !strings.HasPrefix(r.tag("model"), "HIL-") {
			t.Errorf("%s", r.body)
		}
	})
}

func TestUsersAndRights(t *testing.T) {
	users := []sim.User{{Name: "op", Password: "operator1"}, {Name: "look", Password: "looking1", Level: "Viewer", NoEvents: true}}
	virtually(t, sim.Options{Model: sim.PTZ, Users: users}, func(v *clock.Virtual, d *sim.Device, c *client) {
		as := func(name, password string) { c.user, c.password, c.nonce = name, password, "" }
		as("look", "looking1")
		c.do("PUT", ptz1+"/continuous", move(1, 0, 0)).want(t, 403, "lowPrivilege")
		c.get("/ISAPI/Event/notification/alertStream").want(t, 401, "")
		if n := d.Counts().RejectedLogins; n != 0 {
			t.Errorf("a right that is missing is no wrong login: %d", n)
		}
		c.get(ptz1+"/status").want(t, 200, "")
		as("op", "operator1")
		c.put(ptz1+"/continuous", move(1, 0, 0))
		c.do("PUT", "/ISAPI/System/reboot", "").want(t, 403, "lowPrivilege")
		if r := c.get("/ISAPI/Security/users"); strings.Count(r.body, "<userName>") != 1 {
			t.Errorf("sees itself only: %s", r.body)
		}
		as("admin", "simulated")
		if r := c.do("POST", "/ISAPI/Security/users", "<User><userName>new</userName><password>password1</password><userLevel>Operator</userLevel></User>"); r.status != 200 {
			t.Errorf("%s", r.body)
		}
		c.put("/ISAPI/Security/users/1", "<User><password>different1</password></User>")
		c.do("GET", infoPath, "").want(t, 401, "")
		as("admin", "different1")
		c.get(infoPath).want(t, 200, "")
		for _, e := range d.Journal() {
			if strings.Contains(e.Body, "different1") || strings.Contains(e.Body, "password1") {
				t.Error("a password in the journal")
			}
		}
	})
}

func TestTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	virtually(t, sim.Options{Zone: berlin}, func(v *clock.Virtual, d *sim.Device, c *client) {
		r := c.get("/ISAPI/System/time")
		if r.tag("localTime") != "2026-06-05T14:00:00+02:00" || r.tag("timeZone") != "CST-2:00:00" {
			t.Errorf("%s", r.body)
		}
		c.put("/ISAPI/System/time", "<Time><timeMode>manual</timeMode><localTime>2026-06-05T15:30:00</localTime><timeZone>CST-1:00:00DST01:00:00,M3.5.0/02:00:00,M10.5.0/03:00:00</timeZone></Time>")
		pass(v, time.Minute)
		if r := c.get("/ISAPI/System/time"); r.tag("localTime") != "2026-06-05T15:31:00+02:00" || r.tag("timeMode") != "manual" {
			t.Errorf("%s", r.body)
		}
	})
}

func TestPictures(t *testing.T) {
	if testing.Short() {
		t.Skip("virtual time, in which one goroutine runs at a time: there is no race to find")
	}
	sums := map[[32]byte]string{}
	shoot := func(c *client, path, what string, width, height int, fresh bool) {
		t.Helper()
		r := c.get(path)
		if r.status != 200 || r.header.Get("Content-Type") != "image/jpeg" {
			t.Fatalf("%s: %d %.100s", what, r.status, r.body)
		}
		cfg, kind, err := image.DecodeConfig(bytes.NewReader([]byte(r.body)))
		if err != nil || kind != "jpeg" || cfg.Width != width || cfg.Height != height {
			t.Errorf("%s: %v %v %v", what, cfg, kind, err)
		}
		sum := sha256.Sum256([]byte(r.body))
		if other, known := sums[sum]; known == fresh {
			t.Errorf("%s is the same as %q: %v", what, other, known)
		}
		sums[sum] = what
	}
	const main = "/ISAPI/Streaming/channels/101/picture"
	virtually(t, sim.Options{Model: sim.PTZ}, func(v *clock.Virtual, d *sim.Device, c *client) {
		shoot(c, main, "at the start", 1280, 720, true)
		shoot(c, main, "again", 1280, 720, false)
		shoot(c, "/ISAPI/Streaming/channels/102/picture", "sub", 640, 360, true)
		shoot(c, main+"?snapShotImageType=JPEG&videoResolutionWidth=800&videoResolutionHeight=600", "sized", 800, 600, true)
		shoot(c, main+"?videoResolutionWidth=99999&videoResolutionHeight=9", "a size that is ignored", 1280, 720, false)
		c.put(ptz1+"/presets/3/goto", "")
		pass(v, 5*time.Second)
		shoot(c, main, "elsewhere", 1280, 720, true)
		if n := d.Counts().Pictures; n != 6 {
			t.Errorf("%d pictures", n)
		}
	})
	virtually(t, sim.Options{Model: sim.NVR}, func(v *clock.Virtual, d *sim.Device, c *client) {
		for ch := 1; ch <= 4; ch++ {
			shoot(c, fmt.Sprintf("/ISAPI/Streaming/channels/%d01/picture", ch), fmt.Sprintf("channel %d", ch), 1280, 720, true)
		}
	})
	virtually(t, sim.Options{Model: sim.NVR, ProxyPictures: true}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.get(main).want(t, 400, "badXmlContent")
		c.get("/ISAPI/ContentMgmt/StreamingProxy/channels/101/picture").want(t, 200, "")
	})
}
