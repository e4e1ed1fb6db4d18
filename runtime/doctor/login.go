package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

const noLogin = "the login has to work first; nothing more was sent, so that the account is not locked"

// checkLogin logs in once.
func (x *exam) checkLogin(ctx context.Context) Check {
	began := x.Clock.Now()
	x.tried = true
	var err error
	x.info, err = answer(ctx, x, x.Client.DeviceInfo)
	switch {
	case err == nil:
		return fine("the device takes user name and password")
	case x.Client.Login() == isapi.LoginLocked:
		x.stop = noLogin
		return x.locked(x.Client.LoginError(), began)
	case x.Client.Login() == isapi.LoginUnauthorized:
		x.stop = noLogin
		return x.unauthorized(x.Client.LoginError())
	}
	x.stop = "deviceInfo has to be answered first"
	return failed(err)
}

func (x *exam) locked(e *isapi.Error, at time.Time) Check {
	until := "; it does not say for how long (30 minutes are usual)"
	if e.RetryIn > 0 {
		end := at.Add(e.RetryIn).In(x.Zone)
		until = fmt.Sprintf(" until %s (for %s)", end.Format("15:04:05 MST"), span(e.RetryIn))
	}
	return fail("the device has locked the account"+until,
		"Stop whatever logs in with a wrong password (other programs at this address count, too) and wait; then correct password: in site.yaml. "+
			"An administrator unlocks it at once by restarting the device: Configuration > System > Maintenance > Reboot, from another computer.")
}

func (x *exam) unauthorized(e *isapi.Error) Check {
	switch {
	case x.Device.Username == "":
		return fail("there is no user name", "Give username: and password: of an account on the device in site.yaml.")
	case strings.Contains(e.Detail, "basic") || strings.Contains(e.Detail, "kind of login"):
		return fail(e.Detail, sentence(e.Hint))
	}
	finding := "the device refuses user name or password"
	if n := e.TriesLeft; n != nil {
		finding += fmt.Sprintf("; %d more tries before it locks the account", *n)
	}
	if strings.Contains(e.Detail, "password on ") { // it is remembered from an earlier command
		return fail(e.Detail+"; nothing was sent now", sentence(e.Hint))
	}
	return fail(finding, fmt.Sprintf("Correct username: (now %s) and password: in site.yaml; both count upper and lower case. "+
		"The device's web page lists its accounts under Configuration > System > User Management; an administrator can set the password anew there.", x.Device.Username))
}

// span writes a duration without the zeros at its end: 25m, 1h30m.
func span(d time.Duration) string {
	return clock.FormatDuration(d.Round(time.Second))
}
