package doctor

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

const infoPath = "/ISAPI/System/deviceInfo"

// slowAnswer is worth a word: a site's commands wait that long, too.
const slowAnswer = 2 * time.Second

// isapiOffFix is the menu path that the vendor's page has for it.
const isapiOffFix = "In the device's web page: Configuration > Network > Advanced > Integration Protocol: tick Enable ISAPI, then Save. " +
	"If there is no such box, this is no Hikvision device, or port: in site.yaml leads to something else."

func httpsOnlyFix(port int) string {
	return fmt.Sprintf("Set scheme: https and port: %d in site.yaml. Or let the device speak http: in its web page, "+
		"Configuration > Network > Advanced Settings > HTTPS: untick the redirection to HTTPS, then Save.", port)
}

// bare is the answer to a request without login, which counts as no try.
type bare struct {
	status   int
	location *url.URL
	login    bool // it asks for a login
	body     []byte
}

// checkWeb asks for deviceInfo without a login: an ISAPI device wants one.
func (x *exam) checkWeb(ctx context.Context) Check {
	began := x.Clock.Now()
	answer, err := x.askBare(ctx)
	took := x.Clock.Now().Sub(began)
	if err != nil {
		x.stop = notReached
		return x.noWeb(err)
	}
	if c := x.readBare(answer); c.State != OK {
		x.stop = "ISAPI has to answer first"
		return c
	}
	if took >= slowAnswer {
		return warn(fmt.Sprintf("ISAPI answers over %s, after %s only", x.Device.Scheme, took.Round(100*time.Millisecond)),
			"The device is busy, or the network is bad. Close other programs that ask it, and raise timeout: and status_interval: in site.yaml.")
	}
	return fine("ISAPI answers over %s", x.Device.Scheme)
}

func (x *exam) askBare(ctx context.Context) (*bare, error) {
	ctx, cancel := clock.WithTimeout(x.Clock, ctx, x.Device.Timeout)
	defer cancel()
	address := x.Device.Address()
	if x.Device.Host == "" {
		address = x.Device.Scheme + "://simulated"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+infoPath, nil)
	if err != nil {
		return nil, err
	}
	resp, err := x.Network.Transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b := &bare{status: resp.StatusCode, login: resp.Header.Get("WWW-Authenticate") != ""}
	b.location, _ = resp.Location()
	// Broken off or not: what it is can be told from its beginning.
	b.body, _ = io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	return b, nil
}

// noWeb names an error of the connection.
func (x *exam) noWeb(err error) Check {
	var record tls.RecordHeaderError
	var timeout interface{ Timeout() bool }
	text, port := err.Error(), x.Device.Port
	switch {
	case errors.As(err, &record), strings.Contains(text, "HTTP response to HTTPS client"):
		return fail(fmt.Sprintf("port %d speaks http, not https", port),
			"Set scheme: http in site.yaml, or port: to the HTTPS port that the device's web page shows: Configuration > Network > Basic Settings > Port.")
	case strings.Contains(text, `malformed HTTP response "\x15\x03`):
		return fail(fmt.Sprintf("port %d speaks https, not http", port), fmt.Sprintf("Set scheme: https and port: %d in site.yaml.", port))
	case strings.Contains(text, "malformed HTTP"):
		return fail(fmt.Sprintf("what answers on port %d does not speak HTTP", port),
			"Set port: in site.yaml to the HTTP port that the device's web page shows: Configuration > Network > Basic Settings > Port. 8000 is the SDK's and 554 RTSP's.")
	case strings.Contains(text, "tls: "):
		return fail("TLS fails: "+text, "The device may speak an old TLS only: update its firmware, or set scheme: http in site.yaml.")
	case errors.Is(err, syscall.ECONNREFUSED):
		return fail(fmt.Sprintf("nothing listens on port %d", port),
			"Check that the device has power and is not restarting. In its web page, Configuration > Network > Basic Settings > Port shows the ports.")
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fail(fmt.Sprintf("the connection is taken, but no answer comes within %s", x.Device.Timeout),
			"The device is overloaded or hangs: close other programs that ask it, restart it (Configuration > System > Maintenance > Reboot), and raise timeout: in site.yaml if it is only slow.")
	}
	return fail("the device closes the connection without an answer",
		"It may be restarting: wait two minutes. If this stays, too many programs may hold connections: close them, then restart it (Configuration > System > Maintenance > Reboot).")
}

// readBare tells a device that is ready from the ways in which one is not.
func (x *exam) readBare(b *bare) Check {
	switch {
	case b.status/100 == 3:
		return x.redirected(b)
	case bytes.Contains(b.body, []byte("notActivated")):
		return fail("the device was never activated", "Open its web page and set the password of admin: nothing works before that.")
	case b.status == http.StatusBadRequest && bytes.Contains(bytes.ToLower(b.body), []byte("https")):
		return fail(fmt.Sprintf("port %d speaks https, not http", x.Device.Port), fmt.Sprintf("Set scheme: https and port: %d in site.yaml.", x.Device.Port))
	case b.status == http.StatusNotFound:
		return fail("a web server answers, but nothing is found under /ISAPI: ISAPI is switched off", isapiOffFix)
	case b.status == http.StatusUnauthorized, b.login:
		return fine("")
	case b.status == http.StatusServiceUnavailable, b.status == http.StatusTooManyRequests:
		return fail("the device says that it is busy", "It is starting, or asked too much: wait two minutes, and close other programs that ask it.")
	case b.status/100 == 2 && isapi.IsWebPage(b.body):
		return fail("the device answers with a web page in the place of ISAPI", isapiOffFix)
	case b.status/100 == 2:
		root, err := isapi.ParseXML(b.body)
		if err != nil || strings.EqualFold(root.Name, "DeviceInfo") || len(b.body) == 0 {
			return fine("") // cut short, or it needs no login for this
		}
	}
	return fail(fmt.Sprintf("ISAPI answers with status %d", b.status), isapiOffFix)
}

// redirected is a device that sends http on to https, or somewhere else.
func (x *exam) redirected(b *bare) Check {
	if b.location == nil || b.location.Scheme != "https" || x.Device.Scheme == "https" {
		return fail(fmt.Sprintf("the device sends the request elsewhere (status %d)", b.status),
			"Check ip: and port: in site.yaml: a router or another web server seems to answer there.")
	}
	port := 443
	if n, err := strconv.Atoi(b.location.Port()); err == nil {
		port = n
	}
	return fail("HTTPS only: the device redirects http to https", httpsOnlyFix(port))
}
