package check

import (
	"strings"
	"sync"

	"github.com/hiklua/hiklua/luaapi"
)

// api is luaapi's own index: the entries of each owner.
var api = sync.OnceValue(func() map[string]map[string]*luaapi.Entry {
	all := make(map[string]map[string]*luaapi.Entry)
	for _, e := range luaapi.API() {
		if all[e.Owner] == nil {
			all[e.Owner] = make(map[string]*luaapi.Entry)
		}
		// A name may be a field and a method: what can be called tells more.
		if old := all[e.Owner][e.Name]; old == nil || old.Kind == "field" {
			all[e.Owner][e.Name] = &e
		}
	}
	return all
})

// isLibrary tells hik and its libraries from objects: they are called with a
// dot.
func isLibrary(owner string) bool { return owner == "hik" || strings.HasPrefix(owner, "hik.") }

// resultOwner is the kind of object that an entry gives, if that is plain.
func resultOwner(e *luaapi.Entry) string {
	if n := api()[e.Result]; n != nil && !isLibrary(e.Result) {
		return e.Result
	}
	return ""
}

// plainArgs are the arguments that are neither channel, options nor function.
func plainArgs(e *luaapi.Entry) []string {
	var list []string
	for _, a := range argsOf(e) {
		if !strings.ContainsAny(a, "[{.") && a != "fn" && a != "dev" {
			list = append(list, a)
		}
	}
	return list
}

// argsOf are the arguments as the documentation writes them. "[options,] fn"
// is two.
func argsOf(e *luaapi.Entry) []string {
	var list []string
	depth, start := 0, 0
	text := strings.ReplaceAll(e.Args, ",]", "],")
	for i, c := range text {
		switch c {
		case '{':
			depth++
		case '}':
			depth--
		case ',':
			if depth == 0 {
				list = append(list, strings.TrimSpace(text[start:i]))
				start = i + 1
			}
		}
	}
	if last := strings.TrimSpace(text[start:]); last != "" {
		list = append(list, last)
	}
	return list
}

// optionsAt finds the table of options among the arguments of a call; -1 if
// there is none that stands there as it is.
func optionsAt(e *luaapi.Entry, args []value) int {
	if len(e.Options) == 0 {
		return -1
	}
	at := 0
	if !takesChannel(e) {
		for i, a := range argsOf(e) {
			if strings.HasPrefix(a, "{") || strings.HasPrefix(a, "[options") {
				at = i
				break
			}
		}
	}
	for i := at; i < len(args); i++ {
		if args[i].table != nil {
			return i
		}
		if !takesChannel(e) {
			break
		}
	}
	return -1
}

// takesChannel reports whether a channel may come before the arguments, so that
// their places differ.
func takesChannel(e *luaapi.Entry) bool {
	return strings.Contains(e.Args, "[ch]") || strings.HasPrefix(e.Args, "dev")
}
