package site

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// jsonSchema is a JSON Schema (draft 7, which every editor knows) or a part of one.
type jsonSchema struct {
	Schema      string   `json:"$schema,omitempty"`
	Title       string   `json:"title,omitempty"`
	Description string   `json:"description,omitempty"`
	Type        []string `json:"type,omitempty"`
	Default     any      `json:"default,omitempty"`
	Enum        []string `json:"enum,omitempty"`
	Pattern     string   `json:"pattern,omitempty"`
	// ErrorMessage is what editors say in the place of the pattern.
	ErrorMessage string   `json:"errorMessage,omitempty"`
	MinLength    int      `json:"minLength,omitempty"`
	MaxLength    int      `json:"maxLength,omitempty"`
	Minimum      *float64 `json:"minimum,omitempty"`
	Maximum      *float64 `json:"maximum,omitempty"`

	Properties           map[string]*jsonSchema `json:"properties,omitempty"`
	PropertyNames        *jsonSchema            `json:"propertyNames,omitempty"`
	AdditionalProperties any                    `json:"additionalProperties,omitempty"` // false, or a schema
	Required             []string               `json:"required,omitempty"`
	Dependencies         map[string]any         `json:"dependencies,omitempty"` // lists of keys, or schemas
	Items                *jsonSchema            `json:"items,omitempty"`

	AllOf []*jsonSchema `json:"allOf,omitempty"`
	AnyOf []*jsonSchema `json:"anyOf,omitempty"`
	Not   *jsonSchema   `json:"not,omitempty"`
}

// Schema is the JSON Schema of site.yaml, for editors, made from the parser's
// own tables. It refuses what the parser refuses as far as a schema can say it:
// not what concerns values of other places, or the environment.
func Schema() []byte {
	root := &jsonSchema{Schema: "http://json-schema.org/draft-07/schema#", Title: "site.yaml of hiklua", Type: []string{"object"}}
	for _, k := range Keys() {
		at, steps := root, strings.Split(k.Path, ".")
		for _, step := range steps[:len(steps)-1] {
			at = at.at(step)
		}
		name := steps[len(steps)-1]
		at.set(name, schemaOf(k))
		at.addRules(name, k.rules)
	}
	text, _ := json.MarshalIndent(root, "", "  ") // it holds nothing but texts and numbers
	return append(text, '\n')
}

// at is the schema of a part: of a key, of any name ("NAME"), or of the items of
// a list ("schedules[]").
func (s *jsonSchema) at(step string) *jsonSchema {
	name, isList := strings.CutSuffix(step, "[]")
	switch {
	case isList:
		list := s.Properties[name]
		if list.Items == nil {
			list.Items = &jsonSchema{Type: []string{"object"}}
		}
		return list.Items
	case name == "NAME":
		if any, ok := s.AdditionalProperties.(*jsonSchema); ok {
			return any
		}
		any := &jsonSchema{Type: []string{"object"}}
		s.set(name, any)
		return any
	}
	return s.Properties[name]
}

func (s *jsonSchema) set(name string, part *jsonSchema) {
	if name == "NAME" {
		s.AdditionalProperties, s.PropertyNames = part, schemaOfNames
		return
	}
	if s.Properties == nil {
		s.Properties = make(map[string]*jsonSchema)
	}
	s.Properties[name], s.AdditionalProperties = part, false
}

// schemaOfNames says what ValidName does.
var schemaOfNames = &jsonSchema{
	Pattern: `^[\p{L}\p{M}\p{Nd}_. -]+$`, MaxLength: 64, ErrorMessage: "a name has " + NameRule,
	Not: &jsonSchema{AnyOf: []*jsonSchema{{Pattern: "^[0-9]+$"}, {Pattern: "^[ .-]"}, {Pattern: "[ .]$"}, {Pattern: "  "}}},
}

// addRules says how a key goes together with others.
func (s *jsonSchema) addRules(name string, r rules) {
	switch {
	case r.needed && len(r.unless) == 0:
		s.Required = append(s.Required, name)
	case r.needed:
		one := &jsonSchema{AnyOf: []*jsonSchema{{Required: []string{name}}}, ErrorMessage: name + " is missing" + r.hint}
		for _, other := range r.unless {
			one.AnyOf = append(one.AnyOf, &jsonSchema{Required: []string{other}})
		}
		s.AllOf = append(s.AllOf, one)
	}
	for _, other := range r.alone { // editors underline the second of the two keys
		s.AllOf = append(s.AllOf, &jsonSchema{Dependencies: map[string]any{name: map[string]any{
			"properties": map[string]bool{other: false}, "errorMessage": fmt.Sprintf("%s and %s are both given: %s", name, other, r.reason),
		}}})
	}
	if r.with != "" {
		if s.Dependencies == nil {
			s.Dependencies = make(map[string]any)
		}
		s.Dependencies[name] = []string{r.with}
	}
}

// fromEnvironment is part of each pattern: a value may come from a variable.
const fromEnvironment = `|\$\{[A-Za-z_][A-Za-z0-9_]*\}`

// Patterns of values that are written as text.
const (
	decimal         = `([0-9]+\.?[0-9]*|\.[0-9]+)`
	durationPattern = `^(` + decimal + `|(` + decimal + `(ms|[dhms]))+)$`
	agePattern      = `^(` + decimal + `|(` + decimal + `(ms|[ywdhms]))+)$`
	sizePattern     = `^` + decimal + `\s*(([KkMmGgTt][Ii]?)?[Bb])?$`
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
		return &jsonSchema{Type: []string{"object", "null"}}
	case k.Type == "list":
		return &jsonSchema{Type: []string{"array", "null"}}
	case k.Type == "list of texts":
		return &jsonSchema{Type: []string{"array", "null"}, Items: schemaOfText(k.pattern)}
	case strings.HasPrefix(k.Type, "list of words: "):
		return &jsonSchema{Type: []string{"array", "null"}, Items: schemaOfWords(strings.TrimPrefix(k.Type, "list of words: "))}
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

// schemaOfDuration reads bounds such as "1s to 1h" and "1s to 1d, bare in
// milliseconds". They hold for bare numbers; a pattern cannot say them of texts.
func schemaOfDuration(bounds, otherwise string) *jsonSchema {
	s := &jsonSchema{
		Type: []string{"string", "number"}, Pattern: durationPattern + fromEnvironment,
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
