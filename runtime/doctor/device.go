package doctor

import (
	"context"
	"fmt"
	"strings"
)

// checkDevice says what it is.
func (x *exam) checkDevice(context.Context) Check {
	i := x.info
	what := i.Model
	if what == "" {
		what = "a device that does not tell its model"
	}
	if i.Firmware != "" {
		what += ", firmware " + i.Firmware
	}
	if old, year := oldFirmware(i.Firmware); old {
		return warn(what, fmt.Sprintf("This firmware is of %s. Get the model's latest from the maker's download page and install it under "+
			"Configuration > System > Maintenance > Upgrade: old ones have known security holes, and event streams that stall.", year))
	}
	return fine("%s", what)
}

// oldFirmware reads the build date, "build 170123", that every firmware of
// these devices carries. What is older than 2018 cannot tell a lock, and
// often has no digest login.
func oldFirmware(firmware string) (old bool, year string) {
	_, build, ok := strings.Cut(strings.ToLower(firmware), "build ")
	if !ok || len(build) < 6 || strings.Trim(build[:6], "0123456789") != "" {
		return false, ""
	}
	return build[:2] < "18", "20" + build[:2]
}

// checkPorts reads what the device listens on. Not every account may.
func (x *exam) checkPorts(ctx context.Context) Check {
	list, err := answer(ctx, x, x.Client.Accesses)
	switch {
	case absent(err):
		return skip("the device does not list its ports to this account")
	case err != nil:
		return failed(err)
	}
	var open []string
	redirects := 0
	for _, a := range list {
		if !a.Enabled {
			continue
		}
		name := a.Protocol
		if a.Port > 0 {
			name = fmt.Sprintf("%s %d", a.Protocol, a.Port)
		}
		open = append(open, name)
		if a.Redirect && strings.EqualFold(a.Protocol, "HTTPS") {
			redirects = a.Port
			if redirects == 0 {
				redirects = 443
			}
		}
	}
	if redirects > 0 && x.Device.Scheme == "http" {
		return warn("the device is set to redirect http to https", httpsOnlyFix(redirects))
	}
	return fine("%s", strings.Join(open, ", "))
}

// checkLimits compares what site.yaml wants with what the device bears.
func (x *exam) checkLimits(ctx context.Context) Check {
	caps, err := answer(ctx, x, x.Client.Capabilities)
	switch {
	case absent(err):
		return Check{}
	case err != nil:
		return failed(err)
	}
	var limits []string
	if caps.MaxWrongLogins > 0 {
		limits = append(limits, fmt.Sprintf("locks the account after %d wrong logins", caps.MaxWrongLogins))
		if caps.LockTime > 0 {
			limits[0] += fmt.Sprintf(" for %.0f minutes", caps.LockTime.Minutes())
		}
	}
	logins := caps.MaxLogins
	if logins > 0 {
		limits = append(limits, fmt.Sprintf("serves %d logins at once", logins))
	}
	if logins > 0 && x.Device.Concurrency >= logins {
		return warn(fmt.Sprintf("concurrency is %d, and the device serves %d logins at once", x.Device.Concurrency, logins),
			"Lower concurrency: in site.yaml, or raise the number in the device's web page: Configuration > System > User Management > Simultaneous Login.")
	}
	if len(limits) == 0 {
		return Check{}
	}
	return fine("%s", strings.Join(limits, "; "))
}
