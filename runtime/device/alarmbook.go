package device

import (
	"fmt"
	"sync"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/store"
)

const (
	// alarmTable is the table of the store with the alarms that go on, a name that no
	// script has.
	alarmTable = "//alarms"
	// takeoverSpan is how long after the start a script may begin to listen that did
	// so under the former holder of the share.
	takeoverSpan = time.Minute
)

// alarmBook has in the log of a cluster which alarms go on that scripts were told
// of, by the address of the device: the next holder does not tell of them again,
// but of their end. Nothing waits for the log, so that what was told in its last
// milliseconds may be told twice. A nil book keeps nothing.
type alarmBook struct {
	set   *Set
	table *store.State
	away  time.Time // since when no host is known to have heard of events; zero: not known

	mu     sync.Mutex
	until  time.Time // of takeoverSpan
	forget clock.Timer
}

// begin is called when the devices start.
func (b *alarmBook) begin() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = b.set.clk.Now().Add(takeoverSpan)
	b.forget = b.set.clk.AfterFunc(takeoverSpan, b.forgetUnheard)
}

// forgetUnheard forgets the alarms of devices to which no script listens any more.
func (b *alarmBook) forgetUnheard() {
	heard := make(map[string]bool)
	b.set.each(func(d *Device) {
		d.feed.mu.Lock()
		heard[d.address] = d.feed.running
		d.feed.mu.Unlock()
	})
	var gone []any
	for address, _, _ := b.table.Next(nil, nil); address != nil; address, _, _ = b.table.Next(nil, address) {
		if name, _ := address.(string); !heard[name] {
			gone = append(gone, address)
		}
	}
	for _, address := range gone {
		b.table.Delete([]any{address})
	}
	b.table.Publish()
}

// end is called when the host ends.
func (b *alarmBook) end() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	stop(&b.forget)
}

// takingOver reports whether what begins now began under the former holder, too.
func (b *alarmBook) takingOver(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return now.Before(b.until)
}

// disk is the name of an alarm.
func (k alarmKey) disk() string {
	return fmt.Sprint(k.kind, " ", k.channel, " ", k.region, " ", k.port)
}

// opened notes that scripts were told of an alarm that goes on.
func (b *alarmBook) opened(d *Device, on *alarm) {
	if _, there := b.table.Get([]any{d.address}); !there {
		b.table.Set([]any{d.address}, map[any]any{})
	}
	// More of them than a table takes are not kept.
	_ = b.table.Set([]any{d.address, on.key.disk()}, map[any]any{
		"type": on.key.kind, "channel": on.key.channel, "region": on.key.region, "port": on.key.port,
		"native": on.start.Native, "target": on.start.Target, "since": float64(on.start.Time.UnixMilli()),
	})
	b.table.Publish()
}

// ended notes that an alarm has ended, or that nothing is known of it any more.
func (b *alarmBook) ended(d *Device, on *alarm) {
	if b == nil {
		return
	}
	b.table.Delete([]any{d.address, on.key.disk()})
	b.table.Publish()
}

// of are the alarms of a device that were told of and had not ended.
func (b *alarmBook) of(d *Device) (list []*alarm) {
	if b == nil {
		return nil
	}
	rows, _ := b.table.Copy([]any{d.address}).(map[any]any)
	for _, row := range rows {
		row, _ := row.(map[any]any)
		text := func(key string) string { v, _ := row[key].(string); return v }
		number := func(key string) int { v, _ := row[key].(float64); return int(v) }
		key := alarmKey{text("type"), number("channel"), number("region"), number("port")}
		since, _ := row["since"].(float64)
		list = append(list, &alarm{key: key, delivered: true, takenOver: true, start: luaapi.Event{
			Type: key.kind, Native: text("native"), State: "start", Channel: key.channel, Port: key.port, Region: key.region,
			Target: text("target"), Time: time.UnixMilli(int64(since)),
		}})
	}
	return list
}

// takeOver has the alarms of the former holder go on, until the device has had the
// time to tell of them again or not. Called with the feed's mu held.
func (f *feed) takeOver() {
	b := f.d.set.alarmBook
	if b == nil {
		return
	}
	if b.takingOver(f.d.clk.Now()) {
		f.away = b.away
	}
	for _, on := range b.of(f.d) {
		f.alarms.open[on.key] = on
		f.alarms.paused = true
	}
}

// noteAlarm keeps that scripts were told of the start of an alarm, or of its end. Where
// none listens, because the host ends, it is for the next holder to tell. Called with
// mu held.
func (f *feed) noteAlarm(on *alarm, opened bool) {
	b := f.d.set.alarmBook
	switch {
	case b == nil, f.wanted == 0, on.single:
	case opened:
		b.opened(f.d, on)
	default:
		b.ended(f.d, on)
	}
}

// tellAway tells scripts that nothing is known of events since the former holder had
// the share, if that is longer than a connection may be gone without a word. It gives
// that time; zero: there was nothing to tell. Called with mu held.
func (f *feed) tellAway(now time.Time) time.Time {
	away := f.away
	f.away = time.Time{}
	if away.IsZero() || now.Sub(away) <= lostGrace {
		return time.Time{}
	}
	f.tell(luaapi.Event{Type: EventsStale, State: "start", Time: away, Since: away})
	return away
}
