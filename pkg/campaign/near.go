package campaign

import "strings"

// Nearest returns the candidate that comes closest to a mistyped name, or ""
// if none is close: at most one edit for each three characters, and three
// in all. Case does not count. Where several are equally near, guessing
// would mislead, and there is none.
func Nearest(name string, candidates []string) string {
	best, bestDistance := "", min(3, len([]rune(name))/3)+1
	for _, c := range candidates {
		if d := distance(strings.ToLower(name), strings.ToLower(c)); d < bestDistance {
			best, bestDistance = c, d
		} else if d == bestDistance && c != best {
			best = ""
		}
	}
	return best
}

// distance is the number of characters to insert, remove, replace or swap with
// their neighbour to make b of a.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	var before, above []int // two rows up, one row up
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		before, above, row = above, row, make([]int, len(y)+1)
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(y)]
}
