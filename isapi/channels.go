package isapi

import (
	"context"
	"slices"
	"strings"
	"unicode"
)

// Channel is one video input of a device.
type Channel struct {
	ID      int    // the human number 1, 2, 3 ...
	Name    string // may be empty
	Enabled bool
	Online  *bool  // nil: the device does not say
	Stream  int    // id of the main stream in URLs: 101
	PTZ     bool   // a head is known to be there
	Analog  bool   // an input of the recorder's own, not a camera on the network
	Proxy   int    // id under ContentMgmt/InputProxy, 0 if it has none
	Address string // of the camera behind a recorder
	Model   string // of the camera behind a recorder
}

// Channels lists a device's channels by number. A recorder's come from
// /ISAPI/ContentMgmt/InputProxy/channels, and from System/Video/inputs/channels
// where it has inputs of its own; a camera's from /ISAPI/Streaming/channels.
// On a hybrid recorder the analog inputs are 1..A and the cameras on the
// network go on from A+1, as their streams do. A recorder without cameras
// gives an empty list.
func (c *Client) Channels(ctx context.Context) ([]Channel, error) {
	const op = "list channels"
	proxies, proxyErr := c.get(ctx, op, 0, "/ISAPI/ContentMgmt/InputProxy/channels")
	if proxyErr != nil && !absent(proxyErr) {
		return nil, proxyErr
	}
	own, err := c.get(ctx, op, 0, "/ISAPI/System/Video/inputs/channels")
	if err != nil && !absent(err) {
		return nil, err
	}
	if proxyErr != nil {
		return c.cameraChannels(ctx, op, own)
	}
	list := ownInputs(own)
	if len(list) > 0 && len(proxies.All("InputProxyChannel")) == 0 {
		camera, err := c.takesNone(ctx, op)
		if err != nil {
			return nil, err
		}
		if camera {
			return c.cameraChannels(ctx, op, own)
		}
	}
	in := &inputs{recorder: true, analog: len(list), proxy: map[int]int{}}
	for i := range list {
		list[i].Analog = true
	}
	added, err := c.proxyChannels(ctx, op, proxies, list)
	if err != nil {
		return nil, err
	}
	for _, ch := range added {
		in.proxy[ch.ID] = ch.Proxy
	}
	learn(c.known, &c.known.inputs, in)
	list = append(list, added...)
	list = inOrder(list)
	if err := c.markHeads(ctx, op, list); err != nil {
		return nil, err
	}
	return list, nil
}

// takesNone tells a camera that answers InputProxy with an empty list from a
// recorder without cameras: it counts no video inputs, neither kind.
func (c *Client) takesNone(ctx context.Context, op string) (bool, error) {
	root, err := c.get(ctx, op, 0, "/ISAPI/System/capabilities")
	if err != nil {
		if optional(err) {
			return false, nil
		}
		return false, err
	}
	analog, told := root.Find("videoInputPortNums").Int()
	proxies, _ := root.Find("inputProxyNums").Int()
	return told && analog == 0 && proxies == 0, nil
}

// inputNumber is the number of an input, analog or on the network: its id, which
// some recorders write as I-1 or D1, else its port. 0: it has none.
func inputNumber(n *Node) int {
	_, number := splitID(n.Get("id"))
	if number == 0 {
		number, _ = n.Int("inputPort")
	}
	if checkChannel(number) != nil {
		return 0
	}
	return number
}

// splitID takes an id such as I-1 or D1 apart; number is 0 where the id has none.
func splitID(id string) (prefix string, number int) {
	prefix = strings.TrimRight(id, "0123456789")
	number, ok := parseInt(id[len(prefix):])
	if !ok || number > maxChannel || prefix != "" && !strings.ContainsFunc(prefix, unicode.IsLetter) {
		return prefix, 0
	}
	return prefix, number
}

// ownInputs reads VideoInputChannelList.
func ownInputs(root *Node) []Channel {
	var list []Channel
	for _, n := range root.All("VideoInputChannel") {
		id := inputNumber(n)
		if id == 0 || hasChannel(list, id) {
			continue
		}
		ch := Channel{ID: id, Name: n.Get("name"), Enabled: n.isOn("videoInputEnabled"), Stream: StreamID(id, Main)}
		if res := n.Get("resDesc"); res != "" {
			ch.Online = new(!strings.EqualFold(res, "NO VIDEO"))
		}
		ch.PTZ = strings.EqualFold(n.Get("channelDescription"), "PTZ")
		list = append(list, ch)
	}
	return list
}

// proxyChannels reads InputProxyChannelList and the online state beside it.
func (c *Client) proxyChannels(ctx context.Context, op string, root *Node, analog []Channel) ([]Channel, error) {
	var list []Channel
	for _, n := range root.All("InputProxyChannel") {
		id := inputNumber(n)
		if id == 0 || hasProxy(list, id) {
			continue
		}
		src := n.Child("sourceInputPortDescriptor")
		list = append(list, Channel{
			ID: id, Proxy: id, Name: n.Get("name"), Enabled: true,
			Address: src.Get("ipAddress"), Model: src.Get("model"),
		})
	}
	if len(list) == 0 {
		return nil, nil
	}
	shift, err := c.proxyShift(ctx, op, list, analog)
	if err != nil {
		return nil, err
	}
	online, err := c.proxyOnline(ctx, op)
	if err != nil {
		return nil, err
	}
	for i := range list {
		ch := &list[i]
		if on, ok := online[ch.Proxy]; ok {
			ch.Online = &on
		}
		ch.ID += shift
		ch.Stream = StreamID(ch.ID, Main)
	}
	return list, nil
}

// proxyShift is what separates InputProxy ids from channel numbers: the
// number of analog inputs, unless the recorder's ids go on from there by
// themselves. Its stream list decides where ids alone leave it open.
func (c *Client) proxyShift(ctx context.Context, op string, list, analog []Channel) (int, error) {
	last := 0
	for _, ch := range analog {
		last = max(last, ch.ID)
	}
	if last == 0 {
		return 0, nil
	}
	for _, ch := range list {
		if ch.ID <= last {
			return last, nil
		}
	}
	streams, err := c.get(ctx, op, 0, "/ISAPI/Streaming/channels")
	if err != nil && !absent(err) {
		return 0, err
	}
	have := map[int]bool{}
	for _, n := range streams.All("StreamingChannel") {
		if id, ok := n.Int("id"); ok {
			channel, _ := SplitStreamID(id)
			have[channel] = true
		}
	}
	for _, ch := range list {
		if !have[ch.ID+last] {
			return 0, nil
		}
	}
	return last, nil
}

// proxyOnline reads InputProxy/channels/status. Where "online" stands in it
// differs by firmware; one that is missing is not false.
func (c *Client) proxyOnline(ctx context.Context, op string) (map[int]bool, error) {
	root, err := c.get(ctx, op, 0, "/ISAPI/ContentMgmt/InputProxy/channels/status")
	if err != nil {
		if absent(err) {
			return nil, nil
		}
		return nil, err
	}
	online := map[int]bool{}
	for _, n := range root.All("InputProxyChannelStatus") {
		id := inputNumber(n)
		found := n.Find("online")
		if on, told := found.Bool(); id != 0 && told {
			online[id] = on
		}
	}
	return online, nil
}

// cameraChannels groups a camera's streams; names of its inputs count first.
func (c *Client) cameraChannels(ctx context.Context, op string, own *Node) ([]Channel, error) {
	streams, err := c.get(ctx, op, 0, "/ISAPI/Streaming/channels")
	list := ownInputs(own)
	if err != nil && (!absent(err) || len(list) == 0) {
		return nil, err
	}
	for _, n := range streams.All("StreamingChannel") {
		id, ok := n.Int("id")
		if !ok {
			continue
		}
		channel, number := SplitStreamID(id)
		if channel == 0 {
			channel, number = oldStream(n, id, list)
		}
		if number > 1 || checkChannel(channel) != nil || hasChannel(list, channel) {
			continue
		}
		list = append(list, Channel{ID: channel, Name: n.Get("channelName"), Enabled: n.isOn("enabled"), Stream: StreamID(channel, Main)})
	}
	for i := range list {
		if list[i].Online == nil {
			list[i].Online = new(true) // the camera itself has answered
		}
	}
	list = inOrder(list)
	learn(c.known, &c.known.inputs, &inputs{})
	if err := c.markHeads(ctx, op, list); err != nil {
		return nil, err
	}
	return list, nil
}

// oldStream tells which channel a stream belongs to on firmware of before ISAPI,
// which counts the streams of all channels in one: by the input that it names,
// else those of one name are of one camera.
func oldStream(n *Node, id int, list []Channel) (channel, number int) {
	video := n.Child("Video")
	for _, name := range []string{"videoInputChannelID", "dynVideoInputChannelID"} {
		if input, ok := video.Int(name); ok && hasChannel(list, input) {
			return input, 2
		} else if ok {
			return input, 1
		}
	}
	if name := n.Get("channelName"); name != "" && slices.ContainsFunc(list, func(ch Channel) bool { return ch.Name == name }) {
		return id, 2
	}
	return id, 1
}

// markHeads finds out which channels can move. A list of PTZ channels alone
// proves little on a recorder, which lists every input: there a head has to
// answer for its position, and is asked once.
func (c *Client) markHeads(ctx context.Context, op string, list []Channel) error {
	known := slices.ContainsFunc(list, func(ch Channel) bool { return ch.PTZ })
	if known || len(list) == 0 {
		return nil
	}
	heads, err := c.ptzChannels(ctx, op)
	if err != nil {
		return err
	}
	recorder := false
	if in := know(c.known, &c.known.inputs); in != nil {
		recorder = in.recorder
	}
	for i := range list {
		ch := &list[i]
		if !slices.Contains(heads, ch.ID) && !slices.Contains(heads, ch.Stream) {
			continue
		}
		if !recorder {
			ch.PTZ = true
			continue
		}
		seen, asked := recall(c.known, c.known.headSeen, ch.ID)
		if !asked {
			id := ch.ID
			if !slices.Contains(heads, id) {
				id = ch.Stream
			}
			_, err := c.get(ctx, op, ch.ID, ptzCtrl+itoa(id)+"/status")
			if e := asError(err); e != nil && e.HTTPStatus != 0 && e.Kind() == "busy" {
				continue // 503 reConnectIpc: the camera is away; asked again once it is back
			}
			if err != nil && !absent(err) {
				return err
			}
			seen = err == nil
			note(c.known, c.known.headSeen, ch.ID, seen)
		}
		ch.PTZ = seen
	}
	return nil
}

func hasChannel(list []Channel, id int) bool {
	return slices.ContainsFunc(list, func(ch Channel) bool { return ch.ID == id })
}

func hasProxy(list []Channel, id int) bool {
	return slices.ContainsFunc(list, func(ch Channel) bool { return ch.Proxy == id })
}

// inOrder sorts channels; one that is listed twice is one channel.
func inOrder(list []Channel) []Channel {
	slices.SortStableFunc(list, func(a, b Channel) int { return a.ID - b.ID })
	return slices.CompactFunc(list, func(a, b Channel) bool { return a.ID == b.ID })
}
