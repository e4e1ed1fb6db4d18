package device

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
)

// stopLines are those over which a stop may reach the head, the best first: that
// of the name which began the motion, as it is now and as it was then (someone
// has saved a wrong password since), and the device's first. Called with mu
// held.
func (h *head) stopLines(m *motion, requests []*stopRequest) []*line {
	var lines []*line
	add := func(l *line) {
		if l == nil || l.dev != h.d || slices.Contains(lines, l) {
			return
		}
		lines = append(lines, l)
	}
	if m != nil {
		add(m.ref.line.Load())
		add(m.line)
	} else if len(requests) > 0 {
		add(requests[0].ref.line.Load())
	}
	add(h.d.first())
	return lines
}

// send tries once over each line, until one brings the answer.
func (s *stopper) send(m *motion, lines []*line) (err error) {
	h, d := s.head, s.head.d
	for _, l := range lines {
		ctx, cancel := clock.WithTimeout(d.clk, d.ctx, StopTimeout)
		one := l.ref.sent(func() error {
			if m != nil {
				return m.drive(ctx, l.urgent, isapi.Velocity{})
			}
			return h.drive(ctx, l.urgent, isapi.Velocity{})
		})
		cancel()
		l.ref.observe(l, one)
		if one == nil || isElsewhere(one) {
			return one
		}
		if err == nil || isRefusal(err) { // one that may fare better next time counts more
			err = one
		}
	}
	return err
}

// isRefusal reports whether a device does not carry out a stop although it was
// reached, and another try hardly fares better soon.
func isRefusal(err error) bool {
	return isAny(err, isapi.ErrForbidden, isapi.ErrNotFound, isapi.ErrUnsupported, isapi.ErrMisuse)
}

func isAny(err error, kinds ...error) bool {
	return slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(err, kind) })
}

// isFault reports whether a device says of a stop that something is wrong with
// it.
func isFault(err error) bool {
	e, ok := errors.AsType[*isapi.Error](err)
	return ok && e.HTTPStatus/100 == 5 && e.Kind() == "device"
}

// write tells the journal of a stop: whose motion, or whose ptz_stop.
func (s *stopper) write(m *motion, requests []*stopRequest, began time.Time, err error) {
	if isapi.Unsent(err) {
		return
	}
	h := s.head
	e := journal.Entry{Time: began, Duration: h.d.clk.Now().Sub(began), Channel: h.channel, What: h.stopWord(), Head: true, Err: err}
	switch {
	case len(requests) > 0:
		requests[0].ref.record(requests[0].ctx, e)
	case m != nil:
		h.d.mu.Lock()
		e.Use = &journal.HeadUse{Run: ownerOf(m.ctx).runOf().Task, Ended: m.cause}
		h.d.mu.Unlock()
		m.ref.record(m.ctx, e)
	default:
		h.d.first().ref.record(context.Background(), e)
	}
}
