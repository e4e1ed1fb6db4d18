package api

import (
	"context"
	"net/http"
	"strconv"
)

// Head is what POST /api/heads/stop takes.
type Head struct {
	Device  string `json:"device"`
	Channel int    `json:"channel"` // its number
}

func (h Head) check() error {
	if err := needed("device", h.Device); err != nil {
		return err
	}
	if h.Channel < 1 {
		return badRequest(`the request lacks "channel", a number from 1 on`)
	}
	return nil
}

func (a *API) stopHead(ctx context.Context, in Head) (Nothing, error) {
	if err := in.check(); err != nil {
		return Nothing{}, err
	}
	return Nothing{}, a.conf.Host.StopHead(ctx, in.Device, in.Channel)
}

// Recall is what POST /api/presets/recall takes.
type Recall struct {
	Head
	Preset int `json:"preset"` // its number
}

func (a *API) recallPreset(ctx context.Context, in Recall) (Nothing, error) {
	if err := in.check(); err != nil {
		return Nothing{}, err
	}
	if in.Preset < 1 {
		return Nothing{}, badRequest(`the request lacks "preset", a number from 1 on`)
	}
	return Nothing{}, a.conf.Host.RecallPreset(ctx, in.Device, in.Channel, in.Preset)
}

// Preset is one of what GET .../presets answers.
type Preset struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

// inPath is the channel that a path names.
func inPath(r *http.Request) (device string, channel int, err error) {
	if _, err := query(r); err != nil {
		return "", 0, err
	}
	channel, err = strconv.Atoi(r.PathValue("channel"))
	if err != nil || channel < 1 {
		return "", 0, failed(http.StatusNotFound, "not_found", "a channel is a number from 1 on, not "+strconv.Quote(r.PathValue("channel")), "")
	}
	return r.PathValue("device"), channel, nil
}

// presets is GET /api/devices/{device}/channels/{channel}/presets.
func presets(a *API, w http.ResponseWriter, r *http.Request) error {
	device, channel, err := inPath(r)
	if err != nil {
		return err
	}
	list, err := a.conf.Host.Presets(r.Context(), device, channel)
	if err != nil {
		return err
	}
	all := []Preset{}
	for _, p := range list {
		all = append(all, Preset{p.ID, p.Name})
	}
	writeJSON(w, http.StatusOK, all)
	return nil
}

// picture is GET /api/devices/{device}/channels/{channel}/picture: one that is
// taken now.
func picture(a *API, w http.ResponseWriter, r *http.Request) error {
	device, channel, err := inPath(r)
	if err != nil {
		return err
	}
	jpeg, err := a.conf.Host.Picture(r.Context(), device, channel)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("Content-Length", strconv.Itoa(len(jpeg)))
	_, _ = w.Write(jpeg)
	return nil
}
