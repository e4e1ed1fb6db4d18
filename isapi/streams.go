package isapi

import "context"

// StreamSetting is what one of a channel's video streams is set to.
type StreamSetting struct {
	Channel       int
	Stream        Stream
	Width, Height int // pixels
}

// Streams lists what the main and sub streams of a device's channels are set to:
// GET /ISAPI/Streaming/channels. Streams that do not tell a size are left out, as
// are those of recorders that list none.
func (c *Client) Streams(ctx context.Context) ([]StreamSetting, error) {
	root, err := c.get(ctx, "list streams", 0, "/ISAPI/Streaming/channels")
	if err != nil {
		return nil, err
	}
	var list []StreamSetting
	for _, n := range root.All("StreamingChannel") {
		id, ok := n.Int("id")
		channel, number := SplitStreamID(id)
		if !ok || checkChannel(channel) != nil || number < 1 || number > 2 {
			continue
		}
		if width, height := sizeOf(n); width > 0 {
			list = append(list, StreamSetting{channel, Stream(number - 1), width, height})
		}
	}
	return list, nil
}

// sizeOf is the size in a StreamingChannel; 0: it does not tell.
func sizeOf(n *Node) (width, height int) {
	width, okW := n.Int("Video", "videoResolutionWidth")
	height, okH := n.Int("Video", "videoResolutionHeight")
	if !okW || !okH || width < 1 || height < 1 || width > maxSide || height > maxSide {
		return 0, 0
	}
	return width, height
}
