package mqtt

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/eclipse/paho.golang/paho"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// jobState is what is told of a job.
type jobState struct {
	Last    *time.Time `json:"last"`    // began
	Next    *time.Time `json:"next"`    // is due
	Outcome *string    `json:"outcome"` // of the last run: ok, failed, cancelled
	Error   *string    `json:"error"`   // of it
	Running int        `json:"running"` // runs that go on
}

// refresh publishes what has changed, and takes away what is no more.
func (l *link) refresh() {
	if l.bridge.conf.Scripts {
		return
	}
	st := l.bridge.host.Status()
	l.look(&st)
	states, actions := l.states(&st)
	for topic, do := range actions {
		l.actions.Store(topic, do)
	}
	l.actions.Range(func(topic, _ any) bool {
		if actions[topic.(string)] == nil {
			l.actions.Delete(topic)
		}
		return true
	})
	l.discover(&st)
	for _, topic := range slices.Sorted(maps.Keys(l.published)) {
		if _, wanted := states[topic]; !wanted && topic != l.names.status() {
			if !l.isOthers(topic) {
				l.publish(topic, "")
			}
			delete(l.published, topic)
		}
	}
	for _, topic := range slices.Sorted(maps.Keys(states)) {
		l.publish(topic, states[topic])
	}
	l.pictures.Range(func(topic, _ any) bool {
		there := slices.ContainsFunc(l.channels, func(h head) bool { return l.names.channel(h.device, h.channel, "picture") == topic })
		if !there && (l.isOthers(topic.(string)) || l.put(topic.(string), nil)) {
			l.pictures.Delete(topic)
		}
		return true
	})
}

// refreshChannels publishes where heads were sent, and what moves, of the channels
// that were published before.
func (l *link) refreshChannels() {
	for _, h := range l.channels {
		motion, at := l.bridge.book.states(h)
		for what, state := range map[string]string{"motion": motion, "preset": at} {
			topic := l.names.channel(h.device, h.channel, what)
			if _, there := l.published[topic]; there {
				l.publish(topic, state)
			}
		}
	}
}

// forget has everything published anew: Home Assistant has started.
func (l *link) forget() {
	clear(l.published)
	clear(l.configs)
	l.refresh()
}

// publish puts a state onto the broker, unless it lies there already. "" takes it
// away.
func (l *link) publish(topic, payload string) {
	if before, there := l.published[topic]; there && before == payload {
		return
	}
	if l.put(topic, []byte(payload)) {
		l.published[topic] = payload
	}
}

// put publishes something that the broker keeps.
func (l *link) put(topic string, payload []byte) bool {
	if l.most > 0 && len(topic)+len(payload)+64 > l.most {
		return false
	}
	_, err := l.client.Publish(l.ctx, &paho.Publish{Topic: topic, Payload: payload, Retain: true})
	return err == nil // else the connection ends, and says why
}

// states are all that is on the broker, by topic, and the commands that there are.
func (l *link) states(st *runtime.Status) (states map[string]string, actions map[string]action) {
	states, actions = make(map[string]string), make(map[string]action)
	l.channels = nil
	if l.shares.host != "" {
		states[l.names.base+"/status"] = "" // of a host that ran the site alone
	}
	for i := range st.Devices {
		d := &st.Devices[i]
		if isElsewhere(d) {
			l.bridge.book.leave(d.Name)
		}
		if d.Leaving || isElsewhere(d) {
			continue
		}
		states[l.names.device(d.Name, "state")] = d.State
		states[l.names.device(d.Name, "events")] = d.Events
		if d.Events != "flowing" {
			l.bridge.book.still(d.Name)
		}
		for _, c := range d.Channels {
			h := head{d.Name, c.ID}
			l.channels = append(l.channels, h)
			if !l.conf.Pictures { // of an earlier life
				states[l.names.channel(d.Name, c.ID, "picture")] = ""
			}
			motion, at := l.bridge.book.states(h)
			states[l.names.channel(d.Name, c.ID, "motion")] = motion
			if !hasHead(c) {
				continue
			}
			states[l.names.channel(d.Name, c.ID, "preset")] = at
			actions[l.names.channel(d.Name, c.ID, "preset/set")] = l.recallPreset(h)
			actions[l.names.channel(d.Name, c.ID, "stop")] = l.stopHead(h)
		}
	}
	for i := range st.Jobs {
		j := &st.Jobs[i]
		if isHandler(j) {
			continue
		}
		text, _ := json.Marshal(stateOf(j)) // it holds nothing but texts and numbers
		topic := l.jobTopic(j)
		states[topic] = string(text)
		actions[topic+"/run"] = l.runJob(jobName(j))
	}
	return states, actions
}

// hasHead reports whether a channel is known to have a head that turns.
func hasHead(c runtime.ChannelStatus) bool { return c.Head != nil && *c.Head }

// isHandler reports whether a job runs on events: it is not for people to run.
func isHandler(j *runtime.JobStatus) bool { return j.Kind == "on" }

func stateOf(j *runtime.JobStatus) jobState {
	s := jobState{Next: second(j.Next), Running: j.Running}
	if j.Last == nil {
		return s
	}
	s.Last = second(&j.Last.Scheduled)
	if j.Last.Started != nil {
		s.Last = second(j.Last.Started)
	}
	if j.Last.Outcome != "" {
		s.Outcome = &j.Last.Outcome
	}
	if e := j.Last.Error; e != nil {
		s.Error = new(firstWords(e.Message, 200))
	}
	return s
}

// second is a time without what Home Assistant does not show.
func second(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return new(t.Truncate(time.Second))
}

// discovers reports whether Home Assistant is told what the site has.
func (l *link) discovers() bool { return l.conf.Discovery == site.DiscoveryHomeAssistant }

const (
	// presetsEvery is how often a head is asked for its presets, beside when a
	// script has set one.
	presetsEvery = time.Hour
	// pictureEvery is how often a channel is asked for a picture.
	pictureEvery = time.Minute
	// followEvery is how often it is looked whether something is to be asked.
	followEvery = 5 * time.Second
)

// followPresets asks each channel for its presets, one after the other, and thereby
// whether it has a head.
func (l *link) followPresets() {
	asked := make(map[head]time.Time)
	l.follow(func(d *runtime.DeviceStatus, c runtime.ChannelStatus) {
		h, now := head{d.Name, c.ID}, l.bridge.conf.Clock.Now()
		if at, before := asked[h]; before && now.Sub(at) < presetsEvery && !l.bridge.book.isStale(h) || c.Head != nil && !*c.Head {
			return
		}
		list, err := l.bridge.host.Presets(runtime.By(l.ctx, "mqtt"), d.Name, c.ID)
		if err == nil {
			l.bridge.book.keepPresets(h, list)
		}
		if err == nil || !runtime.Report(err).Retryable {
			asked[h] = now
		}
	})
}

// followPictures puts a picture of each channel onto the broker.
func (l *link) followPictures() {
	asked := make(map[head]time.Time)
	l.follow(func(d *runtime.DeviceStatus, c runtime.ChannelStatus) {
		h, now := head{d.Name, c.ID}, l.bridge.conf.Clock.Now()
		if at, before := asked[h]; before && now.Sub(at) < pictureEvery {
			return
		}
		asked[h] = now
		if data, err := l.bridge.host.Picture(runtime.By(l.ctx, "mqtt"), d.Name, c.ID); err == nil {
			topic := l.names.channel(d.Name, c.ID, "picture")
			l.pictures.Store(topic, nil)
			l.put(topic, data)
		}
	})
}

// follow does something for each channel of the devices that are online, again and
// again until the connection ends.
func (l *link) follow(do func(*runtime.DeviceStatus, runtime.ChannelStatus)) {
	for {
		st := l.bridge.host.Status()
		for i := range st.Devices {
			d := &st.Devices[i]
			for _, c := range d.Channels {
				if clock.Cause(l.ctx) != nil {
					return
				}
				if d.State == online && !d.Leaving {
					do(d, c)
				}
			}
		}
		if clock.Sleep(l.ctx, l.bridge.conf.Clock, followEvery) != nil {
			return
		}
	}
}
