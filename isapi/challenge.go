package isapi

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/icholy/digest"
)

// challenge is an offer to log in, from a WWW-Authenticate header.
type challenge struct {
	digest    *digest.Challenge
	algorithm string // as the device wrote it: the answer echoes it
	opaque    bool   // there was one, be it empty: the answer echoes it
}

// maxChallenge bounds one offer; real ones have 300 bytes.
const maxChallenge = 8 << 10

// offers are the ways to log in that an answer names.
type offers struct {
	digest *challenge // the strongest one that is understood
	basic  bool
	any    bool // there was something, understood or not
}

// readOffers goes through all WWW-Authenticate headers: devices send MD5 and
// SHA-256 in two of them, or digest and basic.
func readOffers(h http.Header) offers {
	var o offers
	best := 0
	for _, value := range h.Values("WWW-Authenticate") {
		if len(value) > maxChallenge {
			continue
		}
		for _, offer := range splitChallenges(value) {
			o.any = true
			scheme, rest, _ := strings.Cut(offer, " ")
			switch strings.ToLower(scheme) {
			case "basic":
				o.basic = true
			case "digest":
				if ch, rank := parseDigest(rest); rank > best {
					o.digest, best = ch, rank
				}
			}
		}
	}
	return o
}

// parseDigest brings what devices write (unquoted values, odd case, stray
// commas) into the form that icholy/digest reads, and ranks the result by
// strength; 0 is an offer that cannot be answered.
func parseDigest(params string) (*challenge, int) {
	ch := &challenge{}
	var clean []string
	for _, part := range splitQuoted(params) {
		key, value, ok := strings.Cut(part, "=")
		if !ok {
			continue
		}
		key = strings.ToLower(strings.TrimSpace(key))
		value = unquote(strings.TrimSpace(value))
		switch key {
		case "algorithm":
			ch.algorithm = value
			if strings.EqualFold(value, "SHA256") {
				value = "SHA-256"
			}
		case "qop":
			if value = strings.ToLower(strings.ReplaceAll(value, " ", "")); value == "" {
				continue // as if absent: RFC 2069
			}
		case "opaque":
			ch.opaque = true
		case "realm", "nonce", "stale", "charset", "userhash":
		default:
			continue // domain="::" above all: it scopes nothing
		}
		clean = append(clean, key+`="`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value)+`"`)
	}
	d, err := digest.ParseChallenge(digest.Prefix + strings.Join(clean, ", "))
	if err != nil || d.Nonce == "" || !digest.CanDigest(d) {
		return nil, 0
	}
	ch.digest = d
	switch strings.ToUpper(d.Algorithm) {
	case "SHA-256":
		return ch, 3
	case "SHA-512", "SHA-512-256":
		return ch, 2
	}
	return ch, 1
}

// answer computes the Authorization header; nc counts the uses of the nonce.
func (ch *challenge) answer(user string, pass Secret, nc int, cl *call, u *url.URL) (string, error) {
	cred, err := digest.Digest(ch.digest, digest.Options{
		Method: cl.method, URI: u.RequestURI(), Count: nc,
		Username: user, Password: pass.Reveal(), GetBody: cl.getBody,
	})
	if err != nil {
		return "", err
	}
	cred.Algorithm = ch.algorithm
	s := cred.String()
	if ch.opaque && cred.Opaque == "" {
		if i := strings.LastIndex(s, ", response="); i >= 0 {
			s = s[:i] + `, opaque=""` + s[i:]
		}
	}
	return s, nil
}

// splitChallenges takes a header apart that holds several challenges.
func splitChallenges(value string) []string {
	var list []string
	for _, part := range splitQuoted(value) {
		if part == "" {
			continue
		}
		if len(list) == 0 || startsChallenge(part) {
			list = append(list, part)
		} else {
			list[len(list)-1] += ", " + part
		}
	}
	return list
}

// startsChallenge tells `Digest realm="x"` and a lone `Basic` from `qop="auth"`.
func startsChallenge(part string) bool {
	space, equal := strings.IndexByte(part, ' '), strings.IndexByte(part, '=')
	if equal < 0 {
		return true
	}
	return space > 0 && space < equal && strings.TrimLeft(part[space:equal], " ") != ""
}

// splitQuoted splits at commas outside of quotes and trims the parts.
func splitQuoted(s string) []string {
	var parts []string
	start, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if quoted {
				i++
			}
		case '"':
			quoted = !quoted
		case ',':
			if !quoted {
				parts = append(parts, strings.TrimSpace(s[start:i]))
				start = i + 1
			}
		}
	}
	return append(parts, strings.TrimSpace(s[start:]))
}

func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return strings.Trim(s, `"`)
	}
	s = s[1 : len(s)-1]
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
