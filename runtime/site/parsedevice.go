package site

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// ParseDevice reads the keys of hik.device{...}: those of site.yaml, checked by
// the same rules. Values are string, float64, int, bool, []any and
// map[string]any. Strings are taken as they stand (no ${NAME}). dir is the
// site's folder: a password_file must lie inside it, and with "" there is none.
// The error is of type Problems; each names its key ("channels.yard.address").
// The device's name is its ip, or its model if it is simulated; callers may
// give it another.
func ParseDevice(keys map[string]any, dir string) (Device, error) {
	r := &reader{dir: dir, confined: true}
	n, err := nodeOf(keys, 0)
	if err != nil {
		return Device{}, Problems{{Message: err.Error()}}
	}
	d := r.readDevice(n, n, "")
	if len(r.problems) > 0 {
		return Device{}, r.problems.sorted()
	}
	if d.Name = d.Host; d.Name == "" {
		d.Name = string(d.Simulate)
	}
	return d, nil
}

// nodeOf makes a Go value a node, so that one walk serves both ways in. Maps are
// walked by sorted key: the order of Go's would differ from call to call.
func nodeOf(value any, depth int) (*yaml.Node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested more than %d deep", maxDepth)
	}
	scalar := func(tag, text string) (*yaml.Node, error) {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: text}, nil
	}
	switch v := value.(type) {
	case nil:
		return scalar("!!null", "")
	case string:
		return scalar("!!str", v)
	case bool:
		return scalar("!!bool", strconv.FormatBool(v))
	case int:
		return scalar("!!int", strconv.Itoa(v))
	case float64:
		return scalar("!!float", strconv.FormatFloat(v, 'f', -1, 64))
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, item := range v {
			child, err := nodeOf(item, depth+1)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, child)
		}
		return n, nil
	case map[string]any:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			key, _ := scalar("!!str", name)
			child, err := nodeOf(v[name], depth+1)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, key, child)
		}
		return n, nil
	}
	return nil, fmt.Errorf("a value of type %T is not allowed here", value)
}
