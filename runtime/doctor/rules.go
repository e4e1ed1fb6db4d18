package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hiklua/hiklua/isapi"
)

// rule is one kind of event on a channel. nil: the device does not say.
type rule struct {
	word    string // of interface: motion, line_crossing ...
	menu    string // of the vendor's page
	area    string // what is drawn there
	enabled *bool
	drawn   *bool
}

const motionMenu = "Configuration > Event > Basic Event > Motion Detection"

// smart are the kinds that need something drawn.
var smart = []struct{ word, path, menu, area string }{
	{"line_crossing", "LineDetection", "Line Crossing Detection", "line"},
	{"intrusion", "FieldDetection", "Intrusion Detection", "area"},
	{"region_enter", "regionEntrance", "Region Entrance Detection", "area"},
	{"region_exit", "regionExiting", "Region Exiting Detection", "area"},
}

// camera is what to choose first in a page that has several.
func (x *exam) camera(t *target) string {
	if len(x.channels) < 2 {
		return ""
	}
	return fmt.Sprintf("choose camera %d, ", t.id)
}

// checkMotion looks whether motion detection is on and has a region.
func (x *exam) checkMotion(ctx context.Context, t *target) Check {
	if err := x.readRules(ctx, t); err != nil {
		return failed(err)
	}
	r := t.rules[0]
	page := fmt.Sprintf("In the device's web page: %s", r.menu)
	switch {
	case r.on() && r.drawn != nil && !*r.drawn:
		return x.useless(t, "no region drawn: motion detection is on, but watches no part of the picture",
			fmt.Sprintf("%s > Area Settings: %sDraw Area, drag over the picture, Stop Drawing, then Save.", page, x.camera(t)))
	case r.on():
		return fine("motion detection is on, a region is drawn")
	case r.enabled == nil:
		return skip("the device does not show its settings of motion detection")
	case t.fires():
		return fine("motion detection is switched off; other events are on")
	}
	return warn("motion detection is switched off: no motion events",
		fmt.Sprintf("%s: %stick Enable Motion Detection, then Save.", page, x.camera(t)))
}

// useless is a rule that is on for nothing: a failure if the channel has no
// other, which could reach a script.
func (x *exam) useless(t *target, finding, fix string) Check {
	if t.fires() {
		return warn(finding, fix)
	}
	return fail(finding, fix)
}

func (r *rule) on() bool { return r.enabled != nil && *r.enabled }

// fires reports whether the channel has a rule that is on and watches
// something.
func (t *target) fires() bool {
	return slices.ContainsFunc(t.rules, func(r *rule) bool { return r.on() && r.drawn != nil && *r.drawn })
}

// checkSmart looks at the smart events that are on.
func (x *exam) checkSmart(_ context.Context, t *target) Check {
	var on, undrawn, fixes []string
	for _, r := range t.rules {
		switch {
		case r.word == "motion" || !r.on():
		case *r.drawn:
			on = append(on, r.word)
		default:
			undrawn = append(undrawn, r.word)
			fixes = append(fixes, fmt.Sprintf("In the device's web page: %s: %sdraw the %s, then Save.", r.menu, x.camera(t), r.area))
		}
	}
	switch {
	case len(undrawn) > 0:
		return x.useless(t, "no region drawn: "+strings.Join(undrawn, ", ")+" is on, but watches no part of the picture", strings.Join(fixes, " "))
	case len(on) > 0:
		return fine("%s on, drawn", strings.Join(on, ", "))
	}
	return Check{}
}

// readRules asks how motion detection is set, and those smart events for
// which the device has rules.
func (x *exam) readRules(ctx context.Context, t *target) error {
	path := fmt.Sprintf("/ISAPI/System/Video/inputs/channels/%d/motionDetection", t.id)
	if t.found.Proxy > 0 {
		path = fmt.Sprintf("/ISAPI/ContentMgmt/InputProxy/channels/%d/video/motionDetection", t.found.Proxy)
	}
	motion := &rule{word: "motion", menu: motionMenu, area: "area"}
	t.rules = []*rule{motion}
	root, err := x.get(ctx, path)
	if err != nil && !absent(err) {
		return err
	}
	motion.enabled, motion.drawn = truth(root.Child("enabled")), motionDrawn(root)
	for _, s := range smart {
		if x.triggers.known && len(x.triggersOf(t, s.word)) == 0 {
			continue
		}
		root, err := x.get(ctx, fmt.Sprintf("/ISAPI/Smart/%s/%d", s.path, t.id))
		switch {
		case absent(err):
			continue
		case err != nil:
			return err
		}
		drawn := extent(root)
		t.rules = append(t.rules, &rule{word: s.word, menu: "Configuration > Event > Smart Event > " + s.menu, area: s.area,
			enabled: truth(root.Child("enabled")), drawn: &drawn})
	}
	return nil
}

// motionDrawn looks for a field of the grid or a region with an extent. nil:
// the document has neither.
func motionDrawn(root *isapi.Node) *bool {
	grid, regions := root.Find("gridMap"), root.Find("RegionList")
	if grid == nil && regions == nil {
		return nil
	}
	on := grid != nil && strings.Trim(grid.Text, "0 \r\n\t") != "" || extent(regions)
	return &on
}

// extent reports whether any list of coordinates below n has two points that
// differ: a device fills what is not drawn with zeros, or leaves it empty.
func extent(n *isapi.Node) bool {
	if n == nil {
		return false
	}
	var first string
	for _, c := range n.Children {
		switch c.Name {
		case "Coordinates", "RegionCoordinates":
			at := c.Get("positionX") + "," + c.Get("positionY")
			if first == "" {
				first = at
			}
			if at != first {
				return true
			}
		default:
			if extent(c) {
				return true
			}
		}
	}
	return false
}
