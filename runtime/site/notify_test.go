package site

import (
	"fmt"
	"strings"
	"testing"
)

const notifySite = `devices: {}
notify:
  ops: {telegram: {token: "${MISSING}", chat: 1}, max_per_hour: 5}
  desk: {mail: {to: [a@example.org, "Bé <b@example.org>"], server: "smtps://[::1]:2465", username: u@example.org, password: "${GATE_PASSWORD}"}}
  house: {webhook: {url: "https://h/${GATE_PASSWORD}", headers: {X-Key: "${GATE_PASSWORD}"}}, ntfy: {topic: "${GATE_PASSWORD}", server: "https://n/"}}
`

// Where devices are simulated no secret has to be there; else it has to.
func TestNotifyWithoutSecrets(t *testing.T) {
	dir := siteOf(t, []byte(notifySite))
	_, err := Load(dir, testEnv)
	if err == nil || err.Error() != "site.yaml:3:27: token: environment variable MISSING is not set" {
		t.Error(err)
	}
	s, err := LoadSimulated(dir, func(string) (string, bool) { return "", false })
	if err != nil || strings.Join(s.TargetNames(), " ") != "ops desk house" {
		t.Fatal(err)
	}
}

func TestNotify(t *testing.T) {
	s, err := Load(siteOf(t, []byte(strings.Replace(notifySite, "${MISSING}", "${GATE_PASSWORD}", 1))), testEnv)
	if err != nil {
		t.Fatal(err)
	}
	ops, _ := s.Target("ops")
	if ops.Telegram.Token.Reveal() != marker || ops.Telegram.Chat != "1" || ops.Telegram.Server != telegramServer || ops.MaxPerHour != 5 || ops.Mail != nil {
		t.Errorf("%+v", ops)
	}
	desk, _ := s.Target("desk")
	if m := desk.Mail; m.Host != "::1" || m.Port != 2465 || !m.TLS || m.Trust != MailTLSVerify || m.From.Address != "u@example.org" || m.To[1].Name != "Bé" || desk.MaxPerHour != 20 {
		t.Errorf("%+v", m)
	}
	house, _ := s.Target("house")
	if house.Ntfy.Server != "https://n" || house.Webhook.Headers[0].Name != "X-Key" || len(house.Secrets()) != 4 {
		t.Errorf("%+v", house)
	}
	for _, form := range []string{"%v", "%+v", "%#v"} {
		for _, target := range s.Notify {
			for _, part := range []any{target.Webhook, target.Ntfy, target.Telegram, target.Mail} {
				if text := fmt.Sprintf(form, part); strings.Contains(text, marker) {
					t.Error(text)
				}
			}
		}
	}
	other, err := Load(siteOf(t, []byte("devices: {}\n")), testEnv)
	if err != nil || !Compare(s, other).Notify || Compare(s, s).Notify {
		t.Error(err)
	}
}
