package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

type preset struct {
	name string
	pose Pose
}

const (
	maxPreset     = 300 // unless Gear has another
	maxPresetName = 20
)

// defaultPresets are spread over the scene so that a tour shows in pictures.
func defaultPresets() map[int]preset {
	return map[int]preset{
		1: {"gate", Pose{0, -6, 2}},
		2: {"door", Pose{45, -4, 4}},
		3: {"parking", Pose{90, -14, 1.5}},
		4: {"fence", Pose{135, -5, 3}},
		5: {"yard", Pose{180, -22, 1}},
		6: {"street", Pose{225, -5, 4}},
		7: {"tower", Pose{270, 3, 3}},
		8: {"overview", Pose{315, -3, 1}},
	}
}

// presets are those that a head begins with.
func (g Gear) presets() map[int]preset {
	if g.Presets == nil {
		return defaultPresets()
	}
	all := make(map[int]preset)
	for _, p := range g.Presets {
		all[p.ID] = preset{p.Name, p.Pose}
	}
	return all
}

// specials are device functions that share the numbers of presets.
var specials = map[int]string{
	33: "Auto-flip", 34: "Back to origin",
	35: "Call patrol 1", 36: "Call patrol 2", 37: "Call patrol 3", 38: "Call patrol 4",
	39: "Day mode", 40: "Night mode",
	41: "Call pattern 1", 42: "Call pattern 2", 43: "Call pattern 3", 44: "Call pattern 4",
	45: "One-touch patrol", 46: "Day/Night Auto Mode", 90: "Wiper",
	92: "Set manual limits", 93: "Save manual limits", 94: "Remote reboot",
	95: "Call OSD menu", 96: "Stop a scan", 97: "Start random scan",
	98: "Start frame scan", 99: "Start auto scan", 100: "Start tilt scan",
	101: "Start panorama scan",
	102: "Call patrol 5", 103: "Call patrol 6", 104: "Call patrol 7", 105: "Call patrol 8",
}

func (g Gear) specialIDs() []int { return slices.Sorted(maps.Keys(g.Specials)) }

func (g Gear) specialList() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(g.specialIDs()), " ", ","), "[]")
}
