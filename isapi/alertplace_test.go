package isapi

import (
	"testing"
	"time"
)

func readAlertOf(t *testing.T, c *Client, doc string) *Alert {
	t.Helper()
	root, err := ParseXML([]byte(doc))
	if doc[0] == '{' {
		root, err = jsonNode([]byte(doc))
	}
	if err != nil {
		t.Fatal(err)
	}
	a := c.readAlert(root, []byte(doc))
	if a == nil {
		t.Fatalf("no alert: %s", doc)
	}
	return a
}

func TestAlertChannel(t *testing.T) {
	camera, hybrid, asked := clientOf(t, nil), clientOf(t, &inputs{recorder: true, analog: 4, proxy: map[int]int{5: 1, 6: 2}}),
		clientOf(t, &inputs{recorder: true, proxy: map[int]int{33: 33}})
	for _, c := range []struct {
		client *Client
		fields string
		want   int
	}{
		{camera, "<channelID>1</channelID>", 1},
		{camera, "<channelID>0</channelID><dynChannelID>7</dynChannelID>", 7},
		{camera, "<channelID>-1</channelID>", 0},
		{camera, "<channelID>34</channelID>", 2},
		{camera, "<videoInputChannelID>2</videoInputChannelID>", 2},
		{camera, "<Extensions><dynChannelID>3</dynChannelID></Extensions>", 3},
		{hybrid, "<channelID>33</channelID>", 5},
		{hybrid, "<channelID>3</channelID>", 3},
		{hybrid, "<channelID>I-2</channelID>", 2},
		{hybrid, "<channelID>D2</channelID>", 6},
		{hybrid, "<channelID>IP Camera1</channelID>", 5},
		{asked, "<channelID>33</channelID>", 33},
	} {
		if got := readAlertOf(t, c.client, alertXML(c.fields+"<eventType>VMD</eventType>")).Channel; got != c.want {
			t.Errorf("%s: channel %d, want %d", c.fields, got, c.want)
		}
	}
	if got := readAlertOf(t, camera, `{"eventType":"VMD","channelID":"2"}`).Channel; got != 2 {
		t.Errorf("JSON: channel %d", got)
	}
}

func clientOf(t *testing.T, in *inputs) *Client {
	t.Helper()
	c, err := New(Config{Host: "192.0.2.10", Username: "admin"})
	if err != nil {
		t.Fatal(err)
	}
	learn(c.known, &c.known.inputs, in)
	return c
}

func TestAlertPictures(t *testing.T) {
	c := clientOf(t, nil)
	for fields, want := range map[string]int{
		"": 0,
		"<detectionPicturesNumber>2</detectionPicturesNumber>":                                                                                               2,
		"<detectionPicturesNumber>0</detectionPicturesNumber>":                                                                                               0,
		"<detectionPictureTransType>binary</detectionPictureTransType><detectionPicturesNumber>1</detectionPicturesNumber>":                                  1,
		"<detectionPictureTransType>url</detectionPictureTransType><detectionPicturesNumber>1</detectionPicturesNumber>":                                     0,
		"<detectionPictureTransType>cloudStorageURL</detectionPictureTransType><detectionPicturesNumber>1</detectionPicturesNumber>":                         0,
		"<detectionPicturesNumber>1</detectionPicturesNumber><bkgUrl>http://192.0.2.9/1</bkgUrl>":                                                            0,
		"<ANPR><pictureInfoList><pictureInfo><dataType>0</dataType></pictureInfo><pictureInfo><dataType>0</dataType></pictureInfo></pictureInfoList></ANPR>": 2,
		"<ANPR><pictureInfoList><pictureInfo><dataType>1</dataType></pictureInfo></pictureInfoList></ANPR>":                                                  0,
	} {
		if got := readAlertOf(t, c, alertXML("<eventType>VMD</eventType>"+fields)).Pictures; got != want {
			t.Errorf("%s: %d pictures, want %d", fields, got, want)
		}
	}
	if got := readAlertOf(t, c, `{"eventType":"AccessControllerEvent","AccessControllerEvent":{"picturesNumber":1}}`).Pictures; got != 1 {
		t.Errorf("JSON: %d pictures", got)
	}
}

func TestAlertTargetTimeKind(t *testing.T) {
	c := clientOf(t, nil)
	learn(c.known, &c.known.zone, time.FixedZone("", 2*3600))
	a := readAlertOf(t, c, alertXML("<eventType>linedetection</eventType><targetType>Human</targetType><dateTime>2026-03-01 10:00:00</dateTime>"))
	if a.Target != "human" || !a.Time.Equal(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)) || a.Single || a.Past {
		t.Errorf("%+v", a)
	}
	a = readAlertOf(t, c, `{"eventType":"AccessControllerEvent","dateTime":"2026-03-01T10:00:00+08","AccessControllerEvent":{"currentEvent":false}}`)
	if !a.Single || !a.Past || !a.Time.Equal(time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", a)
	}
	a = readAlertOf(t, c, alertXML("<eventType>fielddetection</eventType><isDataRetransmission>true</isDataRetransmission>"))
	if !a.Past {
		t.Errorf("%+v", a)
	}
	for native, single := range map[string]bool{"ANPR": true, "faceSnap": true, "facedetection": false, "VMD": false, "IO": false} {
		if a := readAlertOf(t, c, alertXML("<eventType>"+native+"</eventType>")); a.Single != single {
			t.Errorf("%s: single %v", native, a.Single)
		}
	}
}

func TestTimesAsDevicesWriteThem(t *testing.T) {
	for text, want := range map[string]string{
		"2021-07-02T14:25:36+08:00": "2021-07-02T06:25:36Z", "2021-07-02T14:25:36+08": "2021-07-02T06:25:36Z",
		"2021-07-02 14:25:36+0800": "2021-07-02T06:25:36Z", "2021-07-02T14:25:36-6:00": "2021-07-02T20:25:36Z",
		"2021-07-02T14:25:36Z": "2021-07-02T14:25:36Z", "2021-07-02T14:25:3600:00": "2021-07-02T14:25:36Z",
		"2021-07-02T14:25:36.123+8": "2021-07-02T06:25:36Z",
		"2021-07-02 14:25:36":       "", "2021-13-02T14:25:36Z": "", "": "", "14:25": "",
	} {
		got, ok := parseTime(text)
		if ok != (want != "") || ok && got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%q: %v, %v; want %s", text, got, ok, want)
		}
	}
	for zone, want := range map[string]int{"CST-8:00:00": 8 * 3600, "GMT+08:00": 8 * 3600, "UTC-5": -5 * 3600, "GMT+0:00:00": 0,
		"CST-1:00:00DST01:00:00,M3.5.0/02:00:00,M10.5.0/03:00:00": 3600, "EST5": -5 * 3600} {
		if got, ok := posixOffset(zone); !ok || got != want {
			t.Errorf("%q: %d, %v; want %d", zone, got, ok, want)
		}
	}
}
