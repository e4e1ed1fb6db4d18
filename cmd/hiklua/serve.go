package main

import (
	"io"
	"log/slog"

	"github.com/hiklua/hiklua/runtime/api"
	"github.com/hiklua/hiklua/runtime/clock"
)

// newAPI makes what answers for what a daemon serves.
func (d *daemon) newAPI(h hosted) *api.API {
	return api.New(api.Config{
		Host: h, Cluster: d.cluster, Version: version(), Log: d.log.Handler(), Ring: d.ring,
		LogLines: func(w io.Writer, level slog.Level) slog.Handler {
			return byClock(plainJSON(w, level), clock.Real(), h.Zone())
		},
		Reloading: func() (done func()) {
			d.notify.tell("RELOADING=1")
			return func() { d.notify.tell("READY=1") }
		},
		PageLink: d.pageLink, Metrics: d.measures.serving,
		Emit: func(name, rest string) (api.Emitted, error) {
			return emitter{h, d.devices}.emit(emitRequest{name, rest})
		},
	})
}
