package sim

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"net/url"
	"strconv"
	"time"
)

// shot is a picture that a channel takes.
type shot struct {
	channel       *channel
	width, height int
	view          view
}

// view is all that a picture depends on.
type view struct {
	width, height int
	device        string
	channel       int
	name          string
	at            time.Time // by the device's clock
	ptz           bool
	moving        bool
	light         bool
	pose          Pose
	alarms        []string
}

// wanted is the size that was asked for. What the device cannot scale to is
// ignored, and the picture has its own size.
func wanted(q url.Values, width, height int) (int, int) {
	w, errW := strconv.Atoi(q.Get("videoResolutionWidth"))
	h, errH := strconv.Atoi(q.Get("videoResolutionHeight"))
	if errW != nil || errH != nil || w < 64 || h < 48 || w > 2560 || h > 1920 {
		return width, height
	}
	return w, h
}

// takePicture waits for the lens, then draws without the device's lock.
func (x *exchange) takePicture(ctx context.Context) error {
	d := x.d
	err := d.wait(ctx, d.o.PictureLatency)
	d.mu.Lock()
	x.shot.channel.busy--
	x.now = d.clk.Now()
	x.shot.view = d.view(x.shot, x.now)
	if err == nil {
		d.counts.Pictures++
	}
	d.mu.Unlock()
	if err != nil {
		return err
	}
	x.set("Content-Type", "image/jpeg")
	if d.o.SmallPictures {
		x.out, err = d.smallPicture(x.shot)
		return err
	}
	x.out, err = encoded(draw(x.shot.view))
	return err
}

func encoded(picture image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, picture, &jpeg.Options{Quality: 78})
	return b.Bytes(), err
}

const smallWidth = 64

// smallPicture is what a channel shows by day, drawn once, with a patch in its
// corner that is another one each time: no two pictures are the same.
func (d *Device) smallPicture(s *shot) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := s.channel
	if c.small == nil {
		v := s.view
		v.width, v.height, v.alarms = smallWidth, smallWidth*c.o.MainHeight/c.o.MainWidth, nil
		v.at = time.Date(2026, time.June, 1, 12, 0, 0, 0, time.UTC)
		c.small = draw(v).(*image.YCbCr)
	}
	c.given++
	for bit := range 16 {
		level := uint8(96 + 64*(c.given>>bit&1))
		for i := range 4 {
			c.small.Y[c.small.YOffset(4*(bit%4)+i%2, 4*(bit/4)+i/2)] = level
		}
	}
	return encoded(c.small)
}

func (d *Device) view(s *shot, now time.Time) view {
	c := s.channel
	v := view{width: s.width, height: s.height, device: d.o.Name, channel: c.o.ID, name: c.name, at: d.deviceTime(now), pose: fixedPose(c.o.ID)}
	if h := c.head; h != nil {
		v.ptz, v.light, v.pose, v.moving = true, h.light, h.pose(now), h.moving(now)
	}
	for _, a := range d.alarms {
		if a.Channel == c.o.ID {
			v.alarms = append(v.alarms, a.Type)
		}
	}
	return v
}

// fixedPose is where a fixed camera was mounted to look: each channel
// elsewhere.
func fixedPose(id int) Pose {
	return Pose{Pan: float64(id * 67 % 360), Tilt: []float64{-8, -14, -4, -11}[id%4], Zoom: []float64{1.4, 1, 2.2, 1.2}[id%4]}
}
