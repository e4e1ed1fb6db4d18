package mqtt

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docs/mqtt.md has the topics that there are, and what Home Assistant shows.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/mqtt.md")
	if err != nil {
		t.Fatal(err)
	}
	var told, shown []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z]+/[^`]+)` \\|").FindAllStringSubmatch(string(page), -1) {
		told = append(told, row[1])
	}
	for _, row := range regexp.MustCompile("(?m)^\\| ([^|`]+) \\| `([a-z_]+)` \\|").FindAllStringSubmatch(string(page), -1) {
		shown = append(shown, row[1]+" "+row[2])
	}
	b := newBench(t, withYard, func(b *bench) {
		b.host.site.MQTT.Pictures = true
		b.host.status.Jobs[0].Name = "round"
	})
	generic := strings.NewReplacer("hiklua/yard", "hiklua/SITE", "hiklua_yard", "hiklua_SITE", "/gate/1/", "/DEVICE/CHANNEL/", "/gate/", "/DEVICE/",
		"_gate/", "_DEVICE/", "/patrol/round", "/SCRIPT/JOB", "+/+/preset", "DEVICE/CHANNEL/preset", "+/+/stop", "DEVICE/CHANNEL/stop", "+/+/run", "SCRIPT/JOB/run")
	// What is told comes one by one.
	var have, seen []string
	eventually(t, "as many topics and entities as the page has", func() bool {
		have, seen = nil, nil
		for _, topic := range namesOf(b.host.Site()).commands() {
			have = append(have, generic.Replace(topic))
		}
		b.mu.Lock()
		for topic := range b.latest {
			have = append(have, generic.Replace(topic))
		}
		b.mu.Unlock()
		for _, payload := range b.configs() {
			var config deviceConfig
			if err := json.Unmarshal([]byte(payload), &config); err != nil {
				t.Fatal(err)
			}
			for _, c := range config.Components {
				seen = append(seen, strings.Replace(c.Name, "patrol/round", "SCRIPT/JOB", 1)+" "+c.Platform)
			}
		}
		slices.Sort(have)
		slices.Sort(seen)
		have, seen = slices.Compact(have), slices.Compact(seen)
		return len(have) >= len(told) && len(seen) >= len(shown)
	}, b.all)
	same := func(what string, page, code []string) {
		slices.Sort(page)
		if !slices.Equal(page, code) {
			t.Errorf("%s: the page has\n%s\nthe code has\n%s", what, strings.Join(page, "\n"), strings.Join(code, "\n"))
		}
	}
	same("topics", told, have)
	same("entities", shown, seen)
}
