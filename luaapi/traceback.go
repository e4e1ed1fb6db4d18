package luaapi

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/sandbox"
)

const maxTraceback = 24

// library begins the file names of the modules that come with hiklua.
const library = "hiklua:"

// place is the file and line of the innermost Lua function that runs on L, or
// on the thread that resumed it: of one of the site's, if there is one, since
// what hiklua's own modules call is asked for there.
func place(L *lua.LState) (file string, line int) {
	top := L
	for ; L != nil && line == 0; L = L.Parent {
		file, line = sandbox.Position(L)
	}
	if strings.HasPrefix(file, library) {
		if f, n := firstPlace(ofSite(traceback(top))); n != 0 {
			return f, n
		}
	}
	return file, line
}

// placeInSite gives an error object that was raised in one of hiklua's own
// modules, in another task, the place that waits for it.
func placeInSite(L *lua.LState, object lua.LValue) {
	t, ok := object.(*lua.LTable)
	if !ok || !isErrorObject(t) || !strings.HasPrefix(reportOf(t).File, library) {
		return
	}
	if file, line := place(L); !strings.HasPrefix(file, library) {
		setText(t, "file", file)
		setNumber(t, "line", line)
		setText(t, "traceback", ofSite(traceback(L)))
	}
}

// ofSite leaves the lines of hiklua's own modules out of a traceback.
func ofSite(traceback string) string {
	lines := slices.DeleteFunc(strings.Split(traceback, "\n"), func(line string) bool { return strings.HasPrefix(line, library) })
	return strings.Join(lines, "\n")
}

// traceback lists the Lua functions that run on L and on those that resumed
// it, one a line, innermost first: "scripts/tour.lua:12: in function visit".
func traceback(L *lua.LState) string {
	var lines []string
	inner := "" // the name of a Go function: its caller's line tells more
	for ; L != nil; L = L.Parent {
		for line := range strings.SplitSeq(sandbox.Traceback(L), "\n") {
			if name, isGo := strings.CutPrefix(line, "[host]: in function "); isGo {
				inner = strings.Trim(name, "'")
			} else if line = cleanLine(line); line != "" {
				if inner != "" {
					line += ", which called " + inner
				}
				lines, inner = append(lines, line), ""
			}
		}
	}
	if n := len(lines); n > maxTraceback {
		half := maxTraceback / 2
		lines = append(append(lines[:half:half], fmt.Sprintf("... %d more", n-maxTraceback)), lines[n-half:]...)
	}
	return strings.Join(lines, "\n")
}

// cleanTraceback is the traceback of an error of Lua's own in our words:
// without Go's functions, without header.
func cleanTraceback(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = cleanLine(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

var tracebackLine = regexp.MustCompile(`^\s*(\S.*?):(\d+):? in (.*)$`)

// cleanLine puts one line of a traceback into our words; "" if it is none of a Lua function.
func cleanLine(line string) string {
	if left := strings.TrimSpace(line); strings.HasPrefix(left, "... ") {
		return left // calls that are left out
	}
	m := tracebackLine.FindStringSubmatch(line)
	if m == nil {
		return ""
	}
	what := strings.ReplaceAll(m[3], "'", "")
	if place, nameless := strings.CutPrefix(what, "function <"); nameless {
		what = "the function of " + strings.TrimSuffix(place, ">")
	} else if what == "main chunk" {
		what = "the main chunk"
	}
	return m[1] + ":" + m[2] + ": in " + what
}

// firstPlace is the place of a traceback's innermost line.
func firstPlace(text string) (file string, line int) {
	first, _, _ := strings.Cut(text, "\n")
	if m := tracebackLine.FindStringSubmatch(first); m != nil {
		return m[1], atoi(m[2])
	}
	return "", 0
}
