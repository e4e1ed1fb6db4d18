package gaps

import (
	"fmt"
	"slices"
	"strings"
)

// tellBegun tells of gaps that have begun: scripts of each, the log of those of
// one device and reason together.
func (t *Tracker) tellBegun(gaps []Gap) {
	type group struct{ device, why string }
	channels := make(map[group][]string)
	var order []group
	for _, g := range gaps {
		k := group{g.Device, g.Reasons[len(g.Reasons)-1].Why}
		if channels[k] == nil {
			order = append(order, k)
		}
		if text := channelText(g.Device, g.Channel, g.Name); !slices.Contains(channels[k], text) {
			channels[k] = append(channels[k], text)
		}
		if t.conf.Tell != nil {
			t.conf.Tell(g, true)
		}
	}
	for _, k := range order {
		t.log.Warn("pictures are missing in the archive", "channels", strings.Join(channels[k], " "), "why", k.why)
	}
}

// tellEnded puts gaps on record that have ended, and tells of them. One from which
// nothing is missing after all was none.
func (t *Tracker) tellEnded(gaps []Gap) {
	var real []Gap
	for _, g := range gaps {
		if g.Missing > 0 {
			real = append(real, g)
		}
		if t.conf.Tell != nil {
			t.conf.Tell(g, false)
		}
	}
	if err := t.record.ended(real); err != nil {
		t.log.Error("a gap in the archive cannot be put on record", "error", err)
	}
	missing := make(map[string]int)
	var order []string
	for _, g := range real {
		if missing[g.Device] == 0 {
			order = append(order, g.Device)
		}
		missing[g.Device] += g.Missing
	}
	for _, device := range order {
		t.log.Info(fmt.Sprintf("pictures come again: %d are missing", missing[device]), "device", device)
	}
}
