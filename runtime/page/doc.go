// Package page serves the page of a running host: the TCP listener, the login,
// the guards before every path, the stream of what happens, and the pictures.
//
// # Paths
//
//	GET  /healthz                    anyone: "ok" as long as the host answers
//	GET  /login, POST /login         anyone: the form, and its field "password"
//	GET  /enter?key=KEY              anyone: the one-time link of "hiklua page"
//	GET  /app.css, /icon.svg         anyone
//	POST /logout                     session: the cookie goes; answers 303 to /login
//	GET  /, /NAME.js                 session or bearer; without, / answers 303 to /login. NAME.js:
//	                                 every .js file of assets; app.js imports the others
//	GET  /api/stream                 session or bearer: what happens, see below
//	GET  /api/devices/{d}/channels/{c}/picture
//	                                 session or bearer: the last picture, see below
//	     /api/...                    session or bearer: package api
//	GET  /metrics                    session or bearer
//	GET  /timeline?hours=24          session or bearer: what is on record, as a page
//	POST /hooks/NAME                 the token of the hook
//
// In login.html, the mark <!--message--> gives way to what is to be said, as
// <p class="message" role="alert">, and what lies between <!--form--> and
// <!--/form--> is left out where no password is configured.
//
// A POST of the API has the content type application/json, and {} where it has
// nothing to say. An answer that is no success is
// {"error": {"kind": ..., "message": ..., "hint": ...}}; kind is "login" with
// the status 401: the session is over, and the page goes to /login.
//
// # The stream
//
// GET /api/stream answers with Server-Sent Events. Each event has a name and one
// line of data, which is JSON:
//
//	event: beat
//	data: {"now": "2026-11-30T20:27:27.123+01:00"}
//
// comes first and every 15 s: the host's clock, with the site's offset. A reader
// that has seen nothing for 40 s knows that what it shows is old.
//
//	event: state
//	data: {"version": "0.9", "site": {...}, "device/gate": {...}, "script/night": {...}, "job/night/tour": {...}, ...}
//
// The first has everything, each later one what has changed since, at most one a
// second; null stands for what is gone. Together they are the status, the JSON of
// GET /api/status: each of its lists devices, scripts and jobs has a key for
// every item, "device/NAME", "script/NAME" and "job/SCRIPT/NAME" (a job of the
// REPL has the session's name as its script), and every other member has its own
// name as the key. Of a site with several shares it is "script/SHARE/NAME" and
// "job/SHARE/SCRIPT/NAME". now, memory_bytes and goroutines are left out, for they always
// change. A name may have slashes in it: the item itself has name, script and job.
// One key more is of the page itself:
//
//	"page": {"actions": true, "pictures": 2, "viewers": 3}
//
// actions: false if web.actions forbids every POST. pictures: how many seconds
// lie between two pictures of a channel at least; 0: there are none.
//
//	event: log
//	data: [{"time": "2026-11-30T20:27:27.123+01:00", "level": "INFO", "msg": "...", "script": "night", ...}, ...]
//
// Lines of the log, the oldest first, as "hiklua log --json" has them.
//
//	event: command
//	data: [{"time": ..., "device": "gate", "channel": 1, "what": "ptz_move", ...}, ...]
//
//	event: event
//	data: [{"kind": "event", "time": ..., "device": "gate", "what": "motion", "detail": "start", ...}, ...]
//
// Entries of the journal, the oldest first, as "hiklua journal --json" has them:
// those of the kind "event" come as event, all others as command (commands to
// devices have no kind; runs of jobs, pictures, notifications and reloads have).
// Questions for a device's state, clock or position come only if they failed. Of
// each of the three the last 200 come at the start, then what is new, four times a
// second at most.
//
//	event: missed
//	data: {"log": 12, "command": 0, "event": 0}
//
// So many were left out at this place, for a reader that was too slow.
//
//	event: bye
//	data: {"reason": "stop"}
//
// The stream ends: "stop", the host ends or the page is taken down; "session", it
// was logged out, its time is over, or the password has changed. A stream that
// ends without it has lost its connection; EventSource comes back by itself, and
// begins anew, with all of the state and the last 200.
//
// More than 32 streams are refused with 503.
//
// # Pictures
//
// GET of a picture never waits. It answers with what is there: 200 with an ETag,
// 304 if the request's If-None-Match has it, 204 if there is none yet. The header
// Age says how many seconds old it is. The request marks the channel as looked
// at for 6 s, and while it is, the device is asked for a new picture now and then.
// A device that is not online gives 204, also where an old picture is there; a
// channel that is not in the status gives 404.
//
// # Who owns what
//
// A Page lasts as long as its host: sessions, links and counts outlive a change of
// web in site.yaml. A front is what listens with one kind of settings; Configure
// puts another in its place, and Close ends all and waits.
//
// Goroutines: those of net/http, which a front waits for when it is closed; one of
// board, while there is a stream, that looks at the status each second; one of
// looks for each device that is looked at. None of them is waited for by the host:
// Feed and control.Ring are read from behind, and a reader that is too slow is told
// what it has missed.
//
// Locks are not nested, but for Page.mu: Configure and Close hold it while they
// wait for a front to end, so requests must not take it. Those of the control
// socket do, for a link.
package page
