package page

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// policy is the Content-Security-Policy of every answer.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// guard is what every request passes before its path: who asks from where, by
// which name. What is logged in is asked for behind it.
func (f *front) guard(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.refuse(w, r, http.StatusForbidden, "origin", "the request comes from another site's page", "")
	}))
	next = crossOrigin.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		dw := &deadlineWriter{ResponseWriter: w, clk: f.page.conf.Clock, control: http.NewResponseController(w)}
		defer dw.touch() // the server writes what is left
		if r.ContentLength != 0 {
			r.Body = newTimedBody(r.Body, f.page.conf.Clock, dw.control)
		}
		w = dw
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Referrer-Policy", "same-origin") // with "no-referrer" a form is sent with the origin "null"
		h.Set("Cache-Control", "no-store")
		switch {
		case !f.knownHost(r.Host):
			f.refuse(w, r, http.StatusMisdirectedRequest, "host", "this page is not known by the name "+strconv.Quote(hostOf(r.Host)), "a name that is right belongs into web.hosts of site.yaml")
		case foreign(r):
			f.refuse(w, r, http.StatusForbidden, "origin", "the request comes from another site's page", "")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// hostOf is the name in a Host header, without port, brackets and last dot.
func hostOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// knownHost reports whether the page goes by the name in a Host header: a name
// that somebody else has pointed at this machine is no way in. On all addresses
// it goes by any of them; a browser sends one only where it was typed.
func (f *front) knownHost(header string) bool {
	name := hostOf(header)
	if slices.ContainsFunc(f.web.Hosts, func(known string) bool { return hostOf(known) == name }) {
		return true
	}
	host, _, _ := net.SplitHostPort(f.web.Listen)
	own := hostOf(host)
	ownIP, err := netip.ParseAddr(own)
	everywhere := own == "" || err == nil && ownIP.IsUnspecified()
	ip, err := netip.ParseAddr(name)
	switch isIP := err == nil; {
	case name == "":
		return false
	case name == own:
		return true
	case everywhere:
		return isIP || name == "localhost"
	case f.web.Loopback():
		return name == "localhost" || isIP && ip.Unmap().IsLoopback()
	case isIP:
		return ip.Unmap() == ownIP.Unmap()
	}
	return false
}

// foreign reports whether a browser sends the request for a page that is not
// ours: one from another origin may be opened, and nothing else. Its port is
// part of an origin, so that what runs on another port of this machine is
// foreign, too.
func foreign(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return false
	}
	opened := r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
	return !opened || r.Method != http.MethodGet && r.Method != http.MethodHead
}

// inside lets those pass who are logged in, by a session or by the password.
func (f *front) inside(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s, ok := f.session(r); ok {
			f.renew(w, s)
			next.ServeHTTP(w, r.WithContext(withSession(r.Context(), s)))
			return
		}
		token, isBearer := bearer(r)
		if !isBearer {
			f.noSession(w, r)
			return
		}
		switch v, wait := f.page.guesses.check(token, f.web.Password); v {
		case rightPassword:
			next.ServeHTTP(w, r)
		case tooManyGuesses:
			f.tooMany(w, r, wait)
		default:
			f.wrongGuess(r)
			w.Header().Set("WWW-Authenticate", "Bearer")
			f.refuse(w, r, http.StatusUnauthorized, "login", "the password is not right", "Authorization: Bearer and web.password of site.yaml")
		}
	})
}

func bearer(r *http.Request) (token string, ok bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), ok && strings.EqualFold(scheme, "Bearer")
}

// noSession sends people to the login, and tells programs.
func (f *front) noSession(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/" && r.Method != http.MethodPost {
		f.toLogin(w, r)
		return
	}
	w.Header().Set("WWW-Authenticate", "Bearer")
	f.refuse(w, r, http.StatusUnauthorized, "login", "no session, or it is over", `log in at /login, or by the link of "hiklua page"; programs send Authorization: Bearer and web.password`)
}

func (f *front) tooMany(w http.ResponseWriter, r *http.Request, wait time.Duration) {
	setRetry(w, wait)
	f.refuse(w, r, http.StatusTooManyRequests, "login", "too many wrong passwords: none is looked at for a minute", `the link of "hiklua page" logs in all the same`)
}

// wrongGuess puts a wrong password into the log; there are few, for they are
// counted.
func (f *front) wrongGuess(r *http.Request) {
	f.page.conf.Log.Warn("page: a wrong password", keyAddress, addressOf(r))
}

func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// actions lets the POSTs of the API pass where they are allowed.
func (f *front) actions(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && !f.web.Actions {
			f.refuse(w, r, http.StatusForbidden, "denied", "this page only shows", "web.actions of site.yaml is false")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func setRetry(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
}
