package main

import (
	"context"
	"regexp"
	"strings"
	"testing"
)

const clusterPage = "../../docs/cluster.md"

// typedLine is a command of docs/cluster.md, with the machine on which it is typed and
// what the page shows of its answer.
type typedLine struct {
	host, command, shown string
	line                 int
}

var prompt = regexp.MustCompile(`^([a-z]+)\$ (.*?)(?:  +#.*)?$`)

// typedLines are the commands in some blocks of a page, in their order.
func typedLines(found []block) (all []typedLine) {
	for _, b := range found {
		if b.lang != "text" {
			continue
		}
		for i, line := range strings.Split(strings.TrimSuffix(b.text, "\n"), "\n") {
			if m := prompt.FindStringSubmatch(line); m != nil {
				all = append(all, typedLine{host: m[1], command: m[2], line: b.line + i})
			} else if len(all) > 0 {
				all[len(all)-1].shown += line + "\n"
			}
		}
	}
	return all
}

// Each command of docs/cluster.md is one that there is, with its flags and arguments.
// TestClusterPageTyped types those of its steps.
func TestClusterPageCommands(t *testing.T) {
	hiklua := 0
	for _, l := range typedLines(blocks(t, clusterPage)) {
		words := shellWords(l.command)
		if words[0] != "hiklua" {
			continue
		}
		hiklua++
		c, rest, err := newRootCommand(newSession(t).app).Find(words[1:])
		if err == nil {
			err = c.ParseFlags(rest)
		}
		if err == nil {
			err = c.ValidateArgs(c.Flags().Args())
		}
		if err != nil {
			t.Errorf("%s:%d: %s: %v", clusterPage, l.line, l.command, err)
		}
	}
	if hiklua < 15 {
		t.Errorf("%d commands", hiklua)
	}
}

// Each site.yaml of docs/cluster.md passes check.
func TestClusterPageSites(t *testing.T) {
	for _, b := range blocks(t, clusterPage) {
		if b.lang != "yaml" {
			continue
		}
		t.Chdir(t.TempDir())
		write(t, ".", map[string]string{"site.yaml": b.text})
		s := newSession(t)
		s.env = map[string]string{"CAMERAS_PASSWORD": "simulated"}
		if status := s.run(context.Background(), "check"); status != statusOK {
			t.Errorf("%s:%d: %s%s", clusterPage, b.line, s.out.String(), s.err.String())
		}
	}
}
