package api

import "net/http"

// sendMetrics is GET /metrics.
func sendMetrics(a *API, w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	if a.conf.Metrics != nil {
		if h := a.conf.Metrics(); h != nil {
			h.ServeHTTP(w, r)
			return nil
		}
	}
	return failed(http.StatusNotFound, "not_found", "this host counts nothing, as it has no page", "web.listen of site.yaml, or run --listen, gives it one")
}
