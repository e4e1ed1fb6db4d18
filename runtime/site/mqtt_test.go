package site

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMQTT(t *testing.T) {
	dir := siteOf(t, []byte(`devices: {}
mqtt: {broker: "tls://[2001:db8::5]", username: hiklua, password: "${GATE_PASSWORD}", topic: house/cams, discovery: off, pictures: true, ca: ca.pem}
`))
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := Load(dir, testEnv)
	if err != nil {
		t.Fatal(err)
	}
	m := s.MQTT
	if m.Address() != "tls://[2001:db8::5]:8883" || m.Username != "hiklua" || m.Password.Reveal() != marker || m.Topic != "house/cams" ||
		m.Discovery != DiscoveryOff || !m.Pictures || m.CA != "ca.pem" {
		t.Errorf("%+v", m)
	}
	for _, form := range []string{"%v", "%+v", "%#v"} {
		if text := fmt.Sprintf(form, m); strings.Contains(text, marker) {
			t.Error(text)
		}
	}
	other, err := Load(siteOf(t, []byte("devices: {}\nmqtt: {broker: mqtt://broker}\n")), testEnv)
	if err != nil || !Compare(s, other).MQTT || Compare(s, s).MQTT {
		t.Error(err)
	}
	if m := other.MQTT; m.Address() != "mqtt://broker:1883" || m.Discovery != DiscoveryHomeAssistant || m.Pictures {
		t.Errorf("%+v", m)
	}
	if s, err = Load(siteOf(t, []byte("devices: {}\nmqtt:\n")), testEnv); err != nil || s.MQTT != nil {
		t.Error(s.MQTT, err)
	}
}

// Where devices are simulated, no secret and no file has to be there.
func TestMQTTWithoutSecrets(t *testing.T) {
	text := []byte("devices: {}\nmqtt: {broker: \"mqtts://${MISSING}\", username: u, password_file: none, ca: none}\n")
	if _, err := Load(siteOf(t, text), testEnv); err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Error(err)
	}
	if _, err := LoadSimulated(siteOf(t, text), testEnv); err != nil {
		t.Error(err)
	}
}
