package page

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// Bounds of what a client may hold of the host, and for how long.
const (
	headerTimeout  = 5 * time.Second
	bodyTimeout    = 30 * time.Second
	writeTimeout   = 10 * time.Second // of one write, also of the stream
	idleTimeout    = time.Minute
	maxHeader      = 16 << 10
	maxConnections = 256
)

// front is the page as it listens with one kind of settings.
type front struct {
	page   *Page
	web    *site.Web
	mac    macKey
	certs  *certificate // nil: plain HTTP
	server *http.Server
	at     net.Addr
	ctx    context.Context // ends when the front is taken down: streams end
	cancel context.CancelFunc
	ended  sync.WaitGroup
}

// newFront makes a front that does not listen yet. The error says why it would not
// be served on any port.
func newFront(p *Page, web *site.Web) (*front, error) {
	if err := web.Check(); err != nil {
		return nil, err
	}
	f := &front{page: p, web: web}
	if web.Cert != "" {
		f.certs = &certificate{clk: p.conf.Clock, cert: web.Cert, key: web.Key}
		if err := f.certs.read(); err != nil {
			return nil, err
		}
	}
	var err error
	f.mac, err = p.sessions.macKey(web.Password)
	return f, err
}

// listen begins to serve.
func (f *front) listen() error {
	l, err := net.Listen("tcp", f.web.Listen)
	if err == nil {
		f.serve(l)
	}
	return err
}

// serve answers the clients of a listener until close.
func (f *front) serve(l net.Listener) {
	f.at = l.Addr()
	f.ctx, f.cancel = clock.WithCancel(context.Background())
	l = newLimited(l, maxConnections)
	f.server = &http.Server{
		Handler:           f.handler(),
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(f.page.conf.Log.Handler(), slog.LevelDebug),
	}
	if f.certs != nil {
		f.server.TLSConfig = &tls.Config{GetCertificate: f.certs.get}
		f.ended.Go(func() { f.server.ServeTLS(l, "", "") })
		return
	}
	f.ended.Go(func() { f.server.Serve(l) })
}

// listenError tells in words why an address cannot be had.
func listenError(address string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s: another program listens there; give web.listen another port", address)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s is no address of this machine", address)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s: ports below 1024 are not for this user; give web.listen a higher one", address)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	return fmt.Errorf("%s: %w", address, err)
}

// close takes the front down: streams say goodbye, other requests have a moment
// to end.
func (f *front) close() {
	f.cancel()
	ctx, cancel := clock.WithTimeout(f.page.conf.Clock, context.Background(), closeTimeout)
	defer cancel()
	if f.server.Shutdown(ctx) != nil {
		f.server.Close()
	}
	f.ended.Wait()
}

// closeTimeout is what requests have to end when the page is taken down.
const closeTimeout = 2 * time.Second

func (f *front) secure() bool { return f.web.Cert != "" }

func (f *front) scheme() string {
	if f.secure() {
		return "https"
	}
	return "http"
}

func (f *front) port() string { return portOf(f.at.String()) }

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

// address is where the page is, for the log.
func (f *front) address() string {
	host, _, _ := net.SplitHostPort(f.web.Listen)
	return f.scheme() + "://" + net.JoinHostPort(cmp.Or(host, "0.0.0.0"), f.port())
}

// linkTo is the address under which a link works: a name that the certificate
// has, if one was given, else the address; this machine's own if it is all.
func (f *front) linkTo() string {
	host, _, _ := net.SplitHostPort(f.web.Listen)
	ip := net.ParseIP(host)
	switch {
	case f.secure() && len(f.web.Hosts) > 0:
		host = f.web.Hosts[0]
	case host == "" || ip != nil && ip.IsUnspecified():
		host = "127.0.0.1"
	}
	return f.scheme() + "://" + net.JoinHostPort(host, f.port())
}

// certificate is the pair of files, read anew when they were renewed.
type certificate struct {
	clk       clock.Clock
	cert, key string

	mu     sync.Mutex
	now    *tls.Certificate
	of     time.Time // of the file with the certificate
	looked time.Time
}

func (c *certificate) read() error {
	c.looked = c.clk.Now()
	info, err := os.Stat(c.cert)
	if err != nil || info.ModTime().Equal(c.of) {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return err
	}
	c.now, c.of = &pair, info.ModTime()
	return nil
}

// certificateAge is how often the files are looked at, at most.
const certificateAge = time.Minute

// get implements tls.Config.GetCertificate. A renewed pair that does not fit
// leaves the one before in its place.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.clk.Now().Sub(c.looked) >= certificateAge {
		c.read()
	}
	return c.now, nil
}
