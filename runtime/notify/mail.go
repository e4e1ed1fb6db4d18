package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// mailer hands mail to a server (RFC 5321), over a connection of its own each time.
type mailer struct {
	conf    *site.Mail
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	version string
	secrets []isapi.Secret
}

func (m *mailer) send(ctx context.Context, l *letter) error {
	msg, err := m.message(l)
	if err != nil {
		return &Error{Message: "the mail cannot be written: " + oneLine(err.Error()), Refused: true}
	}
	err = m.deliver(ctx, msg)
	switch cause := clock.Cause(ctx); {
	case err == nil, msg.IsDelivered(): // what goes wrong afterwards is no matter
		return nil
	case errors.Is(cause, context.DeadlineExceeded):
		return tooLate(m.conf.Host)
	case cause != nil:
		return cause
	}
	return m.verdict(err)
}

// message writes the mail. Its Message-ID is the same at each try, so that one that
// is delivered twice is known.
func (m *mailer) message(l *letter) (*mail.Msg, error) {
	msg := mail.NewMsg()
	msg.FromMailAddress(&m.conf.From)
	for _, to := range m.conf.To {
		msg.AddToMailAddress(&to)
	}
	subject := l.title
	if subject == "" {
		subject, _, _ = strings.Cut(l.text, "\n")
	}
	if subject == "" {
		subject = "hiklua"
	}
	msg.Subject(cutBytes(oneLine(subject), 200))
	msg.SetDateWithValue(l.time)
	_, domain, _ := strings.Cut(m.conf.From.Address, "@")
	msg.SetMessageIDWithValue(l.id + "@" + domain)
	msg.SetUserAgent("hiklua/" + m.version)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(mail.TypeTextPlain, heading("", l.text))
	if p := l.picture; p != nil {
		msg.AttachReadSeeker(p.Name, bytes.NewReader(p.Data), mail.WithFileContentType(mail.ContentType(p.ContentType)))
	}
	return msg, nil
}

// errNoTLS: the server has no TLS, and the password is not to be seen.
var errNoTLS = errors.New("no STARTTLS")

// errNoAuth: the server takes no login that is known here.
var errNoAuth = errors.New("no login")

func (m *mailer) deliver(ctx context.Context, msg *mail.Msg) error {
	secure := &tls.Config{ServerName: m.conf.Host, MinVersion: tls.VersionTLS12, InsecureSkipVerify: m.conf.Trust == site.MailTLSAny}
	var conn net.Conn
	defer func() {
		if conn != nil {
			conn.Close()
		}
	}()
	connect := func(context.Context, string, string) (net.Conn, error) {
		dial := m.dial
		if dial == nil {
			dial = new(net.Dialer).DialContext
		}
		raw, err := dial(ctx, "tcp", net.JoinHostPort(m.conf.Host, strconv.Itoa(m.conf.Port)))
		if err != nil {
			return nil, err
		}
		conn = raw
		clock.OnDone(ctx, func() { raw.Close() })
		if !m.conf.TLS {
			return raw, nil
		}
		over := tls.Client(raw, secure)
		return over, over.HandshakeContext(ctx)
	}
	// The connection is ended by ctx; what the library bounds it by is longer.
	client, err := mail.NewClient(m.conf.Host, mail.WithPort(m.conf.Port), mail.WithTimeout(2*tryTakes), mail.WithTLSPolicy(mail.NoTLS),
		mail.WithDialContextFunc(connect), mail.WithoutNoop())
	if err != nil {
		return err
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	if err := m.secure(session, secure); err != nil {
		return err
	}
	if err := client.SendWithSMTPClient(session, msg); err != nil {
		return err
	}
	return session.Quit()
}

// secure begins TLS where the server has it, and logs in.
func (m *mailer) secure(session *smtp.Client, conf *tls.Config) error {
	encrypted := m.conf.TLS
	if has, _ := session.Extension("STARTTLS"); has && !encrypted && m.conf.Trust != site.MailTLSOff {
		if err := session.StartTLS(conf); err != nil {
			return err
		}
		encrypted = true
	}
	if m.conf.Username == "" {
		return nil
	}
	open := m.conf.Trust == site.MailTLSOff || isLoopback(m.conf.Host)
	if !encrypted && !open {
		return errNoTLS
	}
	_, known := session.Extension("AUTH")
	methods := strings.Fields(known)
	user, password := m.conf.Username, m.conf.Password.Reveal()
	switch {
	case slices.Contains(methods, "PLAIN"):
		return session.Auth(smtp.PlainAuth("", user, password, m.conf.Host, open))
	case slices.Contains(methods, "LOGIN"):
		return session.Auth(smtp.LoginAuth(user, password, m.conf.Host, open))
	case slices.Contains(methods, "SCRAM-SHA-256"):
		return session.Auth(smtp.ScramSHA256Auth(user, password))
	case slices.Contains(methods, "CRAM-MD5"):
		return session.Auth(smtp.CRAMMD5Auth(user, password))
	}
	return errNoAuth
}

func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// verdict tells what went wrong: 4xx passes, 5xx does not.
func (m *mailer) verdict(err error) *Error {
	host := net.JoinHostPort(m.conf.Host, strconv.Itoa(m.conf.Port))
	var reply *textproto.Error
	var refused *mail.SendError
	code, text := 0, ""
	switch {
	case errors.Is(err, errNoTLS):
		return &Error{Message: host + ": the server has no STARTTLS, and the password would go in the clear", Refused: true,
			Hint: "smtps:// if it has TLS on another port, or tls: off to send the password all the same"}
	case errors.Is(err, errNoAuth):
		return &Error{Message: host + ": the server offers no login that hiklua knows", Refused: true, Hint: "leave out username and password, or try port 587"}
	case errors.As(err, &reply):
		code, text = reply.Code, fmt.Sprintf("%d %s", reply.Code, reply.Msg)
	case errors.As(err, &refused) && refused.ErrorCode() != 0:
		code = refused.ErrorCode()
		text, _, _ = strings.Cut(refused.Error(), ", affected message ID")
	default:
		e := unreachable(host, err)
		if strings.HasSuffix(e.Message, "certificate is not trusted") {
			e.Hint = "tls: any in site.yaml takes every certificate"
		}
		return e
	}
	e := &Error{Message: host + ": " + scrub(text, m.secrets), Answered: true, Refused: code >= 500, Picture: code == 552 || code == 554}
	if code == 530 || code == 534 || code == 535 {
		e.Hint = "check username and password of the target in site.yaml; many providers want a password made for programs"
		e.Picture = false
	}
	return e
}
