package doctor

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/hiklua/hiklua/isapi"
)

const (
	usersMenu = "Configuration > System > User Management"
	// eventRight is what the vendor's page calls alarmOutOrUpload.
	eventRight = "Remote: Notify Surveillance Center / Trigger Alarm Output"
	ptzRight   = "Remote: PTZ Control"
)

// account is what the device tells about ours. nil and "": it does not say.
type account struct {
	id     int
	level  string
	events *bool
	ptz    *bool
	ptzOn  map[int]bool // by channel
}

func (a *account) administrator() bool {
	return strings.EqualFold(a.level, "Administrator") || strings.EqualFold(a.level, "admin")
}

// checkAccount finds out the level and the rights. What stands in the way of
// reading them is not held against the account.
func (x *exam) checkAccount(ctx context.Context) Check {
	weak, err := x.weakPassword(ctx)
	if err != nil && !absent(err) {
		return failed(err)
	}
	users, err := x.get(ctx, "/ISAPI/Security/users")
	if err != nil && !absent(err) {
		return failed(err)
	}
	for _, u := range users.All("User") {
		if u.Get("userName") == x.Device.Username {
			x.account.id, _ = u.Int("id")
			x.account.level = u.Get("userLevel")
		}
	}
	if err := x.readPermission(ctx); err != nil && !absent(err) {
		return failed(err)
	}
	name, level := x.Device.Username, x.account.level
	switch {
	case strings.EqualFold(level, "Viewer"):
		return fail(name+" is a Viewer", fmt.Sprintf("hiklua needs at least an Operator. In the device's web page, as administrator: %s: "+
			"choose %s, Modify, Level: Operator, then OK.", usersMenu, name))
	case weak:
		return warn("the password of "+name+" is the default one, or a weak one", "Set a stronger one in the device's web page: "+usersMenu+", and in site.yaml.")
	case level == "":
		return skip("the device does not tell the level of " + name)
	}
	return fine("%s is %s", name, level)
}

func (x *exam) weakPassword(ctx context.Context) (bool, error) {
	u, err := answer(ctx, x, x.Client.UserCheck)
	return err == nil && (u.DefaultPassword || u.RiskPassword), err
}

// readPermission asks for our own rights, or for the list that we are in.
func (x *exam) readPermission(ctx context.Context) error {
	if x.account.id == 0 {
		return nil
	}
	const list = "/ISAPI/Security/UserPermission"
	root, err := x.get(ctx, list+"/"+strconv.Itoa(x.account.id))
	if absent(err) {
		root, err = x.get(ctx, list)
	}
	if err != nil {
		return err
	}
	found := root
	for _, p := range root.All("UserPermission") {
		if id, ok := p.Int("userID"); ok && id == x.account.id {
			found = p
		}
	}
	if id, ok := found.Int("userID"); ok && id != x.account.id {
		return nil
	}
	remote := found.Find("remotePermission")
	x.account.events = truth(remote.Child("alarmOutOrUpload"))
	x.account.ptz = truth(remote.Child("ptzControl"))
	x.account.ptzOn = map[int]bool{}
	for _, c := range remote.Find("videoChannelPermissionList").All("videoChannelPermission") {
		id, ok := c.Int("id")
		if on, known := c.Bool("ptzControl"); ok && known {
			x.account.ptzOn[id] = on
		}
	}
	return nil
}

func truth(n *isapi.Node) *bool {
	if on, ok := n.Bool(); ok {
		return &on
	}
	return nil
}

// checkEventRight looks for the right without which the event stream is
// refused.
func (x *exam) checkEventRight(context.Context) Check {
	name := x.Device.Username
	switch {
	case x.account.administrator():
		return fine("an administrator may listen to events")
	case x.account.events == nil:
		return skip("the device does not tell this right; the event stream shows it")
	case !*x.account.events:
		return fail("user right missing: "+name+" may not be notified of events", eventRightFix(name))
	}
	return fine("%s may listen to events", name)
}

func eventRightFix(name string) string {
	return fmt.Sprintf("In the device's web page, as administrator: %s: choose %s, Modify, tick %s, then OK.", usersMenu, name, eventRight)
}

// checkPTZRight compares the right with the head.
func (x *exam) checkPTZRight(_ context.Context, t *target) Check {
	name := x.Device.Username
	on, known := x.account.ptzOn[t.id]
	switch {
	case !t.found.PTZ:
		return Check{}
	case x.account.administrator():
		return fine("an administrator may move the head")
	case x.account.ptz != nil && !*x.account.ptz, known && !on:
		return fail("user right missing: "+name+" may not move the head",
			fmt.Sprintf("Operator alone is not enough. In the device's web page, as administrator: %s: choose %s, Modify, tick %s and camera %d below it, then OK.",
				usersMenu, name, ptzRight, t.id))
	case x.account.ptz == nil && !known:
		return skip("the device does not tell this right, and it is not tried: that would move the head")
	}
	return fine("%s may move the head", name)
}
