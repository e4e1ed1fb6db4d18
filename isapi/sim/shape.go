package sim

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// shape says what may stand in an element that a client PUTs. What it does
// not name is refused, because a device that silently ignored a misspelt
// element would hide the mistake of the program that is tested against it.
type shape struct {
	check    func(text string) bool
	kids     map[string]shape
	required []string
	many     bool // may stand several times
	anything bool // devices take any document here, e.g. one of their own sent back
}

func group(kids map[string]shape, required ...string) shape {
	return shape{kids: kids, required: required}
}

func (s shape) repeated() shape { s.many = true; return s }

func whole(low, high int) shape {
	return shape{check: func(text string) bool {
		n, err := strconv.Atoi(text)
		return err == nil && n >= low && n <= high
	}}
}

func decimal(low, high float64) shape {
	return shape{check: func(text string) bool {
		f, err := strconv.ParseFloat(text, 64)
		return err == nil && !math.IsNaN(f) && f >= low && f <= high
	}}
}

func word(words ...string) shape {
	return shape{check: func(text string) bool { return slices.Contains(words, text) }}
}

func truth() shape { return word("true", "false") }

// plain is text of at most max bytes: devices count bytes.
func plain(max int) shape {
	return shape{check: func(text string) bool { return len(text) <= max }}
}

var anything = shape{anything: true}

// fault of a document, as subStatusCodes name them.
const (
	badFormat     = "badXmlFormat"
	badContent    = "badXmlContent"
	badParameters = "badParameters"
)

// validate returns "" or the subStatusCode that tells what is wrong with e.
func (s shape) validate(e *elem) string {
	if s.anything {
		return ""
	}
	if s.kids == nil {
		if len(e.kids) > 0 {
			return badContent
		}
		if s.check != nil && !s.check(e.text) {
			return badParameters
		}
		return ""
	}
	if strings.TrimSpace(e.text) != "" {
		return badContent
	}
	seen := map[string]bool{}
	for _, k := range e.kids {
		sub, known := s.kids[k.name]
		if !known || seen[k.name] && !sub.many {
			return badContent
		}
		seen[k.name] = true
		if bad := sub.validate(k); bad != "" {
			return bad
		}
	}
	for _, name := range s.required {
		if !seen[name] {
			return badContent
		}
	}
	return ""
}
