package sim

import (
	"net/http"
	"strconv"
	"strings"
)

type handler func(x *exchange)

// route is one path of the vendor's tree. Devices compare paths without
// regard to case; {name} stands for one segment.
type route struct {
	pattern string
	methods map[string]handler
	only    string // the models that have it, by first letters: "ipnd"; "" is all
}

// routes by number of segments.
var routes = func() map[int][]compiledRoute {
	table := map[int][]compiledRoute{}
	for _, list := range [][]route{systemRoutes(), channelRoutes(), ptzRoutes(), eventRoutes(), securityRoutes()} {
		for _, r := range list {
			c := compiledRoute{route: r, segments: segments(r.pattern)}
			for i, s := range c.segments {
				if !strings.HasPrefix(s, "{") {
					c.segments[i] = strings.ToLower(s)
				}
			}
			table[len(c.segments)] = append(table[len(c.segments)], c)
		}
	}
	return table
}()

type compiledRoute struct {
	route
	segments []string
}

func segments(path string) []string { return strings.Split(strings.Trim(path, "/"), "/") }

func (c *compiledRoute) match(path []string) bool {
	for i, s := range c.segments {
		if !strings.HasPrefix(s, "{") && !strings.EqualFold(s, path[i]) {
			return false
		}
	}
	return true
}

// vars is what stands in path where the pattern has names.
func (c *compiledRoute) vars(path []string) []pathVar {
	var vars []pathVar
	for i, s := range c.segments {
		if strings.HasPrefix(s, "{") {
			vars = append(vars, pathVar{s[1 : len(s)-1], path[i]})
		}
	}
	return vars
}

type pathVar struct{ name, value string }

// pathVar is what stood in the path in the place of {name}.
func (x *exchange) pathVar(name string) string {
	for _, v := range x.vars {
		if v.name == name {
			return v.value
		}
	}
	return ""
}

// modelLetter is how routes name the models.
var modelLetter = map[Model]string{IPC: "i", PTZ: "p", NVR: "n", DVR: "d"}

// route finds who answers, and lets it answer.
func (x *exchange) route() {
	path := segments(x.r.URL.Path)
	if len(path) > 3 && strings.EqualFold(path[1], "ContentMgmt") && strings.EqualFold(path[2], "PTZCtrlProxy") {
		if !x.d.recorder() || x.d.o.NoPTZProxy {
			x.refuse("notSupport")
			return
		}
		x.proxy = true
		path = append([]string{path[0], "PTZCtrl"}, path[3:]...)
	}
	for _, c := range routes[len(path)] {
		if !c.match(path) {
			continue
		}
		if c.only != "" && !strings.Contains(c.only, modelLetter[x.d.o.Model]) {
			x.refuse("notSupport")
			return
		}
		if x.d.o.Inactive {
			x.refuse("notActivated")
			return
		}
		h := c.methods[x.r.Method]
		if h == nil {
			x.refuse("methodNotAllowed")
			return
		}
		x.vars = c.vars(path)
		h(x)
		return
	}
	switch {
	case !strings.EqualFold(path[0], "ISAPI"):
		x.page(http.StatusNotFound, "Document Error: Not Found", "<h2>Access Error: 404 -- Not Found</h2>")
	case x.d.recorder() || len(path) > 1 && strings.EqualFold(path[1], "PTZCtrl") && x.d.o.Model == IPC:
		x.refuse("notSupport")
		return
	default:
		x.refuse("notSupport")
		x.status = http.StatusNotFound
		return
	}
	x.entry.What = "unknown path"
}

func (x *exchange) number(name string) int {
	n, err := strconv.Atoi(x.pathVar(name))
	if err != nil || n < 0 {
		return -1
	}
	return n
}

func get(h handler) map[string]handler { return map[string]handler{http.MethodGet: h} }
func put(h handler) map[string]handler { return map[string]handler{http.MethodPut: h} }

func getPut(g, p handler) map[string]handler {
	return map[string]handler{http.MethodGet: g, http.MethodPut: p}
}

// administrator keeps a handler for administrators.
func administrator(h handler) handler {
	return func(x *exchange) {
		if x.user.level != "Administrator" {
			x.refuse("lowPrivilege")
			return
		}
		h(x)
	}
}
