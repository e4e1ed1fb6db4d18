package sandbox

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/yuin/gopher-lua/parse"
)

// sources are whole scripts that load.
func sources(t *testing.T) map[string][]byte {
	all := make(map[string][]byte)
	for _, pattern := range []string{"testdata/*.lua", "testdata/*/*.lua", "../../examples/*/*/*.lua", "../../scripts/*.lua", "../../scripts/*/*.lua"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if all[file], err = os.ReadFile(file); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(all) < 20 {
		t.Fatalf("%d files", len(all))
	}
	return all
}

// What loads has no error, and one that gopher-lua finds in a script with a hole in it is found here too.
func TestExplainKnowsTheGrammar(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine computes: there is no race to find")
	}
	unexplained := 0
	for file, source := range sources(t) {
		source = Plain(source)
		if e := explain(source, file); e != nil {
			t.Errorf("%v", e)
		}
		if len(source) > 6000 {
			continue
		}
		for i := 0; i+3 < len(source); i += 1 + len(source)/40 {
			broken := append(bytes.Clone(source[:i]), source[i+3:]...)
			if _, err := parse.Parse(bytes.NewReader(broken), file); err == nil {
				continue
			}
			if explain(broken, file) == nil {
				unexplained++
				t.Logf("%s without %q at %d", file, source[i:i+3], i)
			}
		}
	}
	if unexplained > 3 {
		t.Errorf("%d errors were not found", unexplained)
	}
}

// A source that ends anywhere is unfinished or wrong, and never too much.
func TestExplainEndsEverywhere(t *testing.T) {
	source := []byte("local t = {a = 1, [\"b\"] = function(x, ...) return x:y(1)[2].z, ... end; 3}\n" +
		"for i, v in pairs(t) do if i ~= not v and -1 .. 'x' then goto c elseif nil then break else f{1} end ::c:: end\n" +
		"--[[ long ]] repeat local function g() end until [==[ ]==] while true do end return")
	for i := range source {
		explain(source[:i], "x")
		explain(source[i:], "x")
		for _, c := range []byte("\x00\xff\"'([{:.=<~\n\\") {
			with := append(append(bytes.Clone(source[:i]), c), source[i:]...)
			explain(with, "x")
		}
	}
}

func TestUnfinished(t *testing.T) {
	for source, want := range map[string]bool{
		"if x then": true, "f(": true, "t = {": true, "x = 1 +": true, "[[": true, "x = [[": true, "--[[": true, "repeat": true, "function f()": true,
	} {
		_, err := Compile([]byte(source), "x")
		e, ok := err.(*SyntaxError)
		if !ok || e.Unfinished != want {
			t.Errorf("%q: %v, unfinished %v", source, err, ok && e.Unfinished)
		}
	}
}

// What loads and means something else.
func TestDoubts(t *testing.T) {
	for source, want := range map[string]string{
		"print('T\xfcr')":                    "a.lua:1:9: byte 0xFC is not UTF-8: save the file as UTF-8",
		"-- ü\nx = '日\xff' y = '\xfe'":       "a.lua:2:7: byte 0xFF is not UTF-8: save the file as UTF-8",
		"#!/usr/bin/lua\nx = 'ü\\x41'":       "a.lua:2:7: \\x is of Lua 5.2 and later: write the byte in decimal, \\65 for \\x41",
		`x = "\u{e4}"`:                       "a.lua:1:6: \\u is of Lua 5.3 and later: write the character itself",
		`x = ("y"):match("\d+")`:             "a.lua:1:18: \\d is no escape: it stands for d; in a pattern write %d, for a backslash \\\\",
		`x = "\n\65\"\\d" .. [[\x]] -- "\x"`: "",
		"x = 'Tür' -- 日本":                    "",
	} {
		got := ""
		for _, d := range Doubts([]byte(source), "a.lua") {
			got += d.Error()
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", source, got, want)
		}
	}
}
