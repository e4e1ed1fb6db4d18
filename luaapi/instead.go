package luaapi

import "strings"

// mostNames is how many names an error lists where none is near.
const mostNames = 12

// instead says what to write for names of hik that it has not, and other programs
// or other places of this one have.
var instead = map[string]string{
	"hik.wait":      "use hik.sleep, or device:wait for an event",
	"hik.delay":     "use hik.sleep, or hik.after",
	"hik.print":     "use print, or hik.log.info",
	"hik.schedule":  "use hik.cron, hik.every or hik.at",
	"hik.timer":     "use hik.every or hik.after",
	"hik.interval":  "use hik.every",
	"hik.thread":    "use hik.spawn",
	"hik.task":      "use hik.spawn",
	"hik.fetch":     "use hik.http.get",
	"hik.curl":      "use hik.http.get or hik.http.request",
	"hik.mail":      "use hik.notify",
	"hik.email":     "use hik.notify",
	"hik.telegram":  "use hik.notify",
	"hik.ntfy":      "use hik.notify",
	"hik.webhook":   "use hik.notify, or hik.http.post",
	"hik.send":      "use hik.notify, or hik.emit for other scripts",
	"hik.picture":   "use hik.snapshot",
	"hik.image":     "use hik.snapshot",
	"hik.ptz":       "use hik.preset, hik.ptz_pan_tilt, hik.ptz_move or hik.ptz_absolute",
	"hik.goto":      "use hik.preset, or hik.ptz_absolute for degrees",
	"hik.move":      "use hik.ptz_move, hik.ptz_pan_tilt or hik.ptz_absolute",
	"hik.stop":      "use hik.ptz_stop",
	"hik.zoom":      "use hik.ptz_zoom",
	"hik.home":      "use hik.ptz_home",
	"hik.channel":   "use hik.device(name):channel(name)",
	"hik.camera":    "use hik.device",
	"hik.tour":      moduleOfName("tour"),
	"hik.sweep":     moduleOfName("sweep"),
	"hik.timelapse": moduleOfName("timelapse"),
	"hik.retry":     moduleOfName("retry"),

	"hik.http.patch":   requestOf("PATCH"),
	"hik.http.head":    requestOf("HEAD"),
	"hik.http.options": requestOf("OPTIONS"),
	"hik.http.fetch":   "use hik.http.get or hik.http.request",
	"hik.http.send":    "use hik.http.post or hik.http.request",
	"hik.http.upload":  "use hik.http.post with files=",
}

func moduleOfName(name string) string { return `write local ` + name + ` = require "hik.` + name + `"` }

func requestOf(method string) string { return `use hik.http.request("` + method + `", url, ...)` }

// insteadOf is what a script writes in the place of owner.name; "": nothing is
// known.
func insteadOf(owner, name string) string { return instead[owner+"."+strings.ToLower(name)] }
