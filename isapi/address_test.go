package isapi

import (
	"net"
	"strings"
	"testing"
)

func TestCheckHost(t *testing.T) {
	for host, good := range map[string]bool{
		"192.0.2.10": true, "cam-1.example": true, "::1": true, "fe80::1%eth0": true, "kamera_hof": true,
		"": false, "a b": false, "http://a": false, "u@a": false, "a:80": false, "a%b": false, "192.0.2.1%eth0": false,
		"fe80::1%": false, "fe80::1%a%b": false, "a\r": false, "[::1]": false,
	} {
		if err := CheckHost(host); (err == nil) != good {
			t.Errorf("%q: %v", host, err)
		}
	}
}

// An IPv6 address with a zone is reached, and the zone is not sent.
func TestHostWithZone(t *testing.T) {
	if c, err := net.Listen("tcp6", "[::1]:0"); err != nil {
		t.Skip("no IPv6 here")
	} else {
		c.Close()
	}
	_, port := rawServerOn(t, "[::1]:0", func(c net.Conn) net.Conn { return c }, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"+infoDoc)
	c, err := New(Config{Host: "::1%lo", Port: port, Username: "admin", Password: NewSecret("x")})
	if err != nil {
		t.Fatal(err)
	}
	if info, err := c.DeviceInfo(bg); err != nil || info.Model != "DS-1" {
		if err != nil && strings.Contains(err.Error(), "zone") {
			t.Skip("no interface named lo here")
		}
		t.Errorf("%+v, %v", info, err)
	}
}
