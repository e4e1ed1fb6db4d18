package isapi

import (
	"fmt"
	"strings"
	"testing"
)

// short writes a channel as one word: id, name, +/-/? for online, a for
// analog, p for PTZ.
func short(list []Channel) string {
	var words []string
	for _, ch := range list {
		s := fmt.Sprintf("%d:%s", ch.ID, ch.Name)
		switch {
		case ch.Online == nil:
			s += "?"
		case *ch.Online:
			s += "+"
		default:
			s += "-"
		}
		if ch.Analog {
			s += "a"
		}
		if ch.PTZ {
			s += "p"
		}
		if ch.Stream != ch.ID*100+1 {
			s += fmt.Sprintf("!stream%d", ch.Stream)
		}
		words = append(words, s)
	}
	return strings.Join(words, " ")
}

const (
	getProxy   = "GET /ISAPI/ContentMgmt/InputProxy/channels"
	getOnline  = "GET /ISAPI/ContentMgmt/InputProxy/channels/status"
	getInputs  = "GET /ISAPI/System/Video/inputs/channels"
	getStreams = "GET /ISAPI/Streaming/channels"
	getHeads   = "GET /ISAPI/PTZCtrl/channels"
)

func proxyList(ids ...int) string {
	s := `<InputProxyChannelList version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema" size="9">`
	for _, id := range ids {
		s += fmt.Sprintf(`<InputProxyChannel><id>%d</id><name>ip%d</name><sourceInputPortDescriptor><ipAddress>192.0.2.%d</ipAddress></sourceInputPortDescriptor></InputProxyChannel>`, id, id, id)
	}
	return s + `</InputProxyChannelList>`
}

func inputList(n int) string {
	s := `<VideoInputChannelList>`
	for id := 1; id <= n; id++ {
		s += fmt.Sprintf(`<VideoInputChannel><id>%d</id><name>a%d</name><resDesc>NO VIDEO</resDesc></VideoInputChannel>`, id, id)
	}
	return s + `</VideoInputChannelList>`
}

func streamList(ids ...int) string {
	s := `<StreamingChannelList>`
	for _, id := range ids {
		s += fmt.Sprintf(`<StreamingChannel><id>%d</id><channelName>s%d</channelName><enabled>true</enabled></StreamingChannel>`, id, id)
	}
	return s + `</StreamingChannelList>`
}

func TestChannels(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answers map[string]string
		want    string
	}{
		{"camera", map[string]string{getProxy: "403", getStreams: streamList(101, 102, 103)}, "1:s101+"},
		{"two lenses, one head", map[string]string{
			getProxy: "403", getStreams: streamList(101, 102, 201, 202),
			getInputs: `<VideoInputChannelList><VideoInputChannel><id>1</id><name>top</name><channelDescription>PTZ</channelDescription></VideoInputChannel><VideoInputChannel><id>2</id><name>wide</name><channelDescription>Panoramic</channelDescription></VideoInputChannel></VideoInputChannelList>`,
		}, "1:top+p 2:wide+"},
		{"dome that lists its head", map[string]string{getStreams: streamList(101), getHeads: `<PTZChannelList><PTZChannel><id>1</id><enabled>true</enabled><panSupport>true</panSupport></PTZChannel></PTZChannelList>`}, "1:s101+p"},
		{"head listed by stream", map[string]string{getStreams: streamList(101), getHeads: `<PTZChannelList><PTZChannel><id>101</id></PTZChannel></PTZChannelList>`}, "1:s101+p"},
		{"head without axes", map[string]string{getStreams: streamList(101), getHeads: `<PTZChannelList><PTZChannel><id>1</id><panSupport>false</panSupport><tiltSupport>false</tiltSupport></PTZChannel></PTZChannelList>`}, "1:s101+"},
		{"old camera, two streams of one name", map[string]string{getStreams: `<L><StreamingChannel><id>1</id><channelName>yard</channelName></StreamingChannel><StreamingChannel><id>2</id><channelName>yard</channelName></StreamingChannel></L>`}, "1:yard+"},
		{"old server of two, streams by input", map[string]string{getStreams: `<L><StreamingChannel><id>1</id><channelName>a</channelName><Video><videoInputChannelID>1</videoInputChannelID></Video></StreamingChannel><StreamingChannel><id>2</id><channelName>b</channelName><Video><videoInputChannelID>1</videoInputChannelID></Video></StreamingChannel><StreamingChannel><id>3</id><channelName>c</channelName><Video><dynVideoInputChannelID>2</dynVideoInputChannelID></Video></StreamingChannel></L>`}, "1:a+ 2:c+"},
		{"hybrid, inputs with letters", map[string]string{getProxy: strings.ReplaceAll(proxyList(1, 2), "<id>", "<id>D"), getInputs: strings.ReplaceAll(inputList(2), "<id>", "<id>I-"),
			getOnline: `<L><InputProxyChannelStatus><id>D2</id><online>true</online></InputProxyChannelStatus></L>`}, "1:a1-a 2:a2-a 3:ip1? 4:ip2+"},
		{"inputs by port", map[string]string{getProxy: proxyList(), getInputs: `<L><VideoInputChannel><id>main</id><inputPort>2</inputPort><name>x</name></VideoInputChannel></L>`}, "2:x?a"},
		{"old camera", map[string]string{getStreams: streamList(1)}, "1:s1+"},
		{"nvr with holes", map[string]string{getProxy: proxyList(1, 4, 18), getInputs: "403",
			getOnline: `<InputProxyChannelStatusList><InputProxyChannelStatus><id>1</id><sourceInputPortDescriptor><online>true</online></sourceInputPortDescriptor></InputProxyChannelStatus><InputProxyChannelStatus><id>4</id><online>false</online></InputProxyChannelStatus><InputProxyChannelStatus><id>18</id></InputProxyChannelStatus></InputProxyChannelStatusList>`},
			"1:ip1+ 4:ip4- 18:ip18?"},
		{"nvr without cameras", map[string]string{getProxy: proxyList(), getInputs: "403"}, ""},
		{"dvr without cameras", map[string]string{getProxy: proxyList(), getInputs: inputList(2)}, "1:a1-a 2:a2-a"},
		{"hybrid, ids from 1", map[string]string{getProxy: proxyList(1, 2), getInputs: inputList(4)}, "1:a1-a 2:a2-a 3:a3-a 4:a4-a 5:ip1? 6:ip2?"},
		{"hybrid, ids go on", map[string]string{getProxy: proxyList(5, 6), getInputs: inputList(4), getStreams: streamList(101, 201, 301, 401, 501, 601)},
			"1:a1-a 2:a2-a 3:a3-a 4:a4-a 5:ip5? 6:ip6?"},
		{"hybrid, ids above and from 1", map[string]string{getProxy: proxyList(5), getInputs: inputList(4), getStreams: streamList(101, 201, 301, 401, 501, 901)},
			"1:a1-a 2:a2-a 3:a3-a 4:a4-a 9:ip5?"},
		{"dvr lists every input as a head, one answers", map[string]string{getProxy: proxyList(), getInputs: inputList(2),
			getHeads:                               "<PTZChannelList><PTZChannel><id>1</id></PTZChannel><PTZChannel><id>2</id></PTZChannel></PTZChannelList>",
			"GET /ISAPI/PTZCtrl/channels/2/status": "<PTZStatus><AbsoluteHigh><elevation>0</elevation></AbsoluteHigh></PTZStatus>"}, "1:a1-a 2:a2-ap"},
		{"junk ids", map[string]string{getProxy: `<L><InputProxyChannel><id>x</id></InputProxyChannel><InputProxyChannel/><InputProxyChannel><id>-1</id></InputProxyChannel><InputProxyChannel><id>2</id></InputProxyChannel><InputProxyChannel><id>2</id></InputProxyChannel></L>`}, "2:?"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newFake(tree(tt.answers)).client(t)
			for range 2 {
				list, err := c.Channels(bg)
				if err != nil {
					t.Fatal(err)
				}
				if got := short(list); got != tt.want {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
			}
		})
	}
	t.Run("nothing answers", func(t *testing.T) {
		_, err := newFake(tree(nil)).client(t).Channels(bg)
		wantKind(t, err, "unsupported")
	})
}
