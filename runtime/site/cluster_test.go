package site

import (
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// threeMachines is a cluster block that is right.
const threeMachines = "cluster:\n  hosts: {left: 192.0.2.11, right: 192.0.2.12}\n  witnesses: {box: 192.0.2.13}\n"

func loadText(t *testing.T, text string) *Site {
	t.Helper()
	s, err := Load(siteOf(t, []byte(text)), testEnv)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCluster(t *testing.T) {
	text, err := os.ReadFile("testdata/good/cluster.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := loadText(t, string(text))
	c := s.Cluster
	left, found := c.Host("left")
	if !found || left != (Member{"left", "pc-left.example", 2}) || !slices.Equal(c.HostNames(), []string{"left", "right"}) || c.Hosts[1].Weight != 1 {
		t.Errorf("hosts %+v", c.Hosts)
	}
	if box, found := c.Witness("box"); !found || box.Address != "2001:db8::13" || !slices.Equal(c.WitnessNames(), []string{"box"}) {
		t.Errorf("witnesses %+v", c.Witnesses)
	}
	if _, found := c.Host("box"); found {
		t.Error("a witness counts as a host")
	}
	if c.Port != 7500 || c.SecretFile != "secrets/all" || c.Lease != 10*time.Second || !c.Confirm || !c.Engine.IsZero() {
		t.Errorf("%+v", c)
	}
	if !slices.Equal(s.ShareNames(), []string{"east", "west"}) || s.ShareOf("gate") != "east" || s.ShareOf("hall") != "west" || s.ShareOf("nowhere") != "" {
		t.Errorf("shares %+v", c.Shares)
	}
	if len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0].Message, `"secrets/all" yet: "hiklua cluster init" makes it`) {
		t.Errorf("warnings %v", s.Warnings)
	}
}

// The defaults, and a site that is one share or in no cluster.
func TestOneShare(t *testing.T) {
	const devices = "devices:\n  gate: {simulate: ptz}\n  yard: {simulate: ptz}\narchive: {}\n"
	alone, one := loadText(t, devices), loadText(t, devices+threeMachines)
	if c := one.Cluster; c.Port != 7423 || c.SecretFile != "secrets/cluster" || c.Lease != 8*time.Second || c.Confirm {
		t.Errorf("%+v", c)
	}
	for _, s := range []*Site{alone, one} {
		if !slices.Equal(s.ShareNames(), []string{OneShare}) || s.ShareOf("yard") != OneShare || s.ShareOf("nowhere") != "" || s.Share("east") != nil {
			t.Errorf("%v: shares %v", s.Cluster, s.ShareNames())
		}
		same := s.Share(OneShare)
		if same == s || !Compare(s, same).Empty() {
			t.Errorf("the only share is another site: %+v", Compare(s, same))
		}
	}
	if d := one.Cluster.Shares[0].Devices; !slices.Equal(d, []string{"gate", "yard"}) {
		t.Errorf("devices %v", d)
	}
	if !Compare(alone, one).Cluster || !Compare(one, alone).Cluster {
		t.Error("a cluster that came and went is no change")
	}
}

// A share has its devices, what is archived of them, and all else of the site.
func TestShareIsASite(t *testing.T) {
	text, _ := os.ReadFile("testdata/good/cluster.yaml")
	s := loadText(t, strings.Replace(string(text), "archive:\n", "vars: {a: 1}\nnotify: {desk: {ntfy: {topic: t}}}\narchive:\n  copy_to: /srv/copies\n", 1))
	before := *s.Archive
	for name, want := range map[string]struct{ devices, channels string }{
		"east": {"gate east-1 east-2", "gate/1; east-1/1; */1"},
		"west": {"hall", "hall/*; */1"},
	} {
		part := s.Share(name)
		if got := strings.Join(part.DeviceNames(), " "); got != want.devices {
			t.Errorf("%s has %s", name, got)
		}
		var channels []string
		for _, schedule := range part.Archive.Schedules {
			channels = append(channels, strings.Join(schedule.Channels, " "))
		}
		if got := strings.Join(channels, "; "); got != want.channels {
			t.Errorf("pictures of %s: %s", name, got)
		}
		if part.Archive.Path != filepath.Join("data", "archive", name) || part.Archive.CopyTo.Folder != filepath.FromSlash("/srv/copies/"+name) {
			t.Errorf("%s archives to %s and %s", name, part.Archive.Path, part.Archive.CopyTo.Folder)
		}
		if part.Vars["a"] != 1.0 || len(part.Notify) != 1 || part.ShareOf("hall") != "west" {
			t.Errorf("%s: %+v", name, part)
		}
	}
	if len(s.Devices) != 4 || len(s.Archive.Schedules) != 3 || len(s.Archive.Schedules[0].Channels) != 2 || s.Archive.Path != before.Path {
		t.Errorf("the site itself has changed: %+v", s.Archive)
	}

	s.Archive.CopyTo = &CopyTo{Bucket: "b", Prefix: "all"}
	if part := s.Share("west"); part.Archive.CopyTo.Prefix != "all/west" || part.Archive.CopyTo.Bucket != "b" {
		t.Errorf("copies go to %+v", part.Archive.CopyTo)
	}
}

// What runs, and may not be meant so.
func TestClusterWarnings(t *testing.T) {
	const head = "devices: {gate: {simulate: ptz}}\n"
	secret := "  secret_file: pem\n"
	for text, want := range map[string]string{
		head + threeMachines + secret: "",
		head + threeMachines:          `site.yaml:3:3: cluster: there is no "secrets/cluster" yet: "hiklua cluster init" makes it, once for all machines`,
		head + "cluster: {secret_file: pem, hosts: {left: 127.0.0.1, right: 127.0.0.2}, witnesses: {box: 127.0.0.3}}\n": "",
		"devices: {gate: {ip: 192.0.2.12, username: u, password: p}}\n" + threeMachines + secret:                        `site.yaml:3:36: right: "192.0.2.12" is the address of the device gate, too`,
		head + threeMachines + secret + "  shares: {all: [gate], rest: ['*']}\n":                                        `site.yaml:6:25: share "rest" has no devices: those that fit are in shares before it`,
		head + "cluster: {engine: 'nats://h:4222', hosts: {left: h}}\n":                                                 "site.yaml:2:43: cluster: one host alone: no other takes over when it dies",
		head + threeMachines + secret + "web: {listen: ':8333', password: passwort}\n":                                  "",
		head + threeMachines + secret + "web: {listen: '127.0.0.1:8333'}\n":                                             "",
		head + "web: {listen: '192.0.2.11:8333', password: passwort}\n":                                                 "",
		head + threeMachines + secret + "web: {listen: '192.0.2.11:8333', password: passwort}\n":                        `site.yaml:6:15: web: "192.0.2.11:8333" is the address of one machine, and each host of the cluster serves the page: without the address, every host does`,
		head + threeMachines + secret + "mqtt: {broker: 'mqtt://h', topic: t}\n":                                        "",
		head + threeMachines + secret + "mqtt: {broker: 'mqtt://h'}\n":                                                  "site.yaml:6:7: mqtt: topic is not given, and goes by the name of the site's folder: where that is another on each host of the cluster, the topics are, too",
	} {
		s := loadText(t, text)
		var got []string
		for _, w := range s.Warnings {
			got = append(got, w.String())
		}
		if strings.Join(got, "\n") != want {
			t.Errorf("%s\nwarns %q\nwant %q", text, got, want)
		}
	}
}

// An engine of one's own: any number of hosts, and no message shows what logs in.
func TestClusterEngine(t *testing.T) {
	s := loadText(t, "devices: {gate: {simulate: ptz}}\ncluster:\n  hosts: {a: h1, b: h2}\n  engine: nats://hiklua:${GATE_PASSWORD}@192.0.2.5:4222\n")
	if s.Cluster.Engine.Reveal() != "nats://hiklua:"+marker+"@192.0.2.5:4222" || len(s.Warnings) != 0 {
		t.Errorf("engine %v, warnings %v", s.Cluster.Engine, s.Warnings)
	}
	if s := loadText(t, "devices: {}\n"+threeMachines+"  engine: embedded\n"); !s.Cluster.Engine.IsZero() {
		t.Errorf("%v", s.Cluster.Engine)
	}
}

// Of an address of an engine there is scheme, host and port alone.
func TestClusterEngineThatIsNone(t *testing.T) {
	for address, says := range map[string]string{
		"nats://[::1":                 "is no address",
		"http://192.0.2.5:4222":       "must begin with nats:// or tls://",
		"nats://:4222":                "is scheme, host and port alone",
		"nats://192.0.2.5/x":          "is scheme, host and port alone",
		"nats://192.0.2.5?x=1":        "is scheme, host and port alone",
		"nats://192.0.2.5#x":          "is scheme, host and port alone",
		"tls://192.0.2.5:99999":       "port",
		"nats://192.0.2.5:4222/":      "",
		"tls://engine.example:4222":   "",
		"nats://a:secret@engine:4222": "",
	} {
		_, err := Load(siteOf(t, []byte("devices: {gate: {simulate: ptz}}\ncluster:\n  hosts: {a: h1, b: h2}\n  engine: '"+address+"'\n")), testEnv)
		if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, not %q", address, err, says)
		}
	}
	for _, address := range []string{"224.0.0.1", "0.0.0.0", "255.255.255.255"} {
		_, err := Load(siteOf(t, []byte("devices: {gate: {simulate: ptz}}\n"+strings.Replace(threeMachines, "192.0.2.12", address, 1))), testEnv)
		if err == nil || !strings.Contains(err.Error(), "not an address that the others can reach") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// A secret that others can read is refused for a witness, too, which looks up nothing
// else.
func TestClusterSecretOfAWitness(t *testing.T) {
	if goruntime.GOOS == "windows" {
		t.Skip("files have no modes here")
	}
	text := "devices: {gate: {ip: h, username: u, password: \"${NOT_SET}\"}}\n" + threeMachines
	if s, err := LoadSimulated(siteOf(t, []byte(text)), testEnv); err != nil || len(s.Warnings) != 0 {
		t.Errorf("without a secret: %v, %v", s, err)
	}
	if _, err := LoadSimulated(siteOf(t, []byte(text+"  secret_file: open\n")), testEnv); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("with an open one: %v", err)
	}
	for name, text := range map[string]string{"empty": "", "half": pemText("CERTIFICATE") + pemText("PRIVATE KEY")[:40], "other": "geheim\n"} {
		dir := siteOf(t, []byte("devices: {}\n"+threeMachines+"  secret_file: secret\n"))
		if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadSimulated(dir, testEnv); err == nil || !strings.Contains(err.Error(), `"secret" is not what "hiklua cluster init" makes`) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
