package isapi

import (
	"context"
	"net/http"
	"strings"
)

const deviceInfoPath = "/ISAPI/System/deviceInfo"

// DeviceInfo is what a device says about itself. Any field may be empty.
type DeviceInfo struct {
	Name         string
	Model        string
	Serial       string
	Firmware     string // version and release: "V5.8.1 build 240929"
	MAC          string
	Type         string // IPCamera, IPDome, NVR, DVR, ...: a hint, Probe decides by answers
	Manufacturer string
	DeviceID     string
	Raw          string // the document as it came
}

// DeviceInfo asks GET /ISAPI/System/deviceInfo. Where there is nothing, it asks
// for the same without the prefix and under /PSIA, as firmware of before ISAPI
// has it; all that is asked of such a device later goes there, too.
func (c *Client) DeviceInfo(ctx context.Context) (*DeviceInfo, error) {
	info, err := c.deviceInfo(ctx, deviceInfoPath)
	if e := asError(err); e == nil || e.HTTPStatus != http.StatusNotFound || e.SubCode != "" || e.Code != 0 || c.known.old() {
		return info, err
	}
	for _, prefix := range oldPrefixes {
		old, oldErr := c.deviceInfo(ctx, prefix+strings.TrimPrefix(deviceInfoPath, isapiPrefix))
		if oldErr == nil {
			learn(c.known, &c.known.prefix, prefix)
			return old, nil
		}
	}
	return nil, err
}

func (c *Client) deviceInfo(ctx context.Context, path string) (*DeviceInfo, error) {
	cl := &call{op: "device info", method: http.MethodGet, path: path}
	root, a, err := c.document(ctx, cl)
	if err != nil {
		return nil, err
	}
	if root.Find("notActivated") != nil {
		e := c.fail(cl, errDevice)
		e.HTTPStatus, e.SubCode = a.status, "notActivated"
		e.Hint = hint(cl, e, false)
		return nil, e
	}
	return &DeviceInfo{
		Name: root.Get("deviceName"), Model: root.Get("model"), Serial: root.Get("serialNumber"),
		Firmware: strings.TrimSpace(root.Get("firmwareVersion") + " " + root.Get("firmwareReleasedDate")),
		MAC:      root.Get("macAddress"), Type: root.Get("deviceType"), Manufacturer: root.Get("manufacturer"),
		DeviceID: root.Get("deviceID"), Raw: string(a.body),
	}, nil
}
