package runtime

import (
	"testing"
	"time"
)

// Plates, cards and faces are events of their own, however close to each other,
// while an alarm that goes on is one.
func TestEventsOfTheirOwn(t *testing.T) {
	w := newWorld(t, oneCamera, map[string]string{"scripts/a.lua": `
		hik.device("cam"):on("any", {state = "both", overlap = "allow"}, function(ev)
			print(hik.date("%S"), ev.type, ev.state, ev.raw and ev.raw:match("<licensePlate>(.-)<"), ev.image ~= nil)
		end)`})
	plate := func(text, more string) string {
		return message("ANPR", "active", 1, noon, "<ANPR><licensePlate>"+text+"</licensePlate></ANPR>"+more)
	}
	announced := "<detectionPicturesNumber>1</detectionPicturesNumber>"
	byURL := "<detectionPictureTransType>url</detectionPictureTransType>" + announced
	w.can("cam", []piece{
		{time.Second, beat(noon)},
		{time.Second, plate("A1", "")}, {0, plate("A1", "")}, {0, plate("B2", "")}, {time.Second, plate("C3", "")},
		{time.Second, message("VMD", "active", 1, noon)}, {time.Second, message("VMD", "active", 1, noon)},
		{5 * time.Second, plate("D4", announced)}, {time.Second, pictureHead(len(picture)) + picture + "\r\n"},
		{9 * time.Second, plate("E5", announced)}, {time.Second, plate("F6", announced)}, {100 * time.Millisecond, pictureHead(len(picture)) + picture + "\r\n"},
		{9 * time.Second, plate("G7", byURL)},
		{10 * time.Second, beat(noon)},
	})
	w.start()
	w.at(50 * time.Second)
	wantLines(t, "printed", w.printed,
		"02\tANPR\tstart\tA1\tfalse", "02\tANPR\tstart\tB2\tfalse", "03\tANPR\tstart\tC3\tfalse",
		"04\tmotion\tstart\tnil\tfalse", "10\tmotion\tstop\tnil\tfalse",
		"11\tANPR\tstart\tD4\ttrue", "21\tANPR\tstart\tE5\tfalse", "21\tANPR\tstart\tF6\ttrue",
		"30\tANPR\tstart\tG7\tfalse")
}

// A recorder tells of its first network camera as 33. It is asked which channel
// that is, and asked again while it is busy.
func TestNumbersOfAnSDK(t *testing.T) {
	w := newWorld(t, "timezone: UTC\ndevices:\n  rec: {simulate: dvr}\n", map[string]string{"scripts/a.lua": onEvents("rec", "motion")})
	w.can("rec", []piece{{time.Second, message("VMD", "active", 33, noon)}, {time.Second, message("VMD", "inactive", 33, noon)}, {20 * time.Second, message("VMD", "active", 33, noon)}})
	w.start()
	w.fault("rec", "busy@0s-10s")
	w.at(25 * time.Second)
	wantLines(t, "printed", w.printed, "1\tmotion\tstart\tch1", "2\tmotion\tstop\tch1", "22\tmotion\tstart\tch5")
}
