package api

import (
	"context"
	"net/http"
)

// Script is what POST /api/scripts/hold and /release take.
type Script struct {
	Script string `json:"script"` // its name, as the status has it
}

func (a *API) holdScript(_ context.Context, in Script) (Nothing, error) {
	if err := needed("script", in.Script); err != nil {
		return Nothing{}, err
	}
	return Nothing{}, a.conf.Host.HoldScript(in.Script)
}

func (a *API) releaseScript(_ context.Context, in Script) (Nothing, error) {
	if err := needed("script", in.Script); err != nil {
		return Nothing{}, err
	}
	return Nothing{}, a.conf.Host.ReleaseScript(in.Script)
}

// source is GET /api/scripts/{script}/source.
func source(a *API, w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	text, err := a.conf.Host.ScriptSource(r.PathValue("script"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(text)
	return nil
}
