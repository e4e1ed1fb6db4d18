package sim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

func securityRoutes() []route {
	return []route{
		{"/ISAPI/Security/userCheck", get(userCheckOK), ""},
		{"/ISAPI/Security/adminAccesses", get(adminAccesses), ""},
		{"/ISAPI/Security/users", map[string]handler{http.MethodGet: listUsers, http.MethodPost: administrator(addUser)}, ""},
		{"/ISAPI/Security/users/{id}", map[string]handler{http.MethodGet: getUser, http.MethodPut: putUser,
			http.MethodDelete: administrator(deleteUser)}, ""},
		{"/ISAPI/Security/UserPermission", get(listPermissions), ""},
		{"/ISAPI/Security/UserPermission/{id}", get(getPermission), ""},
	}
}

func userCheckOK(x *exchange) {
	x.entry.What = "user check"
	x.status = http.StatusOK
	x.xml(x.d.form.document(el("userCheck", el("statusValue", 200), el("statusString", "OK"))))
}

func adminAccesses(x *exchange) {
	x.entry.What = "ports"
	list := el("AdminAccessProtocolList", root{})
	add := func(id int, protocol string, port int, enabled bool, more ...any) {
		list.kids = append(list.kids, el("AdminAccessProtocol", el("id", id), el("enabled", enabled), el("protocol", protocol), more, el("portNo", port)))
	}
	add(1, "HTTP", 80, true)
	add(2, "HTTPS", 443, x.d.o.Model != DVR, el("redirectToHttps", x.d.o.HTTPSOnly))
	add(3, "DEV_MANAGE", 8000, true)
	add(4, "RTSP", 554, true)
	x.send(list)
}

func (a account) elem() *elem {
	return el("User", el("id", a.id), el("userName", a.name), el("userLevel", a.level))
}

// listUsers shows all accounts to an administrator, and to another user its own.
func listUsers(x *exchange) {
	x.entry.What = "users"
	list := el("UserList", root{})
	for _, a := range x.d.accounts {
		if x.mayRead(a) {
			list.kids = append(list.kids, a.elem())
		}
	}
	x.send(list)
}

func (x *exchange) mayRead(a account) bool {
	return x.user.level == "Administrator" || a.id == x.user.id
}

// target is the account that a path names, if this user may see it.
func (x *exchange) target() *account {
	id := x.number("id")
	for i := range x.d.accounts {
		if a := &x.d.accounts[i]; a.id == id {
			if x.mayRead(*a) {
				return a
			}
			x.refuse("lowPrivilege")
			return nil
		}
	}
	x.refuse(badParameters)
	return nil
}

func getUser(x *exchange) {
	x.entry.What = "user " + x.pathVar("id")
	if a := x.target(); a != nil {
		e := a.elem()
		e.attrs = append(e.attrs, attr{})
		x.send(e)
	}
}

var levels = []string{"Administrator", "Operator", "Viewer"}

func (x *exchange) readUser(required ...string) (*elem, bool) {
	defer func() { x.entry.Body = "(an account)" }() // it holds a password
	return x.read(group(map[string]shape{"id": whole(0, 64), "userName": {check: func(s string) bool { return s != "" && len(s) <= 32 }},
		"password": {check: func(s string) bool { return len(s) >= 8 && len(s) <= 16 }}, "loginPassword": plain(64),
		"userLevel": word(levels...)}, required...), "User")
}

func putUser(x *exchange) {
	x.entry.What = "set user " + x.pathVar("id")
	a := x.target()
	if a == nil {
		return
	}
	e, ok := x.readUser()
	if !ok {
		return
	}
	if k := e.child("userLevel"); k != nil {
		if x.user.level != "Administrator" || a.id == 1 && k.value() != "Administrator" {
			x.refuse("lowPrivilege")
			return
		}
		a.level = k.value()
	}
	if k := e.child("userName"); k != nil {
		a.name = k.value()
	}
	if k := e.child("password"); k != nil {
		a.password = k.value()
	}
	x.ok()
}

func addUser(x *exchange) {
	x.entry.What = "add user"
	e, ok := x.readUser("userName", "password", "userLevel")
	if !ok {
		return
	}
	name := e.child("userName").value()
	if _, taken := x.d.account(name); taken || len(x.d.accounts) >= 32 {
		x.refuse(badParameters)
		return
	}
	id := 1
	for slices.ContainsFunc(x.d.accounts, func(a account) bool { return a.id == id }) {
		id++
	}
	x.entry.What = "add user " + name
	x.d.accounts = append(x.d.accounts, account{id: id, name: name, password: e.child("password").value(), level: e.child("userLevel").value()})
	x.ok()
}

func deleteUser(x *exchange) {
	x.entry.What = "delete user " + x.pathVar("id")
	a := x.target()
	if a == nil {
		return
	}
	if a.id == 1 {
		x.refuse("lowPrivilege")
		return
	}
	id := a.id
	x.d.accounts = slices.DeleteFunc(x.d.accounts, func(a account) bool { return a.id == id })
	x.ok()
}

// permission is what an account may do from afar, per channel for PTZ.
func (d *Device) permission(a account, own ...any) *elem {
	ptz := !a.noPTZ && a.level != "Viewer"
	channels := el("videoChannelPermissionList")
	for _, c := range d.channels {
		channels.kids = append(channels.kids, el("videoChannelPermission", el("id", c.o.ID), el("preview", true), el("playBack", true),
			el("ptzControl", ptz)))
	}
	return el("UserPermission", own, el("id", a.id), el("userID", a.id), el("userType", strings.ToLower(a.level)),
		el("remotePermission", el("preview", true), el("playBack", true), el("ptzControl", ptz), el("alarmOutOrUpload", !a.noEvents),
			el("parameterConfig", a.level == "Administrator"), el("rebootOrShutdown", a.level == "Administrator"), channels))
}

func listPermissions(x *exchange) {
	x.entry.What = "permissions"
	list := el("UserPermissionList", root{})
	for _, a := range x.d.accounts {
		if x.mayRead(a) {
			list.kids = append(list.kids, x.d.permission(a))
		}
	}
	x.send(list)
}

func getPermission(x *exchange) {
	x.entry.What = fmt.Sprintf("permission %s", x.pathVar("id"))
	if a := x.target(); a != nil {
		x.send(x.d.permission(*a, root{}))
	}
}
