package site

import (
	"net/mail"

	"github.com/hiklua/hiklua/isapi"
)

// Target is who hik.notify tells under a name, by one way or several.
type Target struct {
	Name       string
	MaxPerHour int // messages of one way; more are folded into one

	// The ways; nil: not by this one.
	Webhook  *Webhook
	Ntfy     *Ntfy
	Telegram *Telegram
	Mail     *Mail
}

// Webhook is a web server that is told by POST.
type Webhook struct {
	URL     isapi.Secret // http or https; it may have a token in it
	Headers []WebhookHeader
}

// WebhookHeader is a header of a request to a webhook.
type WebhookHeader struct {
	Name  string
	Value isapi.Secret
}

// Ntfy is a topic of an ntfy server.
type Ntfy struct {
	Server string       // http or https address, without a slash at its end
	Topic  isapi.Secret // whoever knows it can read it
	Token  isapi.Secret // zero: none
}

// Telegram is a chat to which a bot writes.
type Telegram struct {
	Server string // of the Bot API, without a slash at its end
	Token  isapi.Secret
	Chat   string // a number, negative for groups, or @channel
}

// Mail is a mail account that sends, and who gets the mail.
type Mail struct {
	To       []mail.Address
	From     mail.Address
	Host     string // of the server that takes the mail
	Port     int
	TLS      bool // from the first byte on; false: by STARTTLS
	Trust    MailTLS
	Username string // empty: no login
	Password isapi.Secret
}

// MailTLS says how a mail server is trusted.
type MailTLS string

// The words of tls of a mail target.
const (
	MailTLSVerify MailTLS = "verify" // its certificate is checked
	MailTLSAny    MailTLS = "any"    // every certificate will do
	MailTLSOff    MailTLS = "off"    // in the clear
)

const (
	ntfyServer     = "https://ntfy.sh"
	telegramServer = "https://api.telegram.org"
)

// Secrets are what nothing may show of a target.
func (t Target) Secrets() []isapi.Secret {
	var all []isapi.Secret
	if w := t.Webhook; w != nil {
		all = append(all, w.URL)
		for _, h := range w.Headers {
			all = append(all, h.Value)
		}
	}
	if n := t.Ntfy; n != nil {
		all = append(all, n.Topic, n.Token)
	}
	if b := t.Telegram; b != nil {
		all = append(all, b.Token)
	}
	if m := t.Mail; m != nil {
		all = append(all, m.Password)
	}
	return all
}

// Target returns the target of notify of that name.
func (s *Site) Target(name string) (Target, bool) {
	for _, t := range s.Notify {
		if t.Name == name {
			return t, true
		}
	}
	return Target{}, false
}

// TargetNames lists the targets of notify in the order of the file.
func (s *Site) TargetNames() []string {
	names := make([]string, len(s.Notify))
	for i, t := range s.Notify {
		names[i] = t.Name
	}
	return names
}
