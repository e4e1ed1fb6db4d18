package luaapi

import (
	"fmt"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/runtime/nearest"
)

// Option is a key of a table of options.
type Option struct {
	Name string
	// Type is duration, time, channel, boolean, integer, number, string, function or any.
	Type string
	// Words are all that a string may be; empty: any.
	Words []string
	// Min and Max bound an integer or a number.
	Min, Max float64
	Doc      string
}

// options are the values of a table of options, checked.
type options struct {
	c      *call
	values map[string]lua.LValue
}

// options reads the table at i. All keys and types are checked at once; a nil
// value counts as left out.
func (c *call) options(i int, known []Option) options {
	o := options{c: c}
	v := c.arg(i)
	if v == lua.LNil {
		return o
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		c.misuse("options come in a table, {%s}, not as %s", optionNames(known), describe(v))
	}
	o.values = make(map[string]lua.LValue)
	unknown := "" // the first in the order of names
	l := interruptible{L: c.L}
	l.each(t, func(key, value lua.LValue) error {
		name, isName := key.(lua.LString)
		if !isName || !slices.ContainsFunc(known, func(k Option) bool { return k.Name == string(name) }) {
			if name := shorten(keyText(key), maxLogKey); unknown == "" || name < unknown {
				unknown = name
			}
			return nil
		}
		o.values[string(name)] = value
		return nil
	})
	if unknown != "" {
		c.misuse("%s", UnknownOption(unknown, known))
	}
	for _, k := range known {
		if v, given := o.values[k.Name]; given {
			o.check(k, v)
		}
	}
	return o
}

// UnknownOption says that there is no option of that name, and which may be meant.
func UnknownOption(name string, known []Option) string {
	var words []string
	for _, k := range known {
		words = append(words, k.Name)
	}
	help := nearest.Hint(name, words)
	switch {
	case len(known) == 0:
		help = "; it has none"
	case help == "":
		help = "; there are " + strings.Join(words, ", ")
	}
	return fmt.Sprintf("unknown option %q%s", name, help)
}

func (o *options) check(k Option, v lua.LValue) {
	switch k.Type {
	case "duration":
		o.c.duration(v, k.Name)
	case "time":
		o.c.moment(v, k.Name)
	case "boolean":
		if _, ok := v.(lua.LBool); !ok {
			o.c.wrong(k.Name, "true or false", v)
		}
	case "integer":
		o.c.wholeNumber(v, k.Name, int(k.Min), int(k.Max))
	case "number":
		o.c.number(v, k.Name, k.Min, k.Max)
	case "string":
		s, ok := v.(lua.LString)
		if !ok {
			o.c.wrong(k.Name, "a string", v)
		}
		if len(k.Words) > 0 && !slices.Contains(k.Words, string(s)) {
			o.c.misuse("%s must be %s, not %q%s", k.Name, either(k.Words), string(s), nearest.Hint(string(s), k.Words))
		}
	case "function":
		if _, ok := v.(*lua.LFunction); !ok {
			o.c.wrong(k.Name, "a function", v)
		}
	}
}

func (o options) given(name string) bool { return o.values[name] != nil }

func (o options) duration(name string) time.Duration {
	if v := o.values[name]; v != nil {
		return o.c.duration(v, name)
	}
	return 0
}

// moment is a time; zero: it was not given.
func (o options) moment(name string) time.Time {
	if v := o.values[name]; v != nil {
		return o.c.moment(v, name)
	}
	return time.Time{}
}

func (o options) bool(name string, otherwise bool) bool {
	if v, ok := o.values[name].(lua.LBool); ok {
		return bool(v)
	}
	return otherwise
}

func (o options) int(name string) int {
	f, _ := toNumber(o.values[name])
	return int(f)
}

func (o options) number(name string) float64 {
	f, _ := toNumber(o.values[name])
	return f
}

func (o options) text(name string) string {
	s, _ := o.values[name].(lua.LString)
	return string(s)
}

func optionNames(known []Option) string {
	var names []string
	for _, k := range known {
		names = append(names, k.Name+"=")
	}
	return strings.Join(names, ", ")
}

// either writes `"skip", "queue" or "allow"`.
func either(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = fmt.Sprintf("%q", w)
	}
	last := len(quoted) - 1
	if last < 1 {
		return strings.Join(quoted, "")
	}
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}
