package mqtt

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/site"
)

// What Home Assistant takes in the config of a device (its integration mqtt, the files
// schemas.py, discovery.py, abbreviations.py and one for each platform, 2024.11).
var (
	takenDevice    = []string{"ids", "cns", "name", "mf", "mdl", "mdl_id", "sw", "hw", "sn", "sa", "via_device", "cu"}
	takenOrigin    = []string{"name", "sw", "url"}
	takenShared    = []string{"avty", "avty_mode", "avty_t", "avty_tpl", "pl_avail", "pl_not_avail"}
	takenComponent = []string{"p", "uniq_id", "name", "ic", "ent_cat", "dev_cla", "json_attr_t", "json_attr_tpl", "en", "obj_id", "qos"}
	takenBy        = map[string]struct{ needed, more []string }{
		"binary_sensor": {[]string{"stat_t"}, []string{"val_tpl", "pl_on", "pl_off", "off_dly", "exp_aft", "frc_upd"}},
		"sensor":        {[]string{"stat_t"}, []string{"val_tpl", "stat_cla", "unit_of_meas", "exp_aft", "frc_upd", "ops"}},
		"select":        {[]string{"cmd_t", "ops"}, []string{"stat_t", "val_tpl", "cmd_tpl", "opt", "ret"}},
		"button":        {[]string{"cmd_t"}, []string{"pl_prs", "cmd_tpl", "ret"}},
		"image":         {[]string{"img_t"}, []string{"cont_type", "img_e", "url_t", "url_tpl"}},
	}
	// Topics that are taken for configs.
	takenTopic = regexp.MustCompile(`^homeassistant/device/([a-zA-Z0-9_-]+/)?[a-zA-Z0-9_-]+/config$`)
	// Device classes of the platforms that have some.
	takenClass = map[string][]string{"binary_sensor": {"connectivity", "motion"}, "sensor": {"timestamp"}}
)

// checkConfig is what Home Assistant has against a config, or would take otherwise.
func checkConfig(t *testing.T, topic, payload string, ids map[string]bool) {
	t.Helper()
	if !takenTopic.MatchString(topic) {
		t.Errorf("topic %s", topic)
	}
	var config struct {
		Dev, O map[string]any
		Avty   []map[string]any
		Cmps   map[string]map[string]any
	}
	dec := json.NewDecoder(strings.NewReader(payload))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&config); err != nil {
		t.Fatal(topic, err)
	}
	within := func(what string, have map[string]any, lists ...[]string) {
		for key := range have {
			if !slices.Contains(slices.Concat(lists...), key) {
				t.Errorf("%s: %s has the key %s", topic, what, key)
			}
		}
	}
	within("dev", config.Dev, takenDevice)
	within("o", config.O, takenOrigin)
	if config.O["name"] == nil || config.Dev["ids"] == nil || len(config.Avty) == 0 || len(config.Cmps) == 0 {
		t.Errorf("%s lacks something: %s", topic, payload)
	}
	for key, c := range config.Cmps {
		platform, _ := c["p"].(string)
		by, known := takenBy[platform]
		if !known {
			t.Fatalf("%s: %s has the platform %q", topic, key, platform)
		}
		within(key, c, takenShared, takenComponent, by.needed, by.more)
		for _, needed := range by.needed {
			if c[needed] == nil {
				t.Errorf("%s: %s lacks %s", topic, key, needed)
			}
		}
		id, _ := c["uniq_id"].(string)
		if id == "" || ids[id] {
			t.Errorf("%s: %s has the id %q, which another has, too", topic, key, id)
		}
		ids[id] = true
		if class, ok := c["dev_cla"].(string); ok && !slices.Contains(takenClass[platform], class) {
			t.Errorf("%s: %s has the class %s", topic, key, class)
		}
		for name, value := range c {
			if text, ok := value.(string); ok && strings.HasSuffix(name, "_t") && strings.ContainsAny(text, "+# \x00") {
				t.Errorf("%s: %s has the topic %q", topic, key, text)
			}
		}
	}
}

// configs are those on the broker.
func (b *bench) configs() map[string]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make(map[string]string)
	for topic, payload := range b.latest {
		if strings.HasPrefix(topic, "homeassistant/device/") && payload != "" {
			all[topic] = payload
		}
	}
	return all
}

// Devices, jobs, channels and presets of any names are told as Home Assistant takes it.
func TestConfigs(t *testing.T) {
	names := []string{"gate", "Gate", "Tür 1", "a_b", "a-b", "a.b", "北门", strings.Repeat("x", 64), "<b>\"'\n", "a/+/#", "site", "device_gate"}
	b := newBench(t, func(b *bench) {
		b.host.site.MQTT.Pictures = true
		for _, name := range names {
			b.host.status.Devices = append(b.host.status.Devices, runtime.DeviceStatus{
				Status:   device.Status{Name: name, State: "online", Events: "off"},
				Channels: []runtime.ChannelStatus{{ID: 1, Name: "hall", Head: new(true)}, {ID: 2}},
			})
			b.host.presets[name+"/1"] = []isapi.Preset{{ID: 1, Name: "door"}, {ID: 2, Name: "door"}, {ID: 3, Name: "none"}, {ID: 4}, {ID: 5, Name: "7"}, {ID: 6, Name: "Preset 4"}}
			for _, job := range names {
				b.host.status.Jobs = append(b.host.status.Jobs, runtime.JobStatus{Script: name, Name: job, Kind: "cron"})
			}
		}
	})
	complete := func() bool {
		all := b.configs()
		return len(all) == len(names)+1 && !slices.ContainsFunc(slices.Collect(maps.Keys(all)), func(topic string) bool {
			return !strings.HasSuffix(topic, "/site/config") && !strings.Contains(all[topic], `"select"`)
		})
	}
	eventually(t, "all configs", complete, func() string { return fmt.Sprint(slices.Sorted(maps.Keys(b.configs()))) })
	ids := make(map[string]bool)
	for topic, payload := range b.configs() {
		checkConfig(t, topic, payload, ids)
	}
	if want := len(names)*(1+2*2+2) + 1 + 3*len(names)*len(names); len(ids) != want {
		t.Errorf("%d entities, want %d", len(ids), want)
	}
	var gate deviceConfig
	if err := json.Unmarshal([]byte(b.at("homeassistant/device/hiklua_yard/device_gate/config")), &gate); err != nil {
		t.Fatal(err)
	}
	if ops := fmt.Sprintf("%q", gate.Components["1.preset"].Options); ops != `["door (1)" "door (2)" "none (3)" "Preset 4" "7 (5)" "Preset 4 [6]"]` {
		t.Error(ops)
	}
	if name := gate.Components["2.motion"].Name; name != "Channel 2 Motion" {
		t.Error(name)
	}
	b.wait("hiklua/yard/device/gate/2/picture", "picture of gate/2")
	b.host.change(func() { b.host.status.Devices = b.host.status.Devices[1:] })
	b.wait("hiklua/yard/device/gate/2/picture", "")
}

// What went is taken away, also while no host ran; Home Assistant gets all of it anew
// when it starts; another one's devices are left alone.
func TestConfigsThatWent(t *testing.T) {
	const (
		site  = "homeassistant/device/hiklua_yard/site/config"
		gone  = "homeassistant/device/hiklua_yard/device_gone/config"
		other = "homeassistant/device/hiklua_yard_2/device_gate/config"
	)
	b := newBench(t, withYard, func(b *bench) {
		b.send(site, `{"cmps": {"job.old.night.run": {"p": "button", "cmd_t": "x"}}}`, true)
		b.send(gone, `{"cmps": {}}`, true)
		b.send(other, `{"cmps": {}}`, true)
	})
	count := func(topic, part string) (n int) {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, line := range b.seen {
			if strings.HasPrefix(line, topic+" ") && strings.Contains(line, part) {
				n++
			}
		}
		return n
	}
	eventually(t, "the config without the old job", func() bool {
		return count(site, "round #1") > 0 && !strings.Contains(b.at(site), "job.old.night")
	}, b.all)
	if count(site, `"job.old.night.run":{"p":"button"}`) != 1 {
		t.Error("the old job was not taken away by name:", b.all())
	}
	b.wait(gone, "")
	if b.at(other) == "" {
		t.Error("the device of another host is gone")
	}
	// A job and a device that go while the host runs.
	b.host.change(func() {
		b.host.status.Devices, b.host.status.Jobs = nil, nil
	})
	b.wait("homeassistant/device/hiklua_yard/device_gate/config", "")
	run := "job.patrol." + slug("round #1") + ".run"
	eventually(t, "the job is taken away", func() bool {
		return count(site, `"`+run+`":{"p":"button"}`) == 1 && !strings.Contains(b.at(site), run)
	}, b.all)
	configs := count(site, "hiklua")
	b.send("homeassistant/status", "offline", false)
	b.send("homeassistant/status", "online", false)
	eventually(t, "the config comes anew", func() bool { return count(site, "hiklua") > configs }, b.all)
}

// With discovery off states are published, and no configs.
func TestNoDiscovery(t *testing.T) {
	b := newBench(t, withYard, func(b *bench) { b.host.site.MQTT.Discovery = site.DiscoveryOff })
	b.wait(yard+"motion", "OFF")
	if all := b.all(); strings.Contains(all, "homeassistant") {
		t.Error(all)
	}
}

// A broker that takes small messages only is not sent large ones again and again.
func TestBrokerThatTakesSmallMessages(t *testing.T) {
	b := newBench(t, withYard, func(b *bench) { b.broker.door.most.Store(600) })
	b.wait(yard+"motion", "OFF")
	b.waitLog("Home Assistant is not told of a device")
	time.Sleep(10 * time.Millisecond)
	if n := b.lines("connected with"); n != 1 {
		t.Error(n, b.log)
	}
}
