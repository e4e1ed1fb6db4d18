package api

import "net/http"

// Route is one path of the API with one method.
type Route struct {
	Method string
	Path   string // as http.ServeMux has it
	Page   bool   // also for those who have logged in at the page; else for the socket only
	Action bool   // it has something done
}

type route struct {
	Route
	serve func(a *API, w http.ResponseWriter, r *http.Request) error
}

// table is all that the API knows.
var table = []route{
	{Route{Method: "GET", Path: "/api/status", Page: true}, get((*API).status)},
	{Route{Method: "GET", Path: "/api/jobs", Page: true}, get((*API).jobs)},
	{Route{Method: "POST", Path: "/api/jobs/run", Page: true, Action: true}, post((*API).runJob)},
	{Route{Method: "POST", Path: "/api/reload", Page: true, Action: true}, post((*API).reload)},
}

// Routes are the paths of the API.
func Routes() []Route {
	var all []Route
	for _, r := range table {
		all = append(all, r.Route)
	}
	return all
}
