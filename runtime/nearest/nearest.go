// Package nearest finds the word that was probably meant by a misspelt one.
package nearest

import (
	"fmt"
	"strings"
)

// longest is how many bytes of a word are compared: no known word is longer, and the comparison takes time and memory
// by the product of both lengths.
const longest = 64

// Word returns the word of known that was probably meant by typed, or "" if none is near. A third of the letters may be
// wrong, and a start of at least three letters ("pass") finds the word that goes on from it. Upper and lower case count
// as equal; of two equally near words the first one wins.
func Word(typed string, known []string) string {
	typed = strings.ToLower(typed)
	if len(typed) > longest {
		return ""
	}
	best, limit := "", max(1, len(typed)/3)
	for _, k := range known {
		word := strings.ToLower(k)
		if len(word) > longest {
			continue
		}
		d := distance(typed, word)
		if len(typed) >= 3 && strings.HasPrefix(word, typed) {
			d = min(d, 1)
		}
		if d < limit || d == limit && best == "" && d < len(word) {
			best, limit = k, d
		}
	}
	return best
}

// Hint returns ` (did you mean "word"?)` to end a message with, or "" if no known word is near.
func Hint(typed string, known []string) string {
	if word := Word(typed, known); word != "" {
		return fmt.Sprintf(" (did you mean %q?)", word)
	}
	return ""
}

// distance counts the letters to add, drop, replace or swap with a neighbour to make b of a.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			replaced := last[j-1]
			if s[i-1] != t[j-1] {
				replaced++
			}
			row[j] = min(last[j]+1, row[j-1]+1, replaced)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(t)]
}
