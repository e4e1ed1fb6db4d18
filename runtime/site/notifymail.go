package site

import (
	"net/mail"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/isapi"
)

var mailFields = []field[Mail]{
	{name: "to", kind: "text or list", meaning: "addresses that get the mail", rules: rules{needed: true}, read: readTo},
	{name: "from", kind: "text", def: "the username, else the first of to", meaning: "address that sends it",
		read: func(r *reader, n *yaml.Node, m *Mail) { m.From, _ = r.mailAddress(n) }},
	{name: "server", kind: "text", meaning: "smtp://HOST[:587] (TLS by STARTTLS), or smtps://HOST[:465]", rules: rules{needed: true}, read: readMailServer, also: []string{"host", "url"}},
	{name: "username", kind: "text", meaning: "account on the server", rules: rules{with: "password", reason: "they go together"}, read: textField(func(m *Mail) *string { return &m.Username }), also: []string{"user", "login"}},
	{name: "password", kind: "text", meaning: "its password", rules: rules{with: "username", reason: "they go together"}, read: secretField(func(m *Mail) *isapi.Secret { return &m.Password })},
	{name: "tls", kind: "word: verify | any | off", def: "verify", meaning: "the server's certificate is checked, or any will do, or the mail goes in the clear",
		read: wordField(func(m *Mail) *MailTLS { return &m.Trust }, MailTLSVerify, MailTLSAny, MailTLSOff)},
}

func (r *reader) mailAddress(n *yaml.Node) (mail.Address, bool) {
	text, ok := r.scalar(n)
	if !ok {
		return mail.Address{}, false
	}
	a, err := mail.ParseAddress(text)
	if err != nil || len(text) > 320 || strings.ContainsAny(a.Address, "\r\n\x00 <>") {
		r.fail(n, "%s is no mail address%s", quoted(n.Value), r.fromVariable(n))
		return mail.Address{}, false
	}
	return *a, true
}

func readTo(r *reader, n *yaml.Node, m *Mail) {
	list := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		list = n.Content
	}
	if len(list) == 0 || len(list) > 100 {
		r.fail(n, "1 to 100 addresses are due here")
	}
	for _, item := range list {
		if a, ok := r.mailAddress(item); ok {
			m.To = append(m.To, a)
		}
	}
}

func readMailServer(r *reader, n *yaml.Node, m *Mail) {
	u, ok := r.serverAddress(n, "smtp://mail.example.org:587", "smtp", "smtps")
	if !ok {
		return
	}
	m.Host, m.TLS, m.Port = u.Hostname(), u.Scheme == "smtps", 587
	if m.TLS {
		m.Port = 465
	}
	m.Port = r.portOf(n, u, m.Port)
}

func readMail(r *reader, n *yaml.Node, m *Mail) {
	m.Trust = MailTLSVerify
	given := readWay(r, n, mailFields, m)
	if m.TLS && m.Trust == MailTLSOff {
		r.fail(given["tls"], "off does not go with smtps://")
	}
	if m.From == (mail.Address{}) {
		if a, err := mail.ParseAddress(m.Username); err == nil {
			m.From = mail.Address{Address: a.Address}
		} else if len(m.To) > 0 {
			m.From = mail.Address{Address: m.To[0].Address}
		}
	}
}
