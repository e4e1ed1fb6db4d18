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
	{Route{Method: "GET", Path: "/metrics", Page: true}, sendMetrics}, // the page has it beside the API
	{Route{Method: "POST", Path: "/api/jobs/run", Page: true, Action: true}, post((*API).runJob)},
	{Route{Method: "POST", Path: "/api/reload", Page: true, Action: true}, post((*API).reload)},
	{Route{Method: "POST", Path: "/api/heads/stop", Page: true, Action: true}, post((*API).stopHead)},
	{Route{Method: "POST", Path: "/api/presets/recall", Page: true, Action: true}, post((*API).recallPreset)},
	{Route{Method: "GET", Path: "/api/devices/{device}/channels/{channel}/presets", Page: true}, presets},
	{Route{Method: "GET", Path: "/api/devices/{device}/channels/{channel}/picture"}, picture}, // the page has one of its own
	{Route{Method: "POST", Path: "/api/scripts/hold", Page: true, Action: true}, post((*API).holdScript)},
	{Route{Method: "POST", Path: "/api/scripts/release", Page: true, Action: true}, post((*API).releaseScript)},
	{Route{Method: "GET", Path: "/api/scripts/{script}/source", Page: true}, source},
	{Route{Method: "GET", Path: "/api/log", Page: true}, sendLog},
	{Route{Method: "POST", Path: "/api/emit", Action: true}, post((*API).emit)},
	{Route{Method: "GET", Path: "/api/login"}, loginCost},
	{Route{Method: "POST", Path: "/api/login", Action: true}, post((*API).login)},
	{Route{Method: "POST", Path: "/api/exec", Action: true}, streamed(maxProgram, (*API).exec)},
	{Route{Method: "POST", Path: "/api/repl", Action: true}, streamed(maxBody, (*API).repl)},
	{Route{Method: "POST", Path: "/api/repl/{session}/eval", Action: true}, evalInSession},
	{Route{Method: "POST", Path: "/api/repl/{session}/outline"}, inSession((*session).outline)},
	{Route{Method: "POST", Path: "/api/repl/{session}/stop", Action: true}, inSession((*session).stop)},
	{Route{Method: "POST", Path: "/api/page/link", Action: true}, post((*API).pageLink)},
	{Route{Method: "GET", Path: "/api/cluster", Page: true}, get((*API).clusterStatus)},
	{Route{Method: "POST", Path: "/api/cluster/move", Action: true}, post((*API).moveShare)},
	{Route{Method: "POST", Path: "/api/cluster/release", Action: true}, post((*API).releaseSite)},
	{Route{Method: "POST", Path: "/api/cluster/leave", Action: true}, post((*API).leaveCluster)},
	{Route{Method: "GET", Path: "/api/archive", Page: true}, get((*API).archive)},
	{Route{Method: "GET", Path: "/api/archive/pictures", Page: true}, listArchive},
	{Route{Method: "GET", Path: "/api/archive/gaps", Page: true}, archiveGaps},
	{Route{Method: "GET", Path: "/api/archive/head"}, get((*API).archiveHead)},
	{Route{Method: "POST", Path: "/api/archive/prune", Action: true}, streamed(maxBody, (*API).prune)},
	{Route{Method: "POST", Path: "/api/archive/rebuild", Action: true}, streamed(maxBody, (*API).rebuild)},
}

// Routes are the paths of the API.
func Routes() []Route {
	var all []Route
	for _, r := range table {
		all = append(all, r.Route)
	}
	return all
}
