package site

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// expand replaces ${NAME} in a scalar by the environment's value and $$ by $.
// Any other $ stands for itself, so that most passwords can be typed as they are.
func (r *reader) expand(n *yaml.Node) (string, bool) {
	if r.env == nil || !strings.Contains(n.Value, "$") {
		return n.Value, true
	}
	var b strings.Builder
	ok := true
	for rest := n.Value; rest != ""; {
		i := strings.IndexByte(rest, '$')
		if i < 0 {
			b.WriteString(rest)
			break
		}
		b.WriteString(rest[:i])
		rest = rest[i+1:]
		switch {
		case strings.HasPrefix(rest, "$"):
			b.WriteByte('$')
			rest = rest[1:]
		case strings.HasPrefix(rest, "{"):
			name, after, closed := strings.Cut(rest[1:], "}")
			if !closed {
				r.fail(n, `"${" without "}" (a "$" that stands for itself before "{" is written "$$")`)
				return "", false
			}
			rest = after
			value, found := r.variable(n, name)
			if !found {
				ok = false
			}
			b.WriteString(value)
		default:
			b.WriteByte('$')
		}
	}
	return b.String(), ok
}

func (r *reader) variable(n *yaml.Node, name string) (string, bool) {
	if !isVariableName(name) {
		r.fail(n, `"${...}" must have the name of an environment variable between the braces: letters, digits and _ ("$${" writes "${" itself)`)
		return "", false
	}
	value, set := r.env(name)
	if !set && !r.madeUp {
		r.fail(n, "environment variable %s is not set", name)
		r.problems[len(r.problems)-1].Variable = name
	}
	return value, set
}

// fromVariable names the environment variables that a value came from, for the
// end of a message about it.
func (r *reader) fromVariable(n *yaml.Node) string {
	var names []string
	for rest := n.Value; r.env != nil; {
		_, after, found := strings.Cut(rest, "${")
		if !found {
			break
		}
		name, tail, _ := strings.Cut(after, "}")
		if names, rest = append(names, name), tail; !isVariableName(name) {
			return ""
		}
	}
	if len(names) == 0 {
		return ""
	}
	return ": it comes from the environment variable " + strings.Join(names, ", ") + ", set that anew"
}

func isVariableName(name string) bool {
	for i, c := range name {
		letter := c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}
