package store

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hiklua/hiklua/runtime/store/logtest"
)

// What holders before have added to the log counts for the next one: however often the
// share goes from host to host the log stays short.
func TestTheLogStaysShortOverTakeovers(t *testing.T) {
	c := newCluster(t)
	var written, most int
	for i := range 12 {
		s := c.take(fmt.Sprintf("host-%d", i%2))
		values := manyStrings(12)
		values["n"] = i
		must(t, s.Script("x").Set(nil, values))
		must(t, c.sync(s.Script("x")))
		written += 12 * MaxString
		c.drop(s)
		size := 0
		for _, e := range c.Entries() {
			size += len(e.Data)
		}
		most = max(most, size)
	}
	if c.Purges() == 0 || most > written*2/3 {
		t.Errorf("the log had %d bytes of %d; purged %d times", most, written, c.Purges())
	}
}

// A commit that is too large for one entry is divided between scripts, so that the part
// which the log refuses leaves no state half.
func TestALargeCommitIsDividedBetweenScripts(t *testing.T) {
	const scripts, values = 9, 12
	for _, refuse := range []bool{false, true} {
		c := newCluster(t)
		s := c.take("left")
		s.cluster.most, s.cluster.least = 1<<30, 1<<30 // no snapshot
		before := len(c.Entries())
		c.Break(time.Second, nil) // what is published meanwhile is one commit
		first := s.Script("first")
		must(t, first.Set(at("a"), 1))
		first.Publish()
		c.clk.RunFor(100 * time.Millisecond)
		for i := range scripts {
			st := s.Script(fmt.Sprint("script", i))
			must(t, st.Set(nil, manyStrings(values)))
			st.Publish()
		}
		n := 0
		c.Break(time.Second, func([]byte) logtest.Fault {
			if n++; refuse && n > 1 {
				return logtest.Refused
			}
			return logtest.None
		})
		c.clk.RunFor(3500 * time.Millisecond)
		c.Break(0, nil)
		entries := c.Entries()[before+1:] // without the first
		for i, e := range entries {
			if n := bytes.Count(e.Data, []byte(strings.Repeat("x", MaxString))); n%values != 0 || len(e.Data) > entryMost+2*MaxString {
				t.Errorf("entry %d has %d values, %d bytes", i, n, len(e.Data))
			}
		}
		switch {
		case refuse && len(entries) != 1, !refuse && len(entries) != 2:
			t.Errorf("refused %v: %d entries", refuse, len(entries))
		}
		c.clk.RunFor(time.Minute)
		if n := len(c.Entries()) - before - 1; n > 3 {
			t.Errorf("refused %v: %d entries in the end", refuse, n)
		}
		if diff := cmp.Diff(content(s), content(c.take("right"))); diff != "" {
			t.Error("what the next host has differs")
		}
	}
}

// The state of a cluster has to lie in a file.
func TestAClusterWithoutAFile(t *testing.T) {
	c := newCluster(t)
	var err error
	c.clk.Do(func() { _, err = Open("", Options{Clock: c.clk, Cluster: c.Hold()}) })
	if err == nil || errors.Is(err, ErrFenced) {
		t.Error(err)
	}
}
