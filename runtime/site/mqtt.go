package site

import (
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/isapi"
)

// MQTT is the broker to which the states of the site go, and from which commands
// and the messages of hik.on("mqtt:...") come.
type MQTT struct {
	Host     string // of the broker, without brackets
	Port     int
	TLS      bool
	Username string // empty: no login
	Password isapi.Secret

	Topic     string // before all topics of the site, without slashes around it; empty: hiklua/ and the name of the folder
	Discovery Discovery
	Pictures  bool // pictures of the channels lie retained on the broker

	// Files, relative to the site unless absolute; empty: none.
	CA        string // certificates that the broker's is checked with, in the place of this machine's
	Cert, Key string // what the host shows of itself
}

// Discovery says by which rules other programs are told what the site has.
type Discovery string

// The words of discovery.
const (
	DiscoveryHomeAssistant Discovery = "homeassistant"
	DiscoveryOff           Discovery = "off"
)

// Address is the broker as people type it: "tls://192.0.2.5:8883".
func (m *MQTT) Address() string {
	scheme := "mqtt"
	if m.TLS {
		scheme = "tls"
	}
	host := m.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return fmt.Sprintf("%s://%s:%d", scheme, host, m.Port)
}

var mqttFields = []field[MQTT]{
	{name: "broker", kind: "text", meaning: "its address: mqtt://HOST[:1883], or tls://HOST[:8883]", rules: rules{needed: true},
		read: readBroker, also: []string{"server", "host", "url", "address"}},
	{name: "username", kind: "text", meaning: "account on the broker", read: textField(func(m *MQTT) *string { return &m.Username }), also: []string{"user", "login"}},
	{name: "password", kind: "text", meaning: "its password, best as ${NAME} from the environment",
		rules: rules{with: "username", reason: "they go together"},
		read:  secretField(func(m *MQTT) *isapi.Secret { return &m.Password })},
	{name: "password_file", kind: "text", meaning: "a file with the password instead, relative to the site, readable by its owner only",
		rules: rules{alone: []string{"password"}, reason: "one is enough"}, read: passwordFileField(func(m *MQTT) *isapi.Secret { return &m.Password })},
	{name: "topic", kind: "text", def: "hiklua/ and the name of the site's folder", meaning: "what all topics of the site begin with; two sites on one broker need two",
		pattern: baseTopicPattern, read: readBaseTopic, also: []string{"prefix", "base_topic"}},
	{name: "discovery", kind: "word: homeassistant | off", def: "homeassistant", meaning: "Home Assistant finds devices and jobs by itself, or nothing is told of them",
		read: wordField(func(m *MQTT) *Discovery { return &m.Discovery }, DiscoveryHomeAssistant, DiscoveryOff)},
	{name: "pictures", kind: "true or false", def: "false", meaning: "a picture of each channel a minute; it stays on the broker",
		read: boolField(func(m *MQTT) *bool { return &m.Pictures })},
	{name: "ca", kind: "text", def: "those that this machine trusts", meaning: "a file with the certificate that signed the broker's, or the broker's own; PEM",
		read: certFileField(func(m *MQTT) *string { return &m.CA }), also: []string{"cafile", "ca_file", "ca_cert"}},
	{name: "cert", kind: "text", meaning: "a file with the host's own certificate, for brokers that want one; PEM",
		rules: rules{with: "key", reason: "they go together"}, read: certFileField(func(m *MQTT) *string { return &m.Cert }), also: []string{"certfile", "cert_file"}},
	{name: "key", kind: "text", meaning: "a file with its key",
		rules: rules{with: "cert", reason: "they go together"}, read: certFileField(func(m *MQTT) *string { return &m.Key }), also: []string{"keyfile", "key_file"}},
}

const baseTopicPattern = `^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$`

var baseTopicForm = regexp.MustCompile(baseTopicPattern)

// readMQTT reads the broker. In a run with simulated devices nothing is sent, and
// no secret has to be there.
func readMQTT(r *reader, n *yaml.Node, into *Site) {
	if isNull(n) {
		return
	}
	r.madeUp = r.unlocked
	defer func() { r.madeUp = false }()
	m := MQTT{Discovery: DiscoveryHomeAssistant}
	given := readWay(r, n, mqttFields, &m)
	if n.Kind != yaml.MappingNode {
		return
	}
	if m.Host != "" && !m.TLS {
		for _, key := range []string{"ca", "cert"} {
			if given[key] != nil {
				r.fail(given[key], "%s is for tls://, and the broker is %s", key, m.Address())
			}
		}
	}
	into.MQTT = &m
	if given["topic"] == nil {
		r.afterwards(func(s *Site) {
			if s.Cluster != nil {
				r.warn(n, "mqtt: topic is not given, and goes by the name of the site's folder: where that is another on each host of the cluster, the topics are, too")
			}
		})
	}
}

func readBroker(r *reader, n *yaml.Node, m *MQTT) {
	u, ok := r.serverAddress(n, "mqtt://192.0.2.5:1883", "mqtt", "tls", "mqtts")
	if !ok {
		return
	}
	m.Host, m.TLS, m.Port = u.Hostname(), u.Scheme != "mqtt", 1883
	if m.TLS {
		m.Port = 8883
	}
	m.Port = r.portOf(n, u, m.Port)
}

func readBaseTopic(r *reader, n *yaml.Node, m *MQTT) {
	text, ok := r.scalar(n)
	switch {
	case !ok:
	case len(text) > 200:
		r.fail(n, "is longer than 200 characters")
	case !baseTopicForm.MatchString(text):
		r.fail(n, "%s is no beginning of topics: letters, digits, _, - and ., with / between words%s", shown(n), r.fromVariable(n))
	default:
		m.Topic = text
	}
}

// certFileField reads the path of a file that has to be there.
func certFileField[T any](dst func(*T) *string) func(*reader, *yaml.Node, *T) {
	return func(r *reader, n *yaml.Node, into *T) {
		path, ok := r.scalar(n)
		if !ok {
			return
		}
		*dst(into) = path
		if r.unlocked {
			return
		}
		if err := regular(os.Stat(inFolder(r.dir, path))); err != nil {
			r.fail(n, "%s: %s", shown(n), reason(err))
		}
	}
}

// serverAddress reads the address of a server: scheme, host and perhaps a port.
func (r *reader) serverAddress(n *yaml.Node, example string, schemes ...string) (*url.URL, bool) {
	text, ok := r.scalar(n)
	if !ok {
		return nil, false
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		r.fail(n, "is no address such as %s%s", example, r.fromVariable(n))
	case !slices.Contains(schemes, u.Scheme):
		r.fail(n, "must begin with %s%s", strings.Join(schemes[:2], ":// or ")+"://", r.fromVariable(n))
	case u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		r.fail(n, "is scheme, host and port alone, such as %s%s", example, r.fromVariable(n))
	case u.User != nil:
		r.fail(n, "has an account in it: that comes in username and password")
	default:
		return u, true
	}
	return nil, false
}

// portOf is the port of an address, or the one that its scheme has.
func (r *reader) portOf(n *yaml.Node, u *url.URL, otherwise int) int {
	text := u.Port()
	if text == "" {
		return otherwise
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		r.fail(n, "port %s is outside 1 to 65535", quoted(text))
	}
	return port
}
