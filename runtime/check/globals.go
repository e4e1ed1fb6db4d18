package check

import (
	"slices"
	"strings"
	"unicode"

	"github.com/hiklua/hiklua/runtime/nearest"
)

// touch is a place where a global is read or assigned.
type touch struct {
	name  string
	at    position
	write bool
	near  string // a local that is seen from here and has nearly that name; of the first place only
	depth int    // functions around
	block int    // number of the block around
}

// reflecting are the names by which a script may reach globals unseen.
var reflecting = []string{"_G", "getfenv", "setfenv", "load", "loadstring", "module"}

func (r *resolver) touch(list ...touch) {
	for _, t := range list {
		t.depth, t.block = r.depth, r.around
		r.touched[t.name] = append(r.touched[t.name], t)
	}
}

// nearLocal is a local variable that may be meant by a name that is none.
func (r *resolver) nearLocal(name string) string {
	if len(name) < 4 || len(r.touched[name]) > 0 {
		return ""
	}
	var known []string
	for _, scope := range r.scopes {
		for local := range scope {
			known = append(known, local)
		}
	}
	slices.Sort(known)
	near := nearest.Word(name, known)
	if withoutDigits(near) == withoutDigits(name) || strings.HasPrefix(near, name) || strings.HasPrefix(name, near) {
		return "" // gate2 and gate3 are two names, and so are cam and camera, gate and gates
	}
	return near
}

func withoutDigits(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, name)
}

// covers reports whether t, an assignment, always comes before u, which stands behind it, in one run of the block around t: u
// then reads what t has written, as it would if the name were that of a local.
func (s *source) covers(t, u touch) bool {
	return t.block <= u.block && u.block < s.ends[t.block]
}

// accidental warns of globals that were meant to be locals: every place that reads or assigns one comes behind an assignment
// in the same function that always runs before, so nothing is kept from run to run and nothing is shared.
func (w *walker) accidental() {
	if w.library || w.dynamic || w.reflect || w.checker.reflect {
		return
	}
	for name, places := range w.touched {
		if strings.HasPrefix(name, "_") || w.defined[name] || w.checker.touched[name] || w.checker.environment.has(name) {
			continue
		}
		near := places[0].near
		if near == "" || slices.ContainsFunc(places, func(t touch) bool { return !t.write }) {
			w.asLocals(name, places)
			continue
		}
		for _, t := range places {
			w.warn(t.at, "assigns the global %q, which nothing reads (did you mean %q?)", name, near)
		}
	}
}

func (w *walker) asLocals(name string, places []touch) {
	var leaders []touch
	for _, t := range places {
		if slices.ContainsFunc(leaders, func(l touch) bool { return w.covers(l, t) }) {
			continue
		}
		if !t.write || t.depth == 0 {
			return
		}
		leaders = append(leaders, t)
	}
	for _, t := range leaders {
		if len(places) == len(leaders) {
			w.warn(t.at, "%q is a global that nothing reads: leave it out, or write local before it", name)
			continue
		}
		w.warn(t.at, "%q is a global that only this block uses: write local before it", name)
	}
}
