package isapi

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Patrol is a tour that the device runs by itself.
type Patrol struct {
	ID      int
	Name    string
	Enabled bool
	Steps   []PatrolStep // without the empty slots
}

// PatrolStep is one stop of a patrol.
type PatrolStep struct {
	Preset int
	Speed  int // 1-40
	Dwell  time.Duration
}

// MaxPatrol is the highest patrol number that any device has.
const MaxPatrol = 64

// Patrols lists the device's own patrols: GET .../patrols.
func (c *Client) Patrols(ctx context.Context, channel int) ([]Patrol, error) {
	root, err := c.headGet(ctx, "list patrols", channel, "/patrols")
	if err != nil {
		return nil, err
	}
	var list []Patrol
	for _, n := range root.All("PTZPatrol") {
		id, ok := n.Int("id")
		if !ok || id < 1 {
			continue
		}
		p := Patrol{ID: id, Name: n.Get("patrolName"), Enabled: n.isOn("enabled")}
		for _, s := range n.Child("PatrolSequenceList").All("PatrolSequence") {
			preset, _ := s.Int("presetID")
			if preset < 1 {
				continue
			}
			step := PatrolStep{Preset: preset}
			step.Speed, _ = s.Int("seqSpeed")
			delay, _ := s.Int("delay")
			step.Dwell = time.Duration(max(delay, 0)) * time.Second
			if delay >= 1000 {
				// No device dwells for a quarter of an hour: these are milliseconds.
				step.Dwell = time.Duration(delay) * time.Millisecond
			}
			p.Steps = append(p.Steps, step)
		}
		list = append(list, p)
	}
	slices.SortStableFunc(list, func(a, b Patrol) int { return a.ID - b.ID })
	return list, nil
}

// StartPatrol starts the device's patrol id: PUT .../patrols/1/start. Any
// other PTZ command ends it.
func (c *Client) StartPatrol(ctx context.Context, channel, id int) error {
	return c.patrol(ctx, channel, id, "start")
}

// StopPatrol stops the device's patrol id: PUT .../patrols/1/stop.
func (c *Client) StopPatrol(ctx context.Context, channel, id int) error {
	return c.patrol(ctx, channel, id, "stop")
}

// PausePatrol holds the device's patrol id: PUT .../patrols/1/pause. Not
// every device has it (ErrUnsupported or ErrNotFound).
func (c *Client) PausePatrol(ctx context.Context, channel, id int) error {
	return c.patrol(ctx, channel, id, "pause")
}

func (c *Client) patrol(ctx context.Context, channel, id int, verb string) error {
	op := fmt.Sprintf("%s patrol %d", verb, id)
	if id < 1 || id > MaxPatrol {
		return c.misuse(op, channel, "a patrol is 1-%d", MaxPatrol)
	}
	return c.headPut(ctx, op, channel, fmt.Sprintf("/patrols/%d/%s", id, verb), nil, true)
}
