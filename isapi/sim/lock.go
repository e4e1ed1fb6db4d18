package sim

import (
	"math"
	"time"
)

// account is a user in force; accounts are changed through Security/users.
type account struct {
	id       int
	name     string
	password string
	level    string
	noPTZ    bool
	noEvents bool
}

func (d *Device) account(name string) (account, bool) {
	for _, a := range d.accounts {
		if a.name == name {
			return a, true
		}
	}
	return account{}, false
}

// password is that of a, unless a fault says that it was changed.
func (d *Device) password(a account, now time.Time) string {
	if _, wrong := d.fault("wrong-password", now); wrong {
		return a.password + "\x00changed"
	}
	return a.password
}

// locked reports for how long the account is still locked.
func (d *Device) locked(now time.Time) (time.Duration, bool) {
	if f, ok := d.fault("locked", now); ok {
		left := d.o.LockTime
		if f.Value != "" {
			left, _ = time.ParseDuration(f.Value)
		} else if end, known := f.end(now, d.o.Zone); known {
			left = end.Sub(now)
		}
		return left, true
	}
	if d.lockedTill.After(now) {
		return d.lockedTill.Sub(now), true
	}
	return 0, false
}

// wrongLogin counts one and locks the account when they are too many.
func (d *Device) wrongLogin(now time.Time) {
	if !d.lockedTill.IsZero() && !d.lockedTill.After(now) {
		d.lockedTill, d.wrong = time.Time{}, 0
	}
	d.counts.RejectedLogins++
	if _, locked := d.locked(now); locked {
		return
	}
	d.wrong++
	if d.wrong >= d.o.LockAfter {
		d.lockedTill, d.wrong = now.Add(d.o.LockTime), 0
		d.counts.Lockouts++
	}
}

func (d *Device) rightLogin() { d.wrong, d.lockedTill = 0, time.Time{} }

// userCheck is the body of a 401. Before the lock it counts the remaining
// tries down, after it it tells the seconds until the end.
func (d *Device) userCheck(now time.Time, counted bool) *elem {
	unauthorized := []*elem{el("statusValue", 401), el("statusString", "Unauthorized")}
	if d.o.QuietLock || !counted {
		return el("userCheck", unauthorized)
	}
	if left, locked := d.locked(now); locked {
		return el("userCheck", root{}, unauthorized, el("isActivated", true), el("lockStatus", "lock"),
			el("unlockTime", int(math.Ceil(left.Seconds()))), el("retryLoginTime", 0))
	}
	return el("userCheck", root{}, unauthorized, el("isActivated", true), el("lockStatus", "unlock"),
		el("retryLoginTime", d.o.LockAfter-d.wrong))
}
