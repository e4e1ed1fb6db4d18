package device

import (
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

const (
	// quietEnd is the silence after which an alarm that the device does not
	// end has ended. Alarms are repeated every second or two.
	quietEnd = 5 * time.Second
	// slowEnd is the same for what lasts, and is repeated less often.
	slowEnd = 20 * time.Second
	// beatEnd: where heartbeats come under a channel's name, one does not end
	// a loss of video there that was told of so shortly before.
	beatEnd = 6 * time.Second
	// maxAlarms bounds the alarms of one device that go on at once.
	maxAlarms = 512
	maxSeen   = 4096
	maxTypes  = 256 // a device may make them up
)

// alarmKey tells one alarm from another.
type alarmKey struct {
	kind                  string
	channel, region, port int
}

func keyOf(a *isapi.Alert) alarmKey {
	key := alarmKey{a.Type, a.Channel, 0, a.Port}
	if a.Region != nil {
		key.region = a.Region.ID
	}
	return key
}

// alarm is one that goes on.
type alarm struct {
	key       alarmKey
	start     luaapi.Event
	last      time.Time // it was told of
	timer     clock.Timer
	delivered bool        // the start; it may wait for its picture
	takenOver bool        // from another host of the cluster, and not told of since
	single    bool        // it has no end
	image     clock.Timer // until then
}

// alarms folds the levels that a device repeats into edges. It is guarded by
// the feed's mu.
type alarms struct {
	feed *feed
	open map[alarmKey]*alarm
	seen map[alarmKey]time.Time // the latest time that the device gave
	past map[alarmKey]time.Time // the same when the connection was opened
	late types                  // native types whose pictures come after them
	ends types                  // native types whose end the device tells
	gap  time.Duration          // before the connection was opened: without events
	beat int                    // the channel under whose name heartbeats come

	singles    []*alarm      // events of their own that wait for their pictures
	repeats    repeatedAlert // of such events, byte for byte
	fullLogged bool          // the log has that there are too many
	paused     bool          // the stream is lost: no silence counts
}

func newAlarms(f *feed) alarms {
	return alarms{
		feed: f, open: make(map[alarmKey]*alarm), seen: make(map[alarmKey]time.Time),
		late: make(types), ends: make(types),
	}
}

// types is a set of event types as devices write them.
type types map[string]bool

func (t types) add(native string) {
	if len(t) >= maxTypes {
		clear(t)
	}
	t[native] = true
}

// endAfter is the silence that ends an alarm.
func (k alarmKey) endAfter() time.Duration {
	if k.kind == "video_loss" || strings.HasPrefix(k.kind, "storage_") {
		return slowEnd
	}
	return quietEnd
}

// fold takes one alert.
func (s *alarms) fold(a *isapi.Alert, now time.Time) {
	key := keyOf(a)
	switch {
	case a.Attachment:
		s.picture(a, key)
		return
	case a.Heartbeat:
		s.heartbeat(a, key, now)
		return
	case a.State == isapi.StateInactive:
		s.endAll(a, key, now, 0)
		return
	}
	if !a.Time.IsZero() {
		if len(s.seen) >= maxSeen {
			clear(s.seen)
		}
		s.seen[key] = a.Time
	}
	if a.Single {
		s.single(a, key, now)
		return
	}
	if on := s.open[key]; on != nil {
		on.last, on.takenOver = now, false
		return
	}
	if len(s.open) >= maxAlarms {
		if !s.fullLogged {
			s.fullLogged = true
			s.feed.d.first().ref.say(slog.LevelWarn, "more alarms at once than are kept apart: the new ones are dropped until some have ended", "alarms", maxAlarms)
		}
		return
	}
	on := &alarm{key: key, last: now, start: eventOf(a, now)}
	s.open[key] = on
	s.arm(on, now)
	s.tellWithPicture(on, a)
}

// tellWithPicture tells the start of an alarm, once its picture has come or
// has been waited for long enough.
func (s *alarms) tellWithPicture(on *alarm, a *isapi.Alert) {
	if wait := s.pictureDue(a); wait > 0 {
		on.image = s.feed.d.clk.AfterFunc(wait, func() { s.locked(func() { s.tellStart(on) }) })
		return
	}
	s.tellStart(on)
}

// heartbeat looks whether it is the end of a loss of video, which is written
// in the same way.
func (s *alarms) heartbeat(a *isapi.Alert, key alarmKey, now time.Time) {
	switch {
	case key.kind != "video_loss":
	case s.open[key] == nil:
		s.beat = a.Channel
	case s.beat == a.Channel:
		s.endAll(a, key, now, beatEnd)
	default:
		s.endAll(a, key, now, 0)
	}
}

func eventOf(a *isapi.Alert, now time.Time) luaapi.Event {
	ev := luaapi.Event{
		Type: a.Type, Native: a.Native, State: "start", Channel: a.Channel, Port: a.Port,
		Time: now, Target: a.Target, Image: a.Image, Raw: a.Raw,
	}
	if a.Region != nil {
		ev.Region = a.Region.ID
	}
	return ev
}

// locked is for timers.
func (s *alarms) locked(f func()) {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	f()
}

func (s *alarms) tellStart(on *alarm) {
	if on.delivered {
		return
	}
	on.delivered = true
	stop(&on.image)
	s.feed.tell(on.start)
	on.start.Image = nil
	s.feed.noteAlarm(on, true)
}

// arm sets the timer that looks whether the alarm has fallen silent.
func (s *alarms) arm(on *alarm, now time.Time) {
	if s.paused {
		return
	}
	left := on.last.Add(on.key.endAfter()).Sub(now)
	on.timer = s.feed.d.clk.AfterFunc(left, s.look(on))
}

// look is for the timer of an alarm: has it fallen silent?
func (s *alarms) look(on *alarm) func() {
	return func() {
		s.locked(func() {
			now := s.feed.d.clk.Now()
			switch {
			case s.open[on.key] != on || s.paused:
			case now.Sub(on.last) < on.key.endAfter():
				s.arm(on, now)
			case s.ends[on.start.Native] && s.feed.heardAt.Equal(on.last):
				// It would have told of the end, and nothing has come since:
				// the stream may be lost.
				on.timer = s.feed.d.clk.AfterFunc(time.Second, s.look(on))
			default:
				s.finish(on, now, nil)
			}
		})
	}
}

// endAll ends what an "inactive" is about: one that names no region ends the
// alarm of all of them.
func (s *alarms) endAll(a *isapi.Alert, key alarmKey, now time.Time, unless time.Duration) {
	if !a.Heartbeat {
		s.ends.add(a.Native)
	}
	if on := s.open[key]; on != nil {
		if now.Sub(on.last) >= unless {
			s.finish(on, now, a.Raw)
		}
		return
	}
	if key.region != 0 {
		return
	}
	for _, on := range s.sorted() {
		k := on.key
		k.region = 0
		if k == key && now.Sub(on.last) >= unless {
			s.finish(on, now, a.Raw)
		}
	}
}

func (s *alarms) finish(on *alarm, now time.Time, raw []byte) {
	delete(s.open, on.key)
	s.fullLogged = false
	stop(&on.timer)
	s.tellStart(on)
	end := on.start
	end.State, end.Time, end.Raw = "stop", now, raw
	s.feed.tell(end)
	s.feed.noteAlarm(on, false)
}

// pause lets no silence end an alarm: the stream is lost, and nothing is
// known.
func (s *alarms) pause() {
	s.paused = true
	for _, on := range s.sorted() {
		stop(&on.timer)
		s.tellStart(on)
	}
	s.tellSingles()
}

// resume ends the alarms that were not told of for longer than they may be:
// whatever comes now begins anew. The others go on.
func (s *alarms) resume(now time.Time) {
	s.paused = false
	for _, on := range s.sorted() {
		if on.takenOver {
			on.takenOver, on.last = false, now
		}
		if now.Sub(on.last) >= on.key.endAfter() {
			s.finish(on, now, nil)
			continue
		}
		s.arm(on, now)
	}
}

// clear forgets everything without a word.
func (s *alarms) clear() {
	for _, on := range slices.Concat(s.sorted(), s.singles) {
		stop(&on.timer)
		stop(&on.image)
	}
	s.singles = nil
	clear(s.open)
	clear(s.seen)
	clear(s.past)
	s.paused, s.fullLogged = false, false
}
