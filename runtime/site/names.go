package site

import (
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// NameRule is what ValidName asks for, in words.
const NameRule = "letters, digits, _ - . and single spaces between them, at most 64, not digits alone"

// ValidName reports whether a device, a channel or a label may be called so.
// The rule keeps "gate/yard", "gate:motion", "nvr/*" and file names readable:
// a name has no / : * and the like, and is never taken for a channel's number.
func ValidName(name string) bool {
	if name == "" || len([]rune(name)) > 64 || isDigits(name) || strings.Contains(name, "  ") {
		return false
	}
	if strings.Trim(name, " .") != name || strings.HasPrefix(name, "-") {
		return false
	}
	for _, c := range name {
		if !unicode.IsLetter(c) && !unicode.IsMark(c) && !unicode.IsDigit(c) && !strings.ContainsRune("_-. ", c) {
			return false
		}
	}
	return true
}

// checkName reports a bad name; what is "device", "channel" or "label".
func (r *reader) checkName(n *yaml.Node, what, name string) bool {
	switch {
	case ValidName(name):
		return true
	case isDigits(name):
		r.plain(n, what+" name "+quoted(name)+" is a number; numbers are channels, a name needs a letter")
	default:
		r.plain(n, what+" name "+quoted(name)+" is not allowed ("+NameRule+")")
	}
	return false
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
