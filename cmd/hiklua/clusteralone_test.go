package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

// A site that ran without its cluster does not go back in time when it is one again.
func TestClusterAfterAHostAlone(t *testing.T) {
	t.Chdir(t.TempDir())
	const alone = "devices:\n  gate: {simulate: ptz}\n"
	run := func() {
		t.Helper()
		s := newSession(t)
		if status := s.run(s.interruptAfter(time.Minute), "run"); status != statusOK {
			t.Fatalf("status %d\n%s", status, s.err.String())
		}
	}
	asHost := func() string {
		t.Helper()
		write(t, ".", map[string]string{"site.yaml": alone + "cluster: {hosts: {left: 127.0.0.1, right: 127.0.0.2}, witnesses: {box: 127.0.0.3}}\n"})
		s := newLineSession(t)
		s.typed("run --cluster left")
		if s.status != statusFailure {
			t.Errorf("status %d", s.status)
		}
		write(t, ".", map[string]string{"site.yaml": alone})
		return s.err.String()
	}
	write(t, ".", map[string]string{"site.yaml": alone})
	run()
	wants(t, asHost(), "secrets/cluster is not there") // a site that never had a cluster begins one

	write(t, ".", map[string]string{"data/cluster/release/site.yaml": alone})
	s := newSession(t)
	s.run(s.interruptAfter(time.Minute), "run", "--simulate")
	wants(t, asHost(), "secrets/cluster is not there") // nothing is kept with --simulate
	run()
	run()
	said := asHost()
	wants(t, said, "has run here without its cluster, from 20")
	mark := said[strings.LastIndex(said, "remove ")+len("remove "):]
	if err := os.Remove(strings.TrimSpace(mark)); err != nil {
		t.Error(err)
	}
	wants(t, asHost(), "secrets/cluster is not there")
}
