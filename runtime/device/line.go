package device

import (
	"net"
	"reflect"
	"strconv"
	"strings"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// line is how a device is reached under one of its names: the settings, and the
// connections that are made with them. Another setting makes another line.
type line struct {
	ref       *Ref
	dev       *Device
	conf      site.Device
	client    *isapi.Client
	simulated bool          // no network is behind it
	urgent    *isapi.Client // connections of its own: stops wait for no snapshot

	active int  // commands under way; guarded by the Device's mu
	left   bool // the name was given up, or has another address; guarded by the Device's mu
}

// close drops the connections; commands on their way go on.
func (l *line) close() {
	l.urgent.Close()
	l.client.Close()
}

// newLine checks a device's settings and sends nothing. The line has no Ref and
// no Device yet.
func (s *Set) newLine(conf site.Device) (*line, error) {
	conf = filledIn(conf)
	config := isapi.Config{
		Name: conf.Name, Host: conf.Host, Port: conf.Port, Scheme: conf.Scheme,
		Username: conf.Username, Password: conf.Password,
		Auth: authModes[conf.AuthMode], TLS: tlsModes[conf.TLS], PTZID: ptzIDModes[conf.PTZID],
		Gate: s.conf.Gate,
		// Callers wait for a client's locks by this clock, or virtual time would stand still.
		NewSemaphore: func(n int) isapi.Semaphore { return clock.NewSemaphore(s.clk, n) },
	}
	if s.conf.Transport != nil {
		transport, err := s.conf.Transport(conf)
		if err != nil {
			return nil, err
		}
		config.Transport = transport
	}
	if s.conf.Pin != nil {
		if err := s.conf.Pin(conf, &config); err != nil {
			return nil, err
		}
	}
	if s.conf.Login != nil {
		s.conf.Login(conf, placeOf(conf), &config)
	}
	client, err := s.clientOf(conf, config)
	if err != nil {
		return nil, err
	}
	return &line{conf: conf, simulated: config.Transport != nil, client: client, urgent: client.Urgent()}, nil
}

// clientOf makes the client of a device, which config describes but for the
// account. All that use one account share what is known of its login, so that a
// wrong password is not tried once for each name or after each change of
// another setting.
func (s *Set) clientOf(conf site.Device, config isapi.Config) (*isapi.Client, error) {
	key := accountKey{conf.Username, conf.Password, conf.AuthMode, placeOf(conf)}
	s.logins.Lock()
	defer s.logins.Unlock()
	if last := s.clients[key]; last != nil {
		config.Account = last.Account()
	}
	client, err := isapi.New(config)
	if err != nil {
		return nil, err
	}
	s.clients[key] = client
	return client, nil
}

// accountKey is what makes an account on a device one and the same.
type accountKey struct {
	username string
	password isapi.Secret
	auth     site.AuthMode
	place    string // the address without its scheme
}

// placeOf is the address without its scheme.
func placeOf(conf site.Device) string {
	_, place, _ := strings.Cut(addressOf(conf), "://")
	return place
}

// addressOf tells devices apart: scheme, host and port, or the model and name of
// a simulated device.
func addressOf(conf site.Device) string {
	if conf.Simulate != "" {
		return "simulated://" + string(conf.Simulate) + "/" + conf.Name
	}
	return conf.Scheme + "://" + net.JoinHostPort(normalHost(conf.Host), strconv.Itoa(conf.Port))
}

// normalHost spells a host in one way.
func normalHost(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if ip := net.ParseIP(host); ip != nil {
		return ip.String()
	}
	return host
}

func sameLogin(a, b site.Device) bool {
	return a.Username == b.Username && reflect.DeepEqual(a.Password, b.Password) && a.AuthMode == b.AuthMode && a.TLS == b.TLS
}

// filledIn fills in what a simulated device may leave out; others have all of it.
func filledIn(conf site.Device) site.Device {
	if conf.Host == "" {
		conf.Host = "simulated"
	}
	if conf.Username == "" {
		conf.Username = "admin"
	}
	if conf.Password.IsZero() {
		conf.Password = isapi.NewSecret("simulated")
	}
	return conf
}

var (
	authModes = map[site.AuthMode]isapi.AuthMode{
		site.AuthDigest: isapi.AuthDigest, site.AuthBasic: isapi.AuthBasic, site.AuthAuto: isapi.AuthAuto,
	}
	tlsModes = map[site.TLSMode]isapi.TLSMode{
		site.TLSAny: isapi.TLSAny, site.TLSPin: isapi.TLSPin, site.TLSVerify: isapi.TLSVerify,
	}
	ptzIDModes = map[site.PTZIDMode]isapi.PTZIDMode{
		site.PTZIDAuto: isapi.PTZIDAuto, site.PTZIDChannel: isapi.PTZIDChannel, site.PTZIDStream: isapi.PTZIDStream,
	}
)
