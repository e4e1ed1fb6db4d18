package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// postOffice is a mail server, and what it was given.
type postOffice struct {
	mu       sync.Mutex
	mails    []string
	to       []string
	logins   int
	password string                // "": no login is asked for
	rcpt     func(n int) error     // nil: takes everybody
	data     func(io.Reader) error // nil: takes everything
	tries    int
}

func (p *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return &postSession{p: p}, nil }

type postSession struct {
	p  *postOffice
	in bool
}

func (s *postSession) Reset()        {}
func (s *postSession) Logout() error { return nil }
func (s *postSession) Mail(string, *smtp.MailOptions) error {
	if s.p.password != "" && !s.in {
		return &smtp.SMTPError{Code: 530, Message: "Authentication required"}
	}
	return nil
}

func (s *postSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	s.p.tries++
	if s.p.rcpt != nil {
		if err := s.p.rcpt(s.p.tries); err != nil {
			return err
		}
	}
	s.p.to = append(s.p.to, to)
	return nil
}

func (s *postSession) Data(r io.Reader) error {
	if s.p.data != nil {
		return s.p.data(r)
	}
	text, err := io.ReadAll(r)
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	if err == nil {
		s.p.mails = append(s.p.mails, string(text))
	}
	return err
}

// taken are the mails that it has.
func (p *postOffice) taken() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mails
}

func (s *postSession) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *postSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		s.p.mu.Lock()
		defer s.p.mu.Unlock()
		s.p.logins++
		if user != "u" || password != s.p.password {
			return &smtp.SMTPError{Code: 535, Message: "bad credentials " + password}
		}
		s.in = true
		return nil
	}), nil
}

// mailTo starts a mail server on loopback and gives a target for it.
func mailTo(t *testing.T, p *postOffice, secure *tls.Config, implicit bool) *site.Mail {
	t.Helper()
	s := smtp.NewServer(p)
	s.Domain, s.AllowInsecureAuth, s.ErrorLog = "mail.test", true, quiet{}
	if !implicit {
		s.TLSConfig = secure
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if implicit {
		l = tls.NewListener(l, secure)
	}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return &site.Mail{
		To: []mail.Address{{Name: "Zoë", Address: "a@example.org"}, {Address: "b@example.org"}}, From: mail.Address{Address: "cam@example.org"},
		Host: "127.0.0.1", Port: port, TLS: implicit, Trust: site.MailTLSVerify,
	}
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// selfSigned is a certificate that nobody knows.
func selfSigned(t *testing.T) *tls.Config {
	s := httptest.NewTLSServer(nil)
	t.Cleanup(s.Close)
	return &tls.Config{Certificates: s.TLS.Certificates}
}

func TestMail(t *testing.T) {
	p := &postOffice{}
	conf := mailTo(t, p, nil, false)
	err := send(t, site.Target{Mail: conf}, letter{title: "Tür\r\nBcc: evil@example.org", text: "offen\n.\nQUIT\nüü " + strings.Repeat("x", 100_000), picture: picture})
	if err != nil {
		t.Fatal(err)
	}
	msg, err := mail.ReadMessage(strings.NewReader(p.taken()[0]))
	if err != nil {
		t.Fatal(err)
	}
	to, _ := msg.Header.AddressList("To")
	if len(to) != 2 || to[0].Name != "Zoë" || msg.Header.Get("Bcc") != "" || msg.Header.Get("Message-Id") != "<1@example.org>" || !strings.Contains(msg.Header.Get("Date"), "04 Mar 2026 12:00:00") {
		t.Errorf("%+v", msg.Header)
	}
	if strings.Join(p.to, " ") != "a@example.org b@example.org" {
		t.Error(p.to)
	}
	text := p.taken()[0]
	if !strings.Contains(text, "Content-Type: image/jpeg") || !strings.Contains(text, "\r\n/9hqcGVn/9k=") || !strings.Contains(text, "=C3=BC=C3=BC") {
		t.Errorf("%.3000s", text)
	}
}

func TestMailLogin(t *testing.T) {
	secure := selfSigned(t)
	for _, c := range []struct {
		name          string
		implicit, tls bool
		trust         site.MailTLS
		password      string
		want          string // "": it is delivered
		hint          string
	}{
		{"STARTTLS", false, true, site.MailTLSAny, marker, "", ""},
		{"TLS", true, true, site.MailTLSAny, marker, "", ""},
		{"certificate", false, true, site.MailTLSVerify, marker, "the certificate is not trusted", "tls: any"},
		{"certificate of TLS", true, true, site.MailTLSVerify, marker, "the certificate is not trusted", "tls: any"},
		{"in the clear on loopback", false, false, site.MailTLSVerify, marker, "", ""},
		{"in the clear", false, false, site.MailTLSOff, marker, "", ""},
		{"wrong password", false, true, site.MailTLSAny, marker + "x", "535", "username and password"},
		{"no password", false, true, site.MailTLSAny, "", "530", "username and password"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &postOffice{password: marker}
			var conf *tls.Config
			if c.tls {
				conf = secure
			}
			m := mailTo(t, p, conf, c.implicit)
			m.Trust = c.trust
			if c.password != "" {
				m.Username, m.Password = "u", isapi.NewSecret(c.password)
			}
			err := send(t, site.Target{Mail: m}, letter{text: "x"})
			if c.want == "" {
				if err != nil || len(p.taken()) != 1 {
					t.Errorf("%v", err)
				}
				return
			}
			e := failure(t, err)
			if !strings.Contains(e.Message, c.want) || !strings.Contains(e.Hint, c.hint) || e.Refused != strings.HasPrefix(c.want, "5") || p.logins > 1 {
				t.Errorf("%+v, %d logins", e, p.logins)
			}
		})
	}
}

// A password is not sent in the clear over a network.
func TestMailPasswordStaysHidden(t *testing.T) {
	p := &postOffice{password: marker}
	conf := mailTo(t, p, nil, false)
	port := conf.Port
	conf.Host, conf.Username, conf.Password = "mail.example.org", "u", isapi.NewSecret(marker)
	m := &mailer{conf: conf, dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return net.DialTCP(network, nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	}}
	e := failure(t, m.send(context.Background(), &letter{text: "x", time: noon, id: "1"}))
	if !e.Refused || !strings.Contains(e.Message, "in the clear") || !strings.Contains(e.Hint, "tls: off") || p.logins != 0 {
		t.Errorf("%+v", e)
	}
}

// Greylisting is waited for, what is refused is not tried again, and a server
// that dies in the middle is tried again.
func TestMailRefusals(t *testing.T) {
	for _, c := range []struct {
		name             string
		office           *postOffice
		refused, picture bool
		want             string
	}{
		{"greylisting", &postOffice{rcpt: func(int) error { return &smtp.SMTPError{Code: 451, Message: "try again later"} }}, false, false, "try again later"},
		{"unknown user", &postOffice{rcpt: func(int) error { return &smtp.SMTPError{Code: 550, Message: "no such user"} }}, true, false, "no such user"},
		{"too large", &postOffice{data: func(io.Reader) error { return &smtp.SMTPError{Code: 552, Message: "too large"} }}, true, true, "too large"},
	} {
		conf := mailTo(t, c.office, nil, false)
		e := failure(t, send(t, site.Target{Mail: conf}, letter{text: "x", picture: picture}))
		if e.Refused != c.refused || e.Picture != c.picture || !e.Answered || !strings.Contains(e.Message, c.want) {
			t.Errorf("%s: %+v", c.name, e)
		}
	}
	dies := &postOffice{}
	conf := mailTo(t, dies, nil, false)
	m := &mailer{conf: conf, dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := net.Dial(network, address)
		return &dying{Conn: c, left: 400}, err
	}}
	e := failure(t, m.send(context.Background(), &letter{text: strings.Repeat("x", 10_000), time: noon, id: "1"}))
	if e.Refused || len(dies.taken()) != 0 {
		t.Errorf("%+v", e)
	}
	conf.Port = 1
	if e := failure(t, send(t, site.Target{Mail: conf}, letter{text: "x"})); e.Refused || e.Answered || !strings.Contains(e.Message, "connection refused") {
		t.Errorf("%+v", e)
	}
}

// dying is a connection that breaks after some bytes.
type dying struct {
	net.Conn
	left int
}

func (d *dying) Write(data []byte) (int, error) {
	if d.left -= len(data); d.left < 0 {
		d.Conn.Close()
		return 0, errors.New("broken")
	}
	return d.Conn.Write(data)
}

// A server that says nothing is broken off by the context.
func TestMailServerThatHangs(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var log bytes.Buffer
	conf := &site.Mail{To: []mail.Address{{Address: "a@example.org"}}, From: mail.Address{Address: "a@example.org"}, Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port}
	n := New(Config{Clock: clock.Real(), Log: slog.New(slog.NewTextHandler(&log, nil)), Targets: []site.Target{{Name: "ops", MaxPerHour: 20, Mail: conf}}})
	n.Configure(n.conf.Targets, noon.Location())
	n.Notify("ops", Message{Text: "x", Time: noon})
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := clock.WithCancel(context.Background())
	cancel()
	n.Close(ctx)
	n.runs.Wait()
	if !strings.Contains(log.String(), "notifications are lost") {
		t.Error(log.String())
	}
}
