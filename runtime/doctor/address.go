package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// knownPorts are where these devices listen, and what for.
var knownPorts = []struct {
	port int
	what string
}{{80, "http"}, {443, "https"}, {8443, "https"}, {8000, "the SDK"}, {554, "RTSP"}}

// knockTime is how long each of knownPorts is tried.
const knockTime = time.Second

const notReached = "the device has to be reached first"

// checkAddress resolves the name and connects to the port.
func (x *exam) checkAddress(ctx context.Context) Check {
	if x.Network.inMemory() {
		return fine("simulated, in memory")
	}
	host, port := x.Device.Host, x.Device.Port
	if _, err := netip.ParseAddr(host); err != nil {
		if c := x.checkName(ctx, host); c.State == Fail {
			x.stop = notReached
			return c
		}
	}
	err := x.dial(ctx, net.JoinHostPort(host, strconv.Itoa(port)))
	if err == nil {
		return fine("%s answers on port %d", host, port)
	}
	x.stop = notReached
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return x.otherPort(ctx, fmt.Sprintf("%s is there, but nothing listens on port %d", host, port))
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return fail("there is no way to "+host,
			"Check the address, this machine's network, and the device's power and cable. The device's own screen, or Hikvision's SADP tool, shows the address it has.")
	}
	return x.otherPort(ctx, fmt.Sprintf("%s does not answer on port %d", host, port))
}

func (x *exam) checkName(ctx context.Context, host string) Check {
	lookup, cancel := clock.WithTimeout(x.Clock, ctx, x.Device.Timeout)
	defer cancel()
	addresses, err := x.Network.Lookup(lookup, host)
	if err != nil || len(addresses) == 0 {
		return fail("the name "+host+" is not known", "Correct ip: in site.yaml, or give the device's address there instead of a name.")
	}
	return fine("%s is %s", host, strings.Join(addresses, ", "))
}

// otherPort knocks where devices usually listen.
func (x *exam) otherPort(ctx context.Context, finding string) Check {
	var open []int
	var ports []string
	for _, p := range knownPorts {
		if p.port == x.Device.Port {
			continue
		}
		knock, cancel := clock.WithTimeout(x.Clock, ctx, knockTime)
		if x.Network.Dial(knock, net.JoinHostPort(x.Device.Host, strconv.Itoa(p.port))) == nil {
			open = append(open, p.port)
			ports = append(ports, fmt.Sprintf("%d (%s)", p.port, p.what))
		}
		cancel()
	}
	if len(open) == 0 {
		return fail(finding, fmt.Sprintf("Check the address, and the device's power and cable. "+
			"In its web page, Configuration > Network > Basic Settings > Port shows the HTTP and HTTPS ports: give one of them as port: in site.yaml (now %d).", x.Device.Port))
	}
	finding += "; open are " + strings.Join(ports, ", ")
	switch {
	case slices.Contains(open, 443), slices.Contains(open, 8443):
		port := 443
		if !slices.Contains(open, 443) {
			port = 8443
		}
		if x.Device.Scheme == "http" {
			return fail(finding, httpsOnlyFix(port))
		}
		return fail(finding, fmt.Sprintf("Set port: %d in site.yaml.", port))
	case slices.Contains(open, 80):
		return fail(finding, "Set scheme: http and port: 80 in site.yaml, or switch HTTPS on in the device's web page: Configuration > Network > Advanced Settings > HTTPS.")
	}
	return fail(finding, "In the device's web page, Configuration > Network > Basic Settings > Port shows the HTTP and HTTPS ports: give one of them as port: in site.yaml.")
}
