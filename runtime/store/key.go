package store

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// key is one key of a table: a number or a string. Numbers come first.
type key struct {
	num   float64
	str   string
	isStr bool
}

func (k key) compare(other key) int {
	switch {
	case k.isStr != other.isStr:
		if other.isStr {
			return -1
		}
		return 1
	case k.isStr:
		return strings.Compare(k.str, other.str)
	}
	return cmp.Compare(k.num, other.num)
}

func (k key) cost() int {
	if k.isStr {
		return len(k.str)
	}
	return 8
}

// plain is the key as the caller sees it: a string or a float64.
func (k key) plain() any {
	if k.isStr {
		return k.str
	}
	return k.num
}

func keyOf(v any) (key, error) {
	switch v := v.(type) {
	case string:
		return key{str: v, isStr: true}, nil
	case float64:
		if math.IsNaN(v) {
			return key{}, errors.New("not a number (NaN) cannot be a key")
		}
		return key{num: v + 0}, nil // -0 and 0 are one key
	case int:
		return key{num: float64(v)}, nil
	}
	return key{}, fmt.Errorf("a key is a string or a number, not %T", v)
}

// pathOf checks a path and adds its keys to buf.
func pathOf(path []any, buf []key) ([]key, error) {
	for i, p := range path {
		k, err := keyOf(p)
		if err != nil {
			return nil, err
		}
		if len(k.str) > MaxKey {
			return nil, &LimitError{Path: pathText(append(buf, k)), Limit: "key", Got: len(k.str), Most: MaxKey}
		}
		if i == MaxDepth {
			return nil, &LimitError{Path: pathText(buf), Limit: "depth", Got: len(path), Most: MaxDepth}
		}
		buf = append(buf, k)
	}
	return buf, nil
}

// pathText writes a path as Lua does.
func pathText(path []key) string {
	var b strings.Builder
	for _, k := range path {
		switch {
		case !k.isStr:
			fmt.Fprintf(&b, "[%s]", strconv.FormatFloat(k.num, 'g', -1, 64))
		case isName(k.str):
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(k.str)
		default:
			fmt.Fprintf(&b, "[%q]", k.str[:min(len(k.str), 40)])
		}
	}
	if b.Len() == 0 {
		return "the whole table"
	}
	return b.String()
}

func isName(s string) bool {
	for i, c := range []byte(s) {
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && len(s) <= 40
}

// On disk a path is its keys one after another, each with its length, so that
// what lies inside a table is exactly what begins with the table's path, and
// comes after it.
const (
	diskNumber = 1
	diskString = 2
)

func (k key) appendTo(buf []byte) []byte {
	if k.isStr {
		buf = append(buf, diskString)
		buf = binary.BigEndian.AppendUint16(buf, uint16(len(k.str)))
		return append(buf, k.str...)
	}
	buf = append(buf, diskNumber)
	return binary.BigEndian.AppendUint64(buf, math.Float64bits(k.num))
}

func parsePath(data string) ([]key, error) {
	var path []key
	for len(data) > 0 {
		switch {
		case data[0] == diskNumber && len(data) >= 9:
			path = append(path, key{num: math.Float64frombits(binary.BigEndian.Uint64([]byte(data[1:9])))})
			data = data[9:]
		case data[0] == diskString && len(data) >= 3:
			n := int(binary.BigEndian.Uint16([]byte(data[1:3])))
			if len(data) < 3+n {
				return nil, errors.New("a key is cut off")
			}
			path = append(path, key{str: data[3 : 3+n], isStr: true})
			data = data[3+n:]
		default:
			return nil, errors.New("a key of an unknown kind")
		}
	}
	return path, nil
}
