package site

import (
	"strconv"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// fromEnvironment is part of each pattern: a value may come from a variable.
const fromEnvironment = `|\$\{[A-Za-z_][A-Za-z0-9_]*\}`

// Patterns of values that are written as text.
const (
	decimal         = `([0-9]+\.?[0-9]*|\.[0-9]+)`
	durationPattern = `^(` + decimal + `|(` + decimal + `(ms|[dhms]))+)$`
	agePattern      = `^(` + decimal + `|(` + decimal + `(ms|[ywdhms]))+)$`
	sizePattern     = `^` + decimal + `(\s*([KkMmGgTt][Ii]?)?[Bb])?$`
)

// schemaOf is the schema of a value by its key's type.
func schemaOf(k Key) *jsonSchema {
	s := schemaOfType(k)
	s.Description = k.Meaning
	if k.Default != "" {
		s.Description += ". Default: " + k.Default
	}
	return s
}

func schemaOfType(k Key) *jsonSchema {
	kind, bounds, _ := strings.Cut(k.Type, " ")
	switch {
	case k.Type == "map":
		s := &jsonSchema{Type: []string{"object", "null"}}
		if k.pattern != "" {
			s.PropertyNames = &jsonSchema{Pattern: k.pattern, ErrorMessage: "a name has " + wordRule}
		}
		return s
	case k.Type == "text or map":
		s := schemaOfText(k.pattern)
		s.Type = append(s.Type, "object")
		return s
	case k.Type == "list":
		return &jsonSchema{Type: []string{"array", "null"}}
	case k.Type == "list of texts":
		return &jsonSchema{Type: []string{"array", "null"}, Items: schemaOfText(k.pattern)}
	case strings.HasPrefix(k.Type, "list of words: "):
		return &jsonSchema{Type: []string{"array", "null"}, Items: schemaOfWords(strings.TrimPrefix(k.Type, "list of words: "))}
	case k.Type == "text or list":
		s := schemaOfText(k.pattern)
		s.Type, s.Items = append(s.Type, "array"), schemaOfText(k.pattern)
		return s
	case k.Type == "text or nothing":
		s := schemaOfText("")
		s.Type = append(s.Type, "null")
		return s
	case k.Type == "true or false":
		return &jsonSchema{Type: []string{"boolean"}, Default: orNil(k.Default)}
	case kind == "text":
		return schemaOfText(k.pattern)
	case kind == "word:":
		s := schemaOfWords(bounds)
		s.Default = orNil(k.Default)
		return s
	case kind == "whole":
		return schemaOfNumber("integer", "^[0-9]+$", strings.TrimPrefix(bounds, "number "), k.Default)
	case kind == "number":
		return schemaOfNumber("number", `^[+-]?`+decimal+`([eE][+-]?[0-9]+)?$`, bounds, k.Default)
	case kind == "duration":
		return schemaOfDuration(bounds, k.Default)
	case kind == "age":
		least := time.Minute.Seconds()
		return &jsonSchema{
			Type: []string{"string", "number"}, Minimum: &least, Pattern: agePattern + fromEnvironment,
			ErrorMessage: "not a duration of a minute or more (such as 12h, 30d, 8w, 1y)",
		}
	case kind == "size":
		s := &jsonSchema{
			Type: []string{"string", "number"}, Pattern: sizePattern + fromEnvironment, ErrorMessage: "not a size (such as 512MB, 200GB) " + bounds,
			Default: orNil(k.Default),
		}
		if least, err := ParseSize(strings.TrimPrefix(bounds, "from ")); err == nil {
			bytes := float64(least)
			s.Minimum = &bytes
		}
		if _, err := ParseSize(k.Default); err != nil {
			s.Default = nil // "no bound"
		}
		return s
	}
	return &jsonSchema{} // anything; a test says that no key has such a type
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// schemaOfText takes numbers and booleans, too: YAML makes them of what was
// meant as text.
func schemaOfText(pattern string) *jsonSchema {
	s := &jsonSchema{Type: []string{"string", "number", "boolean"}, MinLength: 1}
	if pattern != "" {
		s.Pattern = pattern + fromEnvironment
	}
	return s
}

func schemaOfWords(words string) *jsonSchema {
	list := strings.Split(words, " | ")
	return &jsonSchema{
		AnyOf:        []*jsonSchema{{Enum: list}, {Type: []string{"string"}, Pattern: strings.TrimPrefix(fromEnvironment, "|")}},
		ErrorMessage: "none of " + strings.Join(list, ", "),
	}
}

// schemaOfNumber reads bounds such as "-90 to 90".
func schemaOfNumber(kind, pattern, bounds, otherwise string) *jsonSchema {
	s := &jsonSchema{Type: []string{kind, "string"}, Pattern: pattern + fromEnvironment, ErrorMessage: "not a " + strings.Replace(kind, "integer", "whole number", 1)}
	least, most, _ := strings.Cut(bounds, " to ")
	if a, err := strconv.ParseFloat(least, 64); err == nil {
		s.Minimum = &a
	}
	if b, err := strconv.ParseFloat(most, 64); err == nil {
		s.Maximum = &b
	}
	if n, err := strconv.ParseFloat(otherwise, 64); err == nil {
		s.Default = n
	}
	return s
}

// schemaOfDuration reads bounds such as "1s to 1h", "1s to 1d, bare in
// milliseconds" and "2s to 1h, or off". They hold for bare numbers; a pattern cannot say them of texts.
func schemaOfDuration(bounds, otherwise string) *jsonSchema {
	pattern := durationPattern
	if span, ok := strings.CutSuffix(bounds, ", or off"); ok {
		bounds, pattern = span, pattern+"|^off$"
	}
	s := &jsonSchema{
		Type: []string{"string", "number"}, Pattern: pattern + fromEnvironment,
		ErrorMessage: "not a duration (such as 90s, 1m30s, 2d) of " + bounds, Default: orNil(otherwise),
	}
	unit := time.Second
	if span, ok := strings.CutSuffix(bounds, ", bare in milliseconds"); ok {
		bounds, unit = span, time.Millisecond
	}
	least, most, _ := strings.Cut(bounds, " to ")
	if d, err := clock.ParseDuration(least); err == nil {
		a := float64(d) / float64(unit)
		s.Minimum = &a
	}
	if d, err := clock.ParseDuration(most); err == nil {
		b := float64(d) / float64(unit)
		s.Maximum = &b
	}
	return s
}
