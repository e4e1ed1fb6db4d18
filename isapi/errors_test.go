package isapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The error bodies that devices were recorded with, and what they mean.
func TestRefusals(t *testing.T) {
	const (
		info = "/ISAPI/System/deviceInfo"
		pic  = "/ISAPI/Streaming/channels/301/picture"
		ptz  = "/ISAPI/PTZCtrl/channels/1/presets/3/goto"
		ev   = "/ISAPI/Event/notification/alertStream"
	)
	for _, tt := range []struct {
		name, path string
		status     int
		body       string
		kind       string
		retry      bool
		hint       string // part of it
	}{
		{"sub code beats code and string", "/ISAPI/System/Video/inputs/channels/1/focus", 403, xmlStatus(6, "Invalid Operation", "methodNotAllowed"), "unsupported", false, "cannot"},
		{"200 and failed", "/ISAPI/System/updateFirmware", 200, `<ResponseStatus><statusCode>4</statusCode><statusString>Invalid XML Content</statusString><subStatusCode>badDevType</subStatusCode><description>wrong type</description></ResponseStatus>`, "unsupported", false, ""},
		{"not supported", info, 403, xmlStatus(4, "Invalid Operation", "notSupport"), "unsupported", false, ""},
		{"JSON", info, 403, `{"requestURL":"/x","statusCode":4,"statusString":"Invalid Operation","subStatusCode":"notSupport","errorCode":1073741825,"errorMsg":"notSupport"}`, "unsupported", false, ""},
		{"JSON in 200", info, 200, `{"statusCode":4,"statusString":"Invalid Operation","subStatusCode":"notSupport","errorCode":0}`, "unsupported", false, ""},
		{"low privilege", ptz, 403, xmlStatus(4, "Invalid Operation", "lowPrivilege"), "forbidden", false, "PTZ permission"},
		{"ptz 403 bare", ptz, 403, "", "forbidden", false, "PTZ permission"},
		{"somebody else drives", ptz, 403, xmlStatus(4, "Invalid Operation", "ptzOccupiedPriority"), "busy", true, "priority"},
		{"rs-485", ptz, 403, xmlStatus(4, "Invalid Operation", "TransparentMutexPTZ485"), "device", false, "RS-485"},
		{"picture 404", pic, 404, "", "not_found", false, "list the channels"},
		{"picture 400", pic, 400, xmlStatus(6, "Invalid XML Content", "badXmlContent"), "device", false, "list the channels"},
		{"picture 403", pic, 403, xmlStatus(4, "Invalid Operation", ""), "forbidden", false, "live view"},
		{"picture busy", pic, 503, xmlStatus(2, "Device Busy", "serviceUnavailable"), "busy", true, "busy"},
		{"busy by status alone", pic, 503, "", "busy", true, ""},
		{"busy with 200", info, 200, xmlStatus(2, "Device Busy", "deviceBusy"), "busy", true, ""},
		{"busy with 500", info, 500, xmlStatus(2, "Device Busy", ""), "busy", true, ""},
		{"device error", info, 500, xmlStatus(3, "Device Error", "deviceError"), "device", true, "passing"},
		{"device error by code", info, 200, xmlStatus(3, "Device Error", ""), "device", true, ""},
		{"bad XML", info, 400, xmlStatus(5, "Invalid XML Format", "badXmlFormat"), "device", false, ""},
		{"bad parameters", info, 400, xmlStatus(6, "Invalid XML Content", "badParameters"), "device", false, ""},
		{"invalid channel", ptz, 400, xmlStatus(6, "Invalid XML Content", "invalidChannel"), "not_found", false, ""},
		{"code 4 on 403", info, 403, xmlStatus(4, "Invalid Operation", "invalidOperation"), "forbidden", false, ""},
		{"stream slots", ev, 403, xmlStatus(4, "Invalid Operation", "invalidOperation"), "forbidden", false, "event streams"},
		{"stream slot held", ev, 404, xmlStatus(4, "Invalid Operation", ""), "not_found", false, "event streams"},
		{"firmware bug", "/ISAPI/Event/triggers", 500, "", "device", false, "firmware"},
		{"ISAPI off", info, 404, "<html><head><title>Document Error: Not Found</title></head><body>x</body></html>", "not_found", false, "Integration Protocol"},
		{"not activated", info, 403, xmlStatus(4, "Invalid Operation", "notActivated"), "device", false, "activated"},
		{"not activated in 200", info, 200, "<DeviceInfo><notActivated/></DeviceInfo>", "device", false, "activated"},
		{"a web page in 200", info, 200, "<!DOCTYPE html><html><title>Login</title></html>", "bad_answer", false, "ISAPI"},
		{"nothing in 200", info, 200, "", "bad_answer", false, "ISAPI"},
		{"not XML", info, 200, "OK", "bad_answer", false, "ISAPI"},
		{"half a document", info, 200, "<DeviceInfo><model>x</mod", "bad_answer", false, ""},
		{"method not allowed", info, 405, "", "unsupported", false, ""},
		{"too many requests", info, 429, "", "busy", true, ""},
		{"gateway", info, 504, "", "timeout", true, ""},
		{"declared 401 for OK", info, 403, `<userCheck><statusValue>200</statusValue></userCheck>`, "forbidden", false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newFake(func(w http.ResponseWriter, _ *http.Request) { reply(w, tt.status, tt.body) })
			c := d.client(t)
			cl := &call{op: "try", method: "GET", path: tt.path}
			a, err := c.do(bg, cl)
			if err == nil && tt.path == info {
				_, err = c.parse(cl, a)
				if err == nil {
					_, err = c.DeviceInfo(bg)
				}
			}
			e := wantKind(t, err, tt.kind)
			if e.Retryable() != tt.retry {
				t.Errorf("retryable %v: %v", e.Retryable(), e)
			}
			if !strings.Contains(e.Error(), tt.hint) {
				t.Errorf("%q does not say %q", e, tt.hint)
			}
			if strings.Contains(e.Error(), "\n") {
				t.Errorf("more than one line: %q", e)
			}
		})
	}
}

func TestSuccessInManyForms(t *testing.T) {
	for _, body := range []string{okStatus, "", xmlStatus(1, "OK", ""), xmlStatus(7, "Reboot Required", ""),
		"<ResponseStatus><subStatusCode>OK</subStatusCode></ResponseStatus>", `{"statusCode":1,"statusString":"OK","subStatusCode":"ok"}`} {
		d := newFake(func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, body) })
		if err := d.client(t).StopPTZ(bg, 1); err != nil {
			t.Errorf("%q: %v", body, err)
		}
	}
}

// failing is a transport whose network fails.
type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func TestNetworkErrors(t *testing.T) {
	op := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for _, tt := range []struct {
		err   error
		kind  string
		retry bool
		says  string
	}{
		{op(syscall.ECONNREFUSED), "offline", true, "8443"},
		{op(syscall.EHOSTUNREACH), "offline", true, "no route"},
		{&net.DNSError{Err: "no such host", Name: "cam", IsNotFound: true}, "offline", true, "host name"},
		{op(syscall.ECONNRESET), "offline", true, "closed the connection"},
		{errors.New(`net/http: HTTP/1.x transport connection broken: malformed HTTP response "\x15\x03"`), "bad_answer", false, "not HTTP"},
		{errors.New("net/http: server response headers exceeded 65536 bytes; aborted"), "bad_answer", false, "header"},
		{errors.New("remote error: tls: handshake failure"), "offline", true, "443 or 8443"},
		{because(errCertificate, errPinned), "bad_answer", false, "changed"},
	} {
		c, err := New(Config{Name: "gate", Host: "192.0.2.10", Username: "a", Transport: failing{tt.err}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.DeviceInfo(bg)
		e := wantKind(t, err, tt.kind)
		if e.Retryable() != tt.retry || !strings.Contains(e.Error(), tt.says) {
			t.Errorf("%v: %v, retryable %v, want %q", tt.err, e, e.Retryable(), tt.says)
		}
	}
}

func TestContextErrors(t *testing.T) {
	ctx, cancel := context.WithDeadline(bg, time.Unix(1, 0))
	defer cancel()
	_, err := newFake(okTree).client(t).DeviceInfo(ctx)
	e := wantKind(t, err, "timeout")
	if !errors.Is(err, ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(e.Hint, "status_interval") {
		t.Error(e)
	}
}

func TestErrorLine(t *testing.T) {
	d := newFake(tree(nil))
	_, err := d.client(t).Picture(bg, 3, PictureOptions{})
	const want = "gate: snapshot channel 3: 404 not supported: notSupport, Invalid Operation (the account may lack live view on this channel, or the channel is offline; list the channels)"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	hits := 0
	d := newFake(func(w http.ResponseWriter, r *http.Request) {
		hits++
		http.Redirect(w, r, "https://user:hunter2@198.51.100.9/ISAPI/System/deviceInfo?password=hunter2", http.StatusFound)
	})
	_, err := d.client(t).DeviceInfo(bg)
	e := wantKind(t, err, "bad_answer")
	if hits != 1 || !strings.Contains(e.Error(), "https://198.51.100.9 ") && !strings.Contains(e.Error(), "198.51.100.9") || strings.Contains(e.Error(), "hunter2") {
		t.Errorf("%d hits, %v", hits, e)
	}
}

// A device that echoes what it was sent must not bring it into our errors.
func TestSecretsStayOutOfErrors(t *testing.T) {
	const pw = "hun ter2/ü"
	for _, mode := range []AuthMode{AuthDigest, AuthBasic} {
		d := newFake(nil)
		d.password = pw
		d.serve = func(w http.ResponseWriter, r *http.Request) {
			_, basic, _ := strings.Cut(r.Header.Get("Authorization"), " ")
			reply(w, 500, xmlStatus(3, "you sent "+pw+" as "+xmlText(basic), "x"+pw))
		}
		c := d.client(t, func(c *Config) { c.Auth, c.Password = mode, NewSecret(pw) })
		_, err := c.Request(bg, "GET", "/ISAPI/x?password=hunter3", RequestOptions{})
		for _, text := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, err), fmt.Sprintf("%v %+v %#v %s", c, c, c, c)} {
			if strings.Contains(text, pw) || strings.Contains(text, "hunter3") || strings.Contains(text, "YWRtaW46") {
				t.Errorf("mode %v: %s", mode, text)
			}
		}
	}
}

func TestSecretPrintsNowhere(t *testing.T) {
	type inner struct {
		password Secret
		cfg      Config
	}
	s := NewSecret("hunter2")
	v := inner{s, Config{Host: "h", Password: s}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, what := range []any{s, &s, v, &v, []Secret{s}, map[string]Secret{"a": s}, v.cfg} {
			got := fmt.Sprintf(verb, what)
			if strings.Contains(got, "hunter2") || strings.Contains(got, "68756e74657232") {
				t.Errorf("%s shows %s", verb, got)
			}
		}
	}
	if s != NewSecret("hunter2") || s == NewSecret("other") || s.Reveal() != "hunter2" || !NewSecret("").IsZero() || (Secret{}).Reveal() != "" {
		t.Error("equality, Reveal, IsZero")
	}
}

func TestMisuse(t *testing.T) {
	d := newFake(okTree)
	c := d.client(t)
	for name, f := range map[string]func() error{
		"channel 0":   func() error { return c.StopPTZ(bg, 0) },
		"pan 101":     func() error { return c.Continuous(bg, 1, Velocity{Pan: 101}) },
		"preset 0":    func() error { return c.GotoPreset(bg, 1, 0) },
		"quality":     func() error { _, err := c.Picture(bg, 1, PictureOptions{Quality: 101}); return err },
		"width alone": func() error { _, err := c.Picture(bg, 1, PictureOptions{Width: 100}); return err },
		"dots":        func() error { _, err := c.Request(bg, "GET", "/ISAPI/../etc", RequestOptions{}); return err },
		"hidden dots": func() error { _, err := c.Request(bg, "GET", "/ISAPI/%2e%2e/etc", RequestOptions{}); return err },
		"no slash":    func() error { _, err := c.Request(bg, "GET", "ISAPI/x", RequestOptions{}); return err },
		"two slashes": func() error { _, err := c.Request(bg, "GET", "//other/ISAPI/x", RequestOptions{}); return err },
		"absolute": func() error {
			_, err := c.Request(bg, "GET", "http://u:hunter2@h/ISAPI/x", RequestOptions{})
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Error(err)
			}
			return err
		},
		"method":  func() error { _, err := c.Request(bg, "STEAL", "/x", RequestOptions{}); return err },
		"newline": func() error { _, err := c.Request(bg, "GET", "/x%0d%0aHost: y", RequestOptions{}); return err },
	} {
		if err := f(); err == nil || asError(err).Kind() != "misuse" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if requests, _ := d.counts(); requests != 0 {
		t.Errorf("%d requests were sent", requests)
	}
}

func TestNewValidates(t *testing.T) {
	for _, cfg := range []Config{
		{}, {Host: "http://h"}, {Host: "u:p@h"}, {Host: "h:80"}, {Host: "h", Port: 70000}, {Host: "h", Scheme: "ftp"},
		{Host: "h", PinnedCert: []byte{1}}, {Host: "h", Auth: 9}, {Host: "h", Username: "a\nb"}, {Host: "h", Auth: AuthBasic, Username: "a:b"},
	} {
		if _, err := New(cfg); err == nil || !errors.Is(err, ErrMisuse) {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
	for _, cfg := range []Config{{Host: "h"}, {Host: "[2001:db8::1]"}, {Host: "2001:db8::1", Port: 8080}, {Host: "192.0.2.1", Scheme: "HTTPS"}} {
		if _, err := New(cfg); err != nil {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}
