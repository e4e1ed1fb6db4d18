package site

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// maxAliased bounds what aliases may add: nine lines of "a: &a [*b, *b]" are a
// million nodes otherwise.
const maxAliased = 10_000

// maxDepth is deeper than any map of site.yaml; vars may nest.
const maxDepth = 50

// expander copies a tree with every alias replaced by its anchor's content and
// every "<<" by the keys it brings in. Tags are refused: none has a meaning here.
type expander struct {
	file     string
	aliased  int
	inside   []*yaml.Node // anchors that are being expanded
	depth    int
	stopped  bool
	problems Problems
}

func (x *expander) fail(n *yaml.Node, format string, args ...any) {
	x.problems = append(x.problems, Problem{File: x.file, Line: n.Line, Col: n.Column, Message: fmt.Sprintf(format, args...)})
}

func (x *expander) expand(n *yaml.Node) *yaml.Node {
	empty := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: n.Line, Column: n.Column}
	if x.stopped {
		return empty
	}
	if x.depth++; x.depth > maxDepth {
		x.stopped = true
		x.fail(n, "nested more than %d deep", maxDepth)
	}
	defer func() { x.depth-- }()
	if n.Kind == yaml.AliasNode {
		return x.alias(n, empty)
	}
	if len(x.inside) > 0 {
		if x.aliased++; x.aliased > maxAliased {
			x.stopped = true
			x.fail(x.inside[0], "aliases make this more than %d values: write it out", maxAliased)
			return empty
		}
	}
	if n.Style&yaml.TaggedStyle != 0 {
		x.fail(n, `a value that begins with ! must be written in quotes (tags have no meaning here; a secret is ${NAME} or password_file)`)
		return empty
	}
	c := *n
	c.Content = nil
	if n.Kind != yaml.MappingNode {
		for _, item := range n.Content {
			c.Content = append(c.Content, x.expand(item))
		}
		return &c
	}
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], x.expand(n.Content[i+1])
		if key.Kind == yaml.ScalarNode && key.ShortTag() == "!!merge" {
			merged = append(merged, x.merge(value)...)
			continue
		}
		c.Content = append(c.Content, x.expand(key), value)
	}
	// What the map says itself counts before what it merges in.
	for i := 0; i+1 < len(merged); i += 2 {
		if !hasKey(&c, merged[i].Value) {
			c.Content = append(c.Content, merged[i], merged[i+1])
		}
	}
	return &c
}

func (x *expander) alias(n, empty *yaml.Node) *yaml.Node {
	for _, anchor := range x.inside {
		if anchor == n.Alias {
			x.stopped = true
			x.fail(n, "an alias stands inside its own anchor")
			return empty
		}
	}
	x.inside = append(x.inside, n.Alias)
	defer func() { x.inside = x.inside[:len(x.inside)-1] }()
	return x.expand(n.Alias)
}

// merge gives the keys and values of a map, or of each map of a list.
func (x *expander) merge(value *yaml.Node) []*yaml.Node {
	switch {
	case value.Kind == yaml.MappingNode:
		return value.Content
	case value.Kind == yaml.SequenceNode:
		var all []*yaml.Node
		for _, item := range value.Content {
			all = append(all, x.merge(item)...)
		}
		return all
	}
	if !x.stopped {
		x.fail(value, "<<: merges a map in, this is %s", kindOf(value))
	}
	return nil
}

func hasKey(n *yaml.Node, name string) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return true
		}
	}
	return false
}
