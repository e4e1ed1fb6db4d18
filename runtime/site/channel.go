package site

import (
	"fmt"
	"net/url"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxChannel is twice what the largest recorder has.
const maxChannel = 512

var channelFields = []field[Channel]{
	{name: "address", kind: "whole number 1 to 512", meaning: "number of the channel: 1, 2, 3; a single camera is 1", read: readAddress,
		rules: rules{needed: true, hint: " (the channel's number, such as 1)"},
		also:  []string{"channel", "id", "number"}},
	{name: "stream", kind: "word: main | sub", def: "main", meaning: "stream that snapshots are taken from",
		read: wordField(func(c *Channel) *Stream { return &c.Stream }, StreamMain, StreamSub)},
	{name: "stream_url", kind: "text", meaning: "address for a live preview: rtsp, rtsps, http or https", read: readStreamURL, pattern: "^(rtsps?|https?)://.",
		also: []string{"url", "rtsp", "rtsp_url"}},
}

func channelKeys(path string) []Key { return keysOf(path+".NAME", channelFields) }

func readChannels(r *reader, n *yaml.Node, d *Device) {
	owner := map[int]string{}
	for _, p := range r.pairs(n) {
		name := p.key.Value
		if !r.checkName(p.key, "channel", name) {
			continue
		}
		r.under(name, func() {
			c := Channel{Name: name, Stream: StreamMain}
			if !isNull(p.value) && p.value.Kind != yaml.MappingNode {
				r.fail(p.value, "a map is due here ({address: 1}), not %s", kindOf(p.value))
				return
			}
			given := readMap(r, p.value, channelFields, &c)
			checkRules(r, p.key, channelFields, given)
			switch first, taken := owner[c.Address]; {
			case c.Address == 0:
			case taken:
				r.under("address", func() {
					r.fail(given["address"], "channel %d is already called %q", c.Address, first)
				})
			default:
				owner[c.Address] = name
			}
			if r.saved != nil && given["address"] != nil {
				device := d.Name
				r.afterwards(func(s *Site) { r.checkSavedChannel(given["address"], s, device, c.Address) })
			}
			d.Channels = append(d.Channels, c)
		})
	}
}

func readAddress(r *reader, n *yaml.Node, c *Channel) {
	text, ok := r.scalar(n)
	if !ok {
		return
	}
	if len(text) > 3 && isDigits(text) && (strings.HasSuffix(text, "01") || strings.HasSuffix(text, "02")) {
		r.fail(n, "%s is the id of a stream: the channel's number is %s", shown(n), text[:len(text)-2])
		return
	}
	if number, ok := r.integer(n, 1, maxChannel); ok {
		c.Address = number
	}
}

// readStreamURL keeps the address without its password, so that nothing can show it.
func readStreamURL(r *reader, n *yaml.Node, c *Channel) {
	text, ok := r.scalar(n)
	if !ok {
		return
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		r.fail(n, "is not an address such as rtsp://192.0.2.10/Streaming/Channels/102")
		return
	}
	switch u.Scheme {
	case "rtsp", "rtsps", "http", "https":
	default:
		r.fail(n, "scheme %s is none of rtsp, rtsps, http, https", quoted(u.Scheme))
		return
	}
	if u.User != nil {
		if _, has := u.User.Password(); has {
			u.User = url.User(u.User.Username())
		}
	}
	if query := u.Query(); hasPassword(query) {
		u.RawQuery = query.Encode()
	}
	c.StreamURL = u.String()
}

// hasPassword takes passwords out of a query and reports whether there was one.
func hasPassword(query url.Values) bool {
	found := false
	for name := range query {
		switch strings.ToLower(name) {
		case "password", "passwd", "pwd", "pass", "auth":
			query.Del(name)
			found = true
		}
	}
	return found
}

// String gives "yard (channel 1, sub)".
func (c Channel) String() string {
	return fmt.Sprintf("%s (channel %d, %s)", c.Name, c.Address, c.Stream)
}

// ChannelName is the name of a channel of a device; "": it has none.
func (s *Site) ChannelName(device string, channel int) string {
	d, _ := s.Device(device)
	for _, c := range d.Channels {
		if c.Address == channel {
			return c.Name
		}
	}
	return ""
}
