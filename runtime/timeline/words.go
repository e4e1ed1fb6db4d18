package timeline

import (
	"fmt"
	"strings"

	"github.com/hiklua/hiklua/runtime/journal"
)

// Words say what a command does to its device, without its place: `goes to
// preset 3 "door"`. Name is that of the preset, where the entry has none.
func Words(e journal.Entry, name string) string {
	if e.Name != "" {
		name = e.Name
	}
	numbered := func(text string) string {
		text += " " + e.Detail
		if name != "" {
			text += fmt.Sprintf(" %q", name)
		}
		return text
	}
	switch e.What {
	case "preset":
		return numbered("goes to preset")
	case "set_preset":
		return numbered("sets preset")
	case "delete_preset":
		return numbered("deletes preset")
	case "ptz_pan_tilt", "ptz_zoom", "ptz_move":
		return MotionWords(e.Detail)
	case "ptz_stop":
		return "stops"
	case "focus", "iris":
		return "moves its " + e.What + " at " + e.Detail + " %"
	case "ptz_home":
		return "goes to its home position"
	case "set_home":
		return "makes this its home position"
	case "ptz_absolute":
		return "goes to " + e.Detail
	case "ptz_relative":
		return "turns by " + e.Detail
	case "snapshot":
		return "takes a picture"
	case "patrol_start":
		return "starts its patrol " + e.Detail
	case "patrol_stop":
		return "stops its patrol " + e.Detail
	case "patrol_pause":
		return "holds its patrol " + e.Detail
	case "set_output":
		return "switches output " + e.Detail
	case "aux":
		return "switches its " + e.Detail
	case "set_time":
		return "sets its clock"
	case "reboot":
		return "restarts"
	}
	return strings.TrimSpace(e.What + " " + e.Detail)
}

// MotionWords say "15 0 0" as "turns right at 15 %".
func MotionWords(detail string) string {
	var pan, tilt, zoom int
	if _, err := fmt.Sscan(detail, &pan, &tilt, &zoom); err != nil {
		return "moves " + detail
	}
	var parts []string
	axis := func(speed int, plus, minus string) {
		switch {
		case speed > 0:
			parts = append(parts, fmt.Sprintf("%s at %d %%", plus, speed))
		case speed < 0:
			parts = append(parts, fmt.Sprintf("%s at %d %%", minus, -speed))
		}
	}
	axis(pan, "turns right", "turns left")
	axis(tilt, "tilts up", "tilts down")
	axis(zoom, "zooms in", "zooms out")
	return strings.Join(parts, ", ")
}

// moves reports whether a command sets a head in motion until it is stopped.
func moves(e journal.Entry) bool {
	switch e.What {
	case "ptz_pan_tilt", "ptz_zoom", "ptz_move", "focus", "iris":
		return true
	}
	return false
}

// stops reports whether a command ends such a motion, and of which part of the
// camera: "" is the head.
func stops(e journal.Entry) (part string, ok bool) {
	if e.What == "ptz_stop" {
		return "", true
	}
	return strings.CutSuffix(e.What, " stop")
}

// partOf is the part of the camera that a motion moves: "" is the head.
func partOf(e journal.Entry) string {
	switch e.What {
	case "focus", "iris":
		return e.What
	}
	return ""
}
