package runtime

import (
	"context"
	"fmt"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/device"
	"github.com/hiklua/hiklua/runtime/logins"
	"github.com/hiklua/hiklua/runtime/site"
)

// refusedTable is the table of the store in which the refused logins of a cluster
// lie, a name that no script has.
const refusedTable = "//refused logins"

// accountOf is the account of a device at a place, host and port.
func accountOf(conf site.Device, place string) logins.Account {
	return logins.Account{Place: place, Username: conf.Username, Password: conf.Password, Auth: fmt.Sprint(conf.AuthMode)}
}

// loginFor sets what the client of a device has to know of earlier logins.
func (h *Host) loginFor(conf site.Device, place string, config *isapi.Config) {
	if h.logins == nil || config.Transport != nil && !h.inCluster() {
		return // what simulated devices refuse is not kept in a file
	}
	account := accountOf(conf, place)
	if h.conf.LoginCommand != nil {
		config.Retry = h.conf.LoginCommand(conf)
	}
	if config.Refused = h.logins.Refusal(account, config.Retry); config.Refused != nil && h.inCluster() {
		h.loginNotes.Add(func() { h.noted(conf, h.logins.Adopt(account)) })
	}
	config.OnLogin = func(refused *isapi.Error) {
		h.loginNotes.Add(func() { h.noted(conf, h.logins.Note(account, refused)) })
	}
}

// noted tells of a refusal that could not be noted.
func (h *Host) noted(conf site.Device, err error) {
	if err != nil {
		h.log.Warn("it can't be remembered that the password was refused: another command will try it again",
			keyDevice, conf.Name, keyError, err)
	}
}

// RefusedLogins is what is remembered of refused passwords, for logins.Keep on another
// host; nil: nothing is.
func (h *Host) RefusedLogins() []byte {
	if h.logins == nil {
		return nil
	}
	return h.logins.Page()
}

// LoginReport is what came of a new try.
type LoginReport struct {
	Device    string       `json:"device"`
	State     string       `json:"state"`
	Model     string       `json:"model,omitempty"`
	Error     *ErrorStatus `json:"error,omitempty"`
	TriesLeft *int         `json:"tries_left,omitempty"` // nil: the device does not say
}

// LoginCost is what is known before a new try.
type LoginCost struct {
	Device    string `json:"device"`
	Username  string `json:"username"`
	Place     string `json:"place"`
	State     string `json:"state"`                // in this host
	Said      string `json:"said,omitempty"`       // by the device, at the last refusal
	TriesLeft *int   `json:"tries_left,omitempty"` // nil: the device did not say
}

// refNamed finds a device of the site, or one that a script has opened, by name,
// or by host and port.
func (h *Host) refNamed(name string) (*device.Ref, error) {
	for _, r := range h.devices.All() {
		if r.Name() == name || r.Place() == name {
			return r, nil
		}
	}
	_, err := h.device(name)
	return nil, err
}

// LoginCost tells what a new try of a device's login costs.
func (h *Host) LoginCost(name string) (LoginCost, error) {
	r, err := h.refNamed(name)
	if err != nil {
		return LoginCost{}, err
	}
	cost := LoginCost{Device: r.Name(), Username: r.Conf().Username, Place: r.Place(), State: r.State()}
	if h.logins != nil {
		cost.Said, cost.TriesLeft = h.logins.Known(accountOf(r.Conf(), r.Place()))
	}
	return cost, nil
}

// Login is one new try of a device's login, with the password that the host has
// now, whatever the device said before. The error says that there is no such
// device; what the device says is in the report.
func (h *Host) Login(ctx context.Context, name string) (LoginReport, error) {
	r, err := h.refNamed(name)
	if err != nil {
		return LoginReport{}, err
	}
	if h.logins != nil {
		h.noting.WaitFor(ctx) // what was refused before
		if err := h.logins.Forget(accountOf(r.Conf(), r.Place())); err != nil {
			return LoginReport{}, &luaapi.Failure{Kind: "disk", Message: err.Error(), Err: err}
		}
	}
	h.mu.Lock()
	open := h.started
	h.mu.Unlock()
	report := LoginReport{Device: name}
	if open {
		r.Retry()
		report.State, err = r.Settled(ctx), r.LastError()
	} else {
		r.Client().ResetLogin()
		limited, cancel := clock.WithTimeout(h.clk, ctx, r.Conf().Timeout)
		defer cancel()
		var info *isapi.DeviceInfo
		report.State = device.StateOnline
		if info, err = r.Client().DeviceInfo(limited); err == nil {
			report.Model = info.Model
		} else {
			report.State = Report(err).Kind
		}
	}
	if info := r.Info(); info != nil && err == nil {
		report.Model = info.Model
	}
	report.Error = errorStatus(err)
	if refused := r.Client().LoginError(); refused != nil {
		report.TriesLeft = refused.TriesLeft
	}
	return report, nil
}
