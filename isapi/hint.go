package isapi

import (
	"net/http"
	"strings"
)

const (
	hintTimeout   = "the device did not answer in time; a recorder is slow under load: raise timeout or status_interval, or ask less often"
	hintElsewhere = "another host of the cluster drives it now, or is about to: hiklua cluster status tells which one"
	hintNoXML     = "the device answered something other than ISAPI; check address and port, and that ISAPI is switched on (Network > Advanced > Integration Protocol)"
)

// hint says what an installer can do about a refusal. bare means that the
// device gave no reason of its own.
func hint(cl *call, e *Error, bare bool) string {
	path := strings.ToLower(cl.path)
	sub := strings.ToLower(e.SubCode)
	picture := strings.HasSuffix(path, "/picture")
	ptz := strings.Contains(path, "/ptzctrl")
	stream := strings.HasSuffix(path, "/alertstream")
	kind := e.Kind()

	switch sub {
	case "notactivated":
		return "the device has never been activated: set its admin password first"
	case "ptzoccupiedpriority":
		return "somebody with a higher priority drives this head; wait, or lower the other's PTZ priority"
	case "transparentmutexptz485":
		return "the RS-485 port is in transparent mode: set it to PTZ control"
	case "upgrading":
		return "the device is upgrading its firmware; wait"
	}
	switch {
	case kind == "busy" && picture:
		return "the device is busy; ask for fewer pictures at once, or try again"
	case kind == "busy":
		return "the device is busy or starting; try again"
	case stream && (kind == "forbidden" || kind == "not_found" || kind == "unsupported"):
		return "all event streams of the device may be taken (it frees them after about 2 minutes), the account may lack the right to notify the surveillance centre, or the device has no event stream"
	case ptz && sub == "invalidoperation" && strings.HasSuffix(path, "/goto"):
		return "the preset may not be set: list the presets; or the account needs PTZ permission on this channel"
	case ptz && kind == "forbidden":
		return "Operator is not enough: the account needs PTZ permission on this channel, and the channel needs a head"
	case ptz && (kind == "not_found" || kind == "unsupported"):
		return "this channel has no head, or its head cannot do this; list the channels, and see ptz_id"
	case picture && kind == "not_found":
		return "the channel does not match an enabled input; list the channels"
	case picture && (kind == "forbidden" || kind == "unsupported"):
		return "the account may lack live view on this channel, or the channel is offline; list the channels"
	case picture && kind == "device" && !e.transient():
		return "no picture of this channel over either path: the input may be offline or have no such stream; list the channels"
	case kind == "not_found" && bare && strings.EqualFold(path, deviceInfoPath):
		return "ISAPI may be switched off on the device (Network > Advanced > Integration Protocol), or this is no Hikvision device"
	case kind == "not_found" && bare:
		return "no such path on this device; if nothing under /ISAPI answers, ISAPI is switched off (Network > Advanced > Integration Protocol)"
	case kind == "forbidden":
		return "not available on this kind of device, or the account lacks the right for it"
	case kind == "unsupported":
		return "this device cannot do it"
	case e.transient():
		return "a passing fault of the device; try again"
	case e.HTTPStatus == http.StatusInternalServerError:
		return "a fault of the device's firmware on this path"
	}
	return ""
}
