package sandbox

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	longDiff = flag.Duration("diff", 0, "how long to compare random programs with lua5.1")
	diffSeed = flag.Uint64("diffseed", 1, "the first seed of -diff")
)

const corpus = 400

// Random programs do what they do in the Lua of lua.org. The fixed ones are in testdata/diff; with -diff others are run
// live.
func TestDifference(t *testing.T) {
	prelude, err := os.ReadFile("testdata/diff/prelude.lua")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		var programs strings.Builder
		for n := range corpus {
			programs.WriteString(newProgram(uint64(n)).text(n) + "\n")
		}
		source := programs.String()
		if err := os.WriteFile("testdata/diff/programs.lua", []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := lua51(t, string(prelude)+source)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/diff/programs.txt", []byte(out), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	source, err := os.ReadFile("testdata/diff/programs.lua")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/diff/programs.txt")
	if err != nil {
		t.Fatal(err)
	}
	compare(t, string(prelude), string(source), string(want))
}

func TestDifferenceLive(t *testing.T) {
	if *longDiff == 0 {
		t.Skip("-diff says how long")
	}
	if _, err := exec.LookPath("lua5.1"); err != nil {
		t.Skip("NO lua5.1 HERE: random programs were not compared")
	}
	prelude, err := os.ReadFile("testdata/diff/prelude.lua")
	if err != nil {
		t.Fatal(err)
	}
	start, seed, total := time.Now(), *diffSeed, 0
	for ; time.Since(start) < *longDiff && !t.Failed(); seed++ {
		var programs strings.Builder
		for n := range 100 {
			programs.WriteString(newProgram(seed*1000+uint64(n)).text(n) + "\n")
		}
		want, err := lua51(t, string(prelude)+programs.String())
		if err != nil {
			t.Logf("seed %d is left out: %v", seed, err) // a program whose strings double without an end
			continue
		}
		total += 100
		compare(t, string(prelude), programs.String(), want)
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}
	t.Logf("%d programs, seeds %d to %d", total, *diffSeed, seed-1)
}

// compare runs programs, one a line, and tells the first parts that differ.
func compare(t *testing.T, prelude, programs, want string) {
	t.Helper()
	var out bytes.Buffer
	L := New(Options{Print: func(_ *luaState, text string) { out.WriteString(text + "\n") }})
	defer L.Close()
	th := NewThread(L, new(Flag))
	if _, err := Call(th, load(t, L, prelude+programs, "programs.lua"), 0); err != nil {
		t.Error(err)
	}
	got, wanted, sources := strings.Split(out.String(), "\n"), strings.Split(want, "\n"), strings.Split(programs, "\n")
	shown := 0
	for i, w := range wanted {
		g := ""
		if i < len(got) {
			g = got[i]
		}
		// C's library, not Lua, says whether the text of an infinity reads as a number.
		if g == w || strings.Contains(w, "inf") || strings.Contains(w, "nan") {
			continue
		}
		if shown++; shown <= 3 {
			a, b := strings.Split(g, " | "), strings.Split(w, " | ")
			at := 0
			for at < min(len(a), len(b))-1 && a[at] == b[at] {
				at++
			}
			t.Errorf("part %d is %s, want %s\n%s", at, a[at], b[at], sources[min(i, len(sources)-1)])
		}
	}
	if shown > 3 {
		t.Errorf("%d programs differ", shown)
	}
}

// lua51 gives what Debian's lua5.1 prints for source, in 20 s and 1 GB at most.
func lua51(t *testing.T, source string) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "programs.lua")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "sh", "-c", `ulimit -v 1000000; exec lua5.1 "$1"`, "sh", file).Output()
	return string(out), err
}
