package sim

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

func systemRoutes() []route {
	return []route{
		{"/ISAPI/System/deviceInfo", get(deviceInfo), ""},
		{"/ISAPI/System/capabilities", get(capabilities), ""},
		{"/ISAPI/System/status", get(deviceStatus), ""},
		{"/ISAPI/System/time", getPut(getTime, administrator(putTime)), ""},
		{"/ISAPI/System/time/localTime", getPut(getLocalTime, administrator(putLocalTime)), ""},
		{"/ISAPI/System/reboot", put(administrator(putReboot)), ""},
		{"/ISAPI/System/Holidays", get(holidays), ""},
		{"/ISAPI/ContentMgmt/Storage", get(storage), ""},
		{"/ISAPI/ContentMgmt/Storage/hdd", get(storage), ""},
		{"/ISAPI/System/IO/inputs", get(inputSide.all), ""},
		{"/ISAPI/System/IO/outputs", get(outputSide.all), ""},
		{"/ISAPI/System/IO/inputs/{port}", getPut(inputSide.one, administrator(putIOInput)), ""},
		{"/ISAPI/System/IO/inputs/{port}/status", get(inputSide.status), ""},
		{"/ISAPI/System/IO/outputs/{port}", get(outputSide.one), ""},
		{"/ISAPI/System/IO/outputs/{port}/status", get(outputSide.status), ""},
		{"/ISAPI/System/IO/outputs/{port}/trigger", put(triggerOutput), ""},
		{"/ISAPI/ContentMgmt/IOProxy/inputs/{port}", get(inputSide.one), "nd"},
		{"/ISAPI/ContentMgmt/IOProxy/inputs/{port}/status", get(inputSide.status), "nd"},
		{"/ISAPI/ContentMgmt/IOProxy/outputs/{port}/status", get(outputSide.status), "nd"},
		{"/ISAPI/ContentMgmt/IOProxy/outputs/{port}/trigger", put(triggerOutput), "nd"},
	}
}

// identity is what a model says of itself.
type identity struct{ model, firmware, built, kind, description string }

func (d *Device) identity() identity {
	switch d.o.Model {
	case PTZ:
		return identity{"DS-2DE4425SIM-DE", "V5.8.3", "build 250312", "IPDome", "IPDome"}
	case NVR:
		return identity{"DS-7608SIM-K2/8P", "V4.62.300", "build 250117", "NVR", "NVR"}
	case DVR:
		return identity{"iDS-7204SIM-M1/S", "V4.75.020", "build 250203", "DVR", "DVR"}
	}
	return identity{"DS-2CD2145SIM-I", "V5.7.21", "build 250220", "IPCamera", "IPCamera"}
}

func (d *Device) brand() (maker, model string) {
	model = d.identity().model
	if d.o.Brand == "" {
		return "hikvision", model
	}
	letters := strings.ToUpper(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, d.o.Brand))
	model = strings.TrimPrefix(strings.TrimPrefix(model, "i"), "DS")
	return d.o.Brand, letters[:min(3, len(letters))] + model
}

func (d *Device) serial() string {
	_, model := d.brand()
	return fmt.Sprintf("%s20250301AAWR%09d", model, d.random(2)%1_000_000_000)
}

func (d *Device) mac() string {
	n := d.random(3)
	return fmt.Sprintf("02:00:%02x:%02x:%02x:%02x", byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
}

func deviceInfo(x *exchange) {
	d := x.d
	id := d.identity()
	maker, model := d.brand()
	x.entry.What = "device info"
	n := d.random(4)
	e := el("DeviceInfo", root{}, el("deviceName", d.o.Name),
		el("deviceID", fmt.Sprintf("%08x-0000-0000-0000-%012x", uint32(n), n>>16)))
	if !d.recorder() {
		e.kids = append(e.kids, el("deviceDescription", id.description), el("deviceLocation", "simulated"), el("systemContact", maker))
	}
	e.kids = append(e.kids, el("model", model), el("serialNumber", d.serial()), el("macAddress", d.mac()),
		el("firmwareVersion", id.firmware), el("firmwareReleasedDate", id.built),
		el("encoderVersion", "V7.3"), el("encoderReleasedDate", "build 250101"),
		el("deviceType", id.kind))
	if d.recorder() {
		e.kids = append(e.kids, el("telecontrolID", 255), el("hardwareVersion", "0x0"))
	} else {
		e.kids = append(e.kids, el("telecontrolID", 88), el("hardwareVersion", "0x0"), el("supportBeep", true), el("supportVideoLoss", false))
	}
	if d.o.Model != NVR || d.o.Brand != "" {
		e.kids = append(e.kids, el("manufacturer", maker))
	}
	x.send(e)
}

func deviceStatus(x *exchange) {
	d := x.d
	x.entry.What = "status"
	load := 20 + int(d.random(uint64(x.now.Unix()/10))%30)
	servers := el("AlertStreamServerList")
	for i, s := range d.streams {
		host, _, _ := strings.Cut(s.remote, ":")
		servers.kids = append(servers.kids, el("AlertStreamServer", el("id", i+1), el("protocolType", "HTTP"), el("ipAddress", host)))
	}
	x.send(el("DeviceStatus", root{},
		el("currentDeviceTime", d.deviceTime(x.now).Format(time.RFC3339)),
		el("deviceUpTime", max(0, int(x.now.Sub(d.bootedAt).Seconds()))),
		el("CPUList", el("CPU", el("cpuDescription", "simulated"), el("cpuUtilization", load))),
		el("MemoryList", el("Memory", el("memoryDescription", "DDR Memory"), el("memoryUsage", 43), el("memoryAvailable", 290912))),
		el("totalRebootCount", d.counts.Reboots), servers))
}

// posixTime is the zone as devices write it: the sign is the other way round.
func (d *Device) posixTime(now time.Time) string {
	if d.posixZone != "" {
		return d.posixZone
	}
	_, offset := d.deviceTime(now).Zone()
	sign := "-"
	if offset < 0 {
		sign, offset = "+", -offset
	}
	return fmt.Sprintf("CST%s%d:%02d:00", sign, offset/3600, offset/60%60)
}

func getTime(x *exchange) {
	x.entry.What = "time"
	x.send(el("Time", root{}, el("timeMode", x.d.timeMode),
		el("localTime", x.d.deviceTime(x.now).Format(time.RFC3339)), el("timeZone", x.d.posixTime(x.now))))
}

func putTime(x *exchange) {
	e, ok := x.read(group(map[string]shape{"timeMode": word("manual", "NTP", "platform"), "localTime": plain(32), "timeZone": plain(64),
		"platformType": plain(16)}, "timeMode"), "Time")
	if !ok {
		return
	}
	x.entry.What = "set time"
	if k := e.child("localTime"); k != nil && !x.setClock(k.value()) {
		x.refuse(badParameters)
		return
	}
	x.d.timeMode = e.child("timeMode").value()
	if k := e.child("timeZone"); k != nil {
		x.d.posixZone = k.value()
	}
	x.ok()
}

// setClock reads a local time, with an offset or without.
func (x *exchange) setClock(text string) bool {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t, err = time.ParseInLocation("2006-01-02T15:04:05", text, x.d.zone)
	}
	if err == nil {
		x.d.offset = t.Sub(x.now)
	}
	return err == nil
}

func getLocalTime(x *exchange) {
	x.entry.What = "time"
	x.status = http.StatusOK
	x.set("Content-Type", "text/plain")
	x.out = []byte(x.d.deviceTime(x.now).Format(time.RFC3339))
}

func putLocalTime(x *exchange) {
	x.entry.What = "set time"
	if !x.setClock(strings.TrimSpace(string(x.body))) {
		x.refuse(badParameters)
		return
	}
	x.ok()
}

func putReboot(x *exchange) {
	x.entry.What = "reboot"
	x.ok()
	x.d.reboot(x.now)
}

func holidays(x *exchange) {
	if !x.d.recorder() {
		x.refuse("notSupport")
		x.status = http.StatusNotFound
		return
	}
	x.entry.What = "holidays"
	list := el("HolidayList", root{})
	for i := range 32 {
		list.kids = append(list.kids, el("holiday", el("id", i+1), el("enabled", false), el("holidayName", fmt.Sprintf("Holiday%d", i+1))))
	}
	x.send(list)
}

func storage(x *exchange) {
	x.entry.What = "storage"
	name, capacity := "SD1", 119460
	if x.d.recorder() {
		name, capacity = "hdd1", 1907729
	}
	hdd := el("hdd", el("id", 1), el("hddName", name), el("hddPath"), el("hddType", "SATA"), el("status", "ok"),
		el("capacity", capacity), el("freeSpace", capacity/3), el("property", "RW"))
	list := el("hddList", attr{"version", "1.0"}, attr{"xmlns", "http://www.hikvision.com/ver10/XMLSchema"}, attr{"size", "8"}, hdd)
	if strings.HasSuffix(strings.ToLower(x.r.URL.Path), "/hdd") {
		x.send(list)
		return
	}
	x.send(el("storage", root{}, list, el("nasList"), el("workMode", "quota")))
}
