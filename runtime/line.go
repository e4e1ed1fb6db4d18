package runtime

import (
	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/site"
)

// line is how a device is reached: its settings and the connections that are
// made with them. It is never changed, only replaced as a whole.
type line struct {
	conf   site.Device
	client *isapi.Client
	urgent *isapi.Client // connections of its own: stops wait for no snapshot
}

// close drops the connections; commands on their way go on.
func (l *line) close() {
	l.urgent.Close()
	l.client.Close()
}

func (d *Device) conf() *site.Device { return &d.line.Load().conf }
