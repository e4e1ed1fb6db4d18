package main

import (
	"sync/atomic"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/page"
)

// outside is what joins a running host with people and programs: it tells where that
// does not work.
type outside struct {
	broker broker
	page   atomic.Pointer[page.Page] // nil: none yet
}

// broken is for runtime.Config.
func (o *outside) broken() (ways []runtime.BrokenWay) {
	add := func(name string, problem func() (time.Time, error)) {
		if since, why := problem(); why != nil {
			ways = append(ways, runtime.BrokenWay{Name: name, Err: why, Since: since})
		}
	}
	if p := o.page.Load(); p != nil {
		add("page", p.Problem)
	}
	if o.broker.bridge != nil {
		add("mqtt", o.broker.bridge.Problem)
	}
	return ways
}
