package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

type kind byte

const (
	kindNumber kind = 'n'
	kindString kind = 's'
	kindTrue   kind = 't'
	kindFalse  kind = 'f'
	kindTable  kind = '{'
)

type value struct {
	kind  kind
	num   float64
	str   string
	table *table
}

// table is sorted by key. Values come and go at its end and, in queues, at its
// front without the rest being moved.
type table struct{ entries []entry }

type entry struct {
	key   key
	value value
}

// find is where k is or would be.
func (t *table) find(k key) (int, bool) {
	if n := len(t.entries); n == 0 || t.entries[n-1].key.compare(k) < 0 {
		return n, false
	}
	return slices.BinarySearchFunc(t.entries, k, func(e entry, k key) int { return e.key.compare(k) })
}

func (t *table) put(k key, v value) {
	i, found := t.find(k)
	if found {
		t.entries[i].value = v
		return
	}
	t.entries = slices.Insert(t.entries, i, entry{k, v})
}

func (t *table) remove(i int) {
	if i == 0 {
		t.entries[0] = entry{}
		t.entries = t.entries[1:]
		return
	}
	t.entries = slices.Delete(t.entries, i, i+1)
}

// at follows a path; a path of no keys is the table itself.
func (t *table) at(path []key) (value, bool) {
	v := value{kind: kindTable, table: t}
	for _, k := range path {
		if v.kind != kindTable {
			return value{}, false
		}
		i, found := v.table.find(k)
		if !found {
			return value{}, false
		}
		v = v.table.entries[i].value
	}
	return v, true
}

// size is what a value takes of MaxSize, with the key it lies under.
func size(k key, v value) int {
	n := entryCost + k.cost()
	switch v.kind {
	case kindNumber:
		return n + 8
	case kindString:
		return n + len(v.str)
	case kindTable:
		return n + v.table.size()
	}
	return n
}

func (t *table) size() int {
	n := 0
	for _, e := range t.entries {
		n += size(e.key, e.value)
	}
	return n
}

// length is a border, as Lua's # is: an n with t[n] there and t[n+1] not.
func (t *table) length() int {
	has := func(n int) bool {
		_, found := t.find(key{num: float64(n)})
		return found
	}
	if !has(1) {
		return 0
	}
	low, high := 1, 2
	for has(high) {
		low, high = high, 2*high
	}
	for high-low > 1 {
		if middle := (low + high) / 2; has(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// same is for values that are no tables.
func (v value) same(other value) bool {
	return v.kind == other.kind && v.kind != kindTable && v.str == other.str &&
		math.Float64bits(v.num) == math.Float64bits(other.num)
}

// plain is the value as the caller sees it; of a table it is a copy.
func (v value) plain() any {
	switch v.kind {
	case kindNumber:
		return v.num
	case kindString:
		return v.str
	case kindTrue, kindFalse:
		return v.kind == kindTrue
	}
	m := make(map[any]any, len(v.table.entries))
	for _, e := range v.table.entries {
		m[e.key.plain()] = e.value.plain()
	}
	return m
}

// valueOf takes in what is to be written at path.
func valueOf(v any, path []key) (value, error) {
	switch v := v.(type) {
	case float64:
		return value{kind: kindNumber, num: v}, nil
	case int:
		return value{kind: kindNumber, num: float64(v)}, nil
	case bool:
		if v {
			return value{kind: kindTrue}, nil
		}
		return value{kind: kindFalse}, nil
	case string:
		if len(v) > MaxString {
			return value{}, &LimitError{Path: pathText(path), Limit: "string", Got: len(v), Most: MaxString}
		}
		return value{kind: kindString, str: v}, nil
	case map[any]any:
		return tableOf(v, path)
	}
	return value{}, fmt.Errorf("%s: a value is a string, a number, a boolean or a table, not %T", pathText(path), v)
}

func tableOf(m map[any]any, path []key) (value, error) {
	if len(path) == MaxDepth && len(m) > 0 {
		return value{}, &LimitError{Path: pathText(path), Limit: "depth", Got: MaxDepth + 1, Most: MaxDepth}
	}
	t := &table{entries: make([]entry, 0, len(m))}
	// Of several faults it is always the same one that is the error.
	keys := make([]key, 0, len(m))
	for k := range m {
		one, err := keyOf(k)
		if err != nil {
			return value{}, fmt.Errorf("%s: %w", pathText(path), err)
		}
		if len(one.str) > MaxKey {
			return value{}, &LimitError{Path: pathText(append(slices.Clone(path), one)), Limit: "key", Got: len(one.str), Most: MaxKey}
		}
		keys = append(keys, one)
	}
	slices.SortFunc(keys, key.compare)
	for i, k := range keys {
		if i > 0 && k == keys[i-1] {
			return value{}, fmt.Errorf("%s: the key is there twice, as two kinds of number", pathText(append(slices.Clone(path), k)))
		}
		plain, ok := m[k.plain()]
		if !ok {
			plain = m[int(k.num)]
		}
		if plain == nil {
			continue
		}
		v, err := valueOf(plain, append(slices.Clone(path), k))
		if err != nil {
			return value{}, err
		}
		t.entries = append(t.entries, entry{k, v})
	}
	return value{kind: kindTable, table: t}, nil
}

// On disk a value is its kind and its bytes; a table is a mark that comes
// before what is in it.
func (v value) bytes() []byte {
	switch v.kind {
	case kindNumber:
		return binary.BigEndian.AppendUint64([]byte{byte(v.kind)}, math.Float64bits(v.num))
	case kindString:
		return append([]byte{byte(v.kind)}, v.str...)
	}
	return []byte{byte(v.kind)}
}

func parseValue(data []byte) (value, error) {
	if len(data) == 0 {
		return value{}, errors.New("a value is empty")
	}
	v, rest := value{kind: kind(data[0])}, data[1:]
	switch {
	case v.kind == kindNumber && len(rest) == 8:
		v.num = math.Float64frombits(binary.BigEndian.Uint64(rest))
	case v.kind == kindString:
		v.str = string(rest)
	case (v.kind == kindTrue || v.kind == kindFalse) && len(rest) == 0:
	case v.kind == kindTable && len(rest) == 0:
		v.table = new(table)
	default:
		return value{}, errors.New("a value of an unknown kind")
	}
	return v, nil
}
