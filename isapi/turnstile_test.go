package isapi

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestTurnstile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ts := newTurnstile(2, newChanLock)
		if !ts.tryEnter(2) || ts.tryEnter(1) {
			t.Fatal("there is room for two")
		}
		var order []string
		come := func(name string, places int) {
			go func() {
				if err := ts.enter(bg, places); err == nil {
					order = append(order, name)
				}
			}()
			synctest.Wait()
		}
		come("a takes both", 2)
		come("b", 1)
		ctx, cancel := context.WithTimeout(bg, time.Second)
		defer cancel()
		if err := ts.enter(ctx, 1); err != context.DeadlineExceeded {
			t.Fatal(err)
		}
		ts.leave(1)
		synctest.Wait()
		if len(order) != 0 || ts.tryEnter(1) {
			t.Fatalf("%v came before the first of the queue", order)
		}
		ts.leave(1)
		synctest.Wait()
		ts.leave(2)
		synctest.Wait()
		if len(order) != 2 || order[0] != "a takes both" || order[1] != "b" {
			t.Fatal(order)
		}
		// One that gives up lets those behind it in.
		gone, leave := context.WithCancel(bg)
		go func() { _ = ts.enter(gone, 2) }()
		synctest.Wait()
		come("c", 1)
		if len(order) != 2 {
			t.Fatal("c came before its turn")
		}
		leave()
		synctest.Wait()
		if len(order) != 3 {
			t.Fatal("c still waits")
		}
		// A place less, as soon as one is free.
		ts.leave(-1)
		ts.leave(1)
		if ts.tryEnter(1) {
			t.Fatal("there is one place, and b or c has it")
		}
		ts.leave(1)
		if !ts.tryEnter(1) {
			t.Fatal("the last one is free")
		}
	})
}
