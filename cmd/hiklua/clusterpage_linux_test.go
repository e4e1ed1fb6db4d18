//go:build !race && !nofleet

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/runtime/cluster"
)

// TestClusterPageTyped types the steps of docs/cluster.md on three members that are
// processes. Its cameras are not there, and the addresses are those of this machine.
func TestClusterPageTyped(t *testing.T) {
	if testing.Short() {
		t.Skip("three processes, and a takeover: half a minute")
	}
	_, steps, _ := strings.Cut(read(t, clusterPage), "## Step by step\n")
	steps, _, _ = strings.Cut(steps, "\n## Daily work\n")
	page := filepath.Join(t.TempDir(), "steps.md")
	if err := os.WriteFile(page, []byte(steps), 0o600); err != nil {
		t.Fatal(err)
	}
	at := &loopback{net: ownNet()}
	at.route = freePort(t, at.net+".1")
	c := &trio{t: t, dir: t.TempDir(), members: map[string]*voter{}, places: at}
	for _, name := range trioNames {
		dir := filepath.Join(c.dir, name)
		write(t, dir, map[string]string{"scripts/.keep": ""})
		c.members[name] = &voter{
			trio: c, name: name, dir: dir, log: filepath.Join(c.dir, name+".log"),
			env: append(os.Environ(), beProgram+"=1", "CAMERAS_PASSWORD=simulated", advertised+"=127.0.0.1:1"),
		}
	}
	t.Cleanup(func() {
		for _, name := range trioNames {
			c.members[name].kill()
			if text, _ := os.ReadFile(c.members[name].log); t.Failed() {
				t.Logf("%s:\n%s", name, text)
			}
		}
	})
	here := func(text string) string {
		text = strings.ReplaceAll(text, "192.0.2.1", at.net+".")
		return strings.ReplaceAll(text, "192.0.2.2", at.net+".10")
	}
	found := blocks(t, page)
	for _, b := range found {
		switch b.lang {
		case "yaml":
			write(t, c.members["left"].dir, map[string]string{"site.yaml": here(b.text) + "  port: " + at.route + "\n  lease: 4s\n"})
		case "lua":
			write(t, c.members["left"].dir, map[string]string{"scripts/patrol.lua": b.text})
		}
	}
	// The page's holder may be the other host here.
	other := map[string]string{"left": "left", "right": "right", "box": "box"}
	held := false
	for _, l := range typedLines(found) {
		m := c.members[other[l.host]]
		words := shellWords(l.command)
		switch strings.Join(words[:min(3, len(words))], " ") {
		case "hiklua run --cluster", "hiklua witness box":
			m.args = words[1 : len(words)-1] // its folder is the current one
			m.start()
			continue
		case "hiklua cluster status":
			c.statusOfThePage(l, m, other, &held)
			continue
		}
		if words[0] == "scp" {
			to, _, _ := strings.Cut(words[len(words)-1], ":")
			c.copy(words[len(words)-2], to)
			continue
		}
		out, err := m.program(words[1 : len(words)-1]...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s:%d: %s: %v\n%s", clusterPage, l.line, l.command, err, out)
		}
		if words[1] == "events" { // its cameras are not there
			continue
		}
		got := strings.NewReplacer(at.net+".", "192.0.2.1", at.route, "7423", "wrote secrets", "wrote /srv/site/secrets").Replace(string(out))
		got = ownName.ReplaceAllString(got, ": hiklua $1 ")
		if strings.TrimSpace(got) != strings.TrimSpace(l.shown) {
			t.Errorf("%s: %s prints\n%s\nnot\n%s", clusterPage, l.command, got, l.shown)
		}
	}
	if !held {
		t.Error("no host ever held the site")
	}
}

// copy is scp of a file or folder of left to another machine.
func (c *trio) copy(from, to string) {
	c.t.Helper()
	from = strings.TrimPrefix(from, "/srv/site/")
	source := filepath.Join(c.members["left"].dir, from)
	info, err := os.Stat(source)
	if err == nil && info.IsDir() {
		err = os.CopyFS(filepath.Join(c.members[to].dir, from), os.DirFS(source))
		from = filepath.Join(from, "cluster")
	} else if err == nil {
		var text []byte
		if text, err = os.ReadFile(source); err == nil {
			err = os.WriteFile(filepath.Join(c.members[to].dir, from), text, 0o600)
		}
	}
	if err == nil {
		err = os.Chmod(filepath.Join(c.members[to].dir, from), 0o600) // scp -p
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

var (
	ownName    = regexp.MustCompile(`(?m): \S.* (run --cluster|witness) `) // that of the test's program
	heldOfPage = regexp.MustCompile(`(?m)^site +held +(left|right) `)
	heldNow    = regexp.MustCompile(`(?m)^site +held(, due to move to (left|right))? +(left|right) `)
	downOfPage = regexp.MustCompile(`(?m)^(left|right) +host +not heard`)
	upOfPage   = regexp.MustCompile(`(?m)^(left|right) +host +up`)
)

// statusOfThePage has hosts run and not run as the page shows it, and waits until the
// one that the page shows as the holder is it.
func (c *trio) statusOfThePage(l typedLine, m *voter, other map[string]string, held *bool) {
	c.t.Helper()
	for _, down := range downOfPage.FindAllStringSubmatch(l.shown, -1) {
		c.members[other[down[1]]].kill()
	}
	for _, up := range upOfPage.FindAllStringSubmatch(l.shown, -1) {
		if host := c.members[other[up[1]]]; !host.runs() {
			host.start()
		}
	}
	want := heldOfPage.FindStringSubmatch(l.shown)
	if want == nil {
		return
	}
	st := m.until("held as on the page", func(st cluster.Status) bool {
		if len(st.Shares) != 1 || st.Shares[0].State != cluster.ShareHeld || st.Shares[0].Wanted != "" {
			return false
		}
		// The first to come may hold the share until the other is there.
		return *held && st.Shares[0].Holder == other[want[1]] || !*held && whole(st)
	})
	if !*held && st.Shares[0].Holder != want[1] {
		other["left"], other["right"] = "right", "left"
	}
	*held = true
	if out, err := m.program("cluster", "status").CombinedOutput(); err != nil || !heldNow.Match(out) {
		c.t.Errorf("%v\n%s", err, out)
	}
}

// runs reports whether the process of the member has not ended.
func (m *voter) runs() bool {
	select {
	case <-m.ended:
		return false
	default:
		return true
	}
}
