package main

import (
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// A witness starts without the passwords of devices, has its folder for itself, and
// ends in an orderly way.
func TestWitness(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("127.0.0.3 is an address of this machine on Linux only")
	}
	t.Parallel()
	p := aloneWithDevice(t)
	dir := t.TempDir()
	free, err := net.Listen("tcp", "127.0.0.3:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	free.Close()
	write(t, dir, map[string]string{"site.yaml": `devices: {gate: {ip: 192.0.2.1, username: a, password: "${NOT_SET}"}}
cluster:
  hosts: {left: 127.0.0.1, right: 127.0.0.2}
  witnesses: {box: 127.0.0.3}
  port: ` + port + "\n"})
	p.launch(dir, []string{"cluster", "init"})
	p.ends()
	p = aloneWithDevice(t)
	p.launch(dir, []string{"witness", "box"})
	p.logs("witness box of the cluster of left, right")
	_, errs, status := p.ask("", "witness", "box")
	if status != statusFailure || !strings.Contains(errs, "a witness has a machine, or at least a folder, of its own") {
		t.Errorf("a second one: %d %s", status, errs)
	}
	if _, errs, status = p.ask("", "cluster", "status"); status != statusFailure || !strings.Contains(errs, "on this machine") || !strings.Contains(errs, "or ask on left (127.0.0.1) or right (127.0.0.2)") {
		t.Errorf("what only a host tells: %d %s", status, errs)
	}
	p.signal(syscall.SIGTERM)
	if status := p.ends(); status != statusOK {
		t.Errorf("it ends with status %d", status)
	}
	if _, err := os.Stat(dir + "/data/engine"); err != nil {
		t.Error(err)
	}
}
