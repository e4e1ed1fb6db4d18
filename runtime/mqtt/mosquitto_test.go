package mqtt

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
)

// The same against Debian's Mosquitto, which most people have: a login, a last will,
// commands, messages that fit several topics, a restart.
func TestMosquitto(t *testing.T) {
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		if program = "/usr/sbin/mosquitto"; !exists(program) { // not on the path of people
			t.Skip("LEFT OUT: mosquitto is not here (apt-get install mosquitto)")
		}
	}
	dir, addr := t.TempDir(), freePort(t)
	_, port, _ := strings.Cut(addr, ":")
	passwords := filepath.Join(dir, "passwords")
	write := func(file, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	conf := fmt.Sprintf("listener %s 127.0.0.1\nallow_anonymous false\npassword_file %s\n", port, passwords)
	if os.Getuid() == 0 {
		conf += "user root\n"
	}
	write("mosquitto.conf", conf)
	if made := exec.Command("mosquitto_passwd", "-b", "-c", passwords, "hiklua", "right"); made.Run() != nil {
		t.Skip("LEFT OUT: mosquitto_passwd does not work here")
	}
	start := func() (end func()) {
		cmd := exec.Command(program, "-c", filepath.Join(dir, "mosquitto.conf"))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var once bool
		end = func() {
			if !once {
				once = true
				cmd.Process.Kill()
				cmd.Wait()
			}
		}
		t.Cleanup(end)
		return end
	}
	end := start()
	b := alone(t, addr, func(h *fakeHost) {
		withYard(&bench{host: h})
		h.site.MQTT.Username = "hiklua"
		h.site.MQTT.Password = isapi.NewSecret("wrong")
	})
	eventually(t, "the login is refused", func() bool {
		return strings.Contains(b.log.String(), "does not let this account in") || strings.Contains(b.log.String(), "refuses the user name")
	}, b.log.String)
	// The right password comes with a new site.yaml; a second host looks on.
	other := newFakeHost(t, confOf(t, addr))
	other.site.MQTT.Username, other.site.MQTT.Password, other.site.MQTT.Topic = "hiklua", isapi.NewSecret("right"), "other"
	other.topics = []string{"hiklua/yard/#", "+/yard/status", "homeassistant/device/hiklua_yard/#"}
	watch := &bench{t: t, host: other, log: b.log}
	watch.start(Config{Scripts: true})
	s := *b.host.Site()
	m := *s.MQTT
	m.Password, s.MQTT = isapi.NewSecret("right"), &m
	b.host.change(func() { b.host.site, b.host.topics = &s, []string{"door/+", "+/gate", "door/gate"} })
	seen := func(line string) func() bool {
		return func() bool { return strings.Contains("\n"+strings.Join(other.told(), "\n")+"\n", "\n"+line) }
	}
	all := func() string { return strings.Join(other.told(), "\n") + b.log.String() }
	eventually(t, "the state of the host", seen("hiklua/yard/status 6 "), all)
	eventually(t, "the config", seen("homeassistant/device/hiklua_yard/site/config "), all)
	eventually(t, "motion", seen("hiklua/yard/device/gate/1/motion 3 "), all)
	send := func(topic, payload string) {
		if sent, err := watch.bridge.Publish(context.Background(), luaapi.Message{Topic: topic, Payload: []byte(payload), QoS: 1}); !sent || err != nil {
			t.Error(sent, err)
		}
	}
	send(yard+"stop", press)
	eventually(t, "the stop", func() bool { return len(b.host.said()) == 1 }, all)
	send("door/gate", "open")
	eventually(t, "the message", func() bool { return len(b.host.told()) > 0 }, all)
	time.Sleep(50 * time.Millisecond) // a copy would come at once
	if told := b.host.told(); len(told) != 1 {
		t.Error(told)
	}
	end()
	eventually(t, "the end", func() bool { return b.lines("closed the connection") > 0 }, all)
	connected := b.lines("connected with")
	start()
	eventually(t, "both are back", func() bool { return b.lines("connected with") >= connected+2 }, all)
	b.bridge.Close()
	eventually(t, "the farewell", seen("hiklua/yard/status 7 "), all)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
