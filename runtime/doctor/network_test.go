package doctor_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/recorded"
	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/doctor"
	"github.com/hiklua/hiklua/runtime/site"
)

// Names, addresses and ports, over a network that is made up.
func TestAddress(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	for name, row := range map[string]struct {
		conf    site.Device
		names   map[string][]string
		open    []string // the ports that are
		err     error    // of the others; nil: no answer
		state   doctor.State
		finding string
		fix     string
	}{
		"fine": {conf: site.Device{Host: "192.0.2.10"}, open: []string{"192.0.2.10:80"}, state: doctor.OK, finding: "192.0.2.10 answers on port 80"},
		"by name": {conf: site.Device{Host: "gate.lan"}, names: map[string][]string{"gate.lan": {"192.0.2.10"}}, open: []string{"gate.lan:80"},
			state: doctor.OK, finding: "gate.lan answers on port 80"},
		"unknown name": {conf: site.Device{Host: "gaet.lan"}, state: doctor.Fail, finding: "the name gaet.lan is not known", fix: "Correct ip: in site.yaml"},
		"nothing there": {conf: site.Device{Host: "192.0.2.10"}, state: doctor.Fail, finding: "192.0.2.10 does not answer on port 80",
			fix: "Configuration > Network > Basic Settings > Port"},
		"no route": {conf: site.Device{Host: "192.0.2.10"}, err: os.NewSyscallError("connect", syscall.EHOSTUNREACH), state: doctor.Fail,
			finding: "there is no way to 192.0.2.10", fix: "SADP"},
		"wrong port": {conf: site.Device{Host: "192.0.2.10", Port: 8080}, err: refused, open: []string{"192.0.2.10:80", "192.0.2.10:554"}, state: doctor.Fail,
			finding: "192.0.2.10 is there, but nothing listens on port 8080; open are 80 (http), 554 (RTSP)", fix: "port: 80"},
		"https only": {conf: site.Device{Host: "192.0.2.10"}, err: refused, open: []string{"192.0.2.10:443"}, state: doctor.Fail,
			finding: "nothing listens on port 80; open are 443 (https)", fix: "Set scheme: https and port: 443 in site.yaml."},
		"https on 8443": {conf: site.Device{Host: "192.0.2.10", Scheme: "https", Port: 443}, err: refused, open: []string{"192.0.2.10:8443"}, state: doctor.Fail,
			finding: "nothing listens on port 443; open are 8443 (https)", fix: "Set port: 8443 in site.yaml."},
		"the SDK only": {conf: site.Device{Host: "192.0.2.10"}, err: refused, open: []string{"192.0.2.10:8000"}, state: doctor.Fail,
			finding: "open are 8000 (the SDK)", fix: "Basic Settings > Port"},
		"IPv6": {conf: site.Device{Host: "2001:db8::1"}, open: []string{"[2001:db8::1]:80"}, state: doctor.OK, finding: "2001:db8::1 answers on port 80"},
	} {
		v := clock.NewVirtual(noon)
		d := sim.New(sim.Options{Clock: v})
		conf := row.conf
		conf.Name = "gate"
		if conf.Scheme == "" {
			conf.Scheme = "http"
		}
		if conf.Port == 0 {
			conf.Port = 80
		}
		network := doctor.Network{
			Transport: d.Transport(),
			Lookup: func(_ context.Context, host string) ([]string, error) {
				if a := row.names[host]; a != nil {
					return a, nil
				}
				return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
			},
			Dial: func(ctx context.Context, address string) error {
				for _, a := range row.open {
					if a == address {
						return nil
					}
				}
				if row.err != nil {
					return row.err
				}
				return clock.Sleep(ctx, v, time.Hour)
			},
		}
		v.Do(func() {
			client, err := isapi.New(isapi.Config{Host: conf.Host, Username: "admin", Password: isapi.NewSecret("simulated"), Transport: d.Transport(),
				NewSemaphore: func(n int) isapi.Semaphore { return clock.NewSemaphore(v, n) }})
			if err != nil {
				t.Fatal(err)
			}
			r := doctor.Examine(context.Background(), doctor.Config{Device: conf, Client: client, Network: network, Clock: v})
			got := find(r, "address", 0)
			if got.State != row.state || !strings.Contains(got.Finding, row.finding) || !strings.Contains(got.Fix, row.fix) {
				t.Errorf("%s: %s\n%s\n%s", name, got.State, got.Finding, got.Fix)
			}
			if row.state == doctor.Fail && (len(d.Journal()) > 0 || find(r, "login", 0).State != doctor.Skipped) {
				t.Errorf("%s: went on\n%s", name, text(r))
			}
		})
	}
}

// The wrong scheme, over real connections.
func TestScheme(t *testing.T) {
	device := sim.New(sim.Options{Model: sim.PTZ})
	plain, secure := httptest.NewServer(device), httptest.NewUnstartedServer(device)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer plain.Close()
	defer secure.Close()
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	go func() {
		for {
			conn, err := mute.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(conn, "SSH-2.0-dropbear\r\n")
			conn.Close()
		}
	}()
	for name, row := range map[string]struct {
		scheme, address string
		state           doctor.State
		finding         string
	}{
		"http":          {"http", plain.URL, doctor.OK, "ISAPI answers over http"},
		"https":         {"https", secure.URL, doctor.OK, "ISAPI answers over https"},
		"http to https": {"http", secure.URL, doctor.Fail, "speaks https, not http"},
		"https to http": {"https", plain.URL, doctor.Fail, "speaks http, not https"},
		"no HTTP":       {"http", "http://" + mute.Addr().String(), doctor.Fail, ""},
	} {
		u, err := url.Parse(row.address)
		if err != nil {
			t.Fatal(err)
		}
		port, err := strconv.Atoi(u.Port())
		if err != nil {
			t.Fatal(err)
		}
		conf := site.Device{Name: "gate", Host: u.Hostname(), Port: port, Scheme: row.scheme, Username: "admin", Password: isapi.NewSecret("simulated")}
		client, err := isapi.New(isapi.Config{Host: conf.Host, Port: port, Scheme: row.scheme, Username: "admin", Password: conf.Password})
		if err != nil {
			t.Fatal(err)
		}
		network, closeNetwork := doctor.RealNetwork()
		r := doctor.Examine(context.Background(), doctor.Config{Device: conf, Client: client, Network: network, Clock: clock.Real()})
		got := find(r, "web server", 0)
		if got.State != row.state || !strings.Contains(got.Finding, row.finding) {
			t.Errorf("%s: %s: %s (%s)", name, got.State, got.Finding, got.Fix)
		}
		if row.state == doctor.OK && find(r, "event stream", 0).State != doctor.OK {
			t.Errorf("%s:\n%s", name, text(r))
		}
		client.Close()
		closeNetwork()
	}
}

// served is a handler in memory, as a round trip.
func served(h http.Handler) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodGet {
			return nil, errors.New(r.Method + " was sent")
		}
		in := r.Clone(r.Context())
		in.RequestURI = r.URL.RequestURI()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, in)
		resp := w.Result()
		resp.Request = r
		return resp, nil
	})
}

type checkKey struct {
	check   string
	channel int
}

// knownOf are findings about the recorded devices that were checked by hand:
// two of the four that most reports end at were there in the wild.
var knownOf = map[string]map[checkKey]doctor.State{
	"DS-2CD2T46G2-ISU": {{"motion", 1}: doctor.Warn, {"smart events", 1}: doctor.OK, {"centre notification", 1}: doctor.Warn},
	"DS-2CD2386G2-IU":  {{"motion", 1}: doctor.OK, {"smart events", 1}: doctor.OK, {"centre notification", 1}: doctor.OK},
	"DS-7616NI-K2":     {{"motion", 2}: doctor.Fail, {"centre notification", 2}: doctor.Fail, {"motion", 5}: doctor.OK, {"centre notification", 5}: doctor.Warn},
	"DS-7608NXI-I2":    {{"smart events", 2}: doctor.Warn, {"centre notification", 1}: doctor.OK, {"centre notification", 3}: doctor.OK},
}

// What the recorded devices were set to. Their stream, clock and heads were
// not recorded.
func TestRecorded(t *testing.T) {
	dir, ok := recorded.Dir()
	if !ok {
		t.Skip("no recorded devices here")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		h, err := recorded.Open(dir+"/"+e.Name(), "admin", "secret")
		if err != nil {
			continue
		}
		t.Run(e.Name(), func(t *testing.T) {
			v := clock.NewVirtual(noon)
			rt := served(h)
			v.Do(func() {
				conf := site.Device{Name: "gate", Host: "192.0.2.10", Port: 80, Scheme: "http", Username: "admin"}
				client, err := isapi.New(isapi.Config{Host: conf.Host, Username: "admin", Password: isapi.NewSecret("secret"), Transport: rt,
					NewSemaphore: func(n int) isapi.Semaphore { return clock.NewSemaphore(v, n) }})
				if err != nil {
					t.Fatal(err)
				}
				r := doctor.Examine(context.Background(), doctor.Config{Device: conf, Client: client, Network: doctor.Network{Transport: rt}, Clock: v})
				t.Log("\n" + text(r))
				for key, state := range knownOf[e.Name()] {
					if c := find(r, key.check, key.channel); c.State != state {
						t.Errorf("%s of channel %d: %s: %s", key.check, key.channel, c.State, c.Finding)
					}
				}
				for _, name := range []string{"address", "web server", "login", "channels", "event rules"} {
					if c := find(r, name, 0); c.State != doctor.OK {
						t.Errorf("%s: %s: %s", name, c.State, c.Finding)
					}
				}
			})
		})
	}
}
