package logins

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

// The hashes of a password differ from book to book, so that a list of those of all
// common passwords is of no use; a book has a few of each account, and says what a
// person is to do.
func TestHashesAreOfOneBook(t *testing.T) {
	clk := clock.NewVirtual(time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC))
	account := func(password string) Account {
		return Account{Place: "192.0.2.10:80", Username: "operator", Password: isapi.NewSecret(password), Auth: "digest"}
	}
	of := func(b *Book) (p page) {
		t.Helper()
		if err := json.Unmarshal(b.Page(), &p); err != nil || len(p.Accounts) != 1 {
			t.Fatalf("%v: %s", err, b.Page())
		}
		return p
	}
	two := 2
	var books []page
	for range 2 {
		b := Open(t.TempDir(), nil, clk, true)
		if err := b.Note(account("one"), &isapi.Error{Err: isapi.ErrUnauthorized, Detail: "wrong", TriesLeft: &two}); err != nil {
			t.Fatal(err)
		}
		p := of(b)
		if len(p.Key) < 16 || strings.Trim(p.Key, "0") == "" {
			t.Errorf("the key is %q", p.Key)
		}
		books = append(books, p)
		for password, says := range map[string]string{"one": "refused this password", "two": "refused another password"} {
			e := b.Refusal(account(password), "hiklua login gate")
			if e == nil || !strings.Contains(e.Detail, says) || !strings.Contains(e.Detail, "wrong") || !strings.Contains(e.Hint, "hiklua login gate") {
				t.Errorf("%s: %+v", password, e)
			}
		}
		for i := range 30 {
			if err := b.Note(account(strings.Repeat("x", i+1)), &isapi.Error{Err: isapi.ErrUnauthorized}); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(of(b).Accounts[0].Passwords); n < 2 || n > hashesKept {
			t.Errorf("%d hashes are kept", n)
		}
	}
	if books[0].Key == books[1].Key || books[0].Accounts[0].Passwords[0] == books[1].Accounts[0].Passwords[0] {
		t.Error("two books have the same hash")
	}
}
