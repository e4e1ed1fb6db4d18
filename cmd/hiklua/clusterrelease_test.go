package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A release lies in another folder than the secrets of its site, and is right all the
// same; what is wrong with a script of it refuses it.
func TestCheckOfARelease(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "data", "cluster", "next")
	write(t, dir, map[string]string{
		"secrets/gate": "simulated", "devices.yaml": "devices: {gate: {channels: [{id: 7}]}}\n",
		"data/cluster/next/site.yaml": `devices: {gate: {ip: 192.0.2.1, username: a, password_file: secrets/gate}}
web: {listen: ":8333"}
cluster: {hosts: {left: h}, engine: "nats://h"}
`,
		"data/cluster/next/scripts/a.lua": `hik.device{ip = "192.0.2.2", username = "a", password_file = "secrets/gate"}`,
	})
	if err := os.Chmod(filepath.Join(dir, "secrets", "gate"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSession(t)
	verdict := s.app.checkRelease(dir, false)
	if err := verdict(source); err != nil {
		t.Errorf("it is refused: %v", err)
	}
	write(t, source, map[string]string{"scripts/b.lua": "hik.evry(1)"})
	if err := verdict(source); err == nil || err.Error() != `scripts/b.lua:1:5: there is no hik.evry (did you mean "every"?)` {
		t.Errorf("it is taken: %v", err)
	}
}
