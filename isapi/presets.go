package isapi

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Preset is a position that a head remembers, or a function of the device
// that is called like one.
type Preset struct {
	ID       int
	Name     string
	Special  bool  // a function: 94 reboots the camera, 92 sets limits
	Position *Pose // nil: the device does not say
}

// specialPresets are Hikvision's functions, for heads that do not list theirs.
var specialPresets = func() []int {
	var ids []int
	for _, r := range [][2]int{{33, 46}, {90, 90}, {92, 105}} {
		for id := r[0]; id <= r[1]; id++ {
			ids = append(ids, id)
		}
	}
	return ids
}()

// specialOf reads PresetNameCap/specialNo. A head that has the element and
// lists nothing has no functions among its presets.
func specialOf(root *Node) []int {
	n := root.Find("specialNo")
	if n == nil {
		return slices.Clone(specialPresets)
	}
	ids := []int{}
	for _, word := range strings.FieldsFunc(n.Attr("opt")+","+n.Text, func(r rune) bool { return r == ',' || r == ' ' }) {
		lo, hi, isRange := strings.Cut(strings.ReplaceAll(word, "~", "-"), "-")
		from, ok := parseInt(lo)
		if !ok {
			continue
		}
		to := from
		if isRange {
			if to, ok = parseInt(hi); !ok {
				continue
			}
		}
		for id := from; id <= min(to, MaxPreset); id++ {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func presetSet(ids []int) map[int]bool {
	set := make(map[int]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

func parseInt(s string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	return n, err == nil
}

// SpecialPreset reports whether calling preset id on this head is a function
// of the device and not a position. The head is asked once
// (capabilities/PresetNameCap/specialNo); where it does not say, 33-46, 90
// and 92-105 are.
func (c *Client) SpecialPreset(ctx context.Context, channel, id int) (bool, error) {
	set, ok := recall(c.known, c.known.special, channel)
	if !ok {
		if err := checkChannel(channel); err != nil {
			return false, c.misuse("preset", channel, "%v", err)
		}
		if err := c.learnHead(ctx, channel); err != nil {
			return false, err
		}
		set, _ = recall(c.known, c.known.special, channel)
	}
	return set[id], nil
}

// Presets lists what can be recalled: GET .../presets, without the slots that
// are not set. Functions of the device are marked Special.
func (c *Client) Presets(ctx context.Context, channel int) ([]Preset, error) {
	root, err := c.headGet(ctx, "list presets", channel, "/presets")
	if err != nil {
		return nil, err
	}
	if _, err := c.SpecialPreset(ctx, channel, 1); err != nil {
		return nil, err
	}
	special, _ := recall(c.known, c.known.special, channel)
	var list []Preset
	for _, n := range root.All("PTZPreset") {
		id, ok := n.Int("id")
		if !ok || id < 1 || id > MaxPreset || !n.isOn("enabled") {
			continue
		}
		list = append(list, Preset{
			ID: id, Name: n.Get("presetName"), Special: special[id], Position: poseOf(n.Child("AbsoluteHigh"), 10),
		})
	}
	slices.SortStableFunc(list, func(a, b Preset) int { return a.ID - b.ID })
	// One that is listed twice is one preset.
	return slices.CompactFunc(list, func(a, b Preset) bool { return a.ID == b.ID }), nil
}

// SetPreset stores where the head looks as preset id: PUT .../presets/3. An
// empty name leaves it to the device. Functions of the device are refused.
func (c *Client) SetPreset(ctx context.Context, channel, id int, name string) error {
	op := fmt.Sprintf("set preset %d", id)
	if strings.ContainsAny(name, "%&<>'\"") || strings.ContainsFunc(name, isControl) {
		return c.misuse(op, channel, `a preset's name must not hold %% & < > ' "`)
	}
	if err := c.ordinaryPreset(ctx, op, channel, id); err != nil {
		return err
	}
	body := fmt.Sprintf("<id>%d</id>", id)
	if name != "" {
		body += "<presetName>" + xmlText(name) + "</presetName>"
	}
	return c.headPut(ctx, op, channel, "/presets/"+itoa(id), []byte(xmlProlog+"<PTZPreset><enabled>true</enabled>"+body+"</PTZPreset>"), true)
}

// DeletePreset forgets preset id: DELETE .../presets/3. Functions of the
// device are refused.
func (c *Client) DeletePreset(ctx context.Context, channel, id int) error {
	op := fmt.Sprintf("delete preset %d", id)
	if err := c.ordinaryPreset(ctx, op, channel, id); err != nil {
		return err
	}
	return c.headDo(ctx, call{op: op, channel: channel, method: http.MethodDelete, path: "/presets/" + itoa(id), replay: true})
}

func (c *Client) ordinaryPreset(ctx context.Context, op string, channel, id int) error {
	if id < 1 || id > MaxPreset {
		return c.misuse(op, channel, "a preset is 1-%d", MaxPreset)
	}
	special, err := c.SpecialPreset(ctx, channel, id)
	if err != nil {
		return err
	}
	if special {
		return c.misuse(op, channel, "preset %d is a function of the device, not a position", id)
	}
	return nil
}

// GotoHome sends a head to its home position: PUT .../homeposition/goto.
func (c *Client) GotoHome(ctx context.Context, channel int) error {
	return c.headPut(ctx, "go home", channel, "/homeposition/goto", nil, true)
}

// SetHome makes home of where the head looks: PUT .../homeposition.
func (c *Client) SetHome(ctx context.Context, channel int) error {
	return c.headPut(ctx, "set home", channel, "/homeposition", nil, true)
}
