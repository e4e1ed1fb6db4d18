package sim

import (
	"fmt"
	"net/http"
	"strings"
)

func eventRoutes() []route {
	const motionIPC = "/ISAPI/System/Video/inputs/channels/{ch}/motionDetection"
	const motionNVR = "/ISAPI/ContentMgmt/InputProxy/channels/{ch}/video/motionDetection"
	return []route{
		{"/ISAPI/Event/triggers", get(triggers), ""},
		{"/ISAPI/Event/triggers/{id}", getPut(trigger, administrator(putTrigger)), ""},
		{"/ISAPI/Event/triggers/{id}/notifications", getPut(triggerNotifications, administrator(putTrigger)), ""},
		{"/ISAPI/Event/notification/alertStream", get(alertStream), ""},
		{"/ISAPI/Event/notification/subscribeEvent", map[string]handler{http.MethodPost: subscribeEvent}, "ip"},
		{"/ISAPI/Event/notification/httpHosts", get(httpHosts), ""},
		{motionIPC, getPut(getMotion, administrator(putMotion)), "ipd"},
		{motionNVR, getPut(getMotion, administrator(putMotion)), "nd"},
	}
}

// channelTriggers are the rules of every channel; the last is of recorders.
var channelTriggers = []string{"VMD", "tamper", "linedetection", "fielddetection", "videoloss"}

func (d *Device) triggerIDs() []string {
	var ids []string
	for _, p := range d.inputs {
		ids = append(ids, fmt.Sprintf("IO-%d", p.id))
	}
	for _, kind := range channelTriggers {
		if kind == "videoloss" && !d.recorder() {
			continue
		}
		for _, c := range d.channels {
			ids = append(ids, fmt.Sprintf("%s-%d", kind, c.o.ID))
		}
	}
	return append(ids, "diskfull", "diskerror", "nicbroken", "ipconflict", "illaccess")
}

func (d *Device) notificationsElem(id string) *elem {
	list := el("EventTriggerNotificationList")
	for _, m := range d.methods(id) {
		list.kids = append(list.kids, el("EventTriggerNotification", el("id", m), el("notificationMethod", m), el("notificationRecurrence", "beginning")))
	}
	return list
}

func (d *Device) triggerElem(id string, own ...any) *elem {
	kind, n, _ := strings.Cut(id, "-")
	eventType, description := kind, kind+" Event trigger Information"
	if kind == "tamper" {
		eventType, description = "tamperdetection", "shelteralarm Event trigger Information"
	}
	e := el("EventTrigger", own, el("id", id), el("eventType", eventType), el("eventDescription", description))
	switch {
	case n == "":
	case kind == "IO" && len(n) > 2:
		e.kids = append(e.kids, el("dynInputIOPortID", n))
	case kind == "IO":
		e.kids = append(e.kids, el("inputIOPortID", n))
	default:
		if !d.recorder() {
			e.kids = append(e.kids, el("videoInputChannelID", n))
		}
		e.kids = append(e.kids, el("dynVideoInputChannelID", n))
	}
	e.kids = append(e.kids, d.notificationsElem(id))
	return e
}

func triggers(x *exchange) {
	x.entry.What = "triggers"
	if x.d.o.TriggersBroken {
		x.refuse("deviceError")
		return
	}
	list := el("EventTriggerList", root{})
	for _, id := range x.d.triggerIDs() {
		list.kids = append(list.kids, x.d.triggerElem(id))
	}
	x.send(list)
}

func (x *exchange) triggerID() (string, bool) {
	for _, id := range x.d.triggerIDs() {
		if strings.EqualFold(id, x.pathVar("id")) {
			x.entry.What = "trigger " + id
			return id, true
		}
	}
	x.refuse("notSupport")
	return "", false
}

func trigger(x *exchange) {
	if id, ok := x.triggerID(); ok {
		x.send(x.d.triggerElem(id, root{}))
	}
}

func triggerNotifications(x *exchange) {
	if id, ok := x.triggerID(); ok {
		x.send(x.d.notificationsElem(id))
	}
}

// putTrigger takes the whole trigger or its list of notifications.
func putTrigger(x *exchange) {
	id, ok := x.triggerID()
	if !ok {
		return
	}
	x.entry.What = "set trigger " + id
	notification := group(map[string]shape{"id": plain(32), "notificationMethod": word("center", "record", "FTP", "email", "IO", "beep",
		"monitorAlarm", "whiteLight", "audio"), "notificationRecurrence": word("beginning", "beginningandend", "recurring"),
		"outputIOPortID": whole(1, 1<<16), "videoInputID": whole(1, 256), "dynVideoInputID": whole(1, 256)}, "notificationMethod")
	list := map[string]shape{"EventTriggerNotification": notification.repeated()}
	s := group(map[string]shape{"id": plain(32), "eventType": plain(32), "eventDescription": plain(64), "inputIOPortID": whole(1, 1<<16),
		"dynInputIOPortID": whole(1, 1<<16), "videoInputChannelID": whole(1, 256), "dynVideoInputChannelID": whole(1, 256),
		"EventTriggerNotificationList": group(list)}, "EventTriggerNotificationList")
	if strings.HasSuffix(strings.ToLower(x.r.URL.Path), "/notifications") {
		s = group(list)
	}
	e, ok := x.read(s, "EventTrigger", "EventTriggerNotificationList")
	if !ok {
		return
	}
	if k := e.child("EventTriggerNotificationList"); k != nil {
		e = k
	}
	methods := []string{}
	for _, k := range e.kids {
		methods = append(methods, k.child("notificationMethod").value())
	}
	x.d.triggers[strings.ToLower(id)] = methods
	x.ok()
}

func httpHosts(x *exchange) {
	x.entry.What = "http hosts"
	x.send(el("HttpHostNotificationList", root{}, el("HttpHostNotification", el("id", 1), el("url", "/"), el("protocolType", "HTTP"),
		el("parameterFormatType", "XML"), el("addressingFormatType", "ipaddress"), el("ipAddress", "0.0.0.0"), el("portNo", 80),
		el("userName"), el("httpAuthenticationMethod", "none"), el("httpBroken", true))))
}

// motion is a channel's motion detection: 18 rows of 22 fields.
type motion struct {
	enabled     bool
	sensitivity int
	grid        string
}

var wholeGrid = strings.Repeat("fffffc", 18)

func (m motion) effective() bool { return m.enabled && strings.Trim(m.grid, "0") != "" }

func (x *exchange) motionChannel() *channel {
	c := x.d.channel(x.number("ch"))
	if c == nil || strings.Contains(strings.ToLower(x.r.URL.Path), "inputproxy") != x.d.proxied(c) {
		x.refuse("invalidChannel")
		return nil
	}
	x.entry.Channel = c.o.ID
	return c
}

func getMotion(x *exchange) {
	c := x.motionChannel()
	if c == nil {
		return
	}
	x.entry.What = "motion detection"
	x.send(el("MotionDetection", root{}, el("enabled", c.motion.enabled), el("enableHighlight", true), el("samplingInterval", 2),
		el("startTriggerTime", 500), el("endTriggerTime", 500), el("regionType", "grid"),
		el("Grid", el("rowGranularity", 18), el("columnGranularity", 22)),
		el("MotionDetectionLayout", root{}, el("sensitivityLevel", c.motion.sensitivity), el("layout", el("gridMap", c.motion.grid)))))
}

func putMotion(x *exchange) {
	c := x.motionChannel()
	if c == nil {
		return
	}
	x.entry.What = "set motion detection"
	layout := group(map[string]shape{"sensitivityLevel": whole(0, 100), "targetType": plain(32),
		"layout": group(map[string]shape{"gridMap": {check: isGrid}, "RegionList": anything})})
	e, ok := x.read(group(map[string]shape{"enabled": truth(), "enableHighlight": truth(), "samplingInterval": whole(1, 100),
		"startTriggerTime": whole(0, 60000), "endTriggerTime": whole(0, 60000), "regionType": word("grid", "roi"),
		"Grid":                  group(map[string]shape{"rowGranularity": whole(18, 18), "columnGranularity": whole(22, 22)}),
		"MotionDetectionLayout": layout, "enableWithMoving": truth()}, "enabled"), "MotionDetection")
	if !ok {
		return
	}
	c.motion.enabled = e.child("enabled").value() == "true"
	if k := e.at("MotionDetectionLayout", "sensitivityLevel"); k != nil {
		c.motion.sensitivity = int(k.number())
	}
	if k := e.at("MotionDetectionLayout", "layout", "gridMap"); k != nil {
		c.motion.grid = k.value()
	}
	x.ok()
}

func isGrid(text string) bool {
	return len(text) == len(wholeGrid) && strings.Trim(strings.ToLower(text), "0123456789abcdef") == ""
}
