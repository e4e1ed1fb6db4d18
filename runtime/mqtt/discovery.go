package mqtt

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/hiklua/hiklua/runtime"
)

// maxJobs bounds the jobs of which Home Assistant is told: all are in one message.
const maxJobs = 500

// The config of a device, as Home Assistant reads it since 2024.11: one message for
// the device with all that it has. The short names are those of its list of
// abbreviations.
type deviceConfig struct {
	Device       deviceInfo           `json:"dev"`
	Origin       origin               `json:"o"`
	Availability []availability       `json:"avty"`
	Components   map[string]component `json:"cmps"`
}

type deviceInfo struct {
	IDs          []string `json:"ids"`
	Name         string   `json:"name"`
	Manufacturer string   `json:"mf,omitempty"`
	Model        string   `json:"mdl,omitempty"`
	Software     string   `json:"sw,omitempty"`
	Via          string   `json:"via_device,omitempty"`
}

type origin struct {
	Name     string `json:"name"`
	Software string `json:"sw,omitempty"`
}

type availability struct {
	Topic    string `json:"t"`
	Template string `json:"val_tpl,omitempty"`
}

// component is one entity. One with nothing but its platform is taken away.
type component struct {
	Platform     string         `json:"p"`
	ID           string         `json:"uniq_id,omitempty"`
	Name         string         `json:"name,omitempty"`
	Class        string         `json:"dev_cla,omitempty"`
	Category     string         `json:"ent_cat,omitempty"`
	Icon         string         `json:"ic,omitempty"`
	State        string         `json:"stat_t,omitempty"`
	Template     string         `json:"val_tpl,omitempty"`
	Attributes   string         `json:"json_attr_t,omitempty"`
	Command      string         `json:"cmd_t,omitempty"`
	Options      []string       `json:"ops,omitempty"`
	Image        string         `json:"img_t,omitempty"`
	ContentType  string         `json:"cont_type,omitempty"`
	Availability []availability `json:"avty,omitempty"` // in the place of the device's
	Mode         string         `json:"avty_mode,omitempty"`
}

// foundConfig is a config that was on the broker before.
type foundConfig struct {
	topic   string
	payload []byte
}

// keepFound notes what a config of an earlier life has: what is there no more has to
// be taken away by name.
func (l *link) keepFound(f foundConfig) {
	if _, known := l.components[f.topic]; known {
		return
	}
	var config deviceConfig
	_ = json.Unmarshal(f.payload, &config) // what is no config is replaced, or removed
	l.components[f.topic] = platforms(config.Components)
}

func platforms(components map[string]component) map[string]string {
	all := make(map[string]string)
	for key, c := range components {
		all[key] = c.Platform
	}
	return all
}

// discover tells Home Assistant what the site has, as far as that has changed.
func (l *link) discover(st *runtime.Status) {
	if !l.discovers() {
		return
	}
	configs, others := l.sites(st)
	for i := range st.Devices {
		switch d := &st.Devices[i]; {
		case isElsewhere(d):
			others[l.names.config(d.Name)] = true
		case !d.Leaving:
			configs[l.names.config(d.Name)] = l.deviceConfig(d, st.Version)
		}
	}
	for topic := range others {
		delete(l.configs, topic)
	}
	for _, topic := range slices.Sorted(maps.Keys(configs)) {
		l.announce(topic, configs[topic])
	}
	for _, topic := range slices.Sorted(maps.Keys(l.components)) {
		if _, wanted := configs[topic]; !wanted && !others[topic] && l.put(topic, nil) {
			delete(l.components, topic)
			delete(l.configs, topic)
		}
	}
}

// announce publishes a config, after one that takes away what is not in it any more.
func (l *link) announce(topic string, config deviceConfig) {
	text, _ := json.Marshal(config) // it holds nothing but texts
	if l.configs[topic] == string(text) {
		return
	}
	if size := len(text) + len(topic) + 64; l.most > 0 && size > l.most {
		if !l.tooLarge[topic] {
			l.tooLarge[topic] = true
			l.bridge.conf.Log.Warn("Home Assistant is not told of a device: the MQTT broker takes no messages of that size", "device", config.Device.Name, "bytes", size, "most", l.most)
		}
		return
	}
	gone := false
	last := config
	last.Components = maps.Clone(config.Components)
	for key, platform := range l.components[topic] {
		if now, there := config.Components[key]; platform != "" && (!there || now.Platform != platform) {
			last.Components[key] = component{Platform: platform}
			gone = true
		}
	}
	if gone {
		farewell, _ := json.Marshal(last)
		l.put(topic, farewell)
	}
	if l.put(topic, text) {
		l.configs[topic] = string(text)
		l.components[topic] = platforms(config.Components)
	}
}

func (l *link) id(parts string) string { return l.names.node + "." + parts }

// here is that the host is connected.
func (l *link) here() availability { return availability{Topic: l.names.status()} }

// deviceConfig is the config of a device of the site.
func (l *link) deviceConfig(d *runtime.DeviceStatus, version string) deviceConfig {
	me := slug(d.Name)
	share := l.shares.of(d.Share)
	site, _ := l.siteOf(share)
	here := l.holds(share)
	config := deviceConfig{
		Device: deviceInfo{
			IDs: []string{l.id("device." + me)}, Name: d.Name, Manufacturer: "Hikvision", Model: d.Model, Software: d.Firmware, Via: l.id(site),
		},
		Origin: origin{"hiklua", version}, Availability: []availability{here}, Components: make(map[string]component),
	}
	add := func(key string, c component) {
		c.ID = l.id("device." + me + "." + key)
		config.Components[key] = c
	}
	add("state", component{
		Platform: "binary_sensor", Name: "Connection", Class: "connectivity", Category: "diagnostic",
		State: l.names.device(d.Name, "state"), Template: "{{ 'ON' if value == 'online' else 'OFF' }}",
	})
	for _, c := range d.Channels {
		prefix := ""
		switch {
		case len(d.Channels) == 1:
		case c.Name != "":
			prefix = c.Name + " "
		default:
			prefix = fmt.Sprintf("Channel %d ", c.ID)
		}
		topic := func(what string) string { return l.names.channel(d.Name, c.ID, what) }
		key := func(what string) string { return fmt.Sprintf("%d.%s", c.ID, what) }
		add(key("motion"), component{
			Platform: "binary_sensor", Name: prefix + "Motion", Class: "motion", State: topic("motion"), Mode: "all",
			Availability: []availability{here, {l.names.device(d.Name, "events"), "{{ 'offline' if value == 'off' else 'online' }}"}},
		})
		if hasHead(c) {
			if labels := l.bridge.book.labels(head{d.Name, c.ID}); len(labels) > 0 {
				add(key("preset"), component{
					Platform: "select", Name: prefix + "Preset", Icon: "mdi:target", State: topic("preset"), Command: topic("preset/set"), Options: labels,
				})
			}
			add(key("stop"), component{Platform: "button", Name: prefix + "Stop", Icon: "mdi:stop", Command: topic("stop")})
		}
		if l.conf.Pictures {
			add(key("picture"), component{Platform: "image", Name: prefix + "Picture", Image: topic("picture"), ContentType: "image/jpeg"})
		}
	}
	return config
}

// siteConfig is the config of the site itself, with its jobs; in a cluster that of a
// share.
func (l *link) siteConfig(st *runtime.Status, share string) deviceConfig {
	id, name := l.siteOf(share)
	config := deviceConfig{
		Device: deviceInfo{IDs: []string{l.id(id)}, Name: name, Manufacturer: "hiklua", Software: st.Version},
		Origin: origin{"hiklua", st.Version}, Availability: []availability{l.holds(share)}, Components: make(map[string]component),
	}
	template := "{{ 'ON' if value == 'online' else 'OFF' }}"
	if share != "" {
		template = l.holdsTemplate(share, "ON", "OFF")
	}
	// Everything else is unavailable while the host is away; this says that it is.
	config.Components["status"] = component{
		Platform: "binary_sensor", ID: l.id(id + ".status"), Name: "Host", Class: "connectivity", Category: "diagnostic",
		State: l.names.status(), Template: template,
		Availability: []availability{{l.names.status(), "{{ 'online' }}"}},
	}
	prefix := "" // of the ids of jobs
	if l.shares.several() {
		prefix = id + "."
	}
	jobs := 0
	for i := range st.Jobs {
		j := &st.Jobs[i]
		if isHandler(j) || l.shares.of(j.Share) != share {
			continue
		}
		if jobs++; jobs > maxJobs {
			if !l.tooLarge[maxJobsTold] {
				l.tooLarge[maxJobsTold] = true
				l.bridge.conf.Log.Warn("Home Assistant is told of the first jobs only", "jobs", maxJobs)
			}
			break
		}
		me, name, topic := "job."+slug(j.Script)+"."+slug(j.Name), j.Script+"/"+j.Name, l.jobTopic(j)
		add := func(what string, c component) {
			c.ID = l.id(prefix + me + "." + what)
			config.Components[me+"."+what] = c
		}
		add("run", component{Platform: "button", Name: name, Icon: "mdi:play", Command: topic + "/run"})
		add("last", component{
			Platform: "sensor", Name: name + " last run", Class: "timestamp", State: topic, Template: "{{ value_json.last }}", Attributes: topic,
		})
		add("next", component{
			Platform: "sensor", Name: name + " next run", Class: "timestamp", State: topic, Template: "{{ value_json.next }}",
		})
	}
	return config
}

// maxJobsTold is in tooLarge once it was said that there are too many jobs.
const maxJobsTold = "jobs"
