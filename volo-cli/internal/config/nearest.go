package config

import "strings"

// nearest returns the candidate that begins with word, or else the one that is
// at most a third of word's letters away from it, at least one; empty if none
// is. Of several the first wins.
func nearest(word string, candidates []string) string {
	for _, c := range candidates {
		if len(word) > 2 && strings.HasPrefix(c, word) {
			return c
		}
	}
	best, limit := "", max(1, len(word)/3)+1
	for _, c := range candidates {
		if d := distance(word, c); d < limit {
			best, limit = c, d
		}
	}
	return best
}

// distance returns how many letters to insert, delete or replace, or pairs to
// swap, turn a into b.
func distance(a, b string) int {
	// Three rows of the table of Damerau and Levenshtein.
	var before []int
	prev := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev = prev, row
	}
	return prev[len(b)]
}
