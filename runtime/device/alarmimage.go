package device

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/hiklua/hiklua/isapi"
)

const (
	// announcedImage is how long the start of an alarm waits for a picture that
	// it announces.
	announcedImage = 2 * time.Second
	// lateImage is how long it waits if pictures of this type came before
	// without being announced.
	lateImage = 500 * time.Millisecond
)

// pictureDue is how long a picture is to be waited for; 0: none is.
func (s *alarms) pictureDue(a *isapi.Alert) time.Duration {
	switch {
	case len(a.Image) > 0:
	case a.Pictures > 0:
		return announcedImage
	case s.late[a.Native]:
		return lateImage
	}
	return 0
}

// picture takes one that came after its alert. Where no alarm waited for it, the
// next alarm of this type does.
func (s *alarms) picture(a *isapi.Alert, key alarmKey) {
	on := s.open[key]
	if a.Single {
		on = s.waitingSingle(key)
	}
	switch {
	case a.State == isapi.StateInactive:
	case on == nil && a.Single, on != nil && on.delivered:
		s.late.add(a.Native)
	case on != nil:
		on.start.Image = a.Image
		s.tellStart(on)
	}
}

// sorted are the alarms that go on, in an order that does not come from a map.
func (s *alarms) sorted() []*alarm {
	return slices.SortedFunc(maps.Values(s.open), func(a, b *alarm) int {
		return cmp.Or(a.start.Time.Compare(b.start.Time), cmp.Compare(a.key.kind, b.key.kind),
			cmp.Compare(a.key.channel, b.key.channel), cmp.Compare(a.key.region, b.key.region), cmp.Compare(a.key.port, b.key.port))
	})
}
