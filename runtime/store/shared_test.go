package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
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

// Two processes with one file may together leave more runs of a script in it than are
// remembered: the next one that is noted makes room for itself, and so on.
func TestRunsOfTwoProcesses(t *testing.T) {
	s := newSite(t)
	s.close()
	var both []*Store
	for range 2 {
		one, err := Open(s.path, Options{Clock: s.clk, Shared: true})
		must(t, err)
		both = append(both, one)
	}
	for i, one := range both {
		for k := range maxRuns - 100 {
			one.SetLastRun("x", fmt.Sprint(i, " ", k), noon.Add(time.Duration(k)*time.Second))
		}
		s.clk.Do(func() { must(t, one.Close()) })
	}
	s.open()
	if n := s.runs.counts["x"]; n != 2*(maxRuns-100) {
		t.Fatalf("%d runs are in the file", n)
	}
	s.SetLastRun("x", "latest", noon.Add(time.Hour))
	if _, ok := s.LastRun("x", "latest"); !ok || len(s.runs.rows) != maxRuns {
		t.Errorf("%d runs are remembered, the latest: %v", len(s.runs.rows), ok)
	}
	s.reopen()
	if len(s.runs.rows) != maxRuns {
		t.Errorf("%d runs are in the file", len(s.runs.rows))
	}
}
