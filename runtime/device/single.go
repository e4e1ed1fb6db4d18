package device

import (
	"bytes"
	"slices"
	"time"

	"github.com/hiklua/hiklua/isapi"
)

// repeatWithin is how soon after a message the same one, byte for byte, is a
// repeat of it rather than an event of its own.
const repeatWithin = 2 * time.Second

// repeatedAlert is the message that was heard last.
type repeatedAlert struct {
	raw []byte
	at  time.Time
}

// single tells of an event of its own: a number plate, a card at a door, a face.
// Two of them within a second are two events, so they are not folded as alarms
// are; they have a start and no end.
func (s *alarms) single(a *isapi.Alert, key alarmKey, now time.Time) {
	last := s.repeats
	s.repeats = repeatedAlert{a.Raw, now}
	if bytes.Equal(last.raw, a.Raw) && now.Sub(last.at) < repeatWithin {
		return
	}
	s.tellSingles() // what they wait for would have come before this one
	on := &alarm{key: key, last: now, start: eventOf(a, now), single: true}
	s.tellWithPicture(on, a)
	if !on.delivered {
		s.singles = append(s.singles, on)
	}
}

// tellSingles tells of those that still wait for their pictures.
func (s *alarms) tellSingles() {
	for _, on := range s.singles {
		s.tellStart(on)
	}
	s.singles = nil
}

// waitingSingle is the latest event of that key that waits for its picture;
// nil: there is none.
func (s *alarms) waitingSingle(key alarmKey) *alarm {
	for _, on := range slices.Backward(s.singles) {
		if on.key == key && !on.delivered {
			return on
		}
	}
	return nil
}
