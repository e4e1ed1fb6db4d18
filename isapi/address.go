package isapi

import (
	"net/netip"
	"strings"
	"unicode"
)

// CheckHost reports why host is neither the name nor the address of a device;
// nil: it is one. An IPv6 address may have a zone: fe80::1%eth0. The error does
// not repeat host, which may be a URL with a password in it.
func CheckHost(host string) error {
	addr, zone, zoned := strings.Cut(host, "%")
	switch {
	case host == "":
		return misconfigured("host is missing")
	case strings.ContainsAny(host, "/@?#[]\\\"") || strings.ContainsFunc(host, unicode.IsSpace) || strings.ContainsFunc(host, noHostText):
		return misconfigured("host must be an address or a name alone, without scheme, user or path")
	case zoned && (zone == "" || strings.Contains(zone, "%")):
		return misconfigured("the zone behind %% in the host is not one: write fe80::1%%eth0")
	case zoned || strings.Contains(addr, ":"):
		if ip, err := netip.ParseAddr(host); err != nil || !ip.Is6() {
			return misconfigured("host holds a colon or a zone and is no IPv6 address: the port goes into Port")
		}
	}
	return nil
}

func noHostText(r rune) bool { return isControl(r) || r == unicode.ReplacementChar }

// CheckUsername reports why a user name cannot be sent; nil: it can. Basic login
// ends it at a colon.
func CheckUsername(name string, auth AuthMode) error {
	switch {
	case strings.ContainsFunc(name, isControl):
		return misconfigured("the user name has %s in it", controlName(name))
	case auth != AuthDigest && strings.Contains(name, ":"):
		return misconfigured("a user name with a colon does not work with basic login")
	}
	return nil
}

// CheckPassword reports why a password cannot be sent; nil: it can.
func CheckPassword(password Secret) error {
	if text := password.Reveal(); strings.ContainsFunc(text, isControl) {
		return misconfigured("the password has %s in it", controlName(text))
	}
	return nil
}

// controlName says what the first control character of a text is.
func controlName(text string) string {
	switch i := strings.IndexFunc(text, isControl); {
	case text[i] == '\r':
		return "a carriage return (the line end of Windows)"
	case text[i] == '\n':
		return "a line break"
	case text[i] == '\t':
		return "a tab"
	}
	return "a control character"
}
