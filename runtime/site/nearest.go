package site

import "strings"

// Nearest returns the word of known that was probably meant by word, or "" if
// none is near. Upper and lower case count as equal; a start of at least three
// letters ("pass") finds the word that goes on from it. Of two equally near
// words the first one wins.
func Nearest(word string, known []string) string {
	lower := strings.ToLower(word)
	best, bestDistance := "", len(lower)/3+1
	for _, k := range known {
		candidate := strings.ToLower(k)
		distance := editDistance(lower, candidate)
		if len(lower) >= 3 && strings.HasPrefix(candidate, lower) {
			distance = min(distance, 1)
		}
		if distance < bestDistance || (distance == bestDistance && best == "" && distance < len(candidate)) {
			best, bestDistance = k, distance
		}
	}
	return best
}

// editDistance counts letters to add, drop, change or swap with the next one.
func editDistance(a, b string) int {
	s, t := []rune(a), []rune(b)
	if diff := len(s) - len(t); diff > 8 || diff < -8 {
		return max(len(s), len(t))
	}
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			change := last[j-1]
			if s[i-1] != t[j-1] {
				change++
			}
			row[j] = min(last[j]+1, row[j-1]+1, change)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(t)]
}
