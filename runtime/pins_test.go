package runtime

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/files"
)

// A certificate is trusted at first sight and a change of it refused, also by
// the next start.
func TestPinLastsOverARestart(t *testing.T) {
	server := httptest.NewTLSServer(sim.New(sim.Options{Username: "op", Password: "pw"}))
	defer server.Close()
	host, port := place(t, server)
	dir := t.TempDir()
	yaml := fmt.Sprintf("devices:\n  cam: {ip: %s, port: %s, scheme: https, tls: pin, username: op, password: pw}\n", host, port)
	ask := func() string {
		got, _ := execRealIn(t, dir, yaml, nil, askModel)
		return got
	}
	if got := ask(); !strings.HasPrefix(got, "DS-") {
		t.Fatalf("first sight: %s", got)
	}
	pinned, err := os.ReadFile(filepath.Join(dir, "data", pinFile))
	if err != nil || !strings.HasPrefix(string(pinned), host+":"+port+" ") {
		t.Fatalf("%q, %v", pinned, err)
	}
	if got := ask(); !strings.HasPrefix(got, "DS-") {
		t.Errorf("second start: %s", got)
	}
	other := host + ":" + port + " " + strings.Repeat("ab", 32) + "\n"
	if err := os.WriteFile(filepath.Join(dir, "data", pinFile), []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := ask(); !strings.Contains(got, "the certificate changed since it was trusted first") {
		t.Errorf("another certificate: %s", got)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "data", pinFile)); string(got) != other {
		t.Errorf("the pin was changed to %q", got)
	}
}

// A site that gets shares goes on to trust what it trusted before, and nothing else.
func TestPinsOfASiteBeforeItHadShares(t *testing.T) {
	site, share := t.TempDir(), t.TempDir()
	sum, other := strings.Repeat("ab", 32), strings.Repeat("cd", 32)
	write := func(dir, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, pinFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(site, "192.0.2.10:443 "+sum+"\n192.0.2.11:443 "+sum+"\n")
	write(share, "192.0.2.11:443 "+other+"\n")
	p, err := readPins(files.NewFolder(share), site)
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{"192.0.2.10:443": sum, "192.0.2.11:443": other, "192.0.2.12:443": ""} {
		if got := p.trusted(address); got != want {
			t.Errorf("%s: %q", address, got)
		}
	}
	write(site, "192.0.2.10:443 ab\n")
	if _, err := readPins(files.NewFolder(share), site); err == nil || !strings.Contains(err.Error(), site) {
		t.Error(err)
	}
	if _, err := readPins(files.NewFolder(share), ""); err != nil {
		t.Error(err)
	}
}
