package runtime

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/isapi/sim"
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
