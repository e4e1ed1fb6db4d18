package site

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/isapi"
)

var deviceFields = []field[Device]{
	{name: "ip", kind: "text", meaning: "address or host name; needed unless simulate is given", read: readHost, pattern: `^[^/\s]+$`,
		rules: rules{needed: true, unless: []string{"simulate"}, hint: ` (or "simulate: ptz" for a simulated device)`},
		also:  []string{"host", "hostname", "address", "addr", "url"}},
	{name: "username", kind: "text", meaning: "account on the device, at least Operator; needed unless simulate is given", read: readUsername, pattern: "^[^:]+$",
		rules: rules{needed: true, unless: []string{"simulate"}},
		also:  []string{"login", "account", "name"}},
	{name: "password", kind: "text", meaning: "its password, best as ${NAME} from the environment", read: readPassword,
		rules: rules{
			needed: true, unless: []string{"password_file", "simulate"}, hint: " (password: ${NAME} takes it from the environment, password_file: from a file)",
			alone: []string{"password_file"}, reason: "one is enough",
		},
		also: []string{"secret", "pwd"}},
	{name: "password_file", kind: "text", meaning: "a file with the password instead, relative to the site, readable by its owner only", read: passwordFileField(func(d *Device) *isapi.Secret { return &d.Password })},
	{name: "port", kind: "whole number 1 to 65535", def: "80, or 443 for https", meaning: "port of the device's web server",
		read: intField(func(d *Device) *int { return &d.Port }, 1, 65535)},
	{name: "scheme", kind: "word: http | https", def: "http", meaning: "http or https",
		read: wordField(func(d *Device) *string { return &d.Scheme }, "http", "https"), also: []string{"protocol"}},
	{name: "auth_mode", kind: "word: digest | basic | auto", def: "digest", meaning: "login: digest, basic, or basic only if nothing else is offered (basic shows the password on the wire)",
		read: wordField(func(d *Device) *AuthMode { return &d.AuthMode }, AuthDigest, AuthBasic, AuthAuto)},
	{name: "status_interval", kind: "duration 1s to 1d, bare in milliseconds", def: "60000", meaning: "time between two liveness polls; a bare number is milliseconds",
		read: durationField(func(d *Device) *time.Duration { return &d.StatusInterval }, time.Millisecond, time.Second, 24*time.Hour)},
	{name: "timeout", kind: "duration 100ms to 10m", def: "10s", meaning: "time that one command may take",
		read: durationField(func(d *Device) *time.Duration { return &d.Timeout }, time.Second, 100*time.Millisecond, 10*time.Minute)},
	{name: "concurrency", kind: "whole number 1 to 64", def: "1", meaning: "commands at once",
		read: intField(func(d *Device) *int { return &d.Concurrency }, 1, 64)},
	{name: "max_rate", kind: "number 0 to 1000", def: "0", meaning: "commands a second, all channels together; 0: no limit",
		read: numberField(func(d *Device) *float64 { return &d.MaxRate }, 0, 1000)},
	{name: "ptz_id", kind: "word: auto | channel | stream", def: "auto", meaning: "number of a channel in PTZ commands: found out, 1, or 101",
		read: wordField(func(d *Device) *PTZIDMode { return &d.PTZID }, PTZIDAuto, PTZIDChannel, PTZIDStream)},
	{name: "tls", kind: "word: any | pin | verify", def: "any", meaning: "certificate: self-signed is tolerated, trusted on first use and a change refused, or verified",
		read: wordField(func(d *Device) *TLSMode { return &d.TLS }, TLSAny, TLSPin, TLSVerify)},
	{name: "simulate", kind: "word: ipc | ptz | nvr | dvr", meaning: "a simulated device instead of a real one; ip, username and password may then be left out",
		read: wordField(func(d *Device) *Model { return &d.Simulate }, ModelIPC, ModelPTZ, ModelNVR, ModelDVR)},
	{name: "channels", kind: "map", meaning: "names for the device's channels", read: readChannels, sub: channelKeys},
}

// readDevice reads one block and checks what concerns several of its keys.
func (r *reader) readDevice(key, n *yaml.Node, name string) Device {
	d := Device{
		Name: name, Scheme: "http", AuthMode: AuthDigest, StatusInterval: time.Minute, Timeout: 10 * time.Second,
		Concurrency: 1, PTZID: PTZIDAuto, TLS: TLSAny,
	}
	if !isNull(n) && n.Kind != yaml.MappingNode {
		r.pairs(n)
		return d
	}
	r.madeUp = isSimulated(n)
	defer func() { r.madeUp = false }()
	given := readMap(r, n, deviceFields, &d)
	if d.Port == 0 {
		d.Port = 80
		if d.Scheme == "https" {
			d.Port = 443
		}
	}
	checkRules(r, key, deviceFields, given)
	return d
}

// isSimulated reports whether a device's block has simulate: in it.
func isSimulated(n *yaml.Node) bool {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "simulate" && !isNull(n.Content[i+1]) {
			return true
		}
	}
	return false
}

// readDevices reads the map of all devices.
func readDevices(r *reader, n *yaml.Node, into *Site) {
	for _, p := range r.pairs(n) {
		name := p.key.Value
		if !r.checkName(p.key, "device", name) {
			continue
		}
		r.under(name, func() { into.Devices = append(into.Devices, r.readDevice(p.key, p.value, name)) })
	}
}

func readHost(r *reader, n *yaml.Node, d *Device) {
	if host, ok := r.hostText(n); ok {
		d.Host = host
	}
}

// hostText reads an address or a host name, without scheme and port.
func (r *reader) hostText(n *yaml.Node) (string, bool) {
	text, ok := r.scalar(n)
	if !ok {
		return "", false
	}
	host := strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	if _, err := netip.ParseAddr(host); err == nil {
		if err := isapi.CheckHost(host); err != nil {
			r.fail(n, "%s", rule(err))
			return "", false
		}
		return host, true
	}
	switch before, after, found := strings.Cut(text, ":"); {
	case strings.Contains(text, "/"):
		r.fail(n, "%s is an address with a scheme or a path: give the host alone; scheme and port have keys of their own", shown(n))
	case found && isDigits(after) && isHostName(before):
		r.fail(n, "%s has a port in it: write port: %s", shown(n), after)
	case isDigits(strings.ReplaceAll(text, ".", "")):
		r.fail(n, "%s is not an IP address", shown(n))
	case !isHostName(text):
		r.fail(n, "%s is neither an IP address nor a host name", shown(n))
	default:
		return text, true
	}
	return "", false
}

func isHostName(s string) bool {
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "-") != label {
			return false
		}
		for _, c := range label {
			if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
				return false
			}
		}
	}
	return true
}

func readUsername(r *reader, n *yaml.Node, d *Device) {
	if r.unlocked {
		return
	}
	text, ok := r.scalar(n)
	if !ok {
		return
	}
	if strings.Contains(text, ":") {
		r.fail(n, "a user name has no colon in it")
		return
	}
	if err := isapi.CheckUsername(text, isapi.AuthDigest); err != nil {
		r.fail(n, "%s%s", rule(err), r.fromVariable(n))
		return
	}
	d.Username = text
}

func readPassword(r *reader, n *yaml.Node, d *Device) {
	if r.unlocked {
		return
	}
	if isNull(n) {
		r.fail(n, `is empty (one that begins with #, & or * must be written in quotes)`)
		return
	}
	text, ok := r.scalar(n)
	if !ok {
		return
	}
	if n.LineComment != "" && n.Style == 0 && !strings.Contains(n.Value, "${") {
		r.warn(n, "the password ends before the # behind it, which begins a comment: put it in quotes if the # is part of it, else the comment on a line of its own")
	}
	if name, dollar := strings.CutPrefix(n.Value, "$"); dollar && isVariableName(name) && strings.ToUpper(name) == name {
		r.warn(n, "the password is taken as it stands: ${"+name+"}, with braces, takes it from the environment")
	}
	password := isapi.NewSecret(text)
	if err := isapi.CheckPassword(password); err != nil {
		r.fail(n, "%s%s", rule(err), r.fromVariable(n))
		return
	}
	d.Password = password
}

// rule is what the device library has against a value, without its prefix.
func rule(err error) string {
	if e, ok := errors.AsType[*isapi.Error](err); ok {
		return e.Detail
	}
	return err.Error()
}

// Equal reports whether two blocks mean the same device with the same settings,
// so that a reload can keep its connections, login and queue.
func (d Device) Equal(other Device) bool { return reflect.DeepEqual(d, other) }

// Address gives scheme, host and port: "http://192.0.2.10:80".
func (d Device) Address() string {
	host := d.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return fmt.Sprintf("%s://%s:%d", d.Scheme, host, d.Port)
}
