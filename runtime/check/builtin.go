package check

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Functions of Lua that have no effect: they are called to hear what they say of their arguments, and a line that does nothing
// else does nothing at all. Those that print or are given to others to change are not among them.
var effectless = []string{
	"ipairs", "next", "pairs", "rawequal", "rawget", "select", "tonumber", "tostring", "type", "unpack",
	"table.concat", "table.maxn",
	"os.clock", "os.date", "os.difftime", "os.getenv", "os.time",
}

// tried are functions that change a table that they are given, which is another one here.
var tried = []string{"setmetatable", "table.insert", "table.remove"}

func isEffectless(path string) bool {
	library, name, _ := strings.Cut(path, ".")
	switch library {
	case "string":
		return name != "dump"
	case "math":
		return name != "random" && name != "randomseed"
	}
	return slices.Contains(effectless, path)
}

// readers leave the table that they are given as it is, and give nothing in it away.
var readers = []string{"print", "type", "tostring", "next", "table.concat", "table.maxn", "hik.inspect"}

// The length of what is tried: no literal of a script makes a call that takes long.
const (
	longestTried = 200
	largestTried = 1000
)

// builtin is a call of one of Lua's functions.
func (w *walker) builtin(path string, c invocation) value {
	for _, a := range c.args {
		if a.content != nil && (slices.Contains(readers, path) || (path == "ipairs" || path == "pairs") && a.content.flat()) {
			a.content.reads()
		}
	}
	if !isEffectless(path) && !slices.Contains(tried, path) {
		return value{}
	}
	if fault, at := w.checker.rehearsal.try(path, c.args); fault != "" {
		place := c.at
		if at < len(c.exprs) && at >= 0 {
			if known, ok := w.places[c.exprs[at]]; ok {
				place = known
			}
		}
		w.doubt(place, "%s", fault)
		return value{}
	}
	if path == "string.gsub" && len(c.args) > 2 {
		if _, text := c.args[2].string(); !text {
			return value{} // it may call a function
		}
	}
	if slices.Contains(tried, path) {
		return value{}
	}
	return value{pure: path}
}

// withPattern are the functions whose second argument is a pattern.
var withPattern = []string{"string.find", "string.match", "string.gmatch", "string.gsub"}

var badArgument = regexp.MustCompile(`bad argument #(\d+) to '[^']*' \((.*)\)`)

// try calls a function of Lua as a script does. What is not known of its arguments is once a text that reads as a number, once
// a table and once a function: only a fault that is there with each of them, in an argument that is known or missing, is one.
func (r *rehearsal) try(path string, args []value) (fault string, argument int) {
	library, name, inLibrary := strings.Cut(path, ".")
	fn := r.L.GetGlobal(library)
	if inLibrary {
		fn = r.member(fn, name)
	}
	if fn == nil || fn.Type() != lua.LTFunction {
		return "", 0
	}
	unknown := false
	for _, sample := range []lua.LValue{lua.LString("1"), r.L.NewTable(), r.nothing} {
		given := make([]lua.LValue, len(args))
		for i, a := range args {
			known := r.stand(a)
			switch {
			case a.several, tooLong(known):
				return "", 0
			case known != nil:
				given[i] = known
			case a.table != nil || a.content != nil || a.madeHere:
				given[i] = r.L.NewTable()
				unknown = true
			default:
				given[i] = sample
				unknown = true
			}
		}
		err := r.protect(func() { r.invoke(fn, given...) })
		if err == nil {
			return "", 0
		}
		text := messageOf(err)
		m := badArgument.FindStringSubmatch(text)
		n := -1
		if m != nil {
			n, _ = strconv.Atoi(m[1])
			n--
		}
		switch {
		case m == nil && sample.Type() == lua.LTString && slices.Contains(withPattern, path) && len(args) > 1 && args[1].known != nil && text != "":
			return path + ": " + text, 1
		case strings.HasPrefix(text, "wrong number of arguments"):
			return path + ": " + text, -1
		case m == nil && !unknown:
			return path + ": " + text, -1
		case n < 0, n < len(args) && r.stand(args[n]) == nil && args[n].table == nil:
			if unknown {
				continue // it may be the sample's fault
			}
			return path + ": " + text, -1
		}
		fault, argument = path+": argument "+m[1]+": "+m[2], n
		if !unknown {
			break
		}
	}
	return fault, argument
}

func tooLong(v lua.LValue) bool {
	switch v := v.(type) {
	case lua.LString:
		return len(v) > longestTried
	case lua.LNumber:
		return v > largestTried || v < -largestTried
	}
	return false
}

// messageOf is an error of Lua without the place.
func messageOf(err error) string {
	if e, ok := err.(*lua.ApiError); ok {
		if text, ok := e.Object.(lua.LString); ok {
			return placed.ReplaceAllString(string(text), "")
		}
	}
	return ""
}

var placed = regexp.MustCompile(`^(hiklua:)?[^:\n]+:-?\d+: `)
