package main

import (
	"time"

	"github.com/hiklua/hiklua/runtime"
)

// broken are the ways between the host and people or programs that do not work, for
// runtime.Config.
func (d *daemon) broken() (ways []runtime.BrokenWay) {
	add := func(name string, problem func() (time.Time, error)) {
		if since, why := problem(); why != nil {
			ways = append(ways, runtime.BrokenWay{Name: name, Err: why, Since: since})
		}
	}
	if p := d.page.Load(); p != nil {
		add("page", p.Problem)
	}
	if d.broker.bridge != nil {
		add("mqtt", d.broker.bridge.Problem)
	}
	return ways
}
