package logins

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/clock"
)

func TestRefusal(t *testing.T) {
	clk := clock.NewVirtual(time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC))
	dir := t.TempDir()
	hasty, careful := Open(dir, nil, clk, false), Open(dir, nil, clk, true)
	account := func(password string) Account {
		return Account{Place: "192.0.2.10:80", Username: "operator", Password: isapi.NewSecret(password), Auth: "digest"}
	}
	left := func(n int) *isapi.Error { return &isapi.Error{Err: isapi.ErrUnauthorized, TriesLeft: &n} }
	expect := func(what string, got *isapi.Error, want error) {
		t.Helper()
		if want == nil && got != nil || want != nil && !errors.Is(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	expect("nothing is known", careful.Refusal(account("one"), "login"), nil)
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Error("a question made a file")
	}
	hasty.Note(account("one"), left(3))
	expect("the same", hasty.Refusal(account("one"), "login"), isapi.ErrUnauthorized)
	expect("another", careful.Refusal(account("two"), "login"), nil)
	basic := account("one")
	basic.Auth = "basic"
	expect("sent in another way", careful.Refusal(basic, "login"), nil)
	hasty.Note(account("two"), left(2))
	expect("the one before", hasty.Refusal(account("one"), "login"), isapi.ErrUnauthorized)
	expect("another, few tries left", careful.Refusal(account("three"), "login"), isapi.ErrUnauthorized)
	expect("another, of a host", hasty.Refusal(account("three"), "login"), nil)

	hasty.Note(account("two"), &isapi.Error{Err: isapi.ErrLocked, RetryIn: time.Minute})
	expect("locked", hasty.Refusal(account("three"), "login"), isapi.ErrLocked)
	clk.Jump(2 * time.Minute)
	expect("unlocked", hasty.Refusal(account("three"), "login"), nil)

	text, err := os.ReadFile(filepath.Join(dir, fileName))
	if err != nil || strings.Contains(string(text), "two") {
		t.Errorf("%v %s", err, text)
	}
	hasty.Note(account("three"), nil)
	expect("accepted", careful.Refusal(account("one"), "login"), nil)
	if err := os.WriteFile(filepath.Join(dir, fileName), []byte(`{"accounts": [null]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	expect("damaged", careful.Refusal(account("one"), "login"), nil)
	if err := hasty.Note(account("one"), left(4)); err != nil {
		t.Error(err)
	}
	expect("begun anew", hasty.Refusal(account("one"), "login"), isapi.ErrUnauthorized)
}

// What others remember counts, and is not changed by a login of one's own.
func TestBooksBeside(t *testing.T) {
	clk := clock.NewVirtual(time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC))
	own, copied := t.TempDir(), t.TempDir()
	gate := Account{Place: "192.0.2.10:80", Username: "operator", Password: isapi.NewSecret("one")}
	holder := Open(t.TempDir(), nil, clk, false)
	if page := holder.Page(); page != nil {
		t.Errorf("%s", page)
	}
	keep := func() {
		t.Helper()
		if err := Keep(copied, holder.Page()); err != nil {
			t.Fatal(err)
		}
	}
	keep()
	if entries, _ := os.ReadDir(copied); len(entries) != 0 {
		t.Error("nothing is remembered, and there is a file")
	}
	holder.Note(gate, &isapi.Error{Err: isapi.ErrUnauthorized, Detail: "4 more tries"})
	keep()
	command := Open(own, []string{copied}, clk, true)
	for range 2 {
		if e := command.Refusal(gate, "login"); !errors.Is(e, isapi.ErrUnauthorized) {
			t.Error(e)
		}
		if said, _ := command.Known(gate); said != "4 more tries" {
			t.Error(said)
		}
		command.Forget(gate)
	}
	holder.Forget(gate)
	keep()
	if e := command.Refusal(gate, "login"); e != nil {
		t.Error(e)
	}
}
