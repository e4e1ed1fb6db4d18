package luaapi

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// Devices don't say when a head has arrived, so its position is watched: it
// has arrived when it moved and then stood still for two looks, or did not
// move at all for a while.
const (
	arrivalLook   = 500 * time.Millisecond
	arrivalStart  = 2500 * time.Millisecond // a head that has not moved by then was there already
	arrivalLimit  = 30 * time.Second
	arrivalSettle = 5 * time.Second // for a head that does not tell its position
	standsStill   = 0.2             // degrees, and zoom factor
)

// awaitArrival returns when the head has stopped moving.
func (c *call) awaitArrival() {
	id, dev, clk := c.channel(), c.dev, c.m.script.Clock()
	c.wait(func(ctx context.Context) error {
		look := func() (pose isapi.Pose, err error) {
			err = dev.Do(ctx, Command{What: "ptz_status", Channel: id}, func(ctx context.Context, client *isapi.Client) error {
				p, err := client.PTZStatus(ctx, id)
				if err == nil {
					pose = *p
				}
				return err
			})
			return pose, err
		}
		began := clk.Now()
		last, err := look()
		var refused *isapi.Error
		if errors.As(err, &refused) && refused.Kind() == "unsupported" {
			return clock.Sleep(ctx, clk, arrivalSettle)
		}
		moved, still := false, 0
		for err == nil {
			if err = clock.Sleep(ctx, clk, arrivalLook); err != nil {
				break
			}
			var now isapi.Pose
			if now, err = look(); err != nil {
				break
			}
			if samePose(last, now) {
				still++
			} else {
				moved, still = true, 0
			}
			last = now
			took := clk.Now().Sub(began)
			switch {
			case moved && still >= 2, !moved && took >= arrivalStart:
				return nil
			case took >= arrivalLimit:
				return &Failure{Kind: "timeout", Message: "the head still moves after " + clock.FormatDuration(arrivalLimit),
					Device: dev.Name(), Channel: id, Hint: "somebody else may be moving it"}
			}
		}
		return err
	})
}

func samePose(a, b isapi.Pose) bool {
	turn := math.Abs(math.Mod(a.Pan-b.Pan+540, 360) - 180)
	return turn <= standsStill && math.Abs(a.Tilt-b.Tilt) <= standsStill && math.Abs(a.Zoom-b.Zoom) <= standsStill
}
