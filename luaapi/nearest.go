package luaapi

import (
	"fmt"
	"strings"
)

// didYouMean is ` (did you mean "word"?)`, or empty where no known word is near.
func didYouMean(word string, known []string) string {
	if near := nearest(word, known); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}

// nearest finds the word that was probably meant: a third of its letters may
// be wrong, and a start of three letters is enough. Case does not count. The
// first of two that are equally near wins.
func nearest(word string, known []string) string {
	word = strings.ToLower(word)
	best, limit := "", len(word)/3+1
	for _, k := range known {
		lower := strings.ToLower(k)
		d := distance(word, lower)
		if len(word) >= 3 && strings.HasPrefix(lower, word) {
			d = min(d, 1)
		}
		if d < limit || best == "" && d == limit && d < len(lower) {
			best, limit = k, d
		}
	}
	return best
}

// distance counts the letters to add, drop, replace or swap with a neighbour.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return max(len(a), len(b))
	}
	x, y := []rune(a), []rune(b)
	table := make([][]int, len(x)+1)
	for i := range table {
		table[i] = make([]int, len(y)+1)
		table[i][0] = i
	}
	for j := range table[0] {
		table[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			d := min(table[i-1][j]+1, table[i][j-1]+1, table[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d = min(d, table[i-2][j-2]+1)
			}
			table[i][j] = d
		}
	}
	return table[len(x)][len(y)]
}
