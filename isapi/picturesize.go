package isapi

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
)

// Some recorders send a picture of the sub stream although the main one is asked
// for, unless the size is asked for too. So the size of a picture is compared
// with that of the stream, where it is small enough to be doubted.

const (
	// doubtBelow is the number of pixels up to which the first picture of a
	// channel may be one of its sub stream: these go up to 1280 x 960.
	doubtBelow = 1280 * 960
	// maxDoubted is how much of a doubtful picture is held. One of a sub stream
	// has no more.
	maxDoubted = 1 << 20
	// maxFrameHeader is where the size of a picture must have come by.
	maxFrameHeader = 256 << 10
)

// frame is the size of a channel's pictures of the main stream.
type frame struct {
	width, height int
	ask           bool // it must be asked for
}

// doubter holds a picture back until its size is known, and all of it if that is
// doubtful.
type doubter struct {
	w     io.Writer
	doubt func(width, height int) bool

	width, height int // 0: not known yet
	held          []byte
	passing       bool  // what comes is passed on
	passed        int64 // to w
}

func (d *doubter) Write(p []byte) (int, error) {
	if d.passing {
		n, err := d.w.Write(p)
		d.passed += int64(n)
		return n, err
	}
	d.held = append(d.held, p...)
	if d.width == 0 {
		width, height, ok := jpegSize(d.held)
		if !ok && len(d.held) < maxFrameHeader {
			return len(p), nil
		}
		d.width, d.height = width, height
		if ok && d.doubt(width, height) {
			return len(p), nil
		}
	} else if len(d.held) <= maxDoubted {
		return len(p), nil
	}
	return len(p), d.release()
}

// Grow makes room for n bytes where they are kept in memory.
func (d *doubter) Grow(n int) {
	if b, ok := d.w.(interface{ Grow(int) }); ok {
		b.Grow(n)
	}
}

// release passes on what is held, and from here on all that comes.
func (d *doubter) release() error {
	d.passing = true
	n, err := io.Copy(d.w, bytes.NewReader(d.held))
	d.passed += n
	d.held = nil
	return err
}

// jpegSize finds the size in the beginning of a JPEG picture; ok is false where
// the frame header is not among it.
func jpegSize(b []byte) (width, height int, ok bool) {
	for at := 2; at+4 <= len(b) && b[at] == 0xFF; {
		marker := b[at+1]
		if marker == 0xFF {
			at++ // a fill byte
			continue
		}
		if marker >= 0xC0 && marker <= 0xC2 {
			if at+9 > len(b) {
				return 0, 0, false
			}
			return int(binary.BigEndian.Uint16(b[at+7:])), int(binary.BigEndian.Uint16(b[at+5:])), true
		}
		at += 2 + int(binary.BigEndian.Uint16(b[at+2:]))
	}
	return 0, 0, false
}

// mainPicture is picture for the main stream in its own size. n counts what was
// written to w.
func (c *Client) mainPicture(ctx context.Context, w io.Writer, channel int, opt PictureOptions) (n int64, contentType string, err error) {
	known, _ := recall(c.known, c.known.frames, channel)
	first := opt
	if known.ask {
		first.Width, first.Height = known.width, known.height
	}
	var d *doubter
	for again := true; ; again = false {
		d = &doubter{w: w, doubt: func(width, height int) bool {
			return width < known.width || known.width == 0 && width*height <= doubtBelow
		}}
		_, contentType, err = c.picture(ctx, d, channel, first)
		if err == nil {
			break
		}
		if !again || d.passing || len(d.held) == 0 || !errors.Is(err, ErrCut) || ctx.Err() != nil {
			return d.passed, "", err
		}
	}
	if d.passing && d.width > 0 && known.width == 0 {
		note(c.known, c.known.frames, channel, frame{d.width, d.height, false})
	}
	if !d.passing && d.width > 0 {
		again := opt
		again.Width, again.Height = c.streamSize(ctx, channel)
		if d.width < again.Width && first.Width != again.Width {
			larger := &doubter{w: w, doubt: func(int, int) bool { return false }}
			_, contentType, err := c.picture(ctx, larger, channel, again)
			if err == nil && !larger.passing {
				err = larger.release()
			}
			switch {
			case err == nil && larger.width > d.width:
				note(c.known, c.known.frames, channel, frame{again.Width, again.Height, true})
				return larger.passed, contentType, nil
			case err == nil: // it has no larger one
				note(c.known, c.known.frames, channel, frame{larger.width, larger.height, false})
				return larger.passed, contentType, nil
			case larger.passed > 0 || ctx.Err() != nil:
				return larger.passed, contentType, err
			}
		}
		note(c.known, c.known.frames, channel, frame{d.width, d.height, false})
	}
	err = d.release()
	return d.passed, contentType, err
}

// streamSize is what the main stream of a channel is set to, by GET
// /ISAPI/Streaming/channels/101; 0: the device does not tell.
func (c *Client) streamSize(ctx context.Context, channel int) (width, height int) {
	root, err := c.get(ctx, "snapshot", channel, "/ISAPI/Streaming/channels/"+itoa(StreamID(channel, Main)))
	if err != nil {
		return 0, 0
	}
	return sizeOf(root)
}
