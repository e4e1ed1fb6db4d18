package page

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/owner"
)

// A session is a cookie that the host signs: its end, a random number, and the
// HMAC of both. The key of the HMAC is made of data/page.key and the password,
// so that sessions outlive a restart, and end with another password. Those that
// were logged out are remembered until the host ends.
const (
	sessionLife = 7 * 24 * time.Hour // since it was last renewed
	keySize     = 32
	keyName     = "page.key"
	idSize      = 16
	signedSize  = 8 + idSize // the end in seconds since 1970, the random number
)

type macKey []byte

type sessionID [idSize]byte

// session is one that is good.
type session struct {
	id  sessionID
	end time.Time
}

type sessions struct {
	clk clock.Clock
	dir string

	mu   sync.Mutex
	out  map[sessionID]time.Time        // logged out, and when no cookie can have it any more
	open map[sessionID]map[*func()]bool // what ends its streams
}

func newSessions(clk clock.Clock, dir string) *sessions {
	return &sessions{clk: clk, dir: dir, out: make(map[sessionID]time.Time), open: make(map[sessionID]map[*func()]bool)}
}

// macKey makes the key that cookies are signed with.
func (s *sessions) macKey(password isapi.Secret) (macKey, error) {
	key, err := readKey(filepath.Join(s.dir, keyName))
	if err != nil {
		return nil, fmt.Errorf("the key of its sessions: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("session\x00" + password.Reveal()))
	return mac.Sum(nil), nil
}

// readKey reads the key, or makes it. One that others could read is replaced:
// all sessions end then.
func readKey(path string) ([]byte, error) {
	key, err := os.ReadFile(path)
	if err == nil && len(key) == keySize && private(path) {
		return key, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	key = make([]byte, keySize)
	rand.Read(key)
	made := path + ".new"
	os.Remove(made) // a host that was killed here left it behind
	if err := owner.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := owner.OpenFile(made, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(key)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return key, os.Rename(made, path)
}

// cookieName has the port in it: the ports of one host share their cookies.
func (f *front) cookieName() string { return "hiklua_" + f.port() }

// begin logs in.
func (f *front) begin(w http.ResponseWriter) {
	var s session
	rand.Read(s.id[:])
	f.give(w, s)
}

// give sends the cookie of a session, with a new end.
func (f *front) give(w http.ResponseWriter, s session) {
	signed := binary.BigEndian.AppendUint64(nil, uint64(f.page.conf.Clock.Now().Add(sessionLife).Unix()))
	signed = append(signed, s.id[:]...)
	f.setCookie(w, base64.RawURLEncoding.EncodeToString(append(signed, f.mac.sum(signed)...)), int(sessionLife.Seconds()))
}

func (f *front) setCookie(w http.ResponseWriter, value string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name: f.cookieName(), Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: f.secure(), SameSite: http.SameSiteStrictMode,
	})
}

func (k macKey) sum(b []byte) []byte {
	mac := hmac.New(sha256.New, k)
	mac.Write(b)
	return mac.Sum(nil)
}

// session gives the session of a request.
func (f *front) session(r *http.Request) (session, bool) {
	for _, c := range r.CookiesNamed(f.cookieName()) {
		raw, err := base64.RawURLEncoding.DecodeString(c.Value)
		if err != nil || len(raw) != signedSize+sha256.Size || !hmac.Equal(raw[signedSize:], f.mac.sum(raw[:signedSize])) {
			continue
		}
		s := session{id: sessionID(raw[8:signedSize]), end: time.Unix(int64(binary.BigEndian.Uint64(raw)), 0)}
		if s.end.After(f.page.conf.Clock.Now()) && !f.page.sessions.isOut(s.id) {
			return s, true
		}
	}
	return session{}, false
}

// renew gives a session that has used up half of its life another one.
func (f *front) renew(w http.ResponseWriter, s session) {
	if s.end.Sub(f.page.conf.Clock.Now()) < sessionLife/2 {
		f.give(w, s)
	}
}

func (s *sessions) isOut(id sessionID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, out := s.out[id]
	return out
}

// logOut ends a session, and its streams.
func (s *sessions) logOut(id sessionID) {
	now := s.clk.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for other, until := range s.out {
		if until.Before(now) {
			delete(s.out, other)
		}
	}
	s.out[id] = now.Add(sessionLife)
	for end := range s.open[id] {
		(*end)()
	}
	delete(s.open, id)
}

// attach has end called when the session is logged out. It must not wait.
func (s *sessions) attach(id sessionID, end func()) (detach func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, out := s.out[id]; out {
		end()
		return func() {}
	}
	if s.open[id] == nil {
		s.open[id] = make(map[*func()]bool)
	}
	s.open[id][&end] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if delete(s.open[id], &end); len(s.open[id]) == 0 {
			delete(s.open, id)
		}
	}
}
