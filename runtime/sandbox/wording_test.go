package sandbox

import (
	"flag"
	"os"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

var update = flag.Bool("update", false, "write what errors say now into testdata/errors.txt and syntax.txt")

// Each block of testdata/errors.txt and testdata/syntax.txt is a script, its lines behind "| ", and what it fails with. Every error is the same where
// the script runs as a task, below a pcall, in a coroutine, and below a pcall in a coroutine.
func TestErrorsNameWhatWasWrong(t *testing.T) {
	for _, file := range []string{"testdata/errors.txt", "testdata/syntax.txt"} {
		t.Run(file, func(t *testing.T) { golden(t, file) })
	}
}

func golden(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "\n\n")
	for i, block := range blocks {
		var comments, source, want []string
		for line := range strings.Lines(block) {
			line = strings.TrimSuffix(line, "\n")
			if rest, ok := strings.CutPrefix(line, "| "); ok {
				source = append(source, rest)
			} else if strings.HasPrefix(line, "#") {
				comments = append(comments, line)
			} else if line != "" {
				want = append(want, line)
			}
		}
		if source == nil {
			continue
		}
		script := unquoted(strings.Join(source, "\n"))
		got := failure(t, script, "return (...)()")
		for mode, wrapper := range map[string]string{
			"pcall":           "local ok, e = pcall(...) if not ok then error(e, 0) end",
			"coroutine":       "return coroutine.wrap(...)()",
			"pcall in it":     "local fn = ... return coroutine.wrap(function() local ok, e = pcall(fn) if not ok then error(e, 0) end end)()",
			"coroutine again": "local co = coroutine.create(...) local ok, e = coroutine.resume(co) if not ok then error(e, 0) end",
		} {
			if again := failure(t, script, wrapper); again != got {
				t.Errorf("%s\nas a task: %s\nwith %s: %s", script, got, mode, again)
			}
		}
		if !*update && got != strings.Join(want, "\n") {
			t.Errorf("%s\n got %s\nwant %s", script, got, strings.Join(want, "\n"))
		}
		block = strings.Join(append(comments, "| "+strings.Join(source, "\n| ")), "\n") + "\n" + got
		blocks[i] = block
	}
	if *update {
		if err := os.WriteFile(file, []byte(strings.TrimRight(strings.Join(blocks, "\n\n"), "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// unquoted gives the bytes that a text file cannot show: <U+00A0> and <FF> stand for a character and a byte.
func unquoted(script string) string {
	for _, c := range []struct{ shown, meant string }{
		{"<U+00A0>", "\u00a0"}, {"<U+200B>", "\u200b"}, {"<U+FEFF>", "\ufeff"}, {"<00>", "\x00"}, {"<FC>", "\xfc"},
		{"<FF>", "\xff"}, {"<FE>", "\xfe"}, {"<CD>", "\xcd"}, {"<BD>", "\xbd"}, {"<01>", "\x01"},
	} {
		script = strings.ReplaceAll(script, c.shown, c.meant)
	}
	return script
}

// failure runs a script by way of a wrapper, which gets it as a function, and tells how it fails.
func failure(t *testing.T, script, wrapper string) string {
	L := New(testOptions(t))
	defer L.Close()
	hik := L.NewTable()
	for _, name := range []string{"sleep", "snapshot", "preset", "device"} {
		hik.RawSetString(name, L.NewFunction(func(*lua.LState) int { return 0 }))
	}
	L.SetGlobal("hik", hik)
	fn, err := Load(L, []byte(script), "a.lua")
	if err != nil {
		return err.Error()
	}
	if _, err = Call(NewThread(L, new(Flag)), load(t, L, wrapper, "wrapper"), 0, fn); err == nil {
		return "no error"
	}
	return err.Error()
}

func TestRecursionIsFolded(t *testing.T) {
	for source, want := range map[string]string{
		"local function f() return 1 + f() end\nf()": "a.lua:1: in function 'f'\n... 1998 more of the same\na.lua:2: in main chunk",
		"local f, g\nfunction f() return 1 + g() end\nfunction g() return 1 + f() end\nf()": "a.lua:2: in function 'f'\na.lua:3: in function 'g'\n" +
			"... 1996 more of the same\na.lua:2: in function 'f'\na.lua:4: in main chunk",
		"local function f(n) if n == 0 then error('x') end return 1 + f(n - 1) end\nf(1)": "[host]: in function 'error'\na.lua:1: in function 'f'\n" +
			"a.lua:1: in function 'f'\na.lua:2: in main chunk",
	} {
		L := newTest(t)
		_, err := Call(NewThread(L, new(Flag)), load(t, L, source, "a.lua"), 0)
		if got := err.(*Fault).Traceback; got != want {
			t.Errorf("%s\n got %s\nwant %s", source, got, want)
		}
	}
}
