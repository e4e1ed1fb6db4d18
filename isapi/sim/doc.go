// Package sim is a Hikvision device made of software: a camera, a dome, a
// recorder or a hybrid recorder that speaks ISAPI as an http.Handler.
//
// It is strict where a real device is: it verifies digest logins itself and
// locks the account after wrong ones, refuses what its model does not have,
// checks every document that is PUT, and has one head per moving channel with
// speed, acceleration and limits. It remembers: presets, home, patrols,
// outputs, users, and a journal of every request.
//
// Who owns what: Device.mu guards all state of a device. It is never held
// while something waits or a picture is drawn, so that under a virtual clock
// the goroutine that calls may keep the baton. Nothing here has a goroutine of
// its own: heads, patrols, faults and alarms are computed from the clock at
// the moment someone asks. Only Server has one, for its listener, and Close
// waits for it.
//
// A Device is reached over a real port with Listen, or in memory with
// Transport, which calls it on the goroutine of the client.
package sim
