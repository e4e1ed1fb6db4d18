package luaapi

import (
	"fmt"
	"regexp"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/sandbox"
)

const maxTraceback = 24

// place is the file and line of the innermost Lua function that runs on L, or
// on the thread that resumed it.
func place(L *lua.LState) (file string, line int) {
	for ; L != nil; L = L.Parent {
		for level := 0; ; level++ {
			dbg, ok := L.GetStack(level)
			if !ok {
				break
			}
			fn, _ := L.GetInfo("fSl", dbg, lua.LNil)
			if f, ok := fn.(*lua.LFunction); ok && !f.IsG && dbg.CurrentLine > 0 {
				return dbg.Source, dbg.CurrentLine
			}
		}
	}
	return "", 0
}

// traceback lists the Lua functions that run on L and on those that resumed
// it, one a line, innermost first: "scripts/tour.lua:12: in function visit".
func traceback(L *lua.LState) string {
	var lines []string
	inner := "" // the name of a Go function: its caller's line tells more
	for ; L != nil; L = L.Parent {
		for level := 0; level < 250; level++ {
			dbg, ok := L.GetStack(level)
			if !ok {
				break
			}
			fn, _ := L.GetInfo("fnSl", dbg, lua.LNil)
			f, ok := fn.(*lua.LFunction)
			if !ok {
				break
			}
			if f.IsG {
				if name := functionName(dbg.Name); name != "" && name != "main chunk" {
					inner = name
				}
				continue
			}
			what := describeFunction(dbg.Name)
			if f.Proto.LineDefined == 0 {
				what = mainChunk
			}
			line := fmt.Sprintf("%s:%d: in %s", dbg.Source, dbg.CurrentLine, what)
			if inner != "" {
				line += ", which called " + inner
				inner = ""
			}
			// The function that a task runs stands twice on its stack.
			if len(lines) == 0 || lines[len(lines)-1] != line {
				lines = append(lines, line)
			}
		}
	}
	lines = sandbox.Fold(lines)
	if n := len(lines); n > maxTraceback {
		half := maxTraceback / 2
		lines = append(append(lines[:half:half], fmt.Sprintf("... %d more", n-maxTraceback)), lines[n-half:]...)
	}
	return strings.Join(lines, "\n")
}

// functionName mends what gopher-lua calls functions.
func functionName(name string) string {
	switch {
	case name == "" || name == "?" || name[0] == '(':
		return ""
	case name == "corountine":
		return "main chunk"
	}
	return name
}

const mainChunk = "the main chunk"

func describeFunction(name string) string {
	name = functionName(name)
	switch {
	case name == "":
		return "a function"
	case name == "main chunk":
		return "the task's own function"
	case name[0] == '<' && strings.HasSuffix(name, ":0>"):
		return mainChunk
	case name[0] == '<':
		return "the function of " + strings.Trim(name, "<>")
	}
	return "function " + name
}

var tracebackLine = regexp.MustCompile(`^\s*(\S.*?):(\d+):? in (.*)$`)

// cleanTraceback turns the traceback of gopher-lua into ours: without Go's
// functions, without header.
func cleanTraceback(text string) string {
	var lines []string
	for _, l := range strings.Split(text, "\n") {
		if left := strings.TrimSpace(l); strings.HasPrefix(left, "... ") {
			lines = append(lines, left) // calls that are left out
			continue
		}
		m := tracebackLine.FindStringSubmatch(l)
		if m == nil || m[1] == "[G]" {
			continue
		}
		what := mainChunk
		if m[3] != "main chunk" {
			what = describeFunction(strings.Trim(strings.TrimPrefix(m[3], "function "), "'"))
		}
		lines = append(lines, fmt.Sprintf("%s:%s: in %s", m[1], m[2], what))
	}
	return strings.Join(lines, "\n")
}

// firstPlace is the place of a traceback's innermost line.
func firstPlace(text string) (file string, line int) {
	first, _, _ := strings.Cut(text, "\n")
	if m := tracebackLine.FindStringSubmatch(first); m != nil {
		return m[1], atoi(m[2])
	}
	return "", 0
}
