package isapi

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

const domeCaps = `<PTZChanelCap version="2.0"><AbsolutePanTiltPositionSpace><XRange><Min>0</Min><Max>3600</Max></XRange><YRange><Min>-500</Min><Max>600</Max></YRange></AbsolutePanTiltPositionSpace>
<AbsoluteZoomPositionSpace><ZRange><Min>10</Min><Max>250</Max></ZRange></AbsoluteZoomPositionSpace><maxPresetNum>300</maxPresetNum><maxPatrolNum>8</maxPatrolNum>
<PresetNameCap><presetNameSupport>true</presetNameSupport><maxPresetNameLen max="20"/><specialNo opt="33,34,35,94"/></PresetNameCap><isSupportPosition3D>true</isSupportPosition3D></PTZChanelCap>`

const domeStatus = `<PTZStatus version="2.0"><AbsoluteHigh><elevation>182</elevation><azimuth>3202</azimuth><absoluteZoom>172</absoluteZoom></AbsoluteHigh></PTZStatus>`

const head1 = "/ISAPI/PTZCtrl/channels/1"

func dome(t *testing.T, change ...func(*Config)) (*Client, *ptzDevice) {
	dev := &ptzDevice{heads: []string{head1}, gets: map[string]string{
		head1 + "/status": domeStatus, head1 + "/capabilities": domeCaps,
		"/ISAPI/PTZCtrl/channels": "<PTZChannelList><PTZChannel><id>1</id></PTZChannel></PTZChannelList>",
	}}
	return newFake(dev.ServeHTTP).client(t, change...), dev
}

func ptr(v float64) *float64 { return &v }

// Tilt is up on our side and down on the device's.
func TestPosition(t *testing.T) {
	c, dev := dome(t)
	p, err := c.PTZStatus(bg, 1)
	if err != nil || *p != (Pose{Pan: 320.2, Tilt: -18.2, Zoom: 17.2}) {
		t.Fatal(p, err)
	}
	caps, err := c.PTZCapabilities(bg, 1)
	if err != nil || !caps.Position || caps.Tilt != (Range{-60, 50}) || caps.Pan != (Range{0, 360}) || caps.Zoom != (Range{1, 25}) ||
		caps.MaxPresets != 300 || !caps.Position3D || caps.MaxPresetName != 20 || !slices.Equal(caps.Special, []int{33, 34, 35, 94}) {
		t.Errorf("%+v, %v", caps, err)
	}
	for _, do := range []func() error{
		func() error { return c.AbsoluteMove(bg, 1, Target{Pan: ptr(10), Tilt: ptr(5), Zoom: ptr(2)}) },
		func() error { return c.AbsoluteMove(bg, 1, Target{Tilt: ptr(-90)}) },
		func() error { return c.RelativeMove(bg, 1, Offset{Pan: 60}) },
		func() error { return c.RelativeMove(bg, 1, Offset{Tilt: 100, Zoom: 100}) },
		func() error { return c.RelativeMove(bg, 1, Offset{Pan: -330.4, Tilt: -100, Zoom: -100}) },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"-50 100 20", "900 3202 172", "182 202 172", "-500 3202 250", "600 3498 10"}
	var got []string
	for _, m := range dev.moves {
		root, _ := ParseXML([]byte(m[strings.Index(m, "<"):]))
		h := root.Child("AbsoluteHigh")
		got = append(got, h.Get("elevation")+" "+h.Get("azimuth")+" "+h.Get("absoluteZoom"))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestPositionMisuse(t *testing.T) {
	c, _ := dome(t)
	nan := 0.0
	nan /= nan
	for _, err := range []error{
		c.AbsoluteMove(bg, 1, Target{}), c.AbsoluteMove(bg, 1, Target{Pan: ptr(361)}), c.AbsoluteMove(bg, 1, Target{Tilt: ptr(91)}),
		c.AbsoluteMove(bg, 1, Target{Zoom: ptr(0.5)}), c.AbsoluteMove(bg, 1, Target{Pan: ptr(nan)}), c.RelativeMove(bg, 1, Offset{Pan: nan}),
		c.Momentary(bg, 1, Velocity{Pan: 1}, 0), c.Momentary(bg, 1, Velocity{Pan: 1}, time.Hour), c.Position3D(bg, 1, Box{StartX: 2}),
		c.StartPatrol(bg, 1, 0), c.Focus(bg, 1, 200), c.Aux(bg, 1, "LASER", true), c.SetOutput(bg, 0, true),
		c.SetPreset(bg, 1, 3, "<x>"), c.SetPreset(bg, 1, 94, "x"), c.DeletePreset(bg, 1, 33), c.SetPreset(bg, 1, 0, ""),
	} {
		wantKind(t, err, "misuse")
	}
}

func TestAbsoluteExWhereThereIsNoAbsolute(t *testing.T) {
	var moves []string
	d := newFake(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == "GET" && r.URL.Path == head1+"/absoluteEx":
			reply(w, 200, `<PTZAbsoluteEx><elevation>18.2</elevation><azimuth>320.2</azimuth><absoluteZoom>17.2</absoluteZoom></PTZAbsoluteEx>`)
		case r.Method == "PUT" && r.URL.Path == head1+"/absoluteEx":
			moves = append(moves, r.URL.Path)
			reply(w, 200, okStatus)
		default:
			reply(w, 404, "")
		}
	})
	c := d.client(t)
	if p, err := c.PTZStatus(bg, 1); err != nil || *p != (Pose{320.2, -18.2, 17.2}) {
		t.Fatal(p, err)
	}
	for range 2 {
		d.reset()
		if err := c.AbsoluteMove(bg, 1, Target{Pan: ptr(1), Tilt: ptr(2), Zoom: ptr(3)}); err != nil {
			t.Fatal(err)
		}
	}
	if requests, _ := d.counts(); requests != 1 || len(moves) != 2 {
		t.Errorf("%d requests for the second move", requests)
	}
}

func TestRelativeWithoutPosition(t *testing.T) {
	dev := ptzDevice{heads: []string{head1}}
	c := newFake(dev.ServeHTTP).client(t)
	err := c.RelativeMove(bg, 1, Offset{Pan: 5})
	if e := wantKind(t, err, "unsupported"); !strings.Contains(e.Error(), "position") {
		t.Error(e)
	}
	if len(dev.moves) != 0 {
		t.Error("it moved")
	}
}

func TestMomentaryAnd3D(t *testing.T) {
	c, dev := dome(t)
	if err := c.Momentary(bg, 1, Velocity{Pan: -7}, 1500*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if err := c.Position3D(bg, 1, Box{0, 0, 1, 0.5}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		head1 + "/momentary <PTZData><pan>-7</pan><tilt>0</tilt><zoom>0</zoom><Momentary><duration>1500</duration></Momentary></PTZData>",
		head1 + "/position3D <position3D><StartPoint><positionX>0</positionX><positionY>255</positionY></StartPoint><EndPoint><positionX>255</positionX><positionY>127</positionY></EndPoint></position3D>",
	}
	if !slices.Equal(dev.moves, want) {
		t.Errorf("%q", dev.moves)
	}
}

func TestPresets(t *testing.T) {
	c, dev := dome(t)
	var items strings.Builder
	for _, id := range []int{9, 1, 33, 94, 40, 9} {
		fmt.Fprintf(&items, `<PTZPreset><enabled>true</enabled><id>%d</id><presetName>p%d</presetName><AbsoluteHigh><elevation>580</elevation><azimuth>2581</azimuth><absoluteZoom>250</absoluteZoom></AbsoluteHigh></PTZPreset>`, id, id)
	}
	dev.gets[head1+"/presets"] = `<PTZPresetList>` + items.String() + `<PTZPreset><enabled>false</enabled><id>2</id></PTZPreset><PTZPreset><id>x</id></PTZPreset></PTZPresetList>`
	list, err := c.Presets(bg, 1)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range list {
		got = append(got, fmt.Sprintf("%d:%s:%v", p.ID, p.Name, p.Special))
	}
	// 40 is an ordinary preset here: this head's own list counts.
	if want := "1:p1:false 9:p9:false 33:p33:true 40:p40:false 94:p94:true"; strings.Join(got, " ") != want {
		t.Errorf("got %s", got)
	}
	if *list[0].Position != (Pose{258.1, -58, 25}) {
		t.Errorf("%+v", list[0].Position)
	}
	if err := c.SetPreset(bg, 1, 5, "gate"); err != nil || !strings.HasSuffix(dev.moves[0], "/presets/5 <PTZPreset><enabled>true</enabled><id>5</id><presetName>gate</presetName></PTZPreset>") {
		t.Error(err, dev.moves)
	}

	silent := newFake((&ptzDevice{heads: []string{head1}}).ServeHTTP).client(t)
	for id, want := range map[int]bool{32: false, 33: true, 46: true, 47: false, 90: true, 91: false, 92: true, 94: true, 105: true, 106: false} {
		if got, err := silent.SpecialPreset(bg, 1, id); err != nil || got != want {
			t.Errorf("preset %d special %v, %v", id, got, err)
		}
	}
}

func TestPatrols(t *testing.T) {
	c, dev := dome(t)
	dev.gets[head1+"/patrols"] = `<PTZPatrolList><PTZPatrol><enabled>true</enabled><id>1</id><patrolName>p1</patrolName><PatrolSequenceList>
<PatrolSequence><presetID>1</presetID><seqSpeed>30</seqSpeed><delay>15</delay></PatrolSequence><PatrolSequence><presetID>2</presetID><delay>15000</delay><seqSpeed>40</seqSpeed></PatrolSequence><PatrolSequence><presetID>0</presetID><seqSpeed>30</seqSpeed><delay>15</delay></PatrolSequence></PatrolSequenceList></PTZPatrol></PTZPatrolList>`
	list, err := c.Patrols(bg, 1)
	if err != nil || len(list) != 1 || len(list[0].Steps) != 2 || list[0].Steps[1] != (PatrolStep{2, 40, 15 * time.Second}) || list[0].Steps[0].Dwell != 15*time.Second {
		t.Errorf("%+v, %v", list, err)
	}
	for _, do := range []func() error{
		func() error { return c.StartPatrol(bg, 1, 1) }, func() error { return c.PausePatrol(bg, 1, 1) }, func() error { return c.StopPatrol(bg, 1, 1) },
		func() error { return c.GotoHome(bg, 1) }, func() error { return c.SetHome(bg, 1) }, func() error { return c.Aux(bg, 1, AuxWiper, true) },
	} {
		if err := do(); err != nil {
			t.Error(err)
		}
	}
	want := []string{"/patrols/1/start ", "/patrols/1/pause ", "/patrols/1/stop ", "/homeposition/goto ", "/homeposition ",
		"/auxcontrols/1 <PTZAux><id>1</id><type>WIPER</type><status>on</status></PTZAux>"}
	for i := range want {
		want[i] = head1 + want[i]
	}
	if !slices.Equal(dev.moves, want) {
		t.Errorf("%q", dev.moves)
	}
}

func TestFocusFindsItsPath(t *testing.T) {
	for name, path := range map[string]string{
		"camera": "/ISAPI/System/Video/inputs/channels/1/focus", "dvr": "/ISAPI/Image/channels/1/focus",
		"nvr": "/ISAPI/ContentMgmt/ImageProxy/channels/1/focus", "nvr, older": "/ISAPI/ContentMgmt/InputProxy/channels/1/video/focus",
	} {
		t.Run(name, func(t *testing.T) {
			d := newFake(tree(map[string]string{"PUT " + path: okStatus, "PUT " + strings.Replace(path, "/focus", "/iris", 1): okStatus}))
			c := d.client(t)
			if err := c.Focus(bg, 1, 40); err != nil {
				t.Fatal(err)
			}
			d.reset()
			if err := c.Iris(bg, 1, 0); err != nil {
				t.Fatal(err)
			}
			if requests, _ := d.counts(); requests != 1 {
				t.Errorf("%d requests", requests)
			}
		})
	}
}

func TestClock(t *testing.T) {
	var put string
	zone := "CST-1:00:00DST01:00:00,M3.5.0/02:00:00,M10.5.0/03:00:00"
	local := "2026-06-05T02:04:41+01:00"
	d := newFake(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "PUT" {
			b := make([]byte, 1000)
			n, _ := r.Body.Read(b)
			put = string(b[:n])
			reply(w, 200, okStatus)
			return
		}
		reply(w, 200, "<Time><timeMode>NTP</timeMode><localTime>"+local+"</localTime><timeZone>"+zone+"</timeZone></Time>")
	})
	c := d.client(t)
	dt, err := c.Time(bg)
	if err != nil || !dt.Time.Equal(time.Date(2026, 6, 5, 1, 4, 41, 0, time.UTC)) || dt.Mode != "NTP" {
		t.Fatalf("%+v, %v", dt, err)
	}
	if ahead := dt.Ahead(dt.Time.Add(-time.Minute)); ahead != time.Minute {
		t.Error(ahead)
	}
	if err := c.SetTime(bg, time.Date(2026, 6, 5, 12, 0, 0, 0, time.UTC)); err != nil || !strings.Contains(put, "<localTime>2026-06-05T13:00:00+01:00</localTime><timeZone>"+zone) {
		t.Error(err, put)
	}
	local, zone = "2026-06-05T02:04:41", "CST-8:00:00"
	if dt, err = c.Time(bg); err != nil || !dt.Time.Equal(time.Date(2026, 6, 4, 18, 4, 41, 0, time.UTC)) {
		t.Error(dt, err)
	}
	local = "never"
	_, err = c.Time(bg)
	wantKind(t, err, "bad_answer")
}

func TestIO(t *testing.T) {
	port := func(state string) string {
		return "<IOPortStatus><ioPortID>1</ioPortID><ioState>" + state + "</ioState></IOPortStatus>"
	}
	d := newFake(tree(map[string]string{
		"GET /ISAPI/System/capabilities":                     "<DeviceCap><SysCap><IOCap><IOInputPortNums>2</IOInputPortNums><IOOutputPortNums>0</IOOutputPortNums></IOCap></SysCap></DeviceCap>",
		"GET /ISAPI/System/IO/inputs/1/status":               port("active"),
		"PUT /ISAPI/System/IO/outputs/1/trigger":             okStatus,
		"PUT /ISAPI/ContentMgmt/IOProxy/outputs/301/trigger": okStatus,
	}))
	c := d.client(t)
	in, err := c.Inputs(bg)
	if err != nil || len(in) != 2 || in[0].Active == nil || !*in[0].Active || in[1].Active != nil {
		t.Errorf("%+v, %v", in, err)
	}
	if out, err := c.Outputs(bg); err != nil || len(out) != 0 {
		t.Error(out, err)
	}
	if c.SetOutput(bg, 1, true) != nil || c.SetOutput(bg, 301, false) != nil {
		t.Error("outputs")
	}
}

func TestRebootMayDropTheConnection(t *testing.T) {
	srv := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }))
	if err := onPort(t, srv).Reboot(bg); err != nil {
		t.Error(err)
	}
	d := newFake(func(w http.ResponseWriter, r *http.Request) {
		reply(w, 403, xmlStatus(4, "Invalid Operation", "lowPrivilege"))
	})
	wantKind(t, d.client(t).Reboot(bg), "forbidden")
}

func TestEventTriggers(t *testing.T) {
	vmdTrigger := `<EventTrigger><id>VMD-1</id><eventType>VMD</eventType><videoInputChannelID>1</videoInputChannelID><EventTriggerNotificationList><EventTriggerNotification><id>center</id><notificationMethod>center</notificationMethod></EventTriggerNotification></EventTriggerNotificationList></EventTrigger>`
	io := `<EventTrigger><id>IO-301</id><eventType>IO</eventType><dynInputIOPortID>301</dynInputIOPortID><EventTriggerNotificationList/></EventTrigger>`
	for name, doc := range map[string]string{
		"flat":   `<EventTriggerList>` + vmdTrigger + io + `</EventTriggerList>`,
		"nested": `<EventNotification><EventTriggerList>` + vmdTrigger + io + `</EventTriggerList></EventNotification>`,
	} {
		list, err := newFake(tree(map[string]string{"GET /ISAPI/Event/triggers": doc})).client(t).EventTriggers(bg)
		if err != nil || len(list) != 2 || !list[0].Center() || list[1].Center() || list[0].Channel != 1 || list[0].Type != "motion" || list[1].Channel != 3 || list[1].Port != 301 {
			t.Errorf("%s: %+v, %v", name, list, err)
		}
	}
	d := newFake(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ISAPI/Event/triggers" {
			w.WriteHeader(500)
			return
		}
		tree(map[string]string{getStreams: streamList(101), "GET /ISAPI/Event/triggers/VMD-1": vmdTrigger})(w, r)
	})
	if list, err := d.client(t).EventTriggers(bg); err != nil || len(list) != 1 || list[0].ID != "VMD-1" {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestUserCheckAndStorage(t *testing.T) {
	c := newFake(tree(map[string]string{
		"GET " + userCheckPath:           "<userCheck><statusValue>200</statusValue><statusString>OK</statusString><isDefaultPassword>true</isDefaultPassword></userCheck>",
		"GET /ISAPI/ContentMgmt/Storage": `<storage><hddList size="8"><hdd><id>1</id><hddName>hdd1</hddName><hddType>SATA</hddType><status>ok</status><capacity>1907729</capacity><freeSpace>5</freeSpace></hdd></hddList><nasList><nas><id>9</id><status>error</status></nas></nasList></storage>`,
	})).client(t)
	if u, err := c.UserCheck(bg); err != nil || !u.OK || !u.DefaultPassword {
		t.Error(u, err)
	}
	disks, err := c.Storage(bg)
	if err != nil || len(disks) != 2 || disks[0].Capacity != 1907729 || disks[0].Free != 5 || !disks[1].NAS || disks[1].Status != "error" {
		t.Errorf("%+v, %v", disks, err)
	}
}

// The empty InputProxy list of a camera does not make it a recorder.
func TestClassByAnswers(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answers map[string]string
		class   Class
	}{
		{"camera", map[string]string{getProxy: "403", getStreams: streamList(101)}, ClassCamera},
		{"nvr", map[string]string{getProxy: proxyList(1), getInputs: "403"}, ClassNVR},
		{"nvr, empty", map[string]string{getProxy: proxyList(), getInputs: "403"}, ClassNVR},
		{"dvr, empty", map[string]string{getProxy: proxyList(), getInputs: inputList(4)}, ClassDVR},
		{"camera with an empty proxy list", map[string]string{getProxy: proxyList(), getInputs: inputList(1), getStreams: streamList(101),
			"GET /ISAPI/System/capabilities": "<DeviceCap><SysCap><VideoCap><videoInputPortNums>0</videoInputPortNums></VideoCap></SysCap></DeviceCap>"}, ClassCamera},
	} {
		tt.answers["GET /ISAPI/System/deviceInfo"] = "<DeviceInfo><model>DS-7608 DVR IPC</model></DeviceInfo>"
		p, err := newFake(tree(tt.answers)).client(t).Probe(bg)
		if err != nil || p.Class != tt.class {
			t.Errorf("%s: %+v, %v", tt.name, p, err)
		}
	}
}
