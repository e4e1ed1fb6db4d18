package device

import (
	"cmp"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
)

// poseFresh is how old the last answer about a head's position may be: somebody
// else may have moved the head since.
const poseFresh = time.Minute

// looking is what is known of where a head looks.
type looking struct {
	preset string      // the last command sent it there; "": another command came last
	pose   *isapi.Pose // as it was last told
	at     time.Time   // of that
}

// noteLook notes what an answer says of where a head looks.
func (d *Device) noteLook(c *command, client *isapi.Client) {
	switch {
	case c.head != nil && c.What == "preset":
		d.mu.Lock()
		c.head.looks.preset = cmp.Or(c.Name, c.Detail)
		d.mu.Unlock()
	case c.What == "ptz_status":
		if pose, ok := client.LastPose(c.Channel); ok {
			h := d.head(c.Channel, luaapi.NoLens)
			d.mu.Lock()
			h.looks.pose, h.looks.at = &pose, d.clk.Now()
			d.mu.Unlock()
		}
	}
}

// Looking implements luaapi.Device.
func (r *Ref) Looking(channel int) (pose *isapi.Pose, preset string) {
	d := r.dev()
	h := d.head(channel, luaapi.NoLens)
	d.mu.Lock()
	defer d.mu.Unlock()
	if h.moving() || h.overtake != nil {
		return nil, ""
	}
	l := h.looks
	if l.pose != nil && l.at.After(h.commandedAt) && d.clk.Now().Sub(l.at) <= poseFresh {
		pose = l.pose
	}
	return pose, l.preset
}
