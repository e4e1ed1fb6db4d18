package site

import (
	"encoding/json"
	"fmt"
	"strings"
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
func Schema() []byte { return schemaOfKeys("site.yaml of hiklua", Keys()) }

// SavedSchema is the JSON Schema of devices.yaml.
func SavedSchema() []byte { return schemaOfKeys("devices.yaml of hiklua", SavedKeys()) }

func schemaOfKeys(title string, keys []Key) []byte {
	root := &jsonSchema{Schema: "http://json-schema.org/draft-07/schema#", Title: title, Type: []string{"object"}}
	for _, k := range keys {
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

// at is the schema of a part: of a key, of any name ("NAME") or number ("NUMBER"),
// or of the items of a list ("schedules[]").
func (s *jsonSchema) at(step string) *jsonSchema {
	name, isList := strings.CutSuffix(step, "[]")
	switch {
	case isList:
		list := s.Properties[name]
		if list.Items == nil {
			list.Items = &jsonSchema{Type: []string{"object"}}
		}
		return list.Items
	case name == "NAME" || name == "NUMBER":
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
	switch name {
	case "NAME":
		s.AdditionalProperties = part
		if s.PropertyNames == nil { // else the map has a stricter rule
			s.PropertyNames = schemaOfNames
		}
		return
	case "NUMBER":
		s.AdditionalProperties, s.PropertyNames = part, schemaOfNumbers
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

// schemaOfNumbers is for keys that are the number of a channel or a preset.
var schemaOfNumbers = &jsonSchema{Pattern: `^0*[1-9][0-9]{0,3}$`, ErrorMessage: "a number is due here: 1, 2, 3"}

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
