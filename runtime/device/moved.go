package device

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

const (
	// posePoll is how often the position of a head is asked for while somebody
	// listens for "moved".
	posePoll = 2 * time.Second
	// afterCommand is how long after a command of ours, or its stop, a head that
	// moves is taken to obey it; it goes on to be until two answers are alike.
	afterCommand = 5 * time.Second
	// restsFor is how long a head must have rested for "moved" to end.
	restsFor = 30 * time.Second
	// A head that is further off was moved: degrees, and zoom factor.
	poseDrift, zoomDrift = 1, 0.5
)

// errAway is for a device that is not asked, because it does not answer.
var errAway = errors.New("the device is not online")

// poses are the heads whose positions are watched, because somebody listens for
// "moved".
type poses struct {
	mu      sync.Mutex
	wanted  map[int]int // listeners by channel
	watched map[int]context.CancelFunc
}

// wantPose notes that so many more, or fewer, listen for a head being moved.
func (r *Ref) wantPose(channel, by int) {
	p := &r.poses
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wanted == nil {
		p.wanted, p.watched = make(map[int]int), make(map[int]context.CancelFunc)
	}
	p.wanted[channel] += by
	stop, watched := p.watched[channel]
	switch {
	case p.wanted[channel] > 0 && !watched:
		ctx, cancel := clock.WithCancel(r.ctx)
		p.watched[channel] = cancel
		r.ended.Go(func() { r.watchPose(ctx, channel) })
	case p.wanted[channel] <= 0 && watched:
		stop()
		delete(p.watched, channel)
		delete(p.wanted, channel)
	}
}

// watchPose tells of a head that moves although no command of ours moves it.
func (r *Ref) watchPose(ctx context.Context, channel int) {
	var base, before *isapi.Pose // where it rests if it obeys us; the last answer
	var changed time.Time
	moving, untold := false, true
	tell := func(state string) {
		moving = state == "start"
		r.post(&luaapi.Event{Type: luaapi.MovedEvent, State: state, Device: r.name, Channel: channel, Time: r.clk.Now()})
	}
	for clock.Sleep(ctx, r.clk, posePoll) == nil {
		pose, err := r.pose(ctx, channel)
		switch now := r.clk.Now(); {
		case clock.Cause(ctx) != nil:
			return
		case err != nil:
			if untold && (errors.Is(err, isapi.ErrUnsupported) || errors.Is(err, isapi.ErrNotFound)) {
				untold = false
				r.say(slog.LevelWarn, "nobody is seen to move the head: it does not tell its position", keyChannel, channel)
			}
			before = nil
			continue
		case r.dev().commandedSince(channel, now.Add(-afterCommand)):
			base = nil
			if moving {
				tell("stop")
			}
		case base == nil:
			if before != nil && !far(before, pose) {
				base = pose
			}
		case far(base, pose):
			base, changed = pose, now
			if !moving {
				tell("start")
			}
		case moving && now.Sub(changed) >= restsFor:
			tell("stop")
		}
		before = pose
	}
}

// pose asks where a head looks, after everything that waits in the queue.
func (r *Ref) pose(ctx context.Context, channel int) (pose *isapi.Pose, err error) {
	if r.State() != StateOnline {
		return nil, errAway
	}
	err = r.poll(ctx, luaapi.Command{What: "ptz_status", Channel: channel}, func(ctx context.Context, c *isapi.Client) (err error) {
		pose, err = c.PTZStatus(ctx, channel)
		return err
	})
	return pose, err
}

func far(a, b *isapi.Pose) bool {
	pan := math.Mod(math.Abs(a.Pan-b.Pan), 360)
	return min(pan, 360-pan) > poseDrift || math.Abs(a.Tilt-b.Tilt) > poseDrift || math.Abs(a.Zoom-b.Zoom) > zoomDrift
}

// commandedSince reports whether a command of ours moves the head, or has been
// sent or answered since.
func (d *Device) commandedSince(channel int, since time.Time) bool {
	h := d.head(channel, luaapi.NoLens)
	d.mu.Lock()
	defer d.mu.Unlock()
	return h.moving() || h.overtake != nil || h.commandedAt.After(since)
}
