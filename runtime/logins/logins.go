// Package logins remembers over restarts, and from one command to the next,
// which passwords devices refused: a device locks an account after a few wrong
// logins, of all programs together.
//
// The file "refused-logins" of a data folder has no secret in it: of a password
// it has a slow hash with a random key of its own. In a cluster the same lies in a
// table of the state that its hosts share, so that none of them tries a password
// again that another one had refused.
package logins

import (
	"bytes"
	"cmp"
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/files"
)

const (
	fileName = "refused-logins"
	// lastTries is how many tries a device may say are left for a command to
	// leave them alone.
	lastTries = 2
	// hashesKept is how many passwords of one account are remembered.
	hashesKept = 8
	// hashRounds makes guessing slow, and a start with a thousand refused devices
	// not too slow.
	hashRounds = 10_000
	// lockDefault is how long an account is locked if the device does not say.
	lockDefault = 30 * time.Minute
	// keepLimit is how long the cluster is waited for.
	keepLimit = 10 * time.Second
)

// Account is an account on a device. The password is refused together with the
// way in which it is sent.
type Account struct {
	Place    string // host and port
	Username string
	Password isapi.Secret
	Auth     string
}

// Book is what is remembered in one folder. Its methods may be called from any
// goroutine.
type Book struct {
	folder  *files.Folder
	table   Table           // of a cluster; folder has a copy for commands
	beside  []*files.Folder // with the books of others
	clk     clock.Clock
	careful bool

	mu sync.Mutex // one change at a time
	// copying is held while a file of a cluster's book is written: no disk keeps Page.
	copying sync.Mutex
}

// Open names the folder; nothing is read or written before it is needed. A
// careful book also refuses other passwords where a device said that few tries
// are left. What books in the folders beside have counts, too.
func Open(dir string, beside []string, clk clock.Clock, careful bool) *Book {
	b := &Book{clk: clk, careful: careful}
	if dir != "" {
		b.folder = files.NewFolder(dir)
	}
	for _, dir := range beside {
		b.beside = append(b.beside, files.NewFolder(dir))
	}
	return b
}

// Table is where a cluster keeps a book. Sync returns when the cluster has it.
type Table interface {
	Copy(path []any) any
	Set(path []any, v any) error
	Sync(ctx context.Context) error
}

// OpenShared is Open for a cluster. The folder has a copy of the table, for commands;
// "": there is none.
func OpenShared(t Table, dir string, beside []string, clk clock.Clock, careful bool) *Book {
	b := Open(dir, beside, clk, careful)
	b.table = t
	if b.folder != nil {
		_ = Keep(dir, b.Page()) // a command that lacks the copy tries once more at worst
	}
	return b
}

// Page is the book as another host may Keep it; nil: nothing is remembered.
func (b *Book) Page() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.read()
	if len(p.Accounts) == 0 {
		return nil
	}
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return nil
	}
	return append(text, '\n')
}

// Keep lays the Page of another book into a folder, unless that is there.
func Keep(dir string, page []byte) error {
	folder := files.NewFolder(dir)
	have, err := folder.Read(fileName)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(page) == 0, err == nil && bytes.Equal(have, page):
		return nil
	case len(page) == 0:
		page = []byte("{}\n")
	}
	_, err = folder.Write(fileName, page)
	return err
}

// page is the file.
type page struct {
	Key      string     `json:"key"`
	Accounts []*refusal `json:"accounts"`
}

// refusal is what is known of one account.
type refusal struct {
	Place     string     `json:"place"`
	Username  string     `json:"username"`
	Passwords []string   `json:"passwords"` // hashes, the latest last
	Refused   time.Time  `json:"refused"`
	TriesLeft *int       `json:"tries_left,omitempty"`
	Locked    *time.Time `json:"locked_until,omitempty"`
	Said      string     `json:"said,omitempty"`
}

// Refusal is why nothing may be sent with an account; nil: nothing is known
// against it. Retry is the command that asks for a new try.
func (b *Book) Refusal(a Account, retry string) *isapi.Error {
	for _, p := range b.pages() {
		if e := b.refusal(p, a, retry); e != nil {
			return e
		}
	}
	return nil
}

// Adopt takes what the books beside know of an account into that of a cluster: the
// next holder does not have their files, which may be of a time before the cluster.
func (b *Book) Adopt(a Account) error {
	for _, f := range b.beside {
		p := readFile(f)
		told := p.find(a)
		if told == nil {
			continue
		}
		refused := slices.Contains(told.Passwords, p.hash(a))
		return b.change(func(p *page) bool {
			r := p.find(a)
			if r != nil && (!refused || slices.Contains(r.Passwords, p.hash(a))) {
				return false
			}
			if r == nil {
				r = told
				r.Passwords = nil
				p.Accounts = append(p.Accounts, r)
			}
			if p.Key = cmp.Or(p.Key, newKey()); refused {
				r.keep(p.hash(a))
			}
			return true
		})
	}
	return nil
}

// pages are those of the book, and of the books beside.
func (b *Book) pages() []*page {
	b.mu.Lock()
	all := []*page{b.read()}
	b.mu.Unlock()
	for _, f := range b.beside {
		all = append(all, readFile(f))
	}
	return all
}

func (b *Book) refusal(p *page, a Account, retry string) *isapi.Error {
	r := p.find(a)
	if r == nil {
		return nil
	}
	now := b.clk.Now()
	when := r.Refused.Local().Format("2 Jan 15:04")
	if r.Locked != nil {
		if left := r.Locked.Sub(now); left > 0 {
			return &isapi.Error{
				HTTPStatus: 401, Err: isapi.ErrLocked, RetryIn: left,
				Detail: fmt.Sprintf("the device said so on %s; it unlocks the account in %s", when, left.Round(time.Second)),
				Hint:   "wait until then and correct the password; nothing is sent meanwhile",
			}
		}
		return nil
	}
	e := &isapi.Error{HTTPStatus: 401, Err: isapi.ErrUnauthorized, TriesLeft: r.TriesLeft}
	switch {
	case slices.Contains(r.Passwords, p.hash(a)):
		e.Detail = strings.TrimSuffix(fmt.Sprintf("the device refused this password on %s: %s", when, r.Said), ": ")
		e.Hint = "correct user name and password; if they are right by now, " + retry + " is one new try"
	case b.careful && r.TriesLeft != nil && *r.TriesLeft <= lastTries:
		e.Detail = fmt.Sprintf("the device refused another password on %s: %s", when, r.Said)
		e.Hint = retry + " spends one of the last tries; no other command does"
	default:
		return nil
	}
	return e
}

// Known is what the device said of an account when it refused it last; nil if it
// did not. It does not depend on the password.
func (b *Book) Known(a Account) (said string, triesLeft *int) {
	for _, p := range b.pages() {
		if r := p.find(a); r != nil {
			return r.Said, r.TriesLeft
		}
	}
	return "", nil
}

// Note remembers what came of a login: why the device refused it, or nil if it
// was accepted.
func (b *Book) Note(a Account, e *isapi.Error) error {
	if e == nil {
		return b.Forget(a)
	}
	return b.change(func(p *page) bool { b.note(p, a, e); return true })
}

func (b *Book) note(p *page, a Account, e *isapi.Error) {
	p.Key = cmp.Or(p.Key, newKey())
	r := p.find(a)
	if r == nil {
		r = &refusal{Place: a.Place, Username: a.Username}
		p.Accounts = append(p.Accounts, r)
	}
	r.Refused, r.TriesLeft, r.Said, r.Locked = b.clk.Now().UTC().Truncate(time.Second), e.TriesLeft, e.Detail, nil
	if errors.Is(e, isapi.ErrLocked) {
		until := r.Refused.Add(lockDefault)
		if e.RetryIn > 0 {
			until = r.Refused.Add(e.RetryIn)
		}
		r.Locked = &until
	}
	r.keep(p.hash(a))
}

// keep has a password be the latest of those that were refused.
func (r *refusal) keep(hash string) {
	r.Passwords = append(slices.DeleteFunc(r.Passwords, func(h string) bool { return h == hash }), hash)
	r.Passwords = r.Passwords[max(0, len(r.Passwords)-hashesKept):]
}

// newKey is a key for the hashes of a page.
func newKey() string {
	key := make([]byte, 16)
	rand.Read(key) // never fails
	return hex.EncodeToString(key)
}

// Forget allows one more try of an account, with any password.
func (b *Book) Forget(a Account) error {
	forget := func(p *page) bool {
		r := p.find(a)
		p.Accounts = slices.DeleteFunc(p.Accounts, func(o *refusal) bool { return o == r })
		return r != nil
	}
	if b.table != nil { // what commands here have noted: what a cluster has noted is its own
		b.copying.Lock()
		for _, f := range b.beside {
			if p := readFile(f); forget(p) {
				_ = writeFile(f, p) // it may be another user's
			}
		}
		b.copying.Unlock()
	}
	return b.change(forget)
}

// change has f change the page, if there is something to change, and returns when
// that is kept.
func (b *Book) change(f func(*page) bool) error {
	b.mu.Lock()
	p := b.read()
	if !f(p) {
		b.mu.Unlock()
		return nil
	}
	err := b.write(p)
	b.mu.Unlock()
	if b.table == nil || err != nil {
		return err
	}
	if b.folder != nil {
		b.copying.Lock()
		b.mu.Lock()
		p = b.read() // it may be newer
		b.mu.Unlock()
		_ = writeFile(b.folder, p)
		b.copying.Unlock()
	}
	ctx, cancel := clock.WithTimeout(b.clk, context.Background(), keepLimit)
	defer cancel()
	return b.table.Sync(ctx) // not under mu: others ask meanwhile
}

// read gives an empty page where there is none that can be read: what is
// remembered spares tries, and nothing depends on it. Called with mu held.
func (b *Book) read() *page {
	if b.table != nil {
		return b.readTable()
	}
	return readFile(b.folder)
}

func readFile(folder *files.Folder) *page {
	p := new(page)
	text, err := folder.Read(fileName)
	if err != nil || json.Unmarshal(text, p) != nil || slices.Contains(p.Accounts, nil) {
		return new(page)
	}
	return p
}

// write is called with mu held.
func (b *Book) write(p *page) error {
	if b.table != nil {
		return b.writeTable(p)
	}
	return writeFile(b.folder, p)
}

func writeFile(folder *files.Folder, p *page) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err == nil {
		_, err = folder.Write(fileName, append(text, '\n'))
	}
	return err
}

func (p *page) find(a Account) *refusal {
	for _, r := range p.Accounts {
		if r.Place == a.Place && r.Username == a.Username {
			return r
		}
	}
	return nil
}

// hash is a password as it is remembered.
func (p *page) hash(a Account) string {
	salt := strings.Join([]string{p.Key, a.Place, a.Username, a.Auth}, "\x00")
	sum, err := pbkdf2.Key(sha256.New, a.Password.Reveal(), []byte(salt), hashRounds, 16)
	if err != nil {
		return "" // only where the machine forbids such hashes
	}
	return hex.EncodeToString(sum)
}
