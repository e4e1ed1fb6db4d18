package hosts

import (
	"testing"

	"github.com/hiklua/hiklua/runtime"
)

// A status asks once how the cluster is, and not for each device: there may be
// hundreds, and the page wants a status each second.
func TestStatusAsksForTheClusterOnce(t *testing.T) {
	w := newWorld(t, false, nil)
	w.held("east", "right") // no host has west
	conf, asked := w.group.conf, 0
	conf.Cluster = func() runtime.ClusterStatus {
		asked++
		return w.cluster()
	}
	if st := New(conf).Status(); len(st.Devices) != 2 || asked != 1 {
		t.Errorf("asked %d times for %d devices", asked, len(st.Devices))
	}
}
