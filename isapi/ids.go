package isapi

import (
	"fmt"
	"strconv"
)

// Stream is one of a channel's video streams.
type Stream int

const (
	// Main is the full-size stream; its id is channel*100+1.
	Main Stream = iota
	// Sub is the small stream; its id is channel*100+2.
	Sub
)

// String gives the word of site.yaml: main or sub.
func (s Stream) String() string {
	if s == Sub {
		return "sub"
	}
	return "main"
}

// StreamID is the number a channel's stream has in URLs: channel 18, sub is 1802.
func StreamID(channel int, s Stream) int { return channel*100 + 1 + int(s) }

// SplitStreamID is the way back. The second value is 1 for main, 2 for sub,
// and 3 or 4 for streams that have no word here.
func SplitStreamID(id int) (channel, number int) { return id / 100, id % 100 }

// maxChannel keeps ids in a range that any recorder could have.
const maxChannel = 9999

func checkChannel(channel int) error {
	if channel < 1 || channel > maxChannel {
		return fmt.Errorf("channel %d is not in 1-%d", channel, maxChannel)
	}
	return nil
}

func itoa(n int) string { return strconv.Itoa(n) }
