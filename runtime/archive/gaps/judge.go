package gaps

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// follow takes over the series that are to be followed.
func (t *Tracker) follow(now time.Time) (ended []Gap) {
	t.mu.Lock()
	wanted := t.wanted
	t.mu.Unlock()
	if wanted == nil {
		return nil
	}
	// What the index has is asked for without the lock.
	recent := make(map[string][]time.Time)
	for _, s := range wanted {
		t.mu.Lock()
		known := t.state.Series[s.key()]
		following := t.series[s.key()] != nil
		t.mu.Unlock()
		if known == nil || following || known.Next.IsZero() {
			continue
		}
		err := t.conf.Taken(t.ctx, s.Device, s.Channel, s.Label, known.Next, func(at time.Time) {
			recent[s.key()] = append(recent[s.key()], at)
		})
		if err != nil {
			t.log.Warn("the index of the archive cannot be asked what is missing; it is asked again", "error", err)
			return nil
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	next := make(map[string]*series)
	for _, s := range wanted {
		key := s.key()
		if is := t.series[key]; is != nil {
			is.Series = s
			next[key] = is
			continue
		}
		f := t.state.Series[key]
		if f == nil {
			f = &following{Since: now, Next: s.Due.Next(now)}
		}
		is := &series{Series: s, following: f}
		for _, at := range recent[key] {
			is.came(at)
		}
		next[key] = is
	}
	for _, key := range slices.Sorted(maps.Keys(t.series)) {
		if s := t.series[key]; next[key] == nil && s.Gap != nil {
			ended = append(ended, t.endGap(s, now))
		}
	}
	for key, f := range t.state.Series {
		device, _, _ := strings.Cut(key, "/")
		if next[key] == nil && slices.Contains(t.open, device) {
			continue
		}
		if next[key] == nil && f.Gap != nil {
			f.Gap.end(latest(f.Gap.Last, t.state.Alive), time.Time{})
			ended = append(ended, f.Gap.clone())
		}
		delete(t.state.Series, key)
	}
	t.series = next
	if t.wantedIs(wanted) {
		t.wanted = nil
	}
	return ended
}

// wantedIs reports whether nothing else has been asked for meanwhile.
func (t *Tracker) wantedIs(list []Series) bool {
	return len(list) == len(t.wanted) && (len(list) == 0 || &list[0] == &t.wanted[0])
}

// judge judges what has been due for long enough. over is a gap that had ended before
// those that have begun. Called with mu held.
func (t *Tracker) judge(s *series, now time.Time) (over, begun, ended []Gap) {
	for !s.Next.IsZero() && !now.Before(s.Next.Add(grace)) {
		due := s.Next
		next := s.Due.Next(due)
		within := func(at time.Time) bool { return !at.Before(due) && (next.IsZero() || at.Before(next)) }
		came := slices.IndexFunc(s.recent, within)
		other, elsewhere := away(t.state.Away, due)
		switch {
		case came >= 0 && s.Gap != nil:
			ended = append(ended, t.endGap(s, s.recent[came]))
		case came < 0 && elsewhere:
			if s.Gap != nil {
				s.Gap.end(latest(s.Gap.Last, other.From), time.Time{})
				if len(begun) == 0 {
					over = append(over, s.Gap.clone())
				} else {
					ended = append(ended, s.Gap.clone())
				}
				s.Gap = nil
			}
		case came < 0:
			fresh := s.Gap == nil
			if fresh {
				s.Gap = &Gap{Device: s.Device, Channel: s.Channel, Name: s.Name, Label: s.Label, Every: s.Due.String(), From: due}
			}
			why := t.reason(s, due, next)
			s.Gap.add(due, why)
			t.missed[Missed{Device: s.Device, Channel: s.Channel, Why: why.Why}]++
			if n := len(s.Gap.Reasons); n > maxReasons {
				s.Gap.Reasons[n-2].Missing += s.Gap.Reasons[n-1].Missing
				s.Gap.Reasons = s.Gap.Reasons[:n-1]
			}
			s.last, s.until = due, next
			if fresh {
				begun = append(begun, s.Gap.clone())
			}
		}
		s.Next = next
		s.recent = slices.DeleteFunc(s.recent, func(at time.Time) bool { return !next.IsZero() && at.Before(next) })
		s.Failed = slices.DeleteFunc(s.Failed, func(f failure) bool { return !next.IsZero() && f.At.Before(next) })
	}
	return over, begun, ended
}

// reason is why the picture is missing that was due. Called with mu held.
func (t *Tracker) reason(s *series, due, next time.Time) Reason {
	for _, r := range t.down {
		if !due.Before(r.From) && due.Before(r.Till) {
			return r
		}
	}
	for _, f := range s.Failed {
		if !f.At.Before(due) && (next.IsZero() || f.At.Before(next)) {
			if state, since := t.conf.State(s.Device); state == f.Why && !since.After(f.At) {
				return Reason{Why: f.Why, From: since}
			}
			return Reason{Why: f.Why, From: due}
		}
	}
	switch state, since := t.conf.State(s.Device); {
	case state == "online" && since.After(due.Add(grace)):
		// Its channels were not known before, or many were due while it came back.
		return Reason{Why: "offline", From: due, Till: since}
	case state != "online" && state != "" && !since.After(due.Add(grace)):
		return Reason{Why: state, From: since}
	}
	return Reason{Why: NotKnown, From: due}
}
