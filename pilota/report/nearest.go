package report

import "strings"

// Nearest returns the candidate that name is most likely a slip for: equal
// without regard to case, or within an edit or two, or the same behind a
// prefix. It returns "" if there is none. Among equals, the first in
// alphabetical order wins.
func Nearest(name string, candidates []string) string {
	limit := min(len(name)/3, 2) + 1
	best, bestCost := "", limit
	for _, c := range candidates {
		cost := distance(strings.ToLower(name), strings.ToLower(c), limit)
		if last := afterDot(c); last != c && last == name {
			cost = 0
		}
		if last := afterDot(name); last != name && last == c {
			cost = min(cost, 1)
		}
		if cost < bestCost || cost == bestCost && cost < limit && c < best {
			best, bestCost = c, cost
		}
	}
	return best
}

// distance returns how many insertions, deletions, replacements and swaps of
// neighbours turn a into b, or limit if it takes that many.
func distance(a, b string, limit int) int {
	if d := len(a) - len(b); d >= limit || -d >= limit {
		return limit
	}
	before, last, row := []int(nil), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	before = make([]int, len(b)+1)
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit)
}

// afterDot returns what follows the last dot of name, or name if it has none.
func afterDot(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
