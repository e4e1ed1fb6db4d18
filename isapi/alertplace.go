package isapi

import (
	"strings"
	"time"
)

// What alerts call the same things, in the order in which they count. Older
// and newer firmware, cameras and recorders, XML and JSON differ.
var (
	channelNames = []string{"channelID", "dynChannelID", "videoInputChannelID", "dynVideoInputChannelID", "channelNo"}
	portNames    = []string{"inputIOPortID", "dynInputIOPortID"}
	timeNames    = []string{"dateTime", "time", "eventTime", "absTime"}
	urlNames     = []string{"bkgUrl", "pictureURL", "picUrl", "imageURL"}
)

// first is the text of the first of several names that find has text for.
func first(find func(string) *Node, names ...string) string {
	for _, name := range names {
		if text := find(name).text(); text != "" {
			return text
		}
	}
	return ""
}

// eventPlace reads the number of the channel, as the device has it, and the
// alarm input of an alert or a trigger.
func eventPlace(n *Node) (channel, port int) {
	for _, find := range []func(string) *Node{n.Child, n.Find} {
		for _, name := range channelNames {
			if channel == 0 {
				channel = sdkNumber(find(name).text())
			}
		}
	}
	for _, name := range portNames {
		if p, ok := n.Int(name); ok && p > 0 && p <= maxChannel*100 {
			port = p
			break
		}
	}
	if channel == 0 && port > 100 {
		channel = port / 100
	}
	return channel, port
}

// sdkNumber reads a channel's number, which some firmware writes as I-1 or A1
// for an analog input and D1 or IP1 for a network camera. 0: it is none.
func sdkNumber(id string) int {
	prefix, n := splitID(id)
	if prefix = strings.ToUpper(prefix); n > 0 && (strings.HasPrefix(prefix, "D") || strings.HasPrefix(prefix, "IP")) {
		n += 32
	}
	return n
}

// humanChannel translates the number of a channel in an event. Above 32 it may
// be an SDK's way to count the network cameras of a recorder from 33; it is not
// if the recorder has a channel of that number. guess: the device was
// not asked for its channels yet.
func (c *Client) humanChannel(channel int) (human int, guess bool) {
	if channel <= 32 {
		return channel, false
	}
	in := know(c.known, &c.known.inputs)
	switch {
	case in == nil:
		return channel - 32, true
	case in.proxy[channel] > 0 || channel <= in.analog:
		return channel, false
	}
	return channel - 32 + in.analog, false
}

// eventTime is the device's time of an alert. A time without an offset is in
// the device's zone, where that is known.
func (c *Client) eventTime(root *Node) time.Time {
	text := first(root.Child, timeNames...)
	if t, ok := parseTime(text); ok {
		return t
	}
	if zone := know(c.known, &c.known.zone); zone != nil {
		if t, ok := parseLocal(text, zone); ok {
			return t
		}
	}
	return time.Time{}
}

// isPast reports whether a device says that it tells of something late: what
// it kept while no stream was open, or its whole log after a connection is opened.
func isPast(root *Node) bool {
	if sent, told := root.Find("isDataRetransmission").Bool(); told && sent {
		return true
	}
	current, told := root.Child("AccessControllerEvent").Bool("currentEvent")
	return told && !current
}

// singles are the native types, in small letters, whose messages are events of
// their own. The others are alarms: levels that are repeated while they go on.
var singles = map[string]bool{
	"anpr": true, "vehicledetection": true, "vehiclematchresult": true, "platerecognition": true,
	"accesscontrollerevent": true, "idcardinfoevent": true, "qrcodeevent": true, "cardevent": true,
	"facesnap": true, "facecapture": true, "facecontrast": true, "facecontrastsuccess": true, "facecontrastfailure": true,
	"whitelistfacecontrast": true, "strangerfacecontrast": true, "humanrecognition": true, "facetemperaturemeasurementevent": true,
	"voicetalkevent": true, "videointercomevent": true, "doorbell": true, "peoplecounting": true,
}

// IsSingle reports whether each message of a native type, such as ANPR, is an event of
// its own, which has a start and no stop.
func IsSingle(native string) bool { return singles[strings.ToLower(native)] }

// announcedPictures is how many pictures a device says that it sends behind an
// alert. One that is to be fetched by its address does not come.
func announcedPictures(root *Node) int {
	if way := first(root.Find, "detectionPictureTransType", "pictureTransType"); way != "" && !strings.EqualFold(way, "binary") {
		return 0
	}
	for _, name := range []string{"detectionPicturesNumber", "picturesNumber"} {
		if n, ok := root.Find(name).Int(); ok {
			if n > 0 && root.Find("detectionPictureTransType") == nil && first(root.Find, urlNames...) != "" {
				return 0
			}
			return max(n, 0)
		}
	}
	n := 0
	for _, info := range root.Find("pictureInfoList").All("pictureInfo") {
		// dataType: 0 the bytes, 1 an address.
		if kind, told := info.Int("dataType"); (!told || kind == 0) && first(info.Child, urlNames...) == "" {
			n++
		}
	}
	return n
}
