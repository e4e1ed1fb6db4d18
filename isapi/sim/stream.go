package sim

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// stream is one subscriber of the events. It has no goroutine: its reader
// asks for the next part and waits by the clock until one is due.
type stream struct {
	d        *Device
	x        *exchange
	remote   string
	boundary string

	// Guarded by d.mu.
	queue  []message
	waiter clock.Waiter // of the reader that waits
	closed bool
	beat   time.Time // last heartbeat
	sent   map[*alarm]time.Time
	lost   map[int]time.Time // last videoloss by offline channel
	posts  map[string]int    // activePostCount by type; "" over all
}

// message is the beginning of an alarm, a repeat of it, or its end.
type message struct {
	alarm  *alarm
	active bool
}

const maxQueue = 1000

func isStream(path string) bool {
	path = strings.Trim(path, "/")
	return strings.EqualFold(path, "ISAPI/Event/notification/alertStream") ||
		strings.EqualFold(path, "ISAPI/Event/notification/subscribeEvent")
}

func subscribeEvent(x *exchange) {
	if _, ok := x.read(anything, "SubscribeEvent"); ok {
		alertStream(x)
	}
}

func alertStream(x *exchange) {
	d := x.d
	x.entry.What = "event stream"
	switch {
	case x.user.noEvents:
		x.status = http.StatusUnauthorized
		x.header["WWW-Authenticate"] = d.challenges(x.r.RequestURI, x.now)
		x.xml(d.form.fragment(d.userCheck(x.now, false)))
		return
	case len(d.streams) >= d.o.MaxStreams:
		x.refuse("invalidOperation")
		return
	}
	boundary := "boundary"
	if d.recorder() {
		boundary = "MIME_boundary"
	}
	x.status = http.StatusOK
	x.set("Content-Type", "multipart/mixed; boundary="+boundary)
	x.stream = &stream{d: d, x: x, remote: x.r.RemoteAddr, boundary: boundary,
		sent: map[*alarm]time.Time{}, lost: map[int]time.Time{}, posts: map[string]int{}}
	d.streams = append(d.streams, x.stream)
}

// push queues a message. It needs d.mu. A reader that does not keep up loses
// the oldest.
func (s *stream) push(m message) {
	s.queue = append(s.queue, m)
	if len(s.queue) > maxQueue {
		s.queue = s.queue[1:]
	}
	s.wake()
}

func (s *stream) wake() {
	if s.waiter != nil {
		s.waiter.Wake()
		s.waiter = nil
	}
}

// wakeStreams lets every stream look again at what is due. It needs d.mu.
func (d *Device) wakeStreams() {
	for _, s := range d.streams {
		s.wake()
	}
}

// close gives the slot back and ends the journal's entry.
func (s *stream) close() {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	s.d.streams = slices.DeleteFunc(s.d.streams, func(other *stream) bool { return other == s })
	s.x.entry.Status = s.x.status
	s.d.journal.end(s.x.entry, s.d.clk.Now())
	s.wake()
}

var errReset = errors.New("reset")

// next waits for the next part and returns its bytes. errReset and
// io.ErrUnexpectedEOF say how the device broke off, io.EOF that the stream was
// closed on this side.
func (s *stream) next(ctx context.Context) ([]byte, error) {
	d := s.d
	for {
		d.mu.Lock()
		now := d.clk.Now()
		if s.closed {
			d.mu.Unlock()
			return nil, io.EOF
		}
		if err := s.broken(now); err != nil {
			d.mu.Unlock()
			s.close()
			return nil, err
		}
		part, picture, due := s.due(now)
		if part != nil {
			d.mu.Unlock()
			if picture != nil {
				part = append(part, s.picturePart(*picture)...)
			}
			return part, nil
		}
		w := d.clk.NewWaiter()
		s.waiter = w
		d.mu.Unlock()
		if err := d.waitUntil(ctx, w, due); err != nil {
			s.close()
			return nil, err
		}
	}
}

func (s *stream) broken(now time.Time) error {
	if s.d.down(now) {
		return errReset
	}
	if _, ok := s.d.fault("reset", now); ok {
		return errReset
	}
	if _, ok := s.d.fault("cut", now); ok {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// due makes the part that is due at now, or tells when to look again.
func (s *stream) due(now time.Time) (part []byte, picture *view, at time.Time) {
	d := s.d
	at = now.Add(24 * time.Hour)
	sooner := func(t time.Time) {
		if t.After(now) && t.Before(at) {
			at = t
		}
	}
	for _, f := range d.faults {
		if f.active(now, d.zone) {
			if t, ok := f.end(now, d.zone); ok {
				sooner(t)
			}
		} else if t, ok := f.begin(now, d.zone); ok {
			sooner(t)
		}
	}
	if _, silent := d.fault("stream-silent", now); silent {
		s.queue = nil
		return nil, nil, at
	}
	if len(s.queue) > 0 {
		m := s.queue[0]
		s.queue = s.queue[1:]
		_, again := s.sent[m.alarm]
		part, picture = s.alert(m, now, !again)
		return part, picture, at
	}
	for _, a := range d.alarms {
		if !d.notifies(a.Alert) {
			continue
		}
		last, sent := s.sent[a]
		next := last.Add(s.d.o.Dialect.repeat())
		if !sent || !next.After(now) {
			part, picture = s.alert(message{a, true}, now, !sent)
			return part, picture, at
		}
		sooner(next)
	}
	if d.o.Dialect == DialectNVR {
		for _, c := range d.channels {
			if c.online || !d.proxied(c) {
				continue
			}
			next := s.lost[c.o.ID].Add(d.o.LossRepeat)
			if !next.After(now) {
				s.lost[c.o.ID] = now
				return s.part(s.body(Alert{Type: "videoloss", Channel: c.o.ID}, true, now)), nil, at
			}
			sooner(next)
		}
		return nil, nil, at
	}
	next := s.beat.Add(d.o.Heartbeat)
	if !next.After(now) {
		s.beat = now
		return s.part(s.heartbeat(now)), nil, at
	}
	sooner(next)
	return nil, nil, at
}

// repeat is how often an alarm that goes on is told again.
func (d Dialect) repeat() time.Duration {
	switch d {
	case DialectPTZ:
		return 300 * time.Millisecond
	case DialectNVR:
		return 1500 * time.Millisecond
	}
	return time.Second
}

func (s *stream) alert(m message, now time.Time, first bool) (part []byte, picture *view) {
	if m.active {
		s.sent[m.alarm] = now
	} else {
		delete(s.sent, m.alarm)
	}
	s.d.counts.Events++
	if c := s.d.channel(m.alarm.Channel); m.alarm.Picture && first && m.active && c != nil {
		v := s.d.view(&shot{channel: c, width: c.o.SubWidth, height: c.o.SubHeight}, now)
		picture = &v
	}
	return s.part(s.body(m.alarm.Alert, m.active, now)), picture
}

// streamBody is a stream as the body of an answer in memory.
type streamBody struct {
	s    *stream
	ctx  context.Context
	rest []byte
}

func (b *streamBody) Read(p []byte) (int, error) {
	if len(b.rest) == 0 {
		part, err := b.s.next(b.ctx)
		if errors.Is(err, errReset) {
			err = netError("read", "read", syscall.ECONNRESET, b.s.x.r)
		}
		if err != nil {
			return 0, err
		}
		b.rest = part
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

func (b *streamBody) Close() error {
	b.s.close()
	return nil
}

// serveStream writes a stream to a real connection until either side ends it.
func (d *Device) serveStream(ctx context.Context, w http.ResponseWriter, x *exchange) {
	defer x.stream.close()
	maps.Copy(w.Header(), x.header)
	w.WriteHeader(x.status)
	control := http.NewResponseController(w)
	_ = control.Flush()
	for {
		part, err := x.stream.next(ctx)
		if err != nil {
			if errors.Is(err, errReset) || errors.Is(err, io.ErrUnexpectedEOF) {
				hangUp(w, errors.Is(err, errReset))
			}
			return
		}
		if _, err := w.Write(part); err != nil {
			return
		}
		if err := control.Flush(); err != nil {
			return
		}
	}
}
