package doctor

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// firstPart is how long the event stream may be silent. Cameras send a
// heartbeat every 10 s.
const firstPart = 15 * time.Second

// checkStream opens the event stream, waits for its first part, and gives
// the slot back.
func (x *exam) checkStream(ctx context.Context) Check {
	x.readListeners(ctx)
	if x.stop != "" {
		return skip(x.stop)
	}
	parent := ctx
	ctx, cancel := clock.WithTimeout(x.Clock, ctx, x.Device.Timeout+firstPart)
	defer cancel()
	client := x.Client.Sibling() // a stream has a connection of its own
	defer client.Close()
	stream, err := client.OpenAlerts(ctx)
	if err != nil {
		return x.noStream(err)
	}
	defer stream.Close()
	opened := x.Clock.Now()
	timer := x.Clock.AfterFunc(firstPart, cancel)
	_, err = stream.Next()
	timer.Stop()
	took := x.Clock.Now().Sub(opened).Round(time.Second)
	silent := err != nil && clock.Cause(ctx) != nil && clock.Cause(parent) == nil
	switch {
	case err == nil:
		return fine("open, the first part came after %s%s", took, x.listeners("; so listen "))
	case silent && x.recorder():
		return fine("open, silent for %s, as recorders are while nothing happens%s", firstPart, x.listeners("; so listen "))
	case silent:
		return fail(fmt.Sprintf("open, but silent for %s: a camera sends a heartbeat every 10 s", firstPart),
			"Restart the camera: Configuration > System > Maintenance > Reboot. If this stays, update its firmware under Upgrade there.")
	}
	return failed(err)
}

// noStream tells what a refusal means: a right, or no slot left.
func (x *exam) noStream(err error) Check {
	e := refusal(err)
	if e == nil {
		return failed(err)
	}
	name := x.Device.Username
	allowed := x.account.administrator() || x.account.events != nil && *x.account.events
	switch {
	case e.HTTPStatus == http.StatusUnauthorized && e.Kind() == "forbidden", x.account.events != nil && !allowed && e.Kind() == "forbidden":
		if x.account.events != nil && !allowed {
			return skip("refused, because the event right is missing")
		}
		return fail("user right missing: the password is right, but the device refuses the event stream to "+name, eventRightFix(name))
	case e.HTTPStatus == http.StatusForbidden, e.HTTPStatus == http.StatusNotFound && (e.Code != 0 || e.SubCode != ""), e.Kind() == "busy":
		finding := fmt.Sprintf("the device refuses another event stream (%d %s): all its slots are taken", e.HTTPStatus, e.SubCode)
		if e.Kind() == "unsupported" || e.HTTPStatus == http.StatusNotFound {
			finding = fmt.Sprintf("the device refuses the event stream (%d %s): its slots may be taken, or it has none", e.HTTPStatus, e.SubCode)
		}
		fix := "Close other programs that listen to this device's events; it frees their slots after about two minutes. " +
			"If this stays, restart it: Configuration > System > Maintenance > Reboot."
		if !allowed {
			fix += " " + eventRightFix(name) + " Without that right some devices refuse in the same way."
		}
		return fail(finding+x.listeners("; so listen "), fix)
	case e.HTTPStatus == http.StatusNotFound:
		return fail("the device has no event stream", "Update its firmware under Configuration > System > Maintenance > Upgrade; old recorders have none at all: ask the cameras themselves.")
	}
	return failed(err)
}

// readListeners asks who is subscribed, before we are.
func (x *exam) readListeners(ctx context.Context) {
	root, err := x.get(ctx, "/ISAPI/System/status")
	if err != nil {
		return
	}
	for _, s := range root.Find("AlertStreamServerList").All("AlertStreamServer") {
		if at := s.Get("ipAddress"); at != "" && !slices.Contains(x.other, at) {
			x.other = append(x.other, at)
		}
	}
}

func (x *exam) listeners(before string) string {
	if len(x.other) == 0 {
		return ""
	}
	return before + strings.Join(x.other, ", ")
}
