package luaapi

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/sandbox"
)

// Describe tells an error apart: one that came out of Lua, whatever the script
// raised, or any other. It touches the raised value, so the caller must hold
// the script's lock.
func Describe(err error) Report {
	var fromLua *lua.ApiError
	if !errors.As(err, &fromLua) {
		return classify(err)
	}
	var r Report
	switch v := fromLua.Object.(type) {
	case *lua.LTable:
		r = describeTable(v)
	case lua.LString:
		r = describeText(string(v))
	case nil:
		r = describeText(fromLua.Error())
	default:
		r = Report{Kind: "error", Message: describeOther(v)}
	}
	if fromLua.Type == lua.ApiErrorPanic && r.Kind == "error" {
		r.Kind = "panic"
	}
	if r.Traceback == "" {
		r.Traceback = cleanTraceback(fromLua.StackTrace)
		if r.Kind != "error" && r.Kind != "panic" { // those may be faults of the modules
			r.Traceback = ofSite(r.Traceback)
		}
	}
	if r.File == "" {
		r.File, r.Line = firstPlace(r.Traceback)
	}
	return r
}

// describeTable takes the fields that it finds: a script may raise a table of
// its own, with a kind and a message.
func describeTable(t *lua.LTable) Report {
	r := reportOf(t)
	if r.Kind == "" {
		r.Kind = "error"
	}
	if r.Message == "" {
		w := newJSONWriter(nil, "")
		w.most = 500
		text := "a table"
		if err := w.value(t); err == nil {
			text = w.b.String()
		}
		r.Message = "error raised with " + text
	}
	return r
}

func describeOther(v lua.LValue) string {
	switch v := v.(type) {
	case *lua.LNilType:
		return "error raised without a value: error(nil)"
	case *lua.LUserData:
		return "error raised with " + objectText(v)
	case *lua.LFunction:
		return "error raised with a function"
	}
	return "error raised with the " + v.Type().String() + " " + sandbox.Text(v)
}

// placedError is "scripts/a.lua:12: attempt to ...", also with a script's own text, and "scripts/a.lua:12:5: ..." of what load refused.
var placedError = regexp.MustCompile(`(?s)^([^:\n]{1,300}):(\d+):(?:(\d+):)? ?(.*)$`)

func describeText(text string) Report {
	r := Report{Kind: "error", Message: strings.TrimSpace(text)}
	if m := placedError.FindStringSubmatch(text); m != nil {
		r.File, r.Line, r.Col, r.Message = m[1], atoi(m[2]), atoi(m[3]), strings.TrimSpace(m[4])
	}
	// A string raised by Lua may hold a traceback after its first line.
	if first, rest, found := strings.Cut(r.Message, "\nstack traceback:"); found {
		r.Message, r.Traceback = first, cleanTraceback("stack traceback:"+rest)
	}
	return r
}

func atoi(s string) int { n, _ := strconv.Atoi(s); return n }

func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n] + fmt.Sprintf("... (%d bytes)", len(s))
}
