package api

import (
	"context"
	"net/http"

	"github.com/hiklua/hiklua/runtime"
)

// loginCost is GET /api/login?device=D: what a new try of a refused login costs.
func loginCost(a *API, w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "device")
	if err == nil {
		err = needed("device", q.Get("device"))
	}
	if err != nil {
		return err
	}
	cost, err := a.conf.Host.LoginCost(q.Get("device"))
	if err == nil {
		writeJSON(w, http.StatusOK, cost)
	}
	return err
}

// Login is what POST /api/login takes.
type Login struct {
	Device string `json:"device"` // its name, or host and port
}

func (a *API) login(ctx context.Context, in Login) (runtime.LoginReport, error) {
	if err := needed("device", in.Device); err != nil {
		return runtime.LoginReport{}, err
	}
	a.log.Info("login tried by hand", "device", in.Device)
	return a.conf.Host.Login(ctx, in.Device)
}
