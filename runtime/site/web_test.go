package site

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWeb(t *testing.T) {
	dir := siteOf(t, []byte(`devices: {}
web: {listen: ":8333", password: "${GATE_PASSWORD}", hosts: [cams.example.org, "[2001:db8::5]", 192.0.2.7], actions: false, pictures: 10s, cert: c.pem, key: /etc/k.pem}
`))
	s, err := Load(dir, testEnv)
	if err != nil {
		t.Fatal(err)
	}
	w := s.Web
	if w.Listen != ":8333" || w.Password.Reveal() != marker || !slices.Equal(w.Hosts, []string{"cams.example.org", "2001:db8::5", "192.0.2.7"}) ||
		w.Actions || w.Pictures != 10*time.Second || w.Cert != filepath.Join(dir, "c.pem") || w.Key != "/etc/k.pem" {
		t.Errorf("%+v", w)
	}
	if text := fmt.Sprintf("%v %+v %#v", w, w, w); strings.Contains(text, marker) {
		t.Error(text)
	}
	for yaml, want := range map[string]*Web{
		"web:":                   nil,
		"web: {password: p}":     {Password: w.Password, Actions: true, Pictures: 2 * time.Second},
		"web: {pictures: off}":   {Actions: true},
		`web: {pictures: "off"}`: {Actions: true},
		"web: {}":                DefaultWeb(),
	} {
		s, err := Load(siteOf(t, []byte("devices: {}\n"+yaml+"\n")), testEnv)
		if err != nil || (s.Web == nil) != (want == nil) {
			t.Errorf("%s: %+v, %v", yaml, s, err)
			continue
		}
		if want != nil {
			want.Password = s.Web.Password
		}
		if !s.Web.Equal(want) {
			t.Errorf("%s: %+v", yaml, s.Web)
		}
	}
}

// Every key of web is seen by a reload.
func TestWebCompare(t *testing.T) {
	load := func(yaml string) *Site {
		t.Helper()
		s, err := Load(siteOf(t, []byte("devices: {}\n"+yaml)), testEnv)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	base := "listen: 127.0.0.1:1, password: p, hosts: [a], cert: /c, key: /k, actions: true, pictures: 2s"
	before := load("web: {" + base + "}")
	if Compare(before, load("web: {"+base+"}")).Web || !Compare(before, load("")).Web || !Compare(load(""), before).Web {
		t.Error("the same is not told from another")
	}
	for old, other := range map[string]string{
		"127.0.0.1:1": "127.0.0.1:2", "password: p": "password: q", "[a]": "[b]", "cert: /c": "cert: /d", "key: /k": "key: /l", "true": "false", "2s": "off",
	} {
		if !Compare(before, load("web: {"+strings.Replace(base, old, other, 1)+"}")).Web {
			t.Errorf("%s: a change is not seen", other)
		}
	}
}

// What keeps the page from being served does not keep the site from running.
func TestWebUnserved(t *testing.T) {
	cert, key := pairOf(t)
	for yaml, want := range map[string]string{
		"listen: 127.0.0.1:1":                                     "",
		"listen: localhost:1":                                     "",
		`listen: "[::1]:1"`:                                       "",
		`listen: "0.0.0.0:1", password: long enough`:              "",
		`listen: "0.0.0.0:1", password_file: good`:                "",
		`listen: "0.0.0.0:1"`:                                     `site.yaml:2:15: web: listen "0.0.0.0:1" is open to other machines, and that needs password`,
		`listen: ":1"`:                                            "open to other machines",
		`listen: "[::]:1"`:                                        "open to other machines",
		"listen: cams.example.org:1":                              "open to other machines",
		"listen: 192.0.2.1:1":                                     "open to other machines",
		"listen: 127.0.0.1:1, cert: no.pem, key: none.pem":        "web.cert: ",
		"listen: 127.0.0.1:1, cert: CERT, key: none.pem":          "web.key: ",
		"listen: 127.0.0.1:1, cert: CERT, key: CERT":              "web.cert and web.key do not fit: ",
		"listen: 127.0.0.1:1, cert: CERT, key: KEY":               "",
		"listen: 127.0.0.1:1, cert: good, key: KEY":               "web.cert and web.key do not fit: ",
		`listen: ":1", cert: CERT, key: KEY`:                      "open to other machines",
		`listen: ":1", password: x, actions: false`:               "",
		`password: "", listen: "127.0.0.1:1"`:                     "LOAD",
		`listen: ":1", password: "${MISSING}"`:                    "LOAD",
		`listen: "127.0.0.1:1", password_file: open`:              "LOAD",
		`listen: "127.0.0.1:1", cert: CERT, key: KEY, actions: 1`: "LOAD",
	} {
		yaml = strings.NewReplacer("CERT", cert, "KEY", key).Replace(yaml)
		s, err := Load(siteOf(t, []byte("devices: {}\nweb: {"+yaml+"}\n")), testEnv)
		if want == "LOAD" {
			if err == nil {
				t.Errorf("%s: it loads", yaml)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", yaml, err)
			continue
		}
		got := ""
		if len(s.Unserved) > 0 {
			got = s.Unserved.Error()
		}
		if (got == "") != (want == "") || !strings.Contains(got, want) || strings.Contains(got, "\n") {
			t.Errorf("%s: %q, want %q", yaml, got, want)
		}
		if err := s.Web.Check(); (err == nil) != (want == "") {
			t.Errorf("%s: Check says %v", yaml, err)
		}
	}
}

// Where devices are simulated, no secret and no file has to be there.
func TestWebWithoutSecrets(t *testing.T) {
	text := []byte("devices: {}\nweb: {listen: \":1\", password: \"${MISSING}\", cert: none, key: none}\n")
	if s, err := LoadSimulated(siteOf(t, text), testEnv); err != nil || len(s.Unserved) > 0 {
		t.Error(s, err)
	}
}

func TestWebShortPassword(t *testing.T) {
	for password, warns := range map[string]bool{"seven77": true, "eight888": false} {
		s, err := Load(siteOf(t, []byte("devices: {}\nweb: {listen: \"127.0.0.1:1\", password: "+password+"}\n")), testEnv)
		if err != nil || (len(s.Warnings) == 1) != warns {
			t.Errorf("%s: %v, %v", password, s, err)
		}
		if err == nil && strings.Contains(s.Warnings.Error(), password) {
			t.Error("the warning shows it")
		}
	}
}

func TestCheckListen(t *testing.T) {
	for text, want := range map[string]string{
		"127.0.0.1:8333": "", ":8333": "", "[::1]:8333": "", "[::]:8333": "", "localhost:8333": "", "cams.example.org:80": "", "127.0.0.1:0": "",
		"8333": "port alone", "127.0.0.1": "has no port", "::1": "has no port: [::1]:8333", "[::1]": "has no port: [::1]:8333", "localhost": "has no port",
		"http://h:1": "scheme or a path", "h:1/x": "scheme or a path", "h:99999": "outside 1 to 65535", "h:x": "outside", "h:": "outside", "a b:1": "neither an address",
		"h:-1": "outside", "": "has no port", "1.2.3.4.5:1": "",
	} {
		err := CheckListen(text)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// pairOf writes a certificate and its key.
func pairOf(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1)}, &x509.Certificate{SerialNumber: big.NewInt(1)}, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}
