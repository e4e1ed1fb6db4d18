package luaapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// fakeDevice answers from a table of paths and keeps what it was asked.
type fakeDevice struct {
	h        *fakeHost
	name     string
	channels []Channel
	client   *isapi.Client
	answers  map[string]string // path -> body; "403 body" sets the status
	asked    []string          // METHOD path body
	commands []string
	state    string
	busy     bool
}

var _ Device = (*fakeDevice)(nil)

const (
	oneChannel    = `<StreamingChannelList><StreamingChannel><id>101</id><channelName>Camera 01</channelName><enabled>true</enabled></StreamingChannel></StreamingChannelList>`
	threeChannels = `<InputProxyChannelList>` +
		`<InputProxyChannel><id>1</id><name>Lobby</name></InputProxyChannel>` +
		`<InputProxyChannel><id>2</id><name>Roof</name></InputProxyChannel>` +
		`<InputProxyChannel><id>3</id><name>Roof</name></InputProxyChannel></InputProxyChannelList>`
	oneInput = `<InputProxyChannelList><InputProxyChannel><id>1</id><name>Hall</name></InputProxyChannel></InputProxyChannelList>`
	okStatus = `<ResponseStatus><requestURL></requestURL><statusCode>1</statusCode><statusString>OK</statusString><subStatusCode>ok</subStatusCode></ResponseStatus>`
)

func newFakeDevice(h *fakeHost, name string, channels ...Channel) *fakeDevice {
	d := &fakeDevice{h: h, name: name, channels: channels, state: "online", answers: map[string]string{
		"/ISAPI/System/deviceInfo": `<DeviceInfo version="2.0"><deviceName>Front</deviceName><model>DS-2DE</model><serialNumber>S1</serialNumber>` +
			`<macAddress>00:11</macAddress><firmwareVersion>V5.8.1</firmwareVersion><firmwareReleasedDate>build 240929</firmwareReleasedDate><deviceType>IPDome</deviceType></DeviceInfo>`,
		"/ISAPI/ContentMgmt/InputProxy/channels": "404 ",
		"/ISAPI/System/Video/inputs/channels":    "404 ",
		"/ISAPI/PTZCtrl/channels":                `<PTZChannelList><PTZChannel><id>1</id><enabled>true</enabled><videoInputID>1</videoInputID></PTZChannel></PTZChannelList>`,
	}}
	client, err := isapi.New(isapi.Config{
		Name: name, Host: "192.0.2.10", Username: "admin", Password: isapi.NewSecret("hunter2"),
		Transport: d, NewSemaphore: func(n int) isapi.Semaphore { return clock.NewSemaphore(h.clk, n) },
	})
	if err != nil {
		panic(err)
	}
	d.client = client
	return d
}

// RoundTrip lets the device be reached in memory.
func (d *fakeDevice) RoundTrip(r *http.Request) (*http.Response, error) {
	resp := &http.Response{StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/xml"}}, Request: r}
	send := func(body string) (*http.Response, error) {
		if len(body) >= 4 && body[3] == ' ' && body[0] >= '4' && body[0] <= '5' {
			fmt.Sscan(body[:3], &resp.StatusCode)
			body = body[4:]
		}
		resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		return resp, nil
	}
	if r.Header.Get("Authorization") == "" {
		resp.Header.Set("WWW-Authenticate", `Digest realm="x", nonce="n1", qop="auth"`)
		return send("401 ")
	}
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	path := r.URL.Path
	if r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	line := strings.TrimSpace(r.Method + " " + path + " " + string(body))
	d.asked = append(d.asked, line)
	if answer, ok := d.answers[r.URL.Path]; ok {
		return send(answer)
	}
	switch {
	case strings.HasSuffix(r.URL.Path, "/picture"):
		resp.Header.Set("Content-Type", "image/jpeg")
		return send(string(jpegBytes))
	case r.Method == "PUT" || r.Method == "DELETE":
		return send(okStatus)
	}
	return send(`404 <ResponseStatus><statusCode>4</statusCode><statusString>Invalid Operation</statusString><subStatusCode>notSupport</subStatusCode></ResponseStatus>`)
}

// jpegBytes are the smallest that pass for a picture.
var jpegBytes = slices.Concat([]byte{0xff, 0xd8, 0xff, 0xe0}, bytes.Repeat([]byte{0}, 2000), []byte{0xff, 0xd9})

func (d *fakeDevice) Name() string        { return d.name }
func (d *fakeDevice) State() string       { return d.state }
func (d *fakeDevice) Channels() []Channel { return d.channels }
func (d *fakeDevice) Address() (string, string, int) {
	return "http", "192.0.2.10", 80
}

func (d *fakeDevice) note(cmd Command, more string) {
	line := cmd.What
	if cmd.Channel > 0 {
		line += fmt.Sprintf(" ch%d", cmd.Channel)
	}
	if cmd.Detail != "" {
		line += " (" + strings.TrimSpace(cmd.Detail+" "+cmd.Name) + ")"
	}
	if cmd.Head {
		line += " head"
	}
	d.commands = append(d.commands, line+more)
}

// optionsText is what the options of a motion say.
func optionsText(o MoveOptions) string {
	text := ""
	if o.Duration > 0 {
		text = " for " + clock.FormatDuration(o.Duration)
	}
	if o.NoWait {
		text += " nowait"
	}
	return text
}

func (d *fakeDevice) Do(ctx context.Context, cmd Command, f func(context.Context, *isapi.Client) error) error {
	if d.busy {
		return &Failure{Kind: "busy", Message: "its queue is full", Hint: "fewer at once"}
	}
	d.note(cmd, "")
	return f(ctx, d.client)
}

func (d *fakeDevice) Move(ctx context.Context, cmd Command, v isapi.Velocity, o MoveOptions) error {
	d.note(cmd, optionsText(o))
	if o.Send != nil {
		if err := o.Send(ctx, d.client, v); err != nil {
			return err
		}
		return o.Send(ctx, d.client, isapi.Velocity{})
	}
	if err := d.client.Continuous(ctx, cmd.Channel, v); err != nil {
		return err
	}
	if o.Duration == 0 || o.NoWait {
		return nil
	}
	if err := clock.Sleep(ctx, d.h.clk, o.Duration); err != nil {
		return err
	}
	return d.client.StopPTZ(ctx, cmd.Channel)
}

func (d *fakeDevice) MoveLens(ctx context.Context, cmd Command, part Lens, speed int, o MoveOptions) error {
	d.note(cmd, optionsText(o))
	if part == Focus {
		return d.client.Focus(ctx, cmd.Channel, speed)
	}
	return d.client.Iris(ctx, cmd.Channel, speed)
}

func (d *fakeDevice) StopHead(ctx context.Context, channel int) error {
	d.note(Command{What: "stop", Channel: channel}, "")
	return d.client.StopPTZ(ctx, channel)
}

func (d *fakeDevice) Looking(int) (*isapi.Pose, string) { return nil, "" }

func (d *fakeDevice) Exclusive(ctx context.Context, channel int, timeout time.Duration) (func(), error) {
	if d.busy {
		return nil, &Failure{Kind: "busy", Message: "the head is taken", Channel: channel, Device: d.name}
	}
	d.note(Command{What: "take", Channel: channel}, "")
	return func() { d.note(Command{What: "give back", Channel: channel}, "") }, nil
}
