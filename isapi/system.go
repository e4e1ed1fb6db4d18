package isapi

import (
	"context"
	"errors"
	"net/http"
)

// Reboot restarts the device: PUT /ISAPI/System/reboot. A connection that
// the device drops instead of answering counts as done.
func (c *Client) Reboot(ctx context.Context) error {
	// On a new connection: on a kept one "dropped" could mean that the device
	// had closed it before it saw the command.
	c.Close()
	_, err := c.do(ctx, &call{op: "reboot", method: http.MethodPut, path: "/ISAPI/System/reboot"})
	if errors.Is(err, errDropped) || errors.Is(err, ErrCut) {
		return nil
	}
	return err
}

// UserCheck is what a device says about the account.
type UserCheck struct {
	OK              bool
	DefaultPassword bool
	RiskPassword    bool
}

// UserCheck asks GET /ISAPI/Security/userCheck, the vendor's own way to try a
// login. A refused login is an error as everywhere.
func (c *Client) UserCheck(ctx context.Context) (*UserCheck, error) {
	root, err := c.get(ctx, "check the account", 0, userCheckPath)
	if err != nil {
		return nil, err
	}
	code, told := root.Int("statusValue")
	u := &UserCheck{OK: !told || code == http.StatusOK}
	u.DefaultPassword, _ = root.Bool("isDefaultPassword")
	u.RiskPassword, _ = root.Bool("isRiskPassword")
	return u, nil
}

// Disk is a place where a device records.
type Disk struct {
	ID       int
	Name     string
	Type     string // SATA, NFS, ...
	Status   string // ok, unformatted, error, idle, ...
	Capacity int64  // MB
	Free     int64  // MB; 0 on a recorder that overwrites
	NAS      bool
}

// Storage lists a device's disks: GET /ISAPI/ContentMgmt/Storage.
func (c *Client) Storage(ctx context.Context) ([]Disk, error) {
	root, err := c.get(ctx, "storage", 0, "/ISAPI/ContentMgmt/Storage")
	if err != nil {
		return nil, err
	}
	var list []Disk
	for _, from := range []struct {
		list, item, name, kind string
		nas                    bool
	}{{"hddList", "hdd", "hddName", "hddType", false}, {"nasList", "nas", "nasName", "nasType", true}} {
		for _, n := range root.Child(from.list).All(from.item) {
			d := Disk{Name: n.Get(from.name), Type: n.Get(from.kind), Status: n.Get("status"), NAS: from.nas}
			d.ID, _ = n.Int("id")
			capacity, _ := n.Float("capacity")
			free, _ := n.Float("freeSpace")
			d.Capacity, d.Free = int64(capacity), int64(free)
			list = append(list, d)
		}
	}
	return list, nil
}

// Access is a port that a device listens on.
type Access struct {
	Protocol string // HTTP, HTTPS, RTSP, DEV_MANAGE, ...
	Port     int    // 0: not said
	Enabled  bool   // true where it is not said
	Redirect bool   // http is sent on to https
}

// Accesses lists the ports: GET /ISAPI/Security/adminAccesses.
func (c *Client) Accesses(ctx context.Context) ([]Access, error) {
	root, err := c.get(ctx, "list ports", 0, "/ISAPI/Security/adminAccesses")
	if err != nil {
		return nil, err
	}
	var list []Access
	for _, n := range root.All("AdminAccessProtocol") {
		a := Access{Protocol: n.Get("protocol"), Enabled: n.isOn("enabled")}
		a.Port, _ = n.Int("portNo")
		a.Redirect, _ = n.Bool("redirectToHttps")
		list = append(list, a)
	}
	return list, nil
}
