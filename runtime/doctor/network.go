package doctor

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"

	"github.com/hiklua/hiklua/runtime/clock"
)

// Network is how a device is reached below ISAPI. Without Dial the device is
// in memory, behind Transport, and has neither name nor port.
type Network struct {
	Lookup    func(ctx context.Context, host string) ([]string, error)
	Dial      func(ctx context.Context, address string) error // connects and hangs up
	Transport http.RoundTripper                               // one round trip; redirects come back as they are
}

func (n Network) inMemory() bool { return n.Dial == nil }

// RealNetwork is the machine's. close drops the connections it keeps.
func RealNetwork() (n Network, close func()) {
	var dialer net.Dialer
	transport := &http.Transport{
		DialContext: dialer.DialContext,
		// What is asked over it goes without credentials: whatever a device
		// shows as its certificate will do, and however old its TLS is.
		TLSClientConfig:        &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10},
		MaxResponseHeaderBytes: 64 << 10,
		DisableKeepAlives:      true,
	}
	return Network{
		Lookup: net.DefaultResolver.LookupHost,
		Dial: func(ctx context.Context, address string) error {
			conn, err := dialer.DialContext(ctx, "tcp", address)
			if err != nil {
				return err
			}
			return conn.Close()
		},
		Transport: transport,
	}, transport.CloseIdleConnections
}

// dial tries a port within the time of a request.
func (x *exam) dial(ctx context.Context, address string) error {
	ctx, cancel := clock.WithTimeout(x.Clock, ctx, x.Device.Timeout)
	defer cancel()
	return x.Network.Dial(ctx, address)
}
