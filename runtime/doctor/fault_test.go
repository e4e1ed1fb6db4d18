package doctor_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/doctor"
	"github.com/hiklua/hiklua/runtime/site"
)

func fault(t *testing.T, text string) []sim.Fault {
	t.Helper()
	f, err := sim.ParseFault(text)
	if err != nil {
		t.Fatal(err)
	}
	return []sim.Fault{f}
}

// operator logs in as a second account of the device.
func operator(u sim.User) patient {
	u.Name, u.Password = "guard", "patrol-99"
	return patient{
		sim:   sim.Options{Model: sim.PTZ, Users: []sim.User{u}},
		conf:  site.Device{Username: "guard", Password: isapi.NewSecret("patrol-99")},
		login: true,
	}
}

// Each row is a device with exactly one fault. It is found by one check, with
// what an installer has to do; whatever else was looked at is fine, or
// skipped if it comes after.
func TestOneFaultEach(t *testing.T) {
	if testing.Short() {
		t.Skip("one question after the other: nothing for the race detector")
	}
	one := func(o sim.Options, faults ...string) patient {
		for _, f := range faults {
			o.Faults = append(o.Faults, fault(t, f)...)
		}
		return patient{sim: o}
	}
	named := func(o sim.Options, channels ...site.Channel) patient {
		return patient{sim: o, conf: site.Device{Channels: channels}}
	}
	yard := site.Channel{Name: "yard", Address: 1, Stream: site.StreamMain}
	rows := []struct {
		name    string
		patient patient
		check   string
		channel int
		state   doctor.State
		finding string
		fix     string // a part of it
	}{
		// The four that most "everything works except events" reports end at.
		{"centre notification off", one(sim.Options{NoCenter: []string{"VMD"}}), "centre notification", 1, doctor.Fail,
			"centre notification off for motion: such events never reach the event stream",
			"Configuration > Event > Basic Event > Motion Detection > Linkage Method: tick Notify Surveillance Center, then Save."},
		{"no region drawn", one(sim.Options{Channels: []sim.ChannelOptions{{NoRegion: true}}}), "motion", 1, doctor.Fail,
			"no region drawn: motion detection is on, but watches no part of the picture",
			"Configuration > Event > Basic Event > Motion Detection > Area Settings: Draw Area"},
		{"user right missing", operator(sim.User{NoEvents: true}), "event right", 0, doctor.Fail,
			"user right missing: guard may not be notified of events",
			"Configuration > System > User Management: choose guard, Modify, tick Remote: Notify Surveillance Center / Trigger Alarm Output, then OK."},
		{"HTTPS only", one(sim.Options{HTTPSOnly: true}), "web server", 0, doctor.Fail,
			"HTTPS only: the device redirects http to https", "Set scheme: https and port: 443 in site.yaml."},

		{"centre notification off on a recorder", named(sim.Options{Model: sim.NVR, NoCenter: []string{"VMD"}}, yard), "centre notification", 1, doctor.Fail,
			"centre notification off for motion", "Linkage Method: choose camera 1, tick Notify Surveillance Center"},
		{"no region drawn on a recorder", one(sim.Options{Model: sim.NVR, Channels: []sim.ChannelOptions{{}, {NoRegion: true}}}), "motion", 2, doctor.Fail,
			"no region drawn", "Area Settings: choose camera 2, Draw Area"},
		{"no region drawn on an analog input", one(sim.Options{Model: sim.DVR, Channels: []sim.ChannelOptions{{}, {NoRegion: true}}}), "motion", 2, doctor.Fail,
			"no region drawn", "choose camera 2"},
		{"motion detection off", one(sim.Options{Channels: []sim.ChannelOptions{{MotionOff: true}}}), "motion", 1, doctor.Warn,
			"motion detection is switched off: no motion events", "tick Enable Motion Detection"},
		{"user right missing, and the device does not tell it", func() patient {
			p := operator(sim.User{NoEvents: true})
			p.wrap = answer("/ISAPI/Security/users", 403, "application/xml", "")
			return p
		}(), "event stream", 0, doctor.Fail, "user right missing: the password is right, but the device refuses the event stream to guard",
			"tick Remote: Notify Surveillance Center / Trigger Alarm Output, then OK."},
		{"PTZ right missing", operator(sim.User{NoPTZ: true}), "PTZ right", 1, doctor.Fail,
			"user right missing: guard may not move the head", "choose guard, Modify, tick Remote: PTZ Control and camera 1"},

		{"ISAPI off", one(sim.Options{NoISAPI: true}), "web server", 0, doctor.Fail,
			"a web server answers, but nothing is found under /ISAPI: ISAPI is switched off", "Configuration > Network > Advanced > Integration Protocol: tick Enable ISAPI"},
		{"a web page", one(sim.Options{}, "html"), "web server", 0, doctor.Fail, "the device answers with a web page in the place of ISAPI", "Integration Protocol"},
		{"offline", one(sim.Options{}, "offline"), "web server", 0, doctor.Fail, "nothing listens on port 80", "Configuration > Network > Basic Settings > Port"},
		{"busy", one(sim.Options{}, "busy"), "web server", 0, doctor.Fail, "the device says that it is busy", "wait two minutes"},
		{"reset", one(sim.Options{}, "reset"), "login", 0, doctor.Fail, "", "restarting"},
		{"cut", one(sim.Options{}, "cut"), "login", 0, doctor.Fail, "bad answer: the answer was cut short", ""},
		{"slow", one(sim.Options{}, "slow=3s"), "web server", 0, doctor.Warn, "ISAPI answers over http, after 3s only", "raise timeout:"},
		{"hangs", one(sim.Options{}, "slow=1m"), "web server", 0, doctor.Fail, "the connection is taken, but no answer comes within 10s", "raise timeout:"},
		{"wrong password", one(sim.Options{}, "wrong-password"), "login", 0, doctor.Fail,
			"the device refuses user name or password; 4 more tries before it locks the account", "Configuration > System > User Management"},
		{"wrong password of old firmware", one(sim.Options{QuietLock: true}, "wrong-password"), "login", 0, doctor.Fail, "the device refuses user name or password", "username: (now admin)"},
		{"locked", one(sim.Options{}, "locked=90s"), "login", 0, doctor.Fail,
			"the device has locked the account until 12:01:30 UTC (for 1m30s)", "Stop whatever logs in with a wrong password"},
		{"basic only", one(sim.Options{Auth: sim.AuthBasic}), "login", 0, doctor.Fail, "the device offers basic login only", "auth_mode"},
		{"viewer", operator(sim.User{Level: "Viewer"}), "account", 0, doctor.Fail, "guard is a Viewer", "Level: Operator"},
		{"concurrency", func() patient {
			p := one(sim.Options{})
			p.conf.Concurrency = 50
			p.wrap = edit("/ISAPI/System/capabilities", "</SecurityCap>", `<LoginLinkNum><maxLinkNum min="1" max="128" def="50"/></LoginLinkNum></SecurityCap>`)
			return p
		}(), "limits", 0, doctor.Warn, "concurrency is 50, and the device serves 50 logins at once", "Lower concurrency:"},
		{"redirect is set", func() patient {
			p := one(sim.Options{})
			p.wrap = edit("/ISAPI/Security/adminAccesses", "<redirectToHttps>false<", "<redirectToHttps>true<")
			return p
		}(), "ports", 0, doctor.Warn, "the device is set to redirect http to https", "scheme: https and port: 443"},
		{"not activated", func() patient {
			p := one(sim.Options{})
			p.wrap = edit("/ISAPI/System/deviceInfo", "<userCheck>", "<notActivated>true</notActivated><userCheck>")
			return p
		}(), "web server", 0, doctor.Fail, "the device was never activated", "set the password of admin"},
		{"old firmware", func() patient {
			p := one(sim.Options{})
			p.wrap = edit("/ISAPI/System/deviceInfo", "V5.7.21</firmwareVersion>", "V5.4.5</firmwareVersion>", "build 250220", "build 170123")
			return p
		}(), "device", 0, doctor.Warn, "DS-2CD2145SIM-I, firmware V5.4.5 build 170123", "This firmware is of 2017."},

		{"clock a little wrong", one(sim.Options{}, "clock-wrong=-20s"), "clock", 0, doctor.Warn, "the clock is 20s behind", "Configuration > System > System Settings > Time Settings: NTP"},
		{"clock wrong", one(sim.Options{}, "clock-wrong=10m"), "clock", 0, doctor.Fail, "the clock is 10m ahead: events and recordings carry wrong times", "NTP"},
		{"zone wrong", one(sim.Options{}, "clock-wrong=2h"), "clock", 0, doctor.Fail, "the clock is 2h ahead: its time zone or daylight saving is wrong", "set Time Zone, and DST"},
		{"another zone", one(sim.Options{Zone: time.FixedZone("", 3600)}), "clock", 0, doctor.Warn, "the clock is right, but in zone UTC+1:00; the site is in UTC+0:00", "timezone: in site.yaml"},

		{"no such channel", named(sim.Options{Model: sim.NVR}, site.Channel{Name: "attic", Address: 9}), "channel", 9, doctor.Fail,
			"the device has no channel 9", "Correct address: in site.yaml. The device has 1 yard, 2 gate, 3 ramp, 4 store."},
		{"channel off", named(sim.Options{Model: sim.DVR, Channels: []sim.ChannelOptions{{Disabled: true}}}, yard), "channel", 1, doctor.Fail,
			"the channel is switched off", "enable analog input 1"},
		{"no video", named(sim.Options{Model: sim.DVR, Channels: []sim.ChannelOptions{{Offline: true}}}, yard), "channel", 1, doctor.Fail, "no video at this input", "cable"},
		{"camera offline", named(sim.Options{Model: sim.NVR, Channels: []sim.ChannelOptions{{}, {Offline: true}}}, site.Channel{Name: "ramp", Address: 2}), "channel", 2, doctor.Fail,
			"the camera is offline; the recorder looks for it at 192.0.2.22", "Configuration > System > Camera Management"},

		{"no picture", func() patient {
			p := one(sim.Options{})
			p.wrap = answer("/ISAPI/Streaming/channels/101/picture", 503, "text/html", "")
			return p
		}(), "main picture", 1, doctor.Fail, "503 device busy", "The device is busy"},
		{"no picture of the other stream", func() patient {
			p := one(sim.Options{})
			p.wrap = answer("/ISAPI/Streaming/channels/102/picture", 503, "text/html", "")
			return p
		}(), "sub picture", 1, doctor.Warn, "503 device busy", "The device is busy"},
		{"no picture of the sub stream that is used", func() patient {
			p := named(sim.Options{}, site.Channel{Name: "yard", Address: 1, Stream: site.StreamSub})
			p.wrap = answer("/ISAPI/Streaming/channels/102/picture", 503, "text/html", "")
			return p
		}(), "sub picture", 1, doctor.Fail, "503 device busy", ""},
		{"black picture", func() patient {
			p := one(sim.Options{})
			p.wrap = answer("/ISAPI/Streaming/channels/101/picture", 200, "image/jpeg", nightPicture(t, 1280, 720))
			return p
		}(), "main picture", 1, doctor.Warn, "1280 x 720, ", "a cap on the lens"},
		{"small picture", func() patient {
			p := one(sim.Options{})
			p.wrap = edit("/ISAPI/Streaming/channels/101", "<videoResolutionWidth>1280<", "<videoResolutionWidth>4096<",
				"<videoResolutionHeight>720<", "<videoResolutionHeight>2304<")
			return p
		}(), "main picture", 1, doctor.Warn, "the stream has 4096 x 2304: the device sends a smaller picture, also when it is asked for that size", "newer firmware"},

		{"ptz_id forced to the wrong one", func() patient {
			p := named(sim.Options{Model: sim.PTZ, PTZID: sim.PTZByStream}, yard)
			p.conf.PTZID = site.PTZIDChannel
			return p
		}(), "head", 1, doctor.Fail, "the head does not answer under the number that ptz_id gives it", "Set ptz_id: auto in site.yaml"},

		{"stream silent", one(sim.Options{}, "stream-silent"), "event stream", 0, doctor.Fail,
			"open, but silent for 15s: a camera sends a heartbeat every 10 s", "Restart the camera"},
		{"no slot", one(sim.Options{MaxStreams: -1}), "event stream", 0, doctor.Fail,
			"the device refuses another event stream (403 invalidOperation): all its slots are taken", "frees their slots after about two minutes"},
		{"slot still held", func() patient {
			p := one(sim.Options{})
			p.wrap = answer("/ISAPI/Event/notification/alertStream", 404, "application/xml",
				`<ResponseStatus version="2.0"><requestURL/><statusCode>4</statusCode><statusString>Invalid Operation</statusString><subStatusCode>notSupport</subStatusCode></ResponseStatus>`)
			return p
		}(), "event stream", 0, doctor.Fail, "the device refuses the event stream (404 notSupport): its slots may be taken, or it has none", "two minutes"},
		{"no stream at all", func() patient {
			p := one(sim.Options{Model: sim.NVR})
			p.wrap = answer("alertStream", 404, "text/html", "<html><title>Not Found</title></html>")
			return p
		}(), "event stream", 0, doctor.Fail, "the device has no event stream", "ask the cameras themselves"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r, _, _ := examine(t, row.patient)
			got := find(r, row.check, row.channel)
			if got.State != row.state || r.State != row.state || !strings.Contains(got.Finding, row.finding) || !strings.Contains(got.Fix, row.fix) || got.Fix == "" {
				t.Errorf("%s: %s\n%s\n%s", r.State, got.State, got.Finding, got.Fix)
			}
			before := true
			for _, c := range r.Checks {
				if c == got {
					before = false
				}
				if c == got || c.State == doctor.OK || c.State == doctor.Skipped && !before {
					continue
				}
				// What a device does not tell is not held against it.
				if c.State == doctor.Skipped && strings.Contains(c.Finding, "does not tell") {
					continue
				}
				// A viewer has no head either.
				if row.check == "account" && c.Name == "PTZ right" {
					continue
				}
				t.Errorf("also %s %d: %s %s", c.Name, c.Channel, c.State, c.Finding)
			}
		})
	}
}

// A wrong password costs one login, a lock none, and then nothing is sent.
func TestOneLogin(t *testing.T) {
	for name, rejected := range map[string]int64{"wrong-password": 1, "locked": 0} {
		r, d, _ := examine(t, patient{sim: sim.Options{Model: sim.NVR, Faults: fault(t, name)}})
		if n := d.Counts().RejectedLogins; n != rejected {
			t.Errorf("%s: %d rejected logins", name, n)
		}
		j := d.Journal()
		if len(j) > 3 {
			t.Errorf("%s: %d requests, the last for %s", name, len(j), j[len(j)-1].Path)
		}
		if r.Count(doctor.Skipped) < 8 || !strings.Contains(find(r, "event stream", 0).Finding, "nothing more was sent") {
			t.Errorf("%s:\n%s", name, text(r))
		}
	}
}

// A device that goes away in the middle is given up, not waited for at every
// one of its channels.
func TestGivenUp(t *testing.T) {
	var channels []sim.ChannelOptions
	for range 32 {
		channels = append(channels, sim.ChannelOptions{})
	}
	r, _, took := examine(t, patient{sim: sim.Options{Model: sim.NVR, Channels: channels, PictureLatency: time.Hour}})
	if took > time.Minute || !strings.Contains(find(r, "channel", 32).Finding, "no longer answers") {
		t.Errorf("%s\n%s", took, text(r))
	}
}

// What a device does in its own way is no fault.
func TestOwnWays(t *testing.T) {
	for name, p := range map[string]patient{
		"pictures over the proxy": {sim: sim.Options{Model: sim.NVR, ProxyPictures: true}},
		"heads at the plain path": {sim: sim.Options{Model: sim.NVR, NoPTZProxy: true}},
		"heads by stream":         {sim: sim.Options{Model: sim.PTZ, PTZID: sim.PTZByStream}},
		"list of rules broken":    {sim: sim.Options{TriggersBroken: true}},
		"SHA-256":                 {sim: sim.Options{Algorithm: sim.SHA256}},
		"nonces of two uses":      {sim: sim.Options{NonceUses: 2, BareExpiry: true}},
		"https":                   {sim: sim.Options{HTTPSOnly: true}, conf: site.Device{Scheme: "https", Port: 443}},
		"another brand":           {sim: sim.Options{Model: sim.PTZ, Brand: "LTS"}},
		"an operator":             operator(sim.User{}),
		"a hybrid recorder":       {sim: sim.Options{Model: sim.DVR, Channels: []sim.ChannelOptions{{Analog: true}, {}}}},
	} {
		r, _, _ := examine(t, p)
		if r.State != doctor.OK || r.Count(doctor.OK) != len(r.Checks) {
			t.Errorf("%s:\n%s", name, text(r))
		}
		if name == "pictures over the proxy" && !strings.Contains(find(r, "main picture", 1).Finding, "over StreamingProxy/channels") {
			t.Errorf("%s:\n%s", name, text(r))
		}
	}
}

// What a device sends costs little and cannot write to a terminal.
func TestHostile(t *testing.T) {
	p := patient{sim: sim.Options{}}
	p.wrap = edit("/ISAPI/System/deviceInfo", "<model>", "<model>&#x9b;31m\u009b"+strings.Repeat("A", 1<<20))
	r, _, _ := examine(t, p)
	if f := find(r, "device", 0).Finding; len(f) > 2010 || strings.Contains(f, "\u009b") {
		t.Errorf("%d bytes: %q", len(f), f[:20])
	}
	// 65,535 x 65,535 points would be 12 GB.
	picture := []byte(nightPicture(t, 640, 360))
	at := bytes.Index(picture, []byte{0xff, 0xc0})
	copy(picture[at+5:], []byte{0xff, 0xff, 0xff, 0xff})
	p.wrap = answer("/picture", 200, "image/jpeg", string(picture))
	r, _, _ = examine(t, p)
	if c := find(r, "main picture", 1); c.State != doctor.Fail || !strings.Contains(c.Finding, "65535 x 65535") {
		t.Errorf("%s: %s", c.State, c.Finding)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
