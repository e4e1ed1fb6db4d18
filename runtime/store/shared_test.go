package store

import (
	"context"
	"errors"
	"testing"
)

// A shared file is anybody's between commits. What another process has taken or
// changed is not written over; heads and last runs are, since they stand alone.
func TestSharedFile(t *testing.T) {
	s := newSite(t)
	s.close()
	open := func(shared bool) *Store {
		t.Helper()
		st, err := Open(s.path, Options{Clock: s.clk, Shared: shared})
		must(t, err)
		return st
	}
	write := func(st *Store, value int) (err error) {
		s.clk.Do(func() {
			table := st.Script("/exec")
			must(t, table.Set(at("n"), value))
			err = table.Written().Wait(context.Background())
		})
		return err
	}
	move := func(st *Store, m Moving) (err error) {
		s.clk.Do(func() { err = st.SetMoving(context.Background(), m) })
		return err
	}
	end := func(st *Store) (err error) {
		s.clk.Do(func() { err = st.Close() })
		return err
	}

	one, two := open(true), open(true)
	must(t, write(one, 1))
	must(t, write(one, 2))
	must(t, move(one, gate))
	if err := write(two, 3); !errors.Is(err, ErrChanged) {
		t.Errorf("a table that another process has changed is written over: %v", err)
	}
	if err := end(two); !errors.Is(err, ErrChanged) {
		t.Errorf("the end does not tell of what was lost: %v", err)
	}
	two = open(true)
	must(t, move(two, yard))
	one.ClearMoving(gate)

	lens := Moving{Device: "gate", Channel: 1, Part: "focus", Address: gate.Address, Since: noon}
	host := open(false)
	if v, _ := host.Script("/exec").Get(at("n")); v != 2.0 {
		t.Errorf("the host finds %v", v)
	}
	if all := host.AllMoving(); len(all) != 2 {
		t.Errorf("the host finds %v in motion", all)
	}
	host.ClearMoving(gate)
	host.ClearMoving(yard)
	if err := move(two, lens); !errors.Is(err, ErrLocked) {
		t.Errorf("written beside a host: %v", err)
	}
	for _, m := range []Moving{gate, yard, lens} {
		two.ClearMoving(m)
	}
	for _, st := range []*Store{one, two} {
		if err := end(st); err != nil {
			t.Errorf("the host has the heads: %v", err)
		}
	}
	must(t, end(host))
	s.open()
	if all := s.AllMoving(); len(all) != 0 {
		t.Errorf("left in motion: %v", all)
	}
}
