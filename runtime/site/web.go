package site

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/isapi"
)

// Web is the page of the host, with /metrics and the hooks.
type Web struct {
	Listen   string        // host and port: "127.0.0.1:8333"; without a host every address of the machine; empty: no page
	Password isapi.Secret  // zero: none, then only a link of "hiklua page" logs in
	Hosts    []string      // names under which it is asked for, beside the address
	Actions  bool          // it may start jobs, stop heads and so on
	Pictures time.Duration // least time between two pictures of a channel; 0: none
	Hooks    []Hook        // in the order of the file

	// Paths of files; empty: plain HTTP.
	Cert, Key string
}

// minPictures is the least time between two pictures of a channel.
const minPictures = 2 * time.Second

// DefaultWeb is a page of which nothing is given.
func DefaultWeb() *Web { return &Web{Actions: true, Pictures: minPictures} }

var webFields = []field[Web]{
	{name: "listen", kind: "text", meaning: "address and port of the page: 127.0.0.1:8333 is for this machine, :8333 for all; without it there is a page only by run --listen",
		pattern: `^([^:\s]*|\[\S+\]):[0-9]{1,5}$`, read: readListen, also: []string{"address", "addr", "bind", "port"}},
	{name: "password", kind: "text", meaning: "what logs in, best as ${NAME} from the environment; needed where other machines reach the page",
		rules: rules{alone: []string{"password_file"}, reason: "one is enough"}, read: readWebPassword, also: []string{"secret", "token"}},
	{name: "password_file", kind: "text", meaning: "a file with the password instead, relative to the site, readable by its owner only",
		read: passwordFileField(func(w *Web) *isapi.Secret { return &w.Password })},
	{name: "hosts", kind: "list of texts", meaning: "names that the page goes by beside its address, such as that of a proxy before it",
		pattern: `^[^/\s]+$`, read: readWebHosts, also: []string{"host", "names", "allowed_hosts"}},
	{name: "cert", kind: "text", meaning: "a file with a certificate, and those between it and the one that browsers know; PEM. The page is https then",
		rules: rules{with: "key", reason: "they go together"}, read: pathField(func(w *Web) *string { return &w.Cert }), also: []string{"certificate", "cert_file"}},
	{name: "key", kind: "text", meaning: "a file with its key",
		rules: rules{with: "cert", reason: "they go together"}, read: pathField(func(w *Web) *string { return &w.Key }), also: []string{"key_file"}},
	{name: "actions", kind: "true or false", def: "true", meaning: "false: the page only shows, and starts, stops and moves nothing",
		read: boolField(func(w *Web) *bool { return &w.Actions })},
	{name: "pictures", kind: "duration 2s to 1h, or off", def: "2s", meaning: "time between two pictures of a channel while somebody looks, at least; off: no pictures",
		read: readWebPictures},
	{name: "hooks", kind: "map", meaning: "what hik.on(\"http:NAME\") listens to, by NAME: POST /hooks/NAME of the page, with a token", read: readWebHooks,
		sub: func(path string) []Key { return keysOf(path+".NAME", hookFields) }, also: []string{"webhooks", "hook", "webhook"}},
}

// readWeb reads the page. In a run with simulated devices no secret has to be
// there. What keeps the page from being served is no reason not to run the site.
func readWeb(r *reader, n *yaml.Node, into *Site) {
	if isNull(n) {
		return
	}
	r.madeUp = r.unlocked
	defer func() { r.madeUp = false }()
	w := DefaultWeb()
	given := readWay(r, n, webFields, w)
	if n.Kind != yaml.MappingNode {
		return
	}
	into.Web = w
	if listen := given["listen"]; listen != nil {
		r.afterwards(func(s *Site) {
			host, _, _ := net.SplitHostPort(w.Listen)
			if ip, err := netip.ParseAddr(host); s.Cluster != nil && err == nil && !ip.IsLoopback() && !ip.IsUnspecified() {
				r.warn(listen, "web: "+quoted(w.Listen)+" is the address of one machine, and each host of the cluster serves the page: without the address, every host does")
			}
		})
	}
	w.checkHookTokens(r, given["hooks"])
	listen, cert := given["listen"], given["cert"]
	hasPassword := given["password"] != nil || given["password_file"] != nil
	switch {
	case r.file == "":
	case listen != nil && !w.Loopback() && !hasPassword:
		r.unserved = append(r.unserved, Problem{File: r.file, Line: listen.Line, Col: listen.Column, Message: "web: " + openPage(w.Listen)})
	case cert != nil && given["key"] != nil && !r.unlocked:
		if err := w.checkPair(); err != nil {
			r.unserved = append(r.unserved, Problem{File: r.file, Line: cert.Line, Col: cert.Column, Message: err.Error()})
		}
	}
}

// Check says what keeps the page from being served, as far as it can be known
// before it listens.
func (w *Web) Check() error {
	if w.Password.IsZero() && !w.Loopback() {
		return errors.New(openPage(w.Listen))
	}
	if w.Cert == "" {
		return nil
	}
	return w.checkPair()
}

func openPage(listen string) string {
	return fmt.Sprintf("listen %q is open to other machines, and that needs password or password_file (127.0.0.1 as the address is for this machine only)", listen)
}

// checkPair tries the certificate.
func (w *Web) checkPair() error {
	_, err := tls.LoadX509KeyPair(w.Cert, w.Key)
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		key := "web.cert"
		if pathErr.Path == w.Key {
			key = "web.key"
		}
		return fmt.Errorf("%s: %s: %s", key, quoted(pathErr.Path), reason(err))
	}
	if err != nil {
		return fmt.Errorf("web.cert and web.key do not fit: %s", strings.TrimPrefix(err.Error(), "tls: "))
	}
	return nil
}

// Loopback reports whether only programs of this machine reach the page.
func (w *Web) Loopback() bool {
	host, _, err := net.SplitHostPort(w.Listen)
	if err != nil {
		return false
	}
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// Equal reports whether two pages mean the same; both may be nil.
func (w *Web) Equal(other *Web) bool {
	if w == nil || other == nil {
		return w == other
	}
	return w.Listen == other.Listen && w.Password == other.Password && slices.Equal(w.Hosts, other.Hosts) &&
		w.Actions == other.Actions && w.Pictures == other.Pictures && w.Cert == other.Cert && w.Key == other.Key &&
		sameHooks(w.Hooks, other.Hooks)
}

// CheckListen says what is wrong with the address of a page.
func CheckListen(text string) error {
	host, port, err := net.SplitHostPort(text)
	_, isIP := netip.ParseAddr(strings.Trim(text, "[]"))
	switch number, notNumber := strconv.Atoi(port); {
	case isDigits(text):
		return fmt.Errorf(`is a port alone: "127.0.0.1:%s" is for this machine, ":%s" for all`, text, text)
	case strings.Contains(text, "/"):
		return errors.New("is an address with a scheme or a path: address and port are due here, such as 127.0.0.1:8333")
	case err != nil && isIP == nil && strings.Contains(text, ":"):
		return fmt.Errorf("has no port: [%s]:8333, for one", strings.Trim(text, "[]"))
	case err != nil && !strings.Contains(text, ":"):
		return fmt.Errorf("has no port: %s:8333, for one", text)
	case err != nil:
		return errors.New("is no address with a port, such as 127.0.0.1:8333")
	case notNumber != nil || number < 0 || number > 65535:
		return errors.New("has a port outside 1 to 65535")
	case host == "" || isHostName(host):
		return nil
	}
	if _, err := netip.ParseAddr(host); err != nil {
		return fmt.Errorf("%s is neither an address nor a host name", quoted(host))
	}
	return nil
}

func readListen(r *reader, n *yaml.Node, w *Web) {
	text, ok := r.scalar(n)
	if !ok {
		return
	}
	w.Listen = text
	if err := CheckListen(text); err != nil {
		r.fail(n, "%s %v%s", shown(n), err, r.fromVariable(n))
	}
}

// shortPassword is what can be guessed in a few months, five guesses a minute.
const shortPassword = 8

func readWebPassword(r *reader, n *yaml.Node, w *Web) {
	secretField(func(w *Web) *isapi.Secret { return &w.Password })(r, n, w)
	if length := len(w.Password.Reveal()); length > 0 && length < shortPassword {
		r.warn(n, fmt.Sprintf("the password of the page has fewer than %d characters: it can be guessed", shortPassword))
	}
}

func readWebHosts(r *reader, n *yaml.Node, w *Web) {
	for _, item := range r.items(n) {
		text, ok := r.scalar(item)
		if !ok {
			continue
		}
		name := strings.Trim(text, "[]")
		if _, err := netip.ParseAddr(name); err != nil && !isHostName(text) {
			r.fail(item, "%s is no host name: that alone is due here, without scheme, port and path%s", shown(item), r.fromVariable(item))
			continue
		}
		w.Hosts = append(w.Hosts, name)
	}
}

// pathField reads the path of a file, relative to the site.
func pathField[T any](dst func(*T) *string) func(*reader, *yaml.Node, *T) {
	return func(r *reader, n *yaml.Node, into *T) {
		if path, ok := r.scalar(n); ok {
			*dst(into) = inFolder(r.dir, path)
		}
	}
}

func readWebPictures(r *reader, n *yaml.Node, w *Web) {
	if n.Value == "off" && n.Kind == yaml.ScalarNode {
		w.Pictures = 0
		return
	}
	durationField(func(w *Web) *time.Duration { return &w.Pictures }, time.Second, minPictures, time.Hour)(r, n, w)
}
