package mqtt

import (
	"slices"
	"strings"
)

// disjoint are topic filters that take all that those of list take, and of which no
// two take the same topic: a broker may send a message once for each filter that it
// fits. Two that have topics in common become one that takes more.
func disjoint(list []string) []string {
	var all []string
	for _, f := range list {
		for i := 0; i < len(all); {
			if !overlap(all[i], f) {
				i++
				continue
			}
			f = join(all[i], f)
			all = slices.Delete(all, i, i+1)
			i = 0 // the new one may overlap with those before
		}
		all = append(all, f)
	}
	slices.Sort(all)
	return all
}

// overlap reports whether there is a topic that both filters take.
func overlap(a, b string) bool {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	if strings.HasPrefix(a, "$") != strings.HasPrefix(b, "$") {
		return false // wildcards don't take the topics of the broker itself
	}
	for i := range max(len(x), len(y)) {
		switch {
		case i < len(x) && x[i] == "#", i < len(y) && y[i] == "#":
			return true
		case i >= len(x) || i >= len(y):
			return false
		case x[i] != y[i] && x[i] != "+" && y[i] != "+":
			return false
		}
	}
	return true
}

// join is a filter that takes what a takes and what b takes.
func join(a, b string) string {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	var levels []string
	for i := range max(len(x), len(y)) {
		if i >= len(x) || i >= len(y) || x[i] == "#" || y[i] == "#" {
			levels = append(levels, "#")
			break
		}
		if x[i] != y[i] {
			x[i] = "+"
		}
		levels = append(levels, x[i])
	}
	return strings.Join(levels, "/")
}
