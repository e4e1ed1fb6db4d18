package api

import (
	"bytes"
	"context"
	"encoding/json"
)

// Emission is what POST /api/emit takes: an event for scripts, with a value or
// none, or what a simulated device notices or suffers.
type Emission struct {
	Name  string          `json:"name"`            // of the event, or of the device, as in gate/yard
	Value json.RawMessage `json:"value,omitempty"` // of the event
	What  string          `json:"what,omitempty"`  // "motion for 20s"
}

// Emitted says what has been done, and what speaks against it.
type Emitted struct {
	Text string `json:"text"`
	Note string `json:"note,omitempty"`
}

func (a *API) emit(_ context.Context, in Emission) (Emitted, error) {
	if err := needed("name", in.Name); err != nil {
		return Emitted{}, err
	}
	if in.Value != nil && in.What != "" {
		return Emitted{}, badRequest(`"value" is for scripts, "what" for a simulated device: one of them`)
	}
	rest := in.What
	if in.Value != nil {
		rest = string(bytes.TrimSpace(in.Value))
	}
	done, err := a.conf.Emit(in.Name, rest)
	if err == nil {
		a.log.Info("event by hand: " + done.Text)
	}
	return done, err
}
