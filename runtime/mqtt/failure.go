package mqtt

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/eclipse/paho.golang/packets"

	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/web"
)

// errChanged: site.yaml has another broker by now.
var errChanged = errors.New("the broker has changed")

// Failure is why there is no connection with the broker.
type Failure struct {
	Message string
	Hint    string // what to do about it; empty: there is nothing to say
	Refused bool   // the broker does not take the login
	Err     error  // may be nil
}

func (f *Failure) Error() string { return f.Message }
func (f *Failure) Unwrap() error { return f.Err }

func isRefusal(err error) bool {
	f, ok := errors.AsType[*Failure](err)
	return ok && f.Refused
}

// dialFailure tells why no connection came about.
func dialFailure(err error, conf *site.MQTT) error {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	f := &Failure{Err: err}
	switch {
	case errors.As(err, &name):
		f.Message = fmt.Sprintf("the broker's certificate is for %s, not for %s", joined(append(name.Certificate.DNSNames, addresses(name.Certificate)...)), conf.Host)
		f.Hint = "broker must have the name that the certificate has"
	case errors.As(err, &unknown):
		f.Message, f.Hint = "the broker's certificate is not signed by an authority that is trusted", "put the certificate of that authority, or the broker's own, into a file, and name it in mqtt.ca"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		f.Message = fmt.Sprintf("the broker's certificate was valid from %s to %s", invalid.Cert.NotBefore.Format(time.DateOnly), invalid.Cert.NotAfter.Format(time.DateOnly))
		f.Hint = "renew it, or set this machine's clock"
	default:
		told := web.FailureOf(err, conf.Host)
		f.Message, f.Hint = told.Message, told.Hint
	}
	return f
}

func addresses(c *x509.Certificate) (all []string) {
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	return all
}

func joined(names []string) string {
	if len(names) == 0 {
		return "no name"
	}
	return strings.Join(names, ", ")
}

// refusals are the answers of a broker to a login.
var refusals = map[byte]Failure{
	packets.ConnackBadUsernameOrPassword:      {Message: "the broker refuses the user name or the password", Hint: "check mqtt.username and mqtt.password in site.yaml", Refused: true},
	packets.ConnackNotAuthorized:              {Message: "the broker does not let this account in", Hint: "check mqtt.username, mqtt.password, and the broker's list of accounts", Refused: true},
	packets.ConnackBanned:                     {Message: "the broker has banned this client", Refused: true},
	packets.ConnackInvalidClientID:            {Message: "the broker refuses the name of this client", Refused: true},
	packets.ConnackUnsupportedProtocolVersion: {Message: "the broker does not speak MQTT 5", Hint: "Mosquitto does since 1.6", Refused: true},
}

// connectFailure tells why the broker did not let the host in; code is its answer,
// 0: there was none.
func connectFailure(err error, code byte, conf *site.MQTT) error {
	if f, ok := refusals[code]; ok {
		f.Err = err
		return &f
	}
	if code != 0 {
		return &Failure{Message: fmt.Sprintf("the broker refuses the connection with reason %d (0x%X)", code, code), Err: err}
	}
	return linkFailure(err, conf)
}

// linkFailure tells why a connection with a broker ended.
func linkFailure(err error, conf *site.MQTT) error {
	var own *Failure
	var timeout net.Error
	switch {
	case errors.As(err, &own):
		return own
	case isClosed(err):
		f := &Failure{Message: "the broker has closed the connection", Err: err}
		if !conf.TLS {
			f.Hint = "if it was at the start: a broker of MQTT 5 is due there, and one with TLS is tls://"
		}
		return f
	case errors.As(err, &timeout) && timeout.Timeout():
		return &Failure{Message: "the broker does not answer", Err: err}
	}
	return dialFailure(err, conf)
}

// isClosed reports whether the other side has closed a connection.
func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// disconnects are the reasons for which a broker ends a connection.
var disconnects = map[byte]Failure{
	packets.DisconnectSessionTakenOver:   {Message: "another client has taken over the connection: it has the same name", Hint: "two sites on one broker need two values of mqtt.topic"},
	packets.DisconnectServerShuttingDown: {Message: "the broker is being shut down"},
	packets.DisconnectPacketTooLarge:     {Message: "the broker does not take messages of that size"},
	packets.DisconnectNotAuthorized:      {Message: "the broker does not let this account in any more", Refused: true},
	packets.DisconnectQuotaExceeded:      {Message: "the broker takes no more messages from this account"},
}

func disconnectFailure(code byte, reason string) error {
	if f, ok := disconnects[code]; ok {
		return &f
	}
	f := &Failure{Message: fmt.Sprintf("the broker has ended the connection with reason %d (0x%X)", code, code)}
	if reason != "" {
		f.Message += ": " + firstWords(reason, 100)
	}
	return f
}

// firstWords is the beginning of a text of a broker, in one line.
func firstWords(text string, most int) string {
	words := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " "))
	if len(words) > most {
		return string(words[:most]) + "..."
	}
	return string(words)
}

// story tells the log what becomes of the connections: each cause once, until a
// connection has lasted for a while, so that neither a broker that is away nor one
// that lets the host in and throws it out fills the log.
type story struct {
	told map[string]bool // causes
	up   bool            // the last line said that there is a connection
}

func (s *story) failed(log *slog.Logger, conf *site.MQTT, err error, lasted time.Duration) {
	f, ok := errors.AsType[*Failure](err)
	if !ok {
		f = &Failure{Message: err.Error()}
	}
	if s.told == nil || lasted >= steady {
		s.told = make(map[string]bool)
	}
	if s.told[f.Message] {
		return
	}
	s.told[f.Message], s.up = true, false
	attrs := []any{keyBroker, conf.Address(), "error", f.Message}
	if f.Hint != "" {
		attrs = append(attrs, "hint", f.Hint)
	}
	log.Warn("no connection with the MQTT broker: it is tried on, messages are dropped meanwhile", attrs...)
}

func (s *story) connected(log *slog.Logger, conf *site.MQTT) {
	if !s.up {
		log.Info("connected with the MQTT broker", keyBroker, conf.Address())
	}
	s.up = true
}

const keyBroker = "broker"
