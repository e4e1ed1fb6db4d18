package isapi

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"strings"

	"github.com/icholy/digest"
)

// challenge is an offer to log in, from a WWW-Authenticate header. What the device
// wrote goes back to it byte by byte: realms come in Latin-1 and GBK.
type challenge struct {
	digest *digest.Challenge
	raw    map[string]string // the parameters as they stood between the quotes

	algorithm string // the device's word for it; "": it has named none
	hash      func() hash.Hash
	session   bool   // MD5-sess and its like
	cnonce    string // for session: one for all answers, as some devices keep the first

	// Of RFC 7616: the hash of user, realm and password, the same in each answer.
	a1   string
	user string
	pass Secret
}

// maxChallenge bounds one header; real ones have 300 bytes.
const maxChallenge = 8 << 10

// offers are the ways to log in that an answer names.
type offers struct {
	digest *challenge // the strongest one that is understood
	basic  bool
	any    bool // there was something, understood or not
}

// readOffers goes through all WWW-Authenticate headers: devices send MD5 and
// SHA-256 in two of them, or digest and basic, or all in one.
func readOffers(h http.Header) offers {
	var o offers
	best := 0
	for _, value := range h.Values("WWW-Authenticate") {
		if len(value) > maxChallenge {
			continue
		}
		for _, offer := range splitOffers(value) {
			o.any = true
			switch offer.scheme {
			case "basic":
				o.basic = true
			case "digest":
				if ch, rank := newChallenge(offer.raw); rank > best {
					o.digest, best = ch, rank
				}
			}
		}
	}
	return o
}

// algorithms are what devices mean by the names of RFC 7616, without regard to
// case, - and _, and how strong each is.
var algorithms = map[string]struct {
	name string
	hash func() hash.Hash
	rank int
}{
	"MD5":       {"MD5", md5.New, 1},
	"SHA512":    {"SHA-512", sha512.New, 2},
	"SHA512256": {"SHA-512-256", sha512.New512_256, 2},
	"SHA256":    {"SHA-256", sha256.New, 3},
}

// newChallenge ranks an offer by its strength; 0 is one that cannot be answered.
func newChallenge(raw map[string]string) (*challenge, int) {
	ch := &challenge{raw: raw, digest: &digest.Challenge{
		Realm: fromQuoted(raw["realm"]), Nonce: fromQuoted(raw["nonce"]), Userhash: strings.EqualFold(raw["userhash"], "true"),
	}}
	rank := 0
	// "MD5/SHA256" is a choice: the first that is known here, as the device prefers.
	for _, word := range strings.FieldsFunc(raw["algorithm"], isOneOf("/|,; \t")) {
		name, session := strings.CutSuffix(strings.NewReplacer("-", "", "_", "").Replace(strings.ToUpper(word)), "SESS")
		if a, ok := algorithms[name]; ok {
			ch.algorithm, ch.digest.Algorithm, ch.hash, rank = word, a.name, a.hash, a.rank
			if session {
				ch.session, ch.cnonce = true, rand.Text()
			}
			break
		}
	}
	if strings.TrimSpace(raw["algorithm"]) == "" {
		ch.digest.Algorithm, ch.hash, rank = "MD5", md5.New, 1
	}
	for _, qop := range strings.FieldsFunc(raw["qop"], isOneOf("/|,; \t")) {
		ch.digest.QOP = append(ch.digest.QOP, strings.ToLower(qop))
	}
	if rank == 0 || ch.digest.Nonce == "" || !digest.CanDigest(ch.digest) {
		return nil, 0
	}
	return ch, rank
}

// answer computes the Authorization header; nc counts the uses of the nonce.
func (ch *challenge) answer(user string, pass Secret, nc int, cl *call, u *url.URL) (string, error) {
	if ch.a1 == "" || ch.user != user || ch.pass != pass {
		ch.user, ch.pass = user, pass
		ch.a1 = sum(ch.hash, user, ch.digest.Realm, pass.Reveal())
		if ch.session {
			ch.a1 = sum(ch.hash, ch.a1, ch.digest.Nonce, ch.cnonce)
		}
	}
	o := digest.Options{
		Method: cl.method, URI: u.RequestURI(), Count: nc, Cnonce: ch.cnonce, Username: user, A1: ch.a1, GetBody: cl.getBody,
	}
	cred, err := digest.Digest(ch.digest, o)
	if err != nil {
		return "", err
	}
	// The order is that of digest.Credentials, whose String would write the bytes
	// of a realm that is no UTF-8 as \x...
	var h strings.Builder
	h.Grow(512)
	for _, piece := range []string{`Digest username="`, toQuoted(cred.Username), `", realm="`, ch.raw["realm"], `", nonce="`, ch.raw["nonce"],
		`", uri="`, toQuoted(cred.URI), `"`} {
		h.WriteString(piece)
	}
	if ch.algorithm != "" {
		h.WriteString(`, algorithm=`)
		h.WriteString(ch.algorithm)
	}
	if cred.Cnonce != "" {
		h.WriteString(`, cnonce="`)
		h.WriteString(cred.Cnonce)
		h.WriteByte('"')
	}
	if opaque, ok := ch.raw["opaque"]; ok {
		h.WriteString(`, opaque="`)
		h.WriteString(opaque)
		h.WriteByte('"')
	}
	if cred.QOP != "" {
		fmt.Fprintf(&h, `, qop=%s, nc=%08x`, cred.QOP, cred.Nc)
	}
	if cred.Userhash {
		h.WriteString(`, userhash=true`)
	}
	h.WriteString(`, response="`)
	h.WriteString(cred.Response)
	h.WriteByte('"')
	return h.String(), nil
}

func sum(newHash func() hash.Hash, parts ...string) string {
	h := newHash()
	h.Write([]byte(strings.Join(parts, ":")))
	return hex.EncodeToString(h.Sum(nil))
}

// offer is one challenge of a header.
type offer struct {
	scheme string            // in lower case
	raw    map[string]string // by the name in lower case; values without their quotes, escapes kept
}

// splitOffers takes a header apart that may hold several challenges. Devices
// separate parameters by commas, semicolons, tabs or blanks, leave out quotes and
// put blanks around the equals sign.
func splitOffers(s string) []offer {
	var list []offer
	separator := isOneOf(",; \t")
	for {
		s = strings.TrimLeftFunc(s, separator)
		if s == "" {
			return list
		}
		end := strings.IndexFunc(s, isOneOf("=,; \t\""))
		if end == 0 { // a stray quote or equals sign
			s = s[1:]
			continue
		}
		if end < 0 {
			end = len(s)
		}
		name := strings.ToLower(s[:end])
		s = s[end:]
		value, isParam := strings.CutPrefix(strings.TrimLeft(s, " \t"), "=")
		switch {
		case !isParam && len(list) > 0 && (name == "auth" || name == "auth-int"): // the rest of qop=auth,auth-int
			list[len(list)-1].raw["qop"] += "," + name
		case !isParam || len(list) == 0:
			list = append(list, offer{scheme: name, raw: map[string]string{}})
		}
		if !isParam {
			continue
		}
		value = strings.TrimLeft(value, " \t")
		if quoted, ok := strings.CutPrefix(value, `"`); ok {
			end = closingQuote(quoted)
			value, s = quoted[:end], strings.TrimPrefix(quoted[end:], `"`)
		} else if end = strings.IndexFunc(value, separator); end >= 0 {
			value, s = value[:end], value[end:]
		} else {
			s = ""
		}
		if raw := list[len(list)-1].raw; raw[name] == "" {
			raw[name] = value
		}
	}
}

// closingQuote is the place of the quote that ends s. A backslash escapes a quote,
// but for one that ends a parameter: devices write realms such as "C:\".
func closingQuote(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			return i
		case '\\':
			if i++; i < len(s) && s[i] == '"' && endsParameter(s[i+1:]) {
				return i
			}
		}
	}
	return len(s)
}

// endsParameter reports whether rest goes on with another parameter, or not at all.
func endsParameter(rest string) bool {
	next := strings.TrimLeft(rest, ",; \t")
	if next == "" {
		return true
	}
	name, _, ok := strings.Cut(next, "=")
	return ok && len(next) < len(rest) && !strings.ContainsAny(strings.TrimSpace(name), "\" \t,;\\")
}

// fromQuoted takes the backslashes away from \" and \\ alone: one before anything
// else stands for itself.
func fromQuoted(s string) string { return unescaper.Replace(s) }

// toQuoted is the text between the quotes for s.
func toQuoted(s string) string { return escaper.Replace(s) }

// A Replacer makes a table of 6 kB before its first use: every login shares these.
var (
	escaper   = strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	unescaper = strings.NewReplacer(`\\`, `\`, `\"`, `"`)
)

func isOneOf(chars string) func(rune) bool {
	return func(r rune) bool { return strings.ContainsRune(chars, r) }
}
