package store

import (
	"errors"
	"fmt"
)

// What a script may keep. A script's size counts the bytes of its keys and
// values and 16 more for each entry.
const (
	MaxKey    = 256      // bytes of one key
	MaxString = 64 << 10 // bytes of one string value
	MaxSize   = 1 << 20  // bytes of all that one script keeps
	MaxDepth  = 16       // keys from the top to a value: a.b.c has 3
)

// entryCost bounds the number of entries too: 65,536 in MaxSize.
const entryCost = 16

// ErrNoTable is for a write into a table that is not there, or not any more.
var ErrNoTable = errors.New("there is no table")

// LimitError says which limit a write would have passed. Nothing was written.
type LimitError struct {
	Path  string // what was to be written, as Lua writes it: a.b[3]
	Limit string // "key", "string", "size" or "depth"
	Got   int    // bytes, or for depth the number of keys
	Most  int
}

// Error is one line that names the limit.
func (e *LimitError) Error() string {
	switch e.Limit {
	case "key":
		return fmt.Sprintf("%s: the key has %d bytes, a key has at most %d", e.Path, e.Got, e.Most)
	case "string":
		return fmt.Sprintf("%s: the string has %d bytes, a string has at most %d (64 kB): larger things belong in a file", e.Path, e.Got, e.Most)
	case "depth":
		return fmt.Sprintf("%s: tables lie %d deep, at most %d are allowed", e.Path, e.Got, e.Most)
	}
	return fmt.Sprintf("%s: with it the script keeps %d bytes, all of it is at most %d (1 MB)", e.Path, e.Got, e.Most)
}
