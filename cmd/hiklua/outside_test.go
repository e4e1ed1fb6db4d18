package main

import (
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hiklua/hiklua/runtime"
)

// TestStatusOfPageAndBroker: a page that is not served and a broker that is away are
// said first, until they are as site.yaml wants them.
func TestStatusOfPageAndBroker(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	const site = "timezone: UTC\n"
	p := start(t, map[string]string{
		"site.yaml": site + "web: {listen: \"" + taken.Addr().String() + "\"}\nmqtt: {broker: \"mqtt://127.0.0.1:9\"}\n", "scripts/a.lua": "",
	}, "run")
	p.logs("1 script live")
	ways := func(n int) (st runtime.Status) {
		for late := time.Now().Add(60 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			if st = p.status(); len(st.Outside) == n {
				return st
			}
			if time.Now().After(late) {
				t.Fatalf("%+v", st.Outside)
			}
		}
	}
	st := ways(2)
	for i, name := range []string{"page", "mqtt"} {
		if w := st.Outside[i]; w.Name != name || w.Error.Message == "" || w.Error.Time == nil {
			t.Errorf("%+v", w)
		}
	}
	out, _, _ := p.ask("", "status")
	wants(t, out, "NO PAGE: page does not work since ", "NO MQTT: mqtt does not work since ")
	out, _, code := p.ask("", "status", "--check")
	if code != statusFailure || strings.Count(out, "\n") != 1 {
		t.Errorf("%d %q", code, out)
	}
	wants(t, out, "not ok: page does not work since ", "mqtt does not work since ")
	write(t, p.cmd.Dir, map[string]string{"site.yaml": site})
	ways(0)
	if out, _, code := p.ask("", "status", "--check"); code != statusOK {
		t.Errorf("%d %q", code, out)
	}
	p.signal(syscall.SIGTERM)
	p.ends()
}
