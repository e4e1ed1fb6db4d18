package sim

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// verdict is what became of a request's credentials.
type verdict int

const (
	accepted verdict = iota
	missing          // no Authorization: the challenge leg
	outdated         // a nonce that is unknown, old or used up; it says nothing of the password
	rejected         // wrong name, password or scheme: counts
)

// nonce is one that was issued. The response to it need not come in the order
// of nc, because a client may use several connections, but none comes twice.
type nonce struct {
	issued time.Time
	url    string
	uses   int
	high   uint64          // highest nc
	seen   map[uint64]bool // of the last ncWindow below high
}

const (
	maxNonces = 1024
	ncWindow  = 256
)

func (n *nonce) replayed(nc uint64) bool {
	return n.seen[nc] || nc+ncWindow <= n.high
}

func (n *nonce) use(nc uint64) {
	n.uses++
	if nc == 0 {
		return // RFC 2069 counts nothing
	}
	n.seen[nc], n.high = true, max(n.high, nc)
	if len(n.seen) > 2*ncWindow {
		for old := range n.seen {
			if old+ncWindow <= n.high {
				delete(n.seen, old)
			}
		}
	}
}

// issue makes a nonce in the form that the device's class uses: cameras write
// hex of base64 of a word and a tick, recorders random hex and the time in ms.
func (d *Device) issue(url string, now time.Time) string {
	d.nonceCount++
	word := d.random(d.nonceCount)
	tick := d.deviceTime(now).UnixMilli()
	var text string
	if d.recorder() {
		text = fmt.Sprintf("%016x:%d", word, tick)
	} else {
		plain := fmt.Sprintf("%08x:%x", uint32(word), uint64(now.Sub(d.started).Milliseconds())+word>>44)
		text = hex.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(plain))))
	}
	if d.nonces == nil {
		d.nonces = map[string]*nonce{}
	}
	d.nonces[text] = &nonce{issued: now, url: url, seen: map[uint64]bool{}}
	d.nonceOrder = append(d.nonceOrder, text)
	if len(d.nonceOrder) > maxNonces {
		delete(d.nonces, d.nonceOrder[0])
		d.nonceOrder = d.nonceOrder[1:]
	}
	return text
}

// challenges are the WWW-Authenticate lines of a 401.
func (d *Device) challenges(url string, now time.Time) []string {
	var list []string
	basic := fmt.Sprintf(`Basic realm="%s"`, d.realm)
	if d.o.Auth == AuthBasic {
		return []string{basic}
	}
	text := d.issue(url, now)
	digest := func(algorithm string) string {
		if d.recorder() {
			s := fmt.Sprintf(`Digest realm="%s", domain="::", qop="auth", nonce="%s", opaque=""`, d.realm, text)
			return s + fmt.Sprintf(`, algorithm="%s", stale="FALSE"`, algorithm)
		}
		s := fmt.Sprintf(`Digest qop="auth", realm="%s", nonce="%s", stale="FALSE"`, d.realm, text)
		if algorithm != "MD5" {
			s += fmt.Sprintf(`, algorithm="%s"`, algorithm)
		}
		return s
	}
	switch d.o.Algorithm {
	case SHA256:
		list = append(list, digest("SHA-256"))
	case MD5AndSHA256:
		list = append(list, digest("MD5"), digest("SHA-256"))
	case MD5WithoutQOP:
		list = append(list, fmt.Sprintf(`Digest realm="%s", nonce="%s", stale="FALSE"`, d.realm, text))
	default:
		list = append(list, digest("MD5"))
	}
	if d.o.Auth == AuthBoth {
		list = append(list, basic)
	}
	return list
}

// verify checks the Authorization of r. It needs d.mu.
func (d *Device) verify(r *http.Request, now time.Time) (account, verdict) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return account{}, missing
	}
	scheme, rest, _ := strings.Cut(header, " ")
	switch strings.ToLower(scheme) {
	case "digest":
		if d.o.Auth != AuthBasic {
			return d.verifyDigest(r, rest, now)
		}
	case "basic":
		name, password, ok := r.BasicAuth()
		if a, known := d.account(name); ok && known && d.o.Auth != AuthDigest && same(password, d.password(a, now)) {
			return a, accepted
		}
	}
	return account{}, rejected
}

func (d *Device) verifyDigest(r *http.Request, header string, now time.Time) (account, verdict) {
	p, ok := directives(header)
	if !ok {
		return account{}, rejected
	}
	n := d.nonces[p.get("nonce")]
	uri := r.RequestURI
	switch {
	case n == nil, p.get("realm") != d.realm, p.get("uri") != uri,
		d.o.NonceLife > 0 && now.Sub(n.issued) > d.o.NonceLife,
		d.o.NonceUses > 0 && n.uses >= d.o.NonceUses,
		d.o.NonceURL && n.url != uri:
		return account{}, outdated
	}
	var sum digestHash
	switch algorithm := strings.ToUpper(p.get("algorithm")); {
	case (algorithm == "" || algorithm == "MD5") && d.o.Algorithm != SHA256:
		sum = md5Hash
	case algorithm == "SHA-256" && (d.o.Algorithm == SHA256 || d.o.Algorithm == MD5AndSHA256):
		sum = sha256Hash
	default:
		return account{}, rejected
	}
	a, known := d.account(p.get("username"))
	if !known {
		return account{}, rejected
	}
	ha1 := sum.of(p.get("username"), d.realm, d.password(a, now))
	ha2 := sum.of(r.Method, uri)
	var nc uint64
	var want string
	switch p.get("qop") {
	case "":
		want = sum.of(ha1, p.get("nonce"), ha2)
	case "auth":
		var err error
		nc, err = strconv.ParseUint(p.get("nc"), 16, 32)
		if err != nil || len(p.get("nc")) != 8 || nc == 0 || p.get("cnonce") == "" || d.o.Algorithm == MD5WithoutQOP {
			return account{}, rejected
		}
		if n.replayed(nc) {
			return account{}, outdated
		}
		want = sum.of(ha1, p.get("nonce"), p.get("nc"), p.get("cnonce"), "auth", ha2)
	default:
		return account{}, rejected
	}
	if !same(strings.ToLower(p.get("response")), want) {
		return account{}, rejected
	}
	n.use(nc)
	return a, accepted
}

// digestHash is the algorithm of a login.
type digestHash int

const (
	md5Hash digestHash = iota
	sha256Hash
)

// of is the hash of parts with colons between them, in hex.
func (h digestHash) of(parts ...string) string {
	var room [256]byte
	text := room[:0]
	for i, part := range parts {
		if i > 0 {
			text = append(text, ':')
		}
		text = append(text, part...)
	}
	if h == sha256Hash {
		sum := sha256.Sum256(text)
		return hex.EncodeToString(sum[:])
	}
	sum := md5.Sum(text)
	return hex.EncodeToString(sum[:])
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// directive is one key=value of a header, the key in lower case.
type directive struct{ key, value string }

type directiveList []directive

// get is the value of key, "" where there is none.
func (l directiveList) get(key string) string {
	for _, d := range l {
		if d.key == key {
			return d.value
		}
	}
	return ""
}

func (l directiveList) has(key string) bool {
	return slices.ContainsFunc(l, func(d directive) bool { return d.key == key })
}

// directives splits a list of key=value, of which the value is quoted or bare.
// ok is false for text that is no such list or names a key twice.
func directives(s string) (list directiveList, ok bool) {
	list = make(directiveList, 0, 10)
	for s = strings.TrimLeft(s, " ,\t"); s != ""; s = strings.TrimLeft(s, " ,\t") {
		key, rest, found := strings.Cut(s, "=")
		if !found {
			return nil, false
		}
		rest = strings.TrimLeft(rest, " ")
		var value string
		if text, quoted := strings.CutPrefix(rest, `"`); quoted {
			if value, s, ok = unquoted(text); !ok {
				return nil, false
			}
		} else {
			end := strings.IndexByte(rest, ',')
			if end < 0 {
				end = len(rest)
			}
			value, s = strings.TrimSpace(rest[:end]), rest[end:]
		}
		key = strings.ToLower(strings.TrimSpace(key))
		if list.has(key) || strings.HasPrefix(s, `"`) {
			return nil, false
		}
		list = append(list, directive{key, value})
	}
	return list, true
}

// unquoted is the text up to the quote that ends it, and what stands behind. A
// backslash takes its meaning from the character after it.
func unquoted(s string) (text, rest string, ok bool) {
	for {
		i := strings.IndexAny(s, "\\\"")
		switch {
		case i < 0:
			return "", "", false
		case s[i] == '"':
			return text + s[:i], s[i+1:], true // s[:i] itself where text is empty
		case i+1 == len(s):
			return "", "", false
		}
		text += s[:i] + s[i+1:i+2]
		s = s[i+2:]
	}
}

// random is a number that depends on the device's seed and n alone.
func (d *Device) random(n uint64) uint64 {
	x := d.o.Seed ^ d.nameHash + n*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
